"""Whatever a client sends, the simulator's checks answer with an error of the platform and never break."""

import random
from collections import Counter
from typing import Any

from tests.simulated_messages import right_requests
from tests.simulated_templates import format_of, submissions

from cloud_api_simulator.errors import ApiError
from cloud_api_simulator.message_schema import check_message
from cloud_api_simulator.parameters import check_parameters
from cloud_api_simulator.template_rules import check_submission
from cloud_api_simulator.templates import read_template

TRIES = 2_000
JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**30, "", "x", "x" * 5_000, "{{1}}", "\x00\ud800", [], [None], {}),
    *({"type": []}, {"text": {}}, [{}], [[]], {"id": {}}, "٣", "²", "NaN"),
)


def spoiled(value: Any, chance: random.Random) -> Any:
    """Return a copy with one place, chosen at random, replaced by junk or taken away."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    keys = [key for key, _ in inner]
    if not keys or chance.random() < 0.15:
        return chance.choice(JUNK)
    chosen = chance.choice(keys)
    if isinstance(value, dict):
        copy = dict(value)
        if chance.random() < 0.15:
            del copy[chosen]
            return copy
    else:
        copy = list(value)
    copy[chosen] = spoiled(value[chosen], chance)
    return copy


def test_no_request_breaks_the_check_of_messages() -> None:
    chance = random.Random(1)
    right = list(right_requests().values())
    codes = Counter(code_of(spoiled(chance.choice(right), chance)) for _ in range(TRIES))
    assert set(codes) == {None, 100, 131008, 131009, 131051}
    assert codes[None] < TRIES / 2


def code_of(body: object) -> int | None:
    try:
        check_message(body if isinstance(body, dict) else {})
    except ApiError as error:
        return error.code
    return None


def test_no_submission_breaks_the_check_of_templates() -> None:
    chance = random.Random(2)
    right = list(submissions().values())
    taken = 0
    for _ in range(TRIES):
        body = spoiled(chance.choice(right), chance)
        try:
            check_submission(body if isinstance(body, dict) else {}, format_of)
        except ApiError:
            continue
        taken += 1
        # What the rules let through can be kept.
        try:
            read_template(body, template_id="1", status="PENDING")
        except ValueError:
            continue
    assert 0 < taken < TRIES


def test_no_parameters_break_the_check_against_a_template() -> None:
    chance = random.Random(3)
    templates = [read_template(row, template_id="1", status="APPROVED") for row in submissions().values()]
    right = [body for body in right_requests().values() if body.get("type") == "template"]
    for _ in range(TRIES):
        body = spoiled(chance.choice(right), chance)
        try:
            check_message(body if isinstance(body, dict) else {})
            check_parameters(chance.choice(templates), body["template"].get("components"))
        except ApiError:
            continue
