"""Limits that many share: numbers of one portfolio, rules that write to one person."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

import pytest
from tests.integration.gate.test_opt_out_order import drafts_of
from tests.sending import launch, prepare_people

from rulecast.account.records import BusinessNumber, Portfolio
from rulecast.account.store import save_number, save_portfolio
from rulecast.database import Database, execute, fetch_all, fetch_value
from rulecast.gate import Draft, Gate, PreparedDraft, lock_people, prepare_drafts
from rulecast.gate.people_chunks import return_chunks
from rulecast.gate.terms import RunTerms, TermsBook
from rulecast.values.ids import BusinessNumberId, PortfolioId
from rulecast.values.purpose import Purpose
from rulecast.values.reason import Reason
from rulecast.wiring.workspace import Workspace

PORTFOLIO = PortfolioId("9001")
SENDERS = 16
PEOPLE_MAX = 250
# A fifth is left to messages somebody waits for.
MARKETED_MAX = 200
GROUP = 5
WORKERS = 32
NUMBERS = [BusinessNumberId(str(100_000_000_000_001 + one)) for one in range(SENDERS)]


@pytest.fixture
async def wide(database_url: str) -> AsyncIterator[Database]:
    """A pool in which every worker has a connection of its own."""
    opened = await Database(database_url, pool_size=WORKERS).open()
    yield opened
    await opened.close()


async def prepare_numbers(workspace: Workspace, people_max: int | None) -> None:
    async with workspace.database.transaction() as connection:
        await save_portfolio(connection, Portfolio(portfolio_id=PORTFOLIO, people_per_day_max=people_max))
        for place, number in enumerate(NUMBERS):
            await save_number(
                connection,
                BusinessNumber(
                    business_number_id=number,
                    portfolio_id=PORTFOLIO,
                    name=f"number_{number[-3:]}" if place else "number_001",
                    waba_id="77",
                    throughput_per_second=1000,
                ),
            )


class Asked:
    """Groups of drafts that are frozen and wait for the gate, and what it answered."""

    def __init__(self, workspace: Workspace, wide: Database) -> None:
        self.workspace, self.wide = workspace, wide
        self.gate = Gate(workspace_zone="Africa/Casablanca")
        self.terms: dict[int, RunTerms] = {}
        self.reasons: Counter[Reason] = Counter()

    async def freeze(self, drafts: Sequence[Draft], number: BusinessNumberId) -> list[PreparedDraft]:
        book = TermsBook(self.workspace.catalogue_of_runs)
        async with self.workspace.database.connection() as connection:
            self.terms |= dict(await book.terms(connection, {one.run_id for one in drafts}))
            return await prepare_drafts(
                connection,
                self.workspace.vault,
                drafts,
                terms=self.terms,
                business_number_id=number,
                random_bytes=random.Random(1).randbytes,
            )

    async def ask(self, prepared: Sequence[PreparedDraft], number: BusinessNumberId) -> list[int]:
        """Return whom one transaction permits."""
        async with self.wide.transaction() as connection:
            locked = await lock_people(connection, prepared)
            found = await self.gate.authorise(
                connection,
                locked,
                terms=self.terms,
                business_number_id=number,
                now=self.workspace.clock.now(),
            )
        self.reasons.update(one.reason for one in found.refusals)
        return [one.contact_id for one in found.permits]

    async def send(self, prepared: Sequence[PreparedDraft], number: BusinessNumberId) -> list[int]:
        """Ask for group after group, as one sender does."""
        permitted = []
        for first in range(0, len(prepared), GROUP):
            permitted += await self.ask(prepared[first : first + GROUP], number)
        return permitted


async def test_sixteen_senders_share_a_portfolio_exceed_nothing_and_lose_nearly_nothing(
    workspace: Workspace, wide: Database
) -> None:
    """F30: all at once, in chunks; what is reserved is for messages somebody waits for."""
    await prepare_numbers(workspace, PEOPLE_MAX)
    asked = Asked(workspace, wide)
    waiting: dict[BusinessNumberId, list[PreparedDraft]] = {}
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, SENDERS * 4 * GROUP)
        run = await launch(workspace, connection, people, number=NUMBERS[0])
    drafts = await drafts_of(workspace, run)
    for place, number in enumerate(NUMBERS):
        waiting[number] = await asked.freeze(drafts[place::SENDERS], number)
    found = await asyncio.gather(*(asked.send(mine, number) for number, mine in waiting.items()))
    permitted = [one for mine in found for one in mine]
    assert len(permitted) == len(set(permitted))
    assert 0.98 * MARKETED_MAX <= len(permitted) <= MARKETED_MAX
    assert asked.reasons.keys() == {Reason.PORTFOLIO_LIMIT}
    # What was reserved is there for what is no marketing, and not a person more.
    left = [one for mine in waiting.values() for one in mine if one.draft.contact_id not in permitted]
    async with workspace.database.transaction() as connection:
        for number in NUMBERS:
            await return_chunks(connection, number)
    asked.terms = _as_transactional(asked.terms)
    async with workspace.database.transaction() as connection:
        await execute(connection, "UPDATE template.template SET category = 'utility'")
    found = await asyncio.gather(
        *(asked.send(left[place::SENDERS], number) for place, number in enumerate(NUMBERS))
    )
    assert 0.98 * PEOPLE_MAX <= len(permitted) + sum(map(len, found)) <= PEOPLE_MAX
    # A day later everybody has left the window.
    async with workspace.database.transaction() as connection:
        await execute(
            connection, "UPDATE gate.permit SET granted_at = granted_at - interval '24 hours 2 minutes'"
        )
        await execute(connection, "DELETE FROM gate.people_chunk")
    asked.gate = Gate(workspace_zone="Africa/Casablanca")
    rest = [one for one in left if all(one.draft.contact_id not in mine for mine in found)]
    assert len(await asked.send(rest[:GROUP], NUMBERS[0])) == GROUP


def _as_transactional(terms: Mapping[int, RunTerms]) -> dict[int, RunTerms]:
    return {
        run_id: replace(one, purpose=Purpose.TRANSACTIONAL, is_asked_for=True)
        for run_id, one in terms.items()
    }


async def test_a_chunk_nobody_uses_comes_back(workspace: Workspace, wide: Database) -> None:
    await prepare_numbers(workspace, 100)
    asked = Asked(workspace, wide)
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, 2)
        run = await launch(workspace, connection, people, number=NUMBERS[0])
        await execute(
            connection,
            "INSERT INTO gate.people_chunk"
            " (portfolio_id, business_number_id, is_marketing, granted, people_max, expires_at)"
            " SELECT '9001', business_number_id, true, 5, 80, clock_timestamp() + interval '1 hour'"
            " FROM account.business_number",
        )
    prepared = await asked.freeze(await drafts_of(workspace, run), NUMBERS[0])
    async with workspace.database.transaction() as connection:
        await execute(
            connection,
            "UPDATE gate.people_chunk SET used = 5 WHERE business_number_id = %(n)s",
            {"n": NUMBERS[0]},
        )
    # Seventy-five are held by others and five by nobody any more: of eighty for marketing five are left.
    assert len(await asked.ask(prepared[:1], NUMBERS[0])) == 1
    async with workspace.database.transaction() as connection:
        await execute(connection, "UPDATE gate.people_chunk SET expires_at = clock_timestamp()")
        held = "SELECT sum(granted - used) FROM gate.people_chunk"
        assert await fetch_value(connection, held) == 75
    assert len(await asked.ask(prepared[1:], NUMBERS[0])) == 1
    async with workspace.database.connection() as connection:
        rows = await fetch_all(connection, "SELECT business_number_id, used FROM gate.people_chunk")
    assert rows == [(NUMBERS[0], 1)]


async def test_a_limit_that_falls_binds_whoever_holds_chunks_of_the_higher_one(
    workspace: Workspace, wide: Database
) -> None:
    await prepare_numbers(workspace, PEOPLE_MAX)
    asked = Asked(workspace, wide)
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, 12)
        run = await launch(workspace, connection, people, number=NUMBERS[0])
    drafts = await drafts_of(workspace, run)
    first, second = await asked.freeze(drafts[:6], NUMBERS[0]), await asked.freeze(drafts[6:], NUMBERS[1])
    held = "SELECT count(*) FROM gate.people_chunk WHERE granted > used AND people_max = 200"
    assert [len(await asked.ask(one, NUMBERS[0])) for one in (first[:1], first[1:2])] == [1, 1]
    assert len(await asked.ask(second[:1], NUMBERS[1])) == 1
    async with workspace.database.transaction() as connection:
        assert await fetch_value(connection, held) == 2
        # Of five for marketing four: three are used.
        await save_portfolio(connection, Portfolio(portfolio_id=PORTFOLIO, people_per_day_max=5))
    assert len(await asked.ask(second[1:], NUMBERS[1])) == 1
    assert len(await asked.ask(first[2:], NUMBERS[0])) == 0
    assert asked.reasons.keys() == {Reason.PORTFOLIO_LIMIT}
    async with workspace.database.transaction() as connection:
        assert await fetch_value(connection, held) == 0
        await save_portfolio(connection, Portfolio(portfolio_id=PORTFOLIO, people_per_day_max=PEOPLE_MAX))
    asked.gate = Gate(workspace_zone="Africa/Casablanca")
    assert len(await asked.ask(first[2:], NUMBERS[0])) == 4


async def test_thirty_two_rules_at_once_stay_inside_the_caps_of_each_person_f55(
    workspace: Workspace, wide: Database
) -> None:
    await prepare_numbers(workspace, None)
    asked = Asked(workspace, wide)
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, 6)
        runs = [
            await launch(workspace, connection, people, name=f"rule_{one}", number=NUMBERS[0])
            for one in range(WORKERS)
        ]
    frozen = [await asked.freeze(await drafts_of(workspace, run), NUMBERS[0]) for run in runs]
    found = await asyncio.gather(
        *(asked.ask(mine, NUMBERS[place % SENDERS]) for place, mine in enumerate(frozen))
    )
    counts = Counter(contact_id for mine in found for contact_id in mine)
    # Two marketing messages in any 24 hours.
    assert counts == dict.fromkeys(people, 2)
    assert asked.reasons == {Reason.CAPPED: (WORKERS - 2) * len(people)}
    # The window rolls: a day later two more, and then the cap of the week leaves one. Whichever rules came first, no
    # message is asked for again that has its permit.
    for expected in (2, 1, 0):
        frozen = [
            [one for one in mine if one.draft.contact_id not in taken]
            for mine, taken in zip(frozen, found, strict=True)
        ]
        async with workspace.database.transaction() as connection:
            await execute(connection, "UPDATE gate.permit SET granted_at = granted_at - interval '24 hours'")
        found = await asyncio.gather(*(asked.ask(mine, NUMBERS[0]) for mine in frozen))
        assert Counter(one for mine in found for one in mine) == Counter(dict.fromkeys(people, expected))


async def test_sixteen_senders_of_a_new_template_let_its_first_batch_through_and_no_more(
    workspace: Workspace, wide: Database
) -> None:
    """The row that counts is there before anybody takes from it."""
    await prepare_numbers(workspace, None)
    asked = Asked(workspace, wide)
    asked.gate = Gate(workspace_zone="Africa/Casablanca", template_ramp=(20,))
    async with workspace.database.transaction() as connection:
        people = await prepare_people(workspace, connection, SENDERS * GROUP)
        run = await launch(workspace, connection, people, number=NUMBERS[0])
    drafts = await drafts_of(workspace, run)
    frozen = [
        (number, await asked.freeze(drafts[place::SENDERS], number)) for place, number in enumerate(NUMBERS)
    ]
    found = await asyncio.gather(*(asked.send(mine, number) for number, mine in frozen))
    assert sum(map(len, found)) == 20
    assert asked.reasons == {Reason.TEMPLATE_RAMP: SENDERS * GROUP - 20}
