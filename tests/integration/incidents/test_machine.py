"""Signals make numbers slow, marketing rest, numbers rest, everything stop; a person, or Meta, takes it back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests import sending
from tests.integration.gate.test_opt_out_order import ask_gate, drafts_of
from tests.sending import NUMBER, Launched, launch, prepare_number, prepare_people

from rulecast.deliver.error_code import describe_error_code
from rulecast.deliver.heed_codes import CodeMet, heed_codes
from rulecast.deliver.store import list_senders
from rulecast.gate.incidents import (
    IncidentReport,
    find_incident,
    list_incidents,
    open_incident,
    settle_incidents,
)
from rulecast.gate.incidents.incident import list_entries
from rulecast.gate.incidents.records import CauseStandsError, IncidentScope, StepUnknownError, StopOwnedError
from rulecast.gate.stop import stop_sending, stops_in_force
from rulecast.template.store import list_templates, save_template
from rulecast.wiring.breaker.upkeep import look_after
from rulecast.wiring.incidents import mark_done, note_incident, read_story, resume_incident, take_incident
from rulecast.wiring.stop import StopTarget, resume, stop
from rulecast.wiring.workspace import Workspace


async def signal(
    workspace: Workspace,
    cause: str,
    *,
    scope: IncidentScope = "number",
    scope_id: str = str(NUMBER),
    later: timedelta = timedelta(0),
) -> int:
    report = IncidentReport(cause=cause, scope=scope, scope_id=scope_id, at=workspace.clock.now() + later)
    async with workspace.database.transaction() as connection:
        return await open_incident(connection, report)


async def ready(workspace: Workspace, count: int = 1) -> Launched:
    async with workspace.database.transaction() as connection:
        await prepare_number(connection, per_second=80)
        people = await prepare_people(workspace, connection, count)
        return await launch(workspace, connection, people)


async def per_second(workspace: Workspace, at: datetime) -> int:
    async with workspace.database.connection() as connection:
        (number,) = await list_senders(connection)
        return number.per_second(at)


async def verdict(workspace: Workspace, run: Launched) -> str:
    """Ask the gate about the run's first message and return what it says."""
    async with workspace.database.transaction() as connection:
        await connection.execute("DELETE FROM gate.verdict")
        await connection.execute("UPDATE gate.permit SET released_at = granted_at WHERE released_at IS NULL")
    await ask_gate(workspace, (await drafts_of(workspace, run))[:1])
    async with workspace.database.connection() as connection:
        row = await (await connection.execute("SELECT outcome, reason FROM gate.verdict")).fetchone()
    assert row is not None
    return f"{row[0]} {row[1]}".strip()


async def test_a_signal_slows_its_number_and_a_repetition_holds_its_marketing(workspace: Workspace) -> None:
    run, now = await ready(workspace), workspace.clock.now()
    number = await signal(workspace, "quality")
    assert await per_second(workspace, now) == 40
    assert await per_second(workspace, now + timedelta(minutes=36)) == 60
    assert await per_second(workspace, now + timedelta(hours=2)) == 80
    # The messages that were under way say the same for some minutes: that is one signal.
    assert await signal(workspace, "quality", later=timedelta(minutes=2)) == number
    assert await verdict(workspace, run) == "allowed"
    assert await signal(workspace, "quality", later=timedelta(minutes=7)) == number
    assert await verdict(workspace, run) == "deferred account_held"
    async with workspace.database.connection() as connection:
        incident = await find_incident(connection, number)
        entries = await list_entries(connection, [number])
    assert (incident.response, incident.level, incident.repeat_count) == ("hold_marketing", 1, 1)
    assert [one.kind for one in entries] == ["repeated", "raised"]
    # Meta's own word takes everything back.
    async with workspace.database.transaction() as connection:
        later = now + timedelta(minutes=9)
        settled = await settle_incidents(
            connection, cause="quality", scope="number", scope_id=str(NUMBER), at=later
        )
    assert settled == 1
    assert await verdict(workspace, run) == "allowed"


async def test_held_marketing_lets_everything_else_through(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await ready(workspace)
    await signal(workspace, "usual_of_number:blocks")
    assert await verdict(workspace, run) == "deferred account_held"
    # The same person and message as a purchase would cause it.
    monkeypatch.setattr(sending, "RULE", sending.RULE.replace("purpose marketing", "purpose transactional"))
    async with workspace.database.transaction() as connection:
        bought = await launch(workspace, connection, run.contact_ids, name="bought")
        (marketing,) = await list_templates(connection)
        template = replace(marketing, category="utility")
        await save_template(connection, template, now=workspace.clock.now())
        await connection.execute(
            "UPDATE plan.plan SET purpose = 'transactional', document = jsonb_build_object("
            "'template_hashes', jsonb_build_object(%s::text, %s::text)) WHERE plan_id = %s",
            (template.template_id, template.components_hash.hex(), bought.plan_id),
        )
        await connection.execute(
            "INSERT INTO profile.consent (contact_id, purpose, status, occurred_at, method, wording_version,"
            " effective_at, source, recorded_at) SELECT contact_id, 'transactional', status, occurred_at, method,"
            " wording_version, effective_at, source, recorded_at FROM profile.consent"
        )
    assert await verdict(workspace, bought) == "allowed"
    assert await signal(workspace, "usual_of_number:blocks", later=timedelta(minutes=6))
    assert await verdict(workspace, bought) == "deferred account_held"


async def test_what_nobody_answers_is_raised_until_somebody_takes_it(workspace: Workspace) -> None:
    await ready(workspace)
    first, second = (
        await signal(workspace, "quality"),
        await signal(workspace, "ban:scheduled", scope="waba", scope_id="77"),
    )
    assert await look_after(workspace) == []
    later = replace(workspace, clock=_At(workspace.clock.now() + timedelta(minutes=31)))
    taken = await take_incident(workspace, second)
    assert taken.owner == "test"
    assert await look_after(later) == [first]
    assert await look_after(later) == []
    story = await read_story(workspace, first)
    assert (story.incident.response, story.incident.level) == ("hold_marketing", 1)
    assert [(one.occasion, one.level, one.channel) for one in story.alerts] == [
        ("opened", 0, "webhook"), ("opened", 0, "email"), ("raised", 1, "webhook"), ("raised", 1, "email"),
    ]  # fmt: skip
    never = replace(
        workspace, settings=replace(workspace.settings, incident_raise_minutes=0), clock=later.clock
    )
    assert await look_after(never) == []


async def test_what_comes_back_within_a_day_begins_one_step_higher(workspace: Workspace) -> None:
    await ready(workspace)
    first = await signal(workspace, "quality")
    await resume_incident(workspace, first, because="looked harmless")
    assert await per_second(workspace, workspace.clock.now()) == 80
    second = await signal(workspace, "quality", later=timedelta(hours=1))
    async with workspace.database.connection() as connection:
        assert (await find_incident(connection, second)).response == "hold_marketing"
    await resume_incident(workspace, second, because="looked harmless")
    third = await signal(workspace, "quality", later=timedelta(hours=30))
    async with workspace.database.connection() as connection:
        assert (await find_incident(connection, third)).response == "slow"


async def test_a_stop_of_an_incident_ends_with_the_last_incident_that_wants_it(workspace: Workspace) -> None:
    run = await ready(workspace)
    first = await signal(workspace, "broken:seal_broken", scope="workspace", scope_id="workspace")
    second = await signal(workspace, "broken:accepted_twice", scope="workspace", scope_id="workspace")
    assert await verdict(workspace, run) == "deferred stopped"
    with pytest.raises(StopOwnedError, match=f"incident {first}"):
        await resume(workspace, StopTarget(scope="all"))
    assert (await resume_incident(workspace, first, because="a test row")).stops_lifted == 0
    with pytest.raises(StopOwnedError, match=f"incident {second}"):
        await resume(workspace, StopTarget(scope="all"))
    assert await verdict(workspace, run) == "deferred stopped"
    assert (await resume_incident(workspace, second, because="a test row")).stops_lifted == 1
    assert await verdict(workspace, run) == "allowed"


async def test_a_persons_own_stop_outlives_the_incident(workspace: Workspace) -> None:
    await ready(workspace)
    await stop(workspace, StopTarget(scope="all"), reason="wrong coupon")
    number = await signal(workspace, "broken:seal_broken", scope="workspace", scope_id="workspace")
    assert (await resume_incident(workspace, number, because="a test row")).stops_lifted == 0
    async with workspace.database.connection() as connection:
        assert [one.reason for one in await stops_in_force(connection)] == ["wrong coupon"]


async def test_nobody_lifts_their_own_stop_while_an_incident_wants_everything_to_rest(
    workspace: Workspace,
) -> None:
    run = await ready(workspace)
    await stop(workspace, StopTarget(scope="all"), reason="wrong coupon")
    number = await signal(workspace, "broken:seal_broken", scope="workspace", scope_id="workspace")
    with pytest.raises(StopOwnedError, match=f"incident {number}"):
        await resume(workspace, StopTarget(scope="all"))
    assert await verdict(workspace, run) == "deferred stopped"
    await resume_incident(workspace, number, because="a test row")
    assert await resume(workspace, StopTarget(scope="all")) == 1
    assert await verdict(workspace, run) == "allowed"


async def hold_by(workspace: Workspace, code: int) -> int:
    """Let an answer with this code come, and return its incident."""
    now = workspace.clock.now()
    action = describe_error_code(code).action
    met = CodeMet(
        code=code, action=action, contact_id=0, template_id=0, business_number_id=str(NUMBER), at=now
    )
    async with workspace.database.transaction() as connection:
        await heed_codes(connection, [met], now)
        return max(one.incident_id for one in await list_incidents(connection))


async def test_a_number_goes_on_with_the_last_code_that_made_it_rest(workspace: Workspace) -> None:
    await ready(workspace)
    state = "SELECT state FROM account.business_number"

    async def rests() -> bool:
        async with workspace.database.connection() as connection:
            return await (await connection.execute(state)).fetchone() == ("held",)

    first, second = await hold_by(workspace, 131045), await hold_by(workspace, 999_999)
    await stop(workspace, StopTarget(scope="sender", name=str(NUMBER)), reason="moves")
    assert (await resume_incident(workspace, first, because="looked")).stops_lifted == 0
    assert await rests()
    # What a safe halt or a drill put in force ends without what a code made rest.
    halt = await signal(workspace, "broken:seal_broken", scope="workspace", scope_id="workspace")
    assert (await resume_incident(workspace, halt, because="a test row")).stops_lifted == 1
    assert await rests()
    assert (await resume_incident(workspace, second, because="looked")).stops_lifted == 1
    assert not await rests()
    async with workspace.database.connection() as connection:
        assert [one.reason for one in await stops_in_force(connection)] == ["moves"]


async def test_everything_rests_until_the_last_code_that_stopped_it_is_looked_at(
    workspace: Workspace,
) -> None:
    await ready(workspace)
    token = await hold_by(workspace, 190)
    account = await hold_by(workspace, 131031)
    elsewhere = await signal(workspace, "code:190", scope_id="100000000000002")
    assert (await resume_incident(workspace, token, because="the token is new")).stops_lifted == 0
    async with workspace.database.connection() as connection:
        assert [one.reason for one in await stops_in_force(connection)] == ["code_131031"]
        # The token is the account's: what it did to other numbers is over with it.
        assert (await find_incident(connection, elsewhere)).closed_at is not None
    assert (await resume_incident(workspace, account, because="unlocked")).stops_lifted == 1


async def test_a_drill_that_ends_lifts_nothing_real(workspace: Workspace) -> None:
    run = await ready(workspace)
    now = workspace.clock.now()
    async with workspace.database.transaction() as connection:
        drilled = await open_incident(
            connection,
            IncidentReport(cause="code:0", scope="number", scope_id=str(NUMBER), at=now),
            is_drill=True,
        )
        reason = f"drill of incident {drilled}"
        await stop_sending(connection, scope="all", target="", reason=reason, by="asha", now=now)
        await stop_sending(connection, scope="sender", target=NUMBER, reason=reason, by="asha", now=now)
    await stop(workspace, StopTarget(scope="sender", name=str(NUMBER)), reason="moves")
    held = await hold_by(workspace, 131045)
    halt = await signal(workspace, "broken:seal_broken", scope="workspace", scope_id="workspace")
    assert (await resume_incident(workspace, drilled, because="the drill is over")).stops_lifted == 0
    assert await verdict(workspace, run) == "deferred stopped"
    assert (await resume_incident(workspace, halt, because="a test row")).stops_lifted == 1
    assert (await resume_incident(workspace, held, because="looked")).stops_lifted == 1
    assert await verdict(workspace, run) == "deferred stopped"
    assert await resume(workspace, StopTarget(scope="sender", name=str(NUMBER))) == 1
    assert await verdict(workspace, run) == "allowed"


async def test_an_incident_is_worked_on_and_closed_with_its_record(workspace: Workspace) -> None:
    await ready(workspace)
    number = await signal(workspace, "quality")
    await take_incident(workspace, number)
    await note_incident(workspace, number, text="Meta says people report the promo")
    await mark_done(workspace, number, 1)
    await mark_done(workspace, number, 1)
    with pytest.raises(StepUnknownError):
        await mark_done(workspace, number, 9)
    async with workspace.database.transaction() as connection:
        await connection.execute("UPDATE account.business_number SET told_quality = 'FLAGGED'")
    with pytest.raises(CauseStandsError, match="FLAGGED"):
        await resume_incident(workspace, number, because="enough")
    await resume_incident(workspace, number, because="one rule was at fault and is archived", is_forced=True)
    story = await read_story(workspace, number)
    assert [(one.kind, one.step) for one in story.entries] == [
        ("owner", None), ("note", None), ("step", 1), ("resumed", None), ("forced", None),
    ]  # fmt: skip
    assert "FLAGGED" in story.entries[-1].what
    async with workspace.database.connection() as connection:
        assert await list_incidents(connection) == []


async def test_a_stop_pressed_twice_by_two_people_at_once_is_one_stop(workspace: Workspace) -> None:
    await ready(workspace)
    now = workspace.clock.now()
    async with (
        workspace.database.connection() as slow,
        slow.transaction(),
        workspace.database.connection() as other,
    ):
        # The first press hangs in a slow database; nobody else waits for it for ever, and both are the same stop.
        first = await stop_sending(slow, scope="all", target="", reason="a", by="asha", now=now)
        await other.execute("SET lock_timeout = '100ms'")
        try:
            async with other.transaction():
                await stop_sending(other, scope="all", target="", reason="b", by="badr", now=now)
            waited = False
        except Exception as error:  # noqa: BLE001 - the database's own word for waiting too long
            waited = "lock timeout" in str(error)
        await other.execute("SET lock_timeout = 0")
        assert waited
    assert await stop(workspace, StopTarget(scope="all"), reason="c") == first
    async with workspace.database.connection() as connection:
        assert [one.reason for one in await stops_in_force(connection)] == ["a"]


class _At:
    """A clock that stands."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError
