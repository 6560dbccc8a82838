"""Every field, type, event and odd shape of the Cloud API's webhooks, one small body each, is read as expected."""

import random
from collections import Counter

import pytest
from tests.webhooks.cases import Case
from tests.webhooks.corpus import FOLDER, cases
from tests.webhooks.invariants import told

from rulecast.collect.count_facts import count_facts, count_unread
from rulecast.collect.parse_webhook import parse_webhook
from rulecast.collect.webhook_bodies import merge_bodies, split_body
from rulecast.collect.webhook_facts import ParsedWebhook

CASES = cases()
CASES_MIN = 150


def shown(parsed: ParsedWebhook, place: str) -> str:
    """Return the text of one value; the rest of a place inside `details` is one dotted name."""
    found: object = parsed
    names = place.split(".")
    while names:
        name = names.pop(0)
        if isinstance(found, dict):
            return str(found.get(".".join([name, *names])))
        found = found[int(name)] if isinstance(found, tuple) else getattr(found, name)
    return str(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_body_is_read_as_expected_f41(case: Case) -> None:
    parsed = parse_webhook(case.body)
    assert dict(count_facts(parsed)) == case.facts
    assert dict(count_unread(parsed)) == case.unread
    assert {place: shown(parsed, place) for place in case.shows} == case.shows
    broken = [f"{fact.field}: {fact.reason}" for fact in parsed.unread if fact.is_broken]
    assert broken[:1] == ([case.broken] if case.broken else [])


def test_the_files_are_the_cases() -> None:
    kept = {path.stem: path.read_bytes() for path in FOLDER.glob("*.json")}
    assert kept == {case.name: case.body for case in CASES}
    assert len(kept) >= CASES_MIN


def test_a_body_split_into_its_updates_tells_the_same() -> None:
    for case in CASES:
        assert told(split_body(case.body)) == told([case.body]), case.name


def test_merged_bodies_tell_the_same_twice_and_in_any_order() -> None:
    bodies = [case.body for case in CASES]
    once = told(bodies)
    twice = Counter({fact: 2 * count for fact, count in once.items()})
    merged = merge_bodies(bodies)
    assert len(merged) < len(bodies)
    assert told(merged) == once
    shuffled = bodies * 2
    random.Random(7).shuffle(shuffled)
    assert told(merge_bodies(shuffled)) == twice
    parts = [part for body in shuffled for part in split_body(body)]
    random.Random(8).shuffle(parts)
    assert told(merge_bodies(parts)) == twice


def test_a_body_is_read_alike_with_and_without_escapes_and_spaces() -> None:
    for case in CASES:
        spaced = case.body.replace(b'","', b'", "').replace(b"\\/", b"/")
        assert told([spaced]) == told([case.body]), case.name


def test_facts_of_the_corpus_show_no_identifier_when_printed() -> None:
    printed = "".join(repr(parse_webhook(case.body)) for case in CASES)
    for secret in (
        "6505551234",
        "2195555358",
        "13491208655302741918",
        "wamid",
        "Sheena",
        "Barbara",
        "secret",
    ):
        assert secret not in printed
