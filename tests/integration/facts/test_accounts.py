"""What webhooks tell of accounts and templates reaches the gate, and people who look."""

import contextlib
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.facts.conftest import ACCOUNT, DISPLAYED, Door, talk
from tests.integration.facts.test_people import written
from tests.integration.gate.test_opt_out_order import ask_gate, drafts_of
from tests.sending import NUMBER, Launched, launch, prepare_people, prepare_template

from rulecast.account.store import list_numbers, list_portfolios
from rulecast.collect.webhook_facts import AccountFact, TemplateFact
from rulecast.deliver.store import list_senders
from rulecast.gate.incidents import IncidentUnknownError, ReasonMissingError
from rulecast.wiring.incidents import incident_samples, read_incident, read_incidents, resume_incident
from rulecast.wiring.receiver import open_journal
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.webhook_accounts import apply_account_group
from rulecast.wiring.webhook_group import Group
from rulecast.wiring.webhooks import WebhookDoor
from rulecast.wiring.workspace import Workspace


async def launched(workspace: Workspace, count: int = 1) -> Launched:
    async with workspace.database.transaction() as connection:
        return await launch(workspace, connection, await prepare_people(workspace, connection, count))


async def verdict(door: Door, run: Launched) -> tuple[str, str]:
    """Ask the gate about the run's first message and return outcome and reason."""
    drafts = await drafts_of(door.workspace, run)
    await door.rows("SELECT 1")
    async with door.workspace.database.transaction() as connection:
        await connection.execute("DELETE FROM gate.verdict")
        await connection.execute("UPDATE gate.permit SET released_at = now() WHERE released_at IS NULL")
    await ask_gate(door.workspace, drafts[:1])
    found = await door.rows("SELECT outcome, reason FROM gate.verdict")
    return (found[0][0], found[0][1])


def ban(state: str) -> tuple[str, dict[str, object]]:
    return ("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state}})


async def test_a_hold_of_the_account_is_refused_at_the_gate_until_meta_or_a_person_ends_it(
    door: Door,
) -> None:
    workspace = door.workspace
    run = await launched(workspace)
    assert await verdict(door, run) == ("allowed", "")
    # An older ban that arrives after its end changes nothing.
    await door.tell(ban("REINSTATE"), minutes=-50)
    await door.tell(ban("DISABLE"), minutes=-60)
    assert await verdict(door, run) == ("allowed", "")
    for _ in range(2):
        await door.tell(ban("DISABLE"), minutes=-40)
    assert await verdict(door, run) == ("deferred", "account_held")
    # Senders hear of it without asking the gate about everybody who waits.
    async with workspace.database.connection() as connection:
        assert {one.state for one in await list_senders(connection)} == {"held"}
    (incident,) = (await read_incidents(workspace)).incidents
    assert (incident.cause, incident.scope, incident.scope_id) == ("ban", "waba", ACCOUNT)
    with pytest.raises(ReasonMissingError):
        await resume_incident(workspace, incident.incident_id, because=" ")
    closed = await resume_incident(workspace, incident.incident_id, because="appeal won")
    assert closed.holds_lifted == 1
    with pytest.raises(IncidentUnknownError):
        await resume_incident(workspace, incident.incident_id, because="again")
    # The same word told again does not bring the hold back; a new one does, and Meta's own end closes it.
    await door.tell(ban("DISABLE"), minutes=-40)
    assert await verdict(door, run) == ("allowed", "")
    await door.tell(ban("DISABLE"), minutes=-30)
    assert await verdict(door, run) == ("deferred", "account_held")
    await door.tell(ban("REINSTATE"), minutes=-20)
    assert await verdict(door, run) == ("allowed", "")
    assert (await read_incidents(workspace)).incidents == []
    assert (await read_incidents(workspace, with_closed=True)).incidents[0].closed_by == "meta"


async def test_a_restriction_holds_its_kind_until_its_end_and_other_facts_are_kept(door: Door) -> None:
    workspace = door.workspace
    run = await launched(workspace)
    restricted = [
        {"restriction_type": "RESTRICTED_UTILITY_TEMPLATES", "expiration": door.at(60)},
        {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": door.at(-1)},
    ]
    told = {"event": "ACCOUNT_RESTRICTION", "restriction_info": restricted}
    await door.tell(("account_update", told), minutes=-90)
    # The utility hold concerns no marketing, the other one has ended.
    assert await verdict(door, run) == ("allowed", "")
    restricted[1]["expiration"] = door.at(30)
    await door.tell(("account_update", told), minutes=-80)
    assert await verdict(door, run) == ("deferred", "account_held")
    found = await read_incidents(workspace)
    assert {one.kind for one in found.holds} == {"utility", "business_initiated"}
    # The number is told by how it is displayed; nobody's number stays in the facts.
    secret = {"display_phone_number": DISPLAYED, "event": "PIN_RESET_REQUEST", "requester": "61555822107539"}
    await door.tell(("security", secret), ("something_new", {"a": 1}), minutes=-10)
    pins = [one for one in (await read_incidents(workspace)).incidents if one.cause.startswith("security")]
    assert [(one.scope, one.scope_id) for one in pins] == [("number", NUMBER)]
    assert "61555822107539" not in str(await read_incident(workspace, pins[0].incident_id))
    samples = {(one.name, *one.labels.values()): one.value for one in await incident_samples(workspace)}
    assert samples["webhook_unread_total", "other"] == 1
    assert samples["holds_in_force",] == 2


async def test_limits_told_bind_below_what_is_declared_and_never_above(door: Door) -> None:
    quality = {"display_phone_number": DISPLAYED, "event": "THROUGHPUT_UPGRADE"}
    await door.tell(
        ("business_capability_update", {"max_daily_conversations_per_business": 250}), minutes=-30
    )
    await door.tell(
        ("business_capability_update", {"max_daily_conversations_per_business": 2000}), minutes=-40
    )
    await door.tell(("phone_number_quality_update", quality), minutes=-30)
    async with door.workspace.database.transaction() as connection:
        (portfolio,) = await list_portfolios(connection)
        assert (portfolio.people_per_day_max, portfolio.limit) == (None, 250)
        await connection.execute("UPDATE account.business_number SET throughput_per_second = 80")
        (number,) = await list_numbers(connection)
        assert (number.told_throughput_per_second, number.pace_per_second) == (1000, 80)
    # Once it is known how ours is displayed, another number of the account tells of itself; its people are everybody's.
    await door.say(written(door, {"from": "212612345678"}))
    other = {"display_phone_number": "15550000000", "event": "FLAGGED", "current_limit": "TIER_10K"}
    await door.tell(("phone_number_quality_update", other), minutes=-10)
    async with door.workspace.database.transaction() as connection:
        assert (await list_portfolios(connection))[0].told_people_per_day_max == 10_000
    assert await door.rows("SELECT told_quality FROM account.business_number") == [("THROUGHPUT_UPGRADE",)]
    assert (await read_incidents(door.workspace)).incidents == []
    run = await launched(door.workspace)
    assert await verdict(door, run) == ("allowed", "")
    async with door.workspace.database.transaction() as connection:
        await connection.execute("UPDATE account.portfolio SET told_people_per_day_max = 0")
    assert await verdict(door, run) == ("deferred", "portfolio_limit")


async def test_problems_of_the_account_hold_and_are_told_once_a_day(door: Door) -> None:
    run = await launched(door.workspace)
    for _ in range(2):
        problems = [{"code": 131031, "title": "locked"}, {"code": 130429, "title": "Rate limit hit"}]
        await door.tell(("messages", talk(errors=problems)))
    assert await verdict(door, run) == ("deferred", "account_held")
    (incident,) = (await read_incidents(door.workspace)).incidents
    assert incident.cause == "code:131031"
    await resume_incident(door.workspace, incident.incident_id, because="paid")
    await door.tell(("messages", talk(errors=[{"code": 131031, "title": "locked"}])))
    assert await verdict(door, run) == ("allowed", "")


def about(event: str, **more: object) -> tuple[str, dict[str, object]]:
    named = {"message_template_id": 1689556908129832, "message_template_name": "winback"}
    return (
        "message_template_status_update",
        {"event": event, **named, "message_template_language": "fr", **more},
    )


def category(**told: object) -> tuple[str, dict[str, object]]:
    return ("template_category_update", {**about("")[1], **told})


async def test_words_about_a_template_pause_and_end_it_at_the_gate(door: Door) -> None:
    workspace = door.workspace
    run = await launched(workspace)
    pause = about("PAUSED", reason="NONE", other_info={"title": "FIRST_PAUSE", "description": "3 hours"})
    await door.tell(pause, minutes=-30)
    assert await verdict(door, run) == ("deferred", "template_unusable")
    until = await door.rows("SELECT deferred_until FROM gate.verdict")
    assert int(until[0][0].timestamp()) == door.at(150)
    # An approval that is older than the pause does not end it, a newer one does.
    await door.tell(about("APPROVED", reason="NONE"), minutes=-40)
    assert await verdict(door, run) == ("deferred", "template_unusable")
    await door.tell(about("APPROVED", reason="NONE"), minutes=-20)
    assert await verdict(door, run) == ("allowed", "")
    await door.tell(about("DISABLED", reason="NONE"), minutes=-10)
    assert await verdict(door, run) == ("denied", "template_unusable")
    (incident,) = (await read_incidents(workspace)).incidents
    assert (incident.cause, incident.scope_id) == ("template:status", "winback/fr")


async def test_an_announced_or_billed_category_asks_for_its_consent_before_it_is_in_force(door: Door) -> None:
    workspace = door.workspace
    run = await launched(workspace)
    async with workspace.database.transaction() as connection:
        await connection.execute("UPDATE template.template SET category = 'utility'")
        await connection.execute("UPDATE plan.plan SET purpose = 'service'")
        await connection.execute(
            "INSERT INTO profile.consent (contact_id, purpose, status, occurred_at, method, wording_version,"
            " effective_at, source, recorded_at) SELECT contact_id, 'service', 'granted', occurred_at, method,"
            " wording_version, effective_at, source, recorded_at FROM profile.consent"
        )
    # The request is made from the template's own hash, which follows the category.
    assert (await verdict(door, run))[1] in {"", "template_changed"}
    impending = category(
        new_category="UTILITY", correct_category="MARKETING", category_update_timestamp=door.at(1440)
    )
    await door.tell(impending, minutes=-30)
    assert await verdict(door, run) == ("denied", "template_unusable")
    assert await door.rows("SELECT category, correct_category FROM template.template") == [
        ("utility", "marketing")
    ]
    await door.tell(category(previous_category="UTILITY", new_category="MARKETING"), minutes=-20)
    assert await door.rows("SELECT category, correct_category, previous_category FROM template.template") == [
        ("marketing", "", "utility")
    ]
    # Meta bills it as something else again: held to both, and a person hears of it.
    async with workspace.database.transaction() as connection:
        await connection.execute("UPDATE template.template SET category = 'utility'")
        await connection.execute(
            "UPDATE deliver.message SET state = 'accepted', accepted_at = changed_at, wamid_index = %s",
            (workspace.vault.lookup_index("wamid", "wamid.campaign"),),
        )
    billed = {
        "id": "wamid.campaign",
        "status": "sent",
        "timestamp": str(door.at(-5)),
        "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "marketing"},
    }
    for _ in range(2):
        await door.tell(("messages", talk(statuses=[billed])))
    assert await door.rows("SELECT category, correct_category FROM template.template") == [
        ("utility", "marketing")
    ]
    causes = {one.cause for one in (await read_incidents(workspace)).incidents}
    assert causes == {"template:category", "template:billed"}
    # What was billed before Meta's newest word about the category is no news when it is told late.
    await door.tell(category(previous_category="MARKETING", new_category="UTILITY"), minutes=-2)
    await workspace_billed_late(door, billed)
    assert await door.rows("SELECT category, correct_category FROM template.template") == [("utility", "")]


async def workspace_billed_late(door: Door, billed: dict[str, Any]) -> None:
    """Tell a receiver that has just started of a status from before the newest word."""
    other = replace(door, door=WebhookDoor(
        door.workspace, book=MessageFacts.of(door.workspace), journal=open_journal(door.workspace)
    ))  # fmt: skip
    late = {**billed, "status": "delivered", "timestamp": str(door.at(-4))}
    await other.tell(("messages", talk(statuses=[late])))


class _Undone(Exception):  # noqa: N818 - thrown to undo a transaction
    pass


async def test_facts_in_any_order_and_repeated_come_to_the_same(door: Door) -> None:
    workspace = door.workspace
    now = workspace.clock.now()

    def fact(kind: str, minutes: int, event: str = "", **details: str | int) -> AccountFact:
        named = {name.replace("__", "."): value for name, value in details.items()}
        at = now - timedelta(minutes=minutes)
        return AccountFact(kind=kind, field="f", event=event, waba_id=ACCOUNT, occurred_at=at, details=named)

    def word(kind: str, minutes: int, event: str = "", **more: str) -> TemplateFact:
        at = now - timedelta(minutes=minutes)
        named: Any = {"kind": kind, "event": event, "language": "fr", **more}
        return TemplateFact(template_id="1", name="winback", occurred_at=at, **named)

    accounts = [
        fact("ban", 90, ban_info__waba_ban_state="DISABLE"),
        fact("ban", 80, ban_info__waba_ban_state="REINSTATE"),
        fact("violation", 70, violation_info__violation_type="ADULT"),
        fact("disconnected", 60, "PARTNER_REMOVED"),
        fact("connected", 60, "PARTNER_ADDED"),
        fact("alert", 50, "OBA_REJECTED", alert_info__alert_severity="CRITICAL"),
        fact("alert", 40, "OBA_REJECTED", alert_info__alert_status="RESOLVED"),
        fact("capability", 30, messaging_limit=250),
        fact("capability", 20, messaging_limit=-1),
        fact("capability", 10, messaging_limit=2000),
    ]
    templates = [
        word("status", 90, "PAUSED", pause_title="FIRST_PAUSE"),
        word("status", 80, "APPROVED"),
        word("status", 70, "PAUSED", pause_title="SECOND_PAUSE"),
        word("quality", 60, quality="RED"),
        word("quality", 50, quality="GREEN"),
    ]
    async with workspace.database.transaction() as connection:
        await prepare_template(connection, now)
    states = set()
    draw = random.Random(7)
    for _ in range(12):
        everything: list[AccountFact | TemplateFact] = [*accounts, *templates]
        told = [*everything, *draw.choices(everything, k=6)]
        draw.shuffle(told)
        with contextlib.suppress(_Undone):
            async with workspace.database.transaction() as connection:
                for one in told:
                    group = (
                        Group(account_facts=[one])
                        if isinstance(one, AccountFact)
                        else Group(template_facts=[one])
                    )
                    await apply_account_group(connection, group, now)
                cursor = await connection.execute(
                    "SELECT (SELECT array_agg(ARRAY[cause, kind] ORDER BY cause) FROM account.hold WHERE is_in_force)"
                    "::text, (SELECT array_agg(cause ORDER BY cause) FROM gate.incident WHERE closed_at IS NULL)::text,"
                    " (SELECT max(told_people_per_day_max) FROM account.portfolio),"
                    " (SELECT array_agg(ARRAY[status, quality, pause_title, paused_until::text])"
                    " FROM template.template)::text"
                )
                states.add(await cursor.fetchone())
                raise _Undone
    (state,) = states
    assert state is not None
    assert state[:3] == (
        "{{disconnected,all},{violation:ADULT,business_initiated}}",
        "{disconnected,template:status,violation:ADULT}",
        2000,
    )
    assert "paused,green,SECOND_PAUSE" in state[3]
