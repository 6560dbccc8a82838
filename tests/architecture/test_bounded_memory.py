"""Everything that waits in memory has an end: queues, and what is remembered by a key (P21).

Sizes that come from outside are held by limits of their own: bodies, files, lines, cells, pools. How much a process has
at its peak is measured by `make soak-memory`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import rulecast

SOURCE = Path(rulecast.__file__).parent
# A queue without a length of its own, and what keeps it short.
SHORT_QUEUES = {
    "collect/imports/read_ahead.py": "at most AHEAD batches are read ahead",
    "deliver/lean_transport.py": "as many connections as requests at once, which slots limit",
    "deliver/ready.py": "claims end at READY_SLOTS times the slots",
    "deliver/start_line.py": "starts of the last second, which the throughput limits",
    "receiver/read_body.py": "as many as readings are open, which memory set aside limits",
}
# What is remembered for ever by a key, and how many keys there are.
FEW_KEYS = {
    "policy/possible_zones.py:_clock_of": "zones of the tzdata wheel",
    "profile/suppression/ask_in_words.py:_read_lexicon": "one normaliser",
    "rule/engine/matcher/batch.py:column_key": "names of the catalogues",
    "rule/language/keywords.py:words_of": "terminals of the grammar",
    "rule/language/recover.py:_pattern": "terminals of the grammar",
    "rule/language/recover.py:_word": "terminals of the grammar",
    "values/zone_offsets.py:_rows_in": "zone files of the tzdata wheel",
    "values/zone_offsets.py:rows_of": "zones of the tzdata wheel; another name raises",
}
# What an object of the rooms that run for months keeps by a key, and what bounds it.
KEPT_BY_KEY = {
    "deliver/cloud_api.py:_drills": "each leaves as it ends",
    "deliver/courier.py:requests": "as many as slots; each leaves as it ends",
    "deliver/lean_transport.py:_drills": "each leaves as it ends",
    "deliver/pacing.py:_buckets": "PAIRS_MAX",
    "deliver/sender.py:_terms": "one a run that this sender sent since it began, a few hundred bytes each",
    "deliver/statuses/message_directory.py:_categories": "templates; cleared at every reading",
    "deliver/statuses/message_directory.py:_properties": "KEPT_MAX",
    "deliver/statuses/message_directory.py:_recent": "FAMILIAR_MAX",
    "deliver/statuses/message_directory.py:_runs": "KEPT_MAX",
    "deliver/statuses/message_directory.py:_steady": "templates; cleared at every reading",
    "deliver/statuses/message_directory.py:_templates": "templates",
    "deliver/stop_watch.py:_inbound": "our numbers",
    "deliver/stop_watch.py:numbers": "our numbers",
    "gate/authorise.py:_billing_zones": "our numbers",
    "gate/people_chunks/share.py:_until": "DRY_MAX",
    "gate/people_chunks/share.py:free_at": "our portfolios",
    "gate/terms.py:_known": "KEPT_MAX",
    "vault/key_cache.py:_kept": "the limit it is given",
    "vault/vault.py:_broken_seals": "BROKEN_SEALS_MAX",
    "vault/vault.py:_sign_keys": "purposes in the code",
    "web/guard.py:_seen": "SESSIONS_REMEMBERED_MAX",
    "web/live_state.py:_details": "runs of the overview",
    "web/run_section.py:_tiles": "tiles of a page",
    "wiring/breaker/invariants.py:_broken_seals": "what the vault kept since the last look",
    "wiring/import_events.py:_remembered": "REMEMBERED_PEOPLE_MAX",
    "wiring/import_events.py:_seen": "rows without key of one import",
    "wiring/import_run.py:_codes": "codes of errors",
    "wiring/media_uploads.py:_turns": "files somebody asks for now",
    "wiring/moments/act.py:_known": "KEPT_MAX",
    "wiring/moments/act.py:_said": "cleared with what is known",
    "wiring/run_uploads.py:_asking": "each leaves as it ends",
    "wiring/run_uploads.py:_known": "files of the last ten minutes",
    "wiring/senders.py:_known": "our numbers",
    "wiring/senders.py:_of_account": "our accounts",
    "wiring/webhook_accounts.py:_known": "our numbers",
}
ROOMS = (
    "account",
    "conversation",
    "deliver",
    "gate",
    "jobs",
    "observe",
    "receiver",
    "vault",
    "web",
    "wiring",
)
KEYED = {"Counter", "OrderedDict", "WeakValueDictionary", "defaultdict", "dict", "set"}


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of a name, with its file."""
    for file in sorted(SOURCE.rglob("*.py")):
        place = str(file.relative_to(SOURCE))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
                yield place, node


def test_every_queue_has_an_end_p21() -> None:
    without: set[str] = set()
    for name, length in (("deque", "maxlen"), ("Queue", "maxsize"), ("LifoQueue", "maxsize")):
        for place, call in calls(name):
            if not any(keyword.arg == length for keyword in call.keywords):
                without.add(place)
    assert without == set(SHORT_QUEUES)


def test_what_is_remembered_by_a_key_has_an_end_p21() -> None:
    found: set[str] = set()
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            has_keys = bool(node.args.args or node.args.kwonlyargs or node.args.vararg)
            for one in map(ast.unparse, node.decorator_list):
                is_endless = one in {"cache", "functools.cache"} or one.endswith("lru_cache(maxsize=None)")
                if has_keys and is_endless:
                    found.add(f"{file.relative_to(SOURCE)}:{node.name}")
    assert found == set(FEW_KEYS)


def begins_empty(node: ast.expr | None) -> bool:
    """Return whether something that keeps by a key begins here with nothing."""
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, ast.Call) and ast.unparse(node.func) in KEYED and not node.args


def test_what_an_object_keeps_by_a_key_has_a_bound_that_is_told_p21() -> None:
    found: set[str] = set()
    for file in (one for room in ROOMS for one in sorted((SOURCE / room).rglob("*.py"))):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef) or function.name != "__init__":
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Assign | ast.AnnAssign) and begins_empty(node.value):
                    target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
                    found.add(f"{file.relative_to(SOURCE)}:{ast.unparse(target).removeprefix('self.')}")
    assert found == set(KEPT_BY_KEY)
