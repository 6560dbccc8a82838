"""Whatever a request says, the simulator answers in the platform's shape and writes one ledger row."""

import asyncio
import copy
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulated import NUMBER, message, promo

from cloud_api_simulator import Simulator, SimulatorSettings
from cloud_api_simulator.http_server import Request, Response
from cloud_api_simulator.templates import read_template

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paths(value: object, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every place in a JSON value."""
    steps: list[tuple[Any, object]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return [before, *(one for step, inner in steps for one in paths(inner, (*before, step)))]


PLACES = [place for place in paths(message("+212600000101")) if place]


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    body = copy.deepcopy(message("+212600000101"))
    for place in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        target: Any = body
        try:
            for step in place[:-1]:
                target = target[step]
            target[place[-1]] = draw(ANYTHING)
        except (TypeError, KeyError, IndexError):
            # An earlier change removed the place.
            continue
    return json.dumps(body).encode()


async def ask(body: bytes, state_dir: Path) -> tuple[Response, int]:
    simulator = Simulator(SimulatorSettings(state_dir=state_dir, app_secret="s"))
    simulator.world.templates.put(read_template(promo(), template_id="1", status="APPROVED"))
    headers = {"authorization": "Bearer simulated"}
    path = f"/v26.0/{NUMBER}/messages"
    answer = simulator._handle(Request(method="POST", path=path, headers=headers, body=body))
    await simulator.stop()
    assert isinstance(answer, Response)
    rows = (state_dir / "ledger.jsonl").read_text("utf-8").splitlines()
    return answer, sum(json.loads(row)["kind"] == "request" for row in rows)


@settings(max_examples=300, deadline=None)
@given(bodies() | st.binary(max_size=60) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_every_body_is_accepted_or_refused_in_the_platforms_shape(body: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        answer, rows = asyncio.run(ask(body, Path(folder)))
    said = json.loads(answer.body)
    assert rows == 1
    if answer.status == 200:
        assert said.get("success") is True or said["messages"][0]["id"].startswith("wamid.")
    else:
        assert {"message", "type", "code", "error_data", "fbtrace_id"} <= set(said["error"])
