"""Recipients are told by webhook: what, once, with nothing of people but their numbers, until they answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from tests.moments import moment_rule, moment_shop
from tests.planning import planning_workspace

from rulecast.config import Settings
from rulecast.values.clock import ManualClock
from rulecast.wiring.moments import notify, store
from rulecast.wiring.moments.notify import ATTEMPTS_MAX, tell_recipients
from rulecast.wiring.moments.run import run_due_moments
from rulecast.wiring.workspace_declaration import WorkspaceFileError
from rulecast.wiring.workspace_file import apply_workspace_file

NOTIFY = 'when replied: notify "shop_manager"'


@dataclass
class Manager:
    """Somebody who is told, and answers as asked."""

    url: str = ""
    status: int = 200
    told: list[dict] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        self.keys.append(request.headers["Idempotency-Key"])
        return web.Response(status=self.status, headers={"Location": "http://127.0.0.1:1/"})


@asynccontextmanager
async def manager() -> AsyncIterator[Manager]:
    one = Manager()
    application = web.Application()
    application.router.add_post("/told", one.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/told"
    try:
        yield one
    finally:
        await runner.cleanup()


def declared(url: str) -> str:
    return f'\n[[recipients]]\nname = "shop_manager"\nwebhook = "{url}"\n'


async def test_a_recipient_is_told_once_of_each_message_and_learns_nothing_of_people(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with manager() as told, moment_shop(settings, clock, tmp_path, more=declared(told.url)) as shop:
        run_id = await shop.launch(moment_rule(NOTIFY))
        shop.later(minutes=5)
        first_at = clock.now()
        for person in (*shop.people[:2], shop.people[0]):
            await shop.reply(person)
        assert [(await run_due_moments(shop.workspace)).calls for _ in range(2)] == [1, 0]
        assert told.told == [
            {
                "recipient": "shop_manager",
                "rule": "winback",
                "run": run_id,
                "moment": "replied",
                "count": 2,
                "contacts": list(shop.people[:2]),
                "first_at": first_at.isoformat(),
            }
        ]


async def test_a_recipient_who_does_not_answer_is_asked_again_and_given_up_after_a_day(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with manager() as told, moment_shop(settings, clock, tmp_path, more=declared(told.url)) as shop:
        told.status = 302
        await shop.launch(moment_rule(NOTIFY), shop.people[:1])
        await shop.reply(shop.people[0])
        assert await tell_recipients(shop.workspace) == 1
        # Not before the pause is over, however often somebody looks.
        assert await tell_recipients(shop.workspace) == 0
        for _ in range(ATTEMPTS_MAX):
            shop.later(hours=6)
            await tell_recipients(shop.workspace)
        assert len(told.told) == ATTEMPTS_MAX
        assert len(set(told.keys)) == 1
        assert await shop.fetch("SELECT state, attempts, last_problem FROM observe.notice") == [
            ("failed", ATTEMPTS_MAX, "the address answered 302")
        ]


async def test_a_call_that_is_made_again_names_the_same_people_under_the_same_key(
    settings: Settings, clock: ManualClock, tmp_path: Path
) -> None:
    async with manager() as told, moment_shop(settings, clock, tmp_path, more=declared(told.url)) as shop:
        asha, bilal, chitra, _ = shop.people
        await shop.launch(moment_rule(NOTIFY))
        await shop.reply(asha)
        # The process dies before it has noted that the recipient took the call.
        async with shop.workspace.database.connection() as connection:
            (notice,) = await store.list_notices(connection, now=clock.now(), count=9)
        async with shop.workspace.database.transaction() as connection:
            await store.name_call(connection, notice.notice_ids)
        await shop.reply(bilal)
        told.status = 500
        await run_due_moments(shop.workspace)
        await shop.reply(chitra)
        told.status = 200
        shop.later(minutes=2)
        await run_due_moments(shop.workspace)
        heard = [(*call["contacts"], key) for key, call in zip(told.keys, told.told, strict=True)]
        assert sorted(one for one, _ in heard) == [asha, asha, bilal, bilal, chitra]
        assert len(set(heard)) == len({key for _, key in heard}) == 3


async def test_a_recipient_who_fails_gets_no_more_calls_a_minute_than_one_who_answers(
    settings: Settings, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "CALLS_PER_MINUTE", 2)
    rule = moment_rule('when accepted: notify "shop_manager"', 'when replied: notify "shop_manager"')
    async with manager() as told, moment_shop(settings, clock, tmp_path, more=declared(told.url)) as shop:
        told.status = 500
        await shop.launch(rule, shop.people[:1])
        await run_due_moments(shop.workspace)
        await shop.reply(shop.people[0])
        await shop.launch(rule.replace("rule winback", "rule second"), shop.people[1:2])
        await run_due_moments(shop.workspace)
        assert len(told.told) == 2


@pytest.mark.parametrize(
    "line",
    [
        'webhook = "http://shop.example/told"',
        'webhook = "https://amal:secret@shop.example/told"',
        'webhook = "ftp://shop.example"',
        'email = "manager@shop.example"',
    ],
)
async def test_an_address_that_nobody_may_call_is_refused_with_its_place(
    settings: Settings, clock: ManualClock, line: str
) -> None:
    async with planning_workspace(settings, clock) as workspace:
        text = f'[[recipients]]\nname = "shop_manager"\n{line}\n'
        with pytest.raises(WorkspaceFileError) as refused:
            await apply_workspace_file(workspace, text, source="workspace.toml")
        assert "secret" not in str(refused.value)
