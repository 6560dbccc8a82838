"""Log lines carry listed fields only, and nothing in them looks like a phone number."""

import asyncio
import gc
import json
import logging
import sys

import pytest
import structlog

from rulecast.wiring.logs import configure_logging, mask_numbers


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sent to +212612345678", "sent to [number]"),
        ("sent to 0612 34 56 78", "sent to [number]"),
        ("(+33) 6-12-34-56-78 called", "([number] called"),
        ("wamid.HBgLMjEyNjEyMzQ1Njc4", "wamid.HBgLMjEyNjEyMzQ1Njc4"),
        ("2026-11-17 19:55 and 2026-11-18", "2026-11-17 19:55 and 2026-11-18"),
        ("run 42 of plan 7, 20,000 people", "run 42 of plan 7, 20,000 people"),
        ("tel=00212612345678;", "tel=[number];"),
    ],
)
def test_phone_shaped_numbers_are_masked(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked


def test_unlisted_fields_and_numbers_do_not_reach_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    structlog.get_logger("test").info(
        "message refused +212612345678", run_id=7, code=131026, name="Asha", reason="call 0612345678"
    )
    (line,) = capsys.readouterr().err.splitlines()
    fields = json.loads(line)
    assert fields["event"] == "message refused [number]"
    assert fields["run_id"] == 7
    assert fields["name"] == "[str not listed]"
    assert fields["reason"] == "call [number]"


def test_libraries_log_through_the_same_mask(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    logging.getLogger("some.library").warning("no route to %s", "+212612345678")
    assert json.loads(capsys.readouterr().err)["event"] == "no route to [number]"


def test_an_exception_is_named_by_type_and_place_never_by_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info")
    try:
        int("row of Asha, +212612345678")
    except ValueError:
        structlog.get_logger("test").exception("import failed")
    fields = json.loads(capsys.readouterr().err)
    assert fields["error_type"] == "ValueError"
    assert "Asha" not in str(fields)
    assert "612345678" not in str(fields)
    assert sys._getframe().f_code.co_name in fields["error"]


def test_a_library_that_logs_an_exception_names_its_type_only(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    failure = ValueError("row of Asha, +212612345678")
    logging.getLogger("nicegui").error(failure, exc_info=failure)
    logging.getLogger("psycopg.pool").warning("error connecting: %s", failure)
    page, pool = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (page["event"], page["error_type"]) == ("ValueError", "ValueError")
    assert pool["event"] == "error connecting: ValueError"


async def test_asyncio_quotes_no_task_no_callback_and_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info")
    failure = ValueError("row of Asha")

    async def fail() -> None:
        raise failure

    def call_back(name: str) -> None:
        raise failure

    loop = asyncio.get_running_loop()
    task = loop.create_task(fail(), name="for Asha")
    loop.call_soon(call_back, "Asha")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
    told = capsys.readouterr().err
    lines = [json.loads(line) for line in told.splitlines()]
    assert {line["error_type"] for line in lines} == {"ValueError"}
    assert len(lines) == 2
    assert "Asha" not in told
