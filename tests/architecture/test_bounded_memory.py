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
