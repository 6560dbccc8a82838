"""People are told of incidents by signed POST and e-mail, each once; a sink that is away is tried again and seen."""

import asyncio
import hmac
import json
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.graph_stub import GraphStub
from tests.integration.incidents.sinks import LOOPBACK, MailServer, Posts, mail_server, post_sink
from tests.integration.incidents.test_machine import ready, signal
from tests.sending import states

from rulecast.config import Settings, load_settings
from rulecast.config.errors import SettingInvalidError
from rulecast.gate.incidents.alerts import list_alerts
from rulecast.values.clock import ManualClock
from rulecast.wiring.alerts import AlertMessage, Tellers, run_alerts, tell_due, tellers_of
from rulecast.wiring.alerts.mail import MailTeller, read_addressees
from rulecast.wiring.alerts.post import PostTeller
from rulecast.wiring.alerts.tell import ATTEMPTS_MAX, pause_after
from rulecast.wiring.doctor import examine_workspace
from rulecast.wiring.drill import drill
from rulecast.wiring.finding import Health
from rulecast.wiring.incidents import incident_samples, resume_incident
from rulecast.wiring.sender import run_sender
from rulecast.wiring.workspace import Workspace

SECRET = "a key of alerts"


def told_by(
    workspace: Workspace, posts: Posts, mail: MailServer, **changes: object
) -> tuple[Workspace, Tellers]:
    settings = replace(
        workspace.settings,
        alert_webhook_url=posts.address,
        alert_webhook_secret=SECRET,
        alert_email_to="ops@example.org, compliance:dpo@example.org, admin:root@example.org",
        smtp_host=LOOPBACK,
        smtp_port=mail.port,
        smtp_user="rulecast",
        smtp_password="a word",
        **changes,  # type: ignore[arg-type] # settings by name
    )
    changed = replace(workspace, settings=settings)
    tellers = Tellers(
        webhook=PostTeller(settings, workspace.clock),
        email=MailTeller(settings, workspace.clock, context=mail.trust),
    )
    return changed, tellers


async def states_of(workspace: Workspace, incident_id: int) -> dict[str, tuple[str, int, str]]:
    async with workspace.database.connection() as connection:
        return {
            one.channel: (one.state, one.attempts, one.last_problem)
            for one in await list_alerts(connection, [incident_id])
        }


@pytest.mark.parametrize("starttls", [False, True])
async def test_an_incident_is_told_once_by_a_signed_post_and_a_secured_letter(
    workspace: Workspace, tmp_path: Path, starttls: bool
) -> None:
    async with post_sink() as posts, mail_server(tmp_path, starttls=starttls) as mail:
        security = "starttls" if starttls else "tls"
        changed, tellers = told_by(workspace, posts, mail, smtp_security=security)
        await ready(changed)
        number = await signal(changed, "quality")
        assert await signal(changed, "quality") == number
        assert await tell_due(changed, tellers) == 2
        assert await tell_due(changed, tellers) == 0
        ((headers, body),) = posts.taken
        timestamp = headers["x-rulecast-timestamp"]
        expected = hmac.new(SECRET.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()
        assert headers["x-rulecast-signature"] == f"v1={expected}"
        assert headers["idempotency-key"] == f"default-{number}-opened-0"
        said = json.loads(body)
        assert (said["cause"], said["response"], said["drill"]) == ("quality", "slow", False)
        ((to, letter),) = mail.letters
        # Quality is the operator's: neither the officer nor the administrator is woken by it.
        assert to == ["ops@example.org"]
        assert "Subject: SIMULATED rulecast default: incident" in letter
        assert "1. Open WhatsApp Manager" in letter
        assert len(mail.logins) == 1
        assert {one: state[0] for one, state in (await states_of(changed, number)).items()} == {
            "webhook": "told", "email": "told",
        }  # fmt: skip


async def test_what_is_told_holds_nothing_of_the_facts(workspace: Workspace, tmp_path: Path) -> None:
    async with post_sink() as posts, mail_server(tmp_path) as mail:
        changed, tellers = told_by(workspace, posts, mail)
        await ready(changed)
        number = await signal(changed, "quality")
        async with changed.database.transaction() as connection:
            await connection.execute(
                'UPDATE gate.incident SET facts = \'{"display_phone_number": "15550783881"}\' WHERE incident_id = %s',
                (number,),
            )
        await tell_due(changed, tellers)
        told = posts.taken[0][1].decode() + mail.letters[0][1]
        assert "15550783881" not in told
        assert "display" not in told


async def test_a_sink_that_is_away_is_tried_again_and_seen_by_the_doctor(
    workspace: Workspace, tmp_path: Path
) -> None:
    clock = ManualClock(workspace.clock.now())
    standing = replace(workspace, clock=clock)
    async with post_sink() as posts, mail_server(tmp_path) as mail:
        changed, tellers = told_by(standing, posts, mail)
        await ready(changed)
        posts.status, mail.refuses = 503, True
        number = await signal(changed, "quality")
        assert await tell_due(changed, tellers) == 2
        assert await tell_due(changed, tellers) == 0
        assert await states_of(changed, number) == {
            "webhook": ("waiting", 1, "the address answered 503"),
            "email": ("waiting", 1, "the mail server did not take it: SMTPDataError"),
        }
        clock.advance(180)
        found = {one.name: one for one in await examine_workspace(changed)}["alerts"]
        assert found.health is Health.PROBLEM
        assert "2 alerts wait" in found.what
        assert {one.name: one.value for one in await incident_samples(changed)}["alerts_late"] == 2
        posts.status, mail.refuses = 200, False
        assert await tell_due(changed, tellers) == 2
        assert {state[0] for state in (await states_of(changed, number)).values()} == {"told"}
        assert len({headers["idempotency-key"] for headers, _ in posts.taken}) == 1
        health = {one.name: one.health for one in await examine_workspace(changed)}
        assert health["alerts"] is Health.GOOD


async def test_a_sink_that_hangs_delays_neither_sending_nor_the_other_way(
    workspace: Workspace, graph: GraphStub, tmp_path: Path
) -> None:
    async with post_sink() as posts, mail_server(tmp_path) as mail:
        changed, tellers = told_by(workspace, posts, mail)
        posts.hangs = True
        run, stop_event = await ready(changed, 20), asyncio.Event()
        number = await signal(changed, "quality")
        telling = asyncio.create_task(run_alerts(changed, stop_event=stop_event, tellers=tellers))
        async with asyncio.timeout(20):
            await run_sender(changed, stop_event=asyncio.Event(), until_idle=True)
            assert await states(changed, run.run_id) == {"accepted": 20}
            while (await states_of(changed, number))["email"][0] != "told":  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.02)
            assert (await states_of(changed, number))["webhook"][0] == "waiting"
            # Nor does it delay what comes later.
            later = await signal(changed, "ban:scheduled", scope="waba", scope_id="77")
            while (await states_of(changed, later))["email"][0] != "told":  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.02)
            posts.let_go.set()
            stop_event.set()
            await telling
        assert (await states_of(changed, number))["webhook"][0] == "told"
        assert len(graph.asked) == 20


async def test_an_alert_that_nobody_can_tell_keeps_none_of_the_others_waiting(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Faulty:
        is_set_up = True

        async def tell(self, message: AlertMessage) -> str:
            if message.incident_id == first:
                raise KeyError(message.cause)
            if message.incident_id == second:
                await asyncio.Event().wait()
            return ""

    monkeypatch.setattr("rulecast.wiring.alerts.tell.TELL_SECONDS_MAX", 0.1)
    await ready(workspace)
    first, second = (
        await signal(workspace, "quality"),
        await signal(workspace, "limit:failures", scope="rule"),
    )
    third = await signal(workspace, "review", scope="waba")
    assert await tell_due(workspace, Tellers(webhook=Faulty(), email=Faulty())) == 6
    assert [(await states_of(workspace, one))["webhook"] for one in (first, second, third)] == [
        ("waiting", 1, "it could not be told: KeyError"),
        ("waiting", 1, "it was not taken in time"),
        ("told", 1, ""),
    ]


async def test_a_drill_is_told_as_one_and_stops_nothing_unless_it_is_asked_to(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with post_sink() as posts, mail_server(tmp_path) as mail:
        changed, tellers = told_by(workspace, posts, mail)
        monkeypatch.setattr("rulecast.wiring.drill.tellers_of", lambda _: tellers)
        monkeypatch.setattr("rulecast.wiring.drill.OWN_HAND_SECONDS", 0.1)
        await ready(changed)
        drilled = await drill(changed, "code:190")
        assert (drilled.told_by, drilled.incident.is_drill) == ("this command", True)
        assert drilled.seconds_to_alert is not None
        assert json.loads(posts.taken[0][1])["drill"] is True
        assert "Subject: DRILL SIMULATED" in mail.letters[0][1]
        stops = "SELECT count(*) FROM gate.stop WHERE resumed_at IS NULL"
        async with changed.database.connection() as connection:
            assert await (await connection.execute(stops)).fetchone() == (0,)
        # A drill does not stand in the way of the real thing.
        real = await signal(changed, "code:190")
        assert real != drilled.incident.incident_id
        again = await drill(changed, "code:190", really=True)
        assert again.incident.incident_id == drilled.incident.incident_id
        async with changed.database.connection() as connection:
            assert await (await connection.execute(stops)).fetchone() == (1,)
            audit = "SELECT count(*) FROM observe.audit WHERE action = 'incident drill'"
            assert await (await connection.execute(audit)).fetchone() == (2,)
        assert (await resume_incident(changed, real, because="the token is new")).stops_lifted == 0
        closed = await resume_incident(changed, drilled.incident.incident_id, because="the drill is over")
        assert closed.stops_lifted == 1


def test_settings_of_alerts_are_checked_and_tls_is_the_rule(settings: Settings) -> None:
    assert (settings.smtp_security, settings.smtp_port) == ("tls", 465)
    for name, wrong in (
        ("ALERT_EMAIL_TO", "nobody"),
        ("SMTP_SECURITY", "ssl2"),
        ("ALERT_WEBHOOK_URL", "ftp://x"),
    ):
        with pytest.raises(SettingInvalidError):
            load_settings({f"RULECAST_{name}": wrong})
    assert [(one.role, one.address) for one in read_addressees("a@x.org,compliance:b@x.org")] == [
        ("", "a@x.org"), ("compliance", "b@x.org"),
    ]  # fmt: skip


async def test_no_letter_leaves_the_machine_in_clear_and_no_post_leaves_over_plain_http(
    workspace: Workspace, tmp_path: Path
) -> None:
    async with post_sink() as posts, mail_server(tmp_path) as mail:
        changed, _ = told_by(workspace, posts, mail)
        settings = replace(changed.settings, mode="live", smtp_host="mail.example.org", smtp_security="none")
        live = replace(changed, settings=settings)
        await ready(changed)
        number = await signal(changed, "quality")
        await tell_due(live, tellers_of(live))
        assert await states_of(changed, number) == {
            "webhook": ("waiting", 1, "the address is not allowed here"),
            "email": ("waiting", 1, "a mail server elsewhere needs tls or starttls"),
        }
        # A certificate nobody vouches for is no secured way.
        stranger = MailTeller(changed.settings, changed.clock, context=ssl.create_default_context())
        async with changed.database.transaction() as connection:
            await connection.execute("UPDATE gate.alert SET next_attempt_at = made_at")
        await tell_due(changed, Tellers(webhook=stranger, email=stranger))
        assert {one[2] for one in (await states_of(changed, number)).values()} == {
            "the mail server did not take it: SSLCertVerificationError"
        }
        assert posts.taken == []
        assert mail.letters == []


def test_alerts_are_tried_for_a_night() -> None:
    pauses = [pause_after(many) for many in range(1, ATTEMPTS_MAX + 1)]
    assert pauses[-1] is None
    known = [one for one in pauses if one is not None]
    assert known == sorted(known)
    assert timedelta(hours=6) < sum(known, timedelta()) < timedelta(hours=12)
