# Everything a newcomer needs. Each target does its own set-up with Python 3.11, make and git only.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
KILLS ?= 1000
RACES ?= 100000
SEEDS ?= 20000
MINUTES ?= 30
CASES ?= 100000
CRASHES ?= 100
TIMES ?= 10
FROM ?= earlier
SEED ?= 1

.PHONY: help setup demo test check format bench soak soak-kills soak-opt-out soak-sim soak-postgres soak-disk soak-upgrade soak-memory soak-differential soak-fuzz serve lock clean

help: ## Show these targets.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; set PYTHON=/path/to/python"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/ready-dev: requirements-dev.lock $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/ready ## Make .venv with the program and what it needs.

.venv-bench/ready: requirements-bench.lock
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

.venv-soak/ready: requirements-soak.lock
	@command -v java >/dev/null || { echo "Spark needs Java 17 (Debian: openjdk-17-jre-headless)"; exit 1; }
	@test -x .venv-soak/bin/python || $(PYTHON) -m venv .venv-soak
	.venv-soak/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-soak.lock
	@touch $@

demo: $(VENV)/ready ## Show the whole product on a seeded workspace (ARGS="--exit --json").
	@$(BIN)/rulecast demo $(ARGS)

serve: $(VENV)/ready ## Run the product: page, receiver, engine and sender in one group.
	@$(BIN)/rulecast serve $(ARGS)

test: $(VENV)/ready-dev ## Run every kind of test; each prints its seconds (ARGS="unit spec" picks kinds).
	@$(BIN)/python -m tests.kinds $(ARGS)

check: $(VENV)/ready-dev ## Lint, format, types, import contracts.
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	@echo "exceptions to the import contract: $$(grep -c 'ignore_imports' .importlinter || true)"

format: $(VENV)/ready-dev ## Bring the code into its one form.
	$(BIN)/ruff format src tests benchmarks
	$(BIN)/ruff check --fix src tests benchmarks

bench: $(VENV)/ready-dev .venv-bench/ready ## Measure ours beside the best hand-made version, in the same run.
	@for name in audience trigger trigger_latency plan send stop webhook simulator import; do $(BIN)/python -m benchmarks $$name --json || exit 1; done

soak: $(VENV)/ready-dev .venv-soak/ready ## Run the long proofs; note their figures in docs/evidence.md.
	$(BIN)/python -m pytest tests/soak tests/integration/deliver/test_broken_database.py -m soak -p no:cacheprovider
	RULECAST_TEST_WHOLE_DATA=1 $(BIN)/python -m pytest tests/acceptance/test_real_data.py tests/acceptance/test_real_data_customers.py -p no:cacheprovider
	$(MAKE) soak-kills KILLS=$(KILLS) SEED=$(SEED)
	$(MAKE) soak-sim SEEDS=$(SEEDS) SEED=$(SEED)
	$(MAKE) soak-postgres CRASHES=$(CRASHES) SEED=$(SEED)
	$(MAKE) soak-disk SEED=$(SEED)
	$(MAKE) soak-upgrade FROM=$(FROM) SEED=$(SEED)
	$(MAKE) soak-memory TIMES=$(TIMES) SEED=$(SEED)
	$(MAKE) soak-opt-out RACES=$(RACES) SEED=$(SEED)
	$(MAKE) soak-differential CASES=$(CASES) SEED=$(SEED)
	$(MAKE) soak-fuzz MINUTES=$(MINUTES)

soak-kills: $(VENV)/ready-dev ## Kill sending processes (KILLS=n SEED=s) and compare the ledgers.
	@$(BIN)/python -m tests.soak.kills --kills $(KILLS) --seed $(SEED)

soak-postgres: $(VENV)/ready-dev ## Kill PostgreSQL (CRASHES=n SEED=s) in a campaign and compare the ledgers.
	@$(BIN)/python -m tests.soak.postgres_kills --crashes $(CRASHES) --seed $(SEED)

soak-sim: $(VENV)/ready-dev ## Simulate campaigns of an hour with faults (SEEDS=n SEED=s).
	@$(BIN)/python -m tests.simulation --seeds $(SEEDS) --seed $(SEED)

soak-opt-out: $(VENV)/ready-dev ## Race opt-outs against intents (RACES=n SEED=s).
	@$(BIN)/python -m tests.soak.opt_out_races --races $(RACES) --seed $(SEED)

soak-disk: $(VENV)/ready-dev ## Fill the disks of database and journal (SEED=s) in a campaign.
	@$(BIN)/python -m tests.soak.full_disk --seed $(SEED)

soak-upgrade: $(VENV)/ready-dev ## Send with an earlier commit's code (FROM=commit) while this one's migrates.
	@$(BIN)/python -m tests.soak.upgrades --from $(FROM) --seed $(SEED)

soak-memory: $(VENV)/ready-dev ## Compare peak memory with four times the work (TIMES=n SEED=s).
	@$(BIN)/python -m tests.soak.memory --times $(TIMES) --seed $(SEED)

soak-differential: $(VENV)/ready-dev ## Compare random conditions on every engine (CASES=n SEED=s).
	@$(BIN)/python -m tests.soak.differential --cases $(CASES) --seed $(SEED)

soak-fuzz: $(VENV)/ready-dev .venv-soak/ready ## Fuzz the webhook parser (MINUTES=n).
	@$(BIN)/python -m tests.soak.fuzz_webhooks --minutes $(MINUTES)

lock: ## Pin the dependencies anew, with hashes and without addresses (needs uv).
	uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --extra build pyproject.toml -o requirements.lock --upgrade
	uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements-dev.lock --upgrade
	printf 'celery\nredis\nrequests\npackaging\nrule-engine\nzen-engine\n' | uv pip compile - --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -o requirements-bench.lock --upgrade
	printf 'atheris<3.1\nchdb\npyspark<4\n' | uv pip compile - --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header -o requirements-soak.lock --upgrade

clean: ## Remove what the targets made in this folder.
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
