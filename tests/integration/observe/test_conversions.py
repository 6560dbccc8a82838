"""Success events: inside the window, once per message, with their worth, as a fact rules can read."""

from datetime import timedelta

from psycopg.types.json import Jsonb
from tests.campaign import Campaign, Outcome, write_campaign

from rulecast.database import Connection, Database, fetch_all
from rulecast.observe import Grain, read_funnels
from rulecast.observe.record_conversions import record_conversions
from rulecast.values.catalogue import AttributeType, Catalogue, EventDefinition, Template
from rulecast.values.clock import ManualClock

PURCHASE = EventDefinition(
    name="purchase", properties={"amount": AttributeType.DECIMAL, "link": AttributeType.TEXT}
)
CATALOGUE = Catalogue.of(
    events=[PURCHASE], templates=[Template(name="winback", languages=("fr",))], numbers=["casablanca_main"]
)
RULE = Campaign(
    rule_name="winback",
    outcomes=(Outcome(count=3, delivered=True),),
    success="purchase worth amount within 72 hours",
)


async def test_a_purchase_in_the_window_counts_once_and_with_its_worth(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        months = "SELECT public.ensure_month_partitions('collect.event', '2026-11-01', '2026-12-01')"
        await connection.execute(months)
        written = await write_campaign(connection, RULE, clock.now())
        first, second, third = written.contact_ids
        await _buy(connection, first, clock, hours=2, amount="120.50")
        await _buy(connection, first, clock, hours=3, amount="20")
        await _buy(connection, second, clock, hours=73, amount="999")
        await _buy(connection, third, clock, hours=-1, amount="999")
        clock.advance(100 * 3600)
        counted = [
            await record_conversions(connection, CATALOGUE, now=clock.now(), currency="MAD") for _ in range(2)
        ]
        (funnel,) = await read_funnels(connection, Grain.RUN)
        facts = await fetch_all(
            connection,
            "SELECT contact_id, properties->>'rule' FROM collect.event WHERE name = 'converted' ORDER BY occurred_at",
        )

    assert counted == [2, 0]
    assert funnel.converted == 1
    assert [str(worth) for worth in funnel.worth] == ["140.50 MAD"]
    assert facts == [(first, "winback"), (first, "winback")]


async def test_who_buys_in_two_currencies_is_one_converted_person(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        months = "SELECT public.ensure_month_partitions('collect.event', '2026-11-01', '2026-12-01')"
        await connection.execute(months)
        written = await write_campaign(connection, RULE, clock.now())
        await _buy(connection, written.contact_ids[0], clock, hours=1, amount="10", currency="MAD")
        await _buy(connection, written.contact_ids[0], clock, hours=2, amount="7", currency="EUR")
        clock.advance(100 * 3600)
        await record_conversions(connection, CATALOGUE, now=clock.now(), currency="MAD")
        (funnel,) = await read_funnels(connection, Grain.RUN)

    assert funnel.converted == 1
    assert sorted(str(worth) for worth in funnel.worth) == ["10.00 MAD", "7.00 EUR"]


async def test_a_purchase_after_two_steps_of_a_rule_counts_once_for_the_last(
    database: Database, clock: ManualClock
) -> None:
    async with database.transaction() as connection:
        months = "SELECT public.ensure_month_partitions('collect.event', '2026-11-01', '2026-12-01')"
        await connection.execute(months)
        first = await write_campaign(connection, RULE, clock.now())
        between, after, late = first.contact_ids
        clock.advance(3600)
        second = await write_campaign(connection, RULE, clock.now())
        await connection.execute(
            "UPDATE deliver.run SET step = 2, first_run_id = %s WHERE run_id = %s",
            (first.run_id, second.run_id),
        )
        for message_id, contact_id in zip(second.message_ids, first.contact_ids, strict=True):
            await connection.execute(
                "UPDATE deliver.message SET step = 2, contact_id = %s WHERE message_id = %s",
                (contact_id, message_id),
            )
        await _buy(connection, between, clock, hours=-0.5, amount="10")
        await _buy(connection, after, clock, hours=2, amount="20")
        # Counted for the first message, before the second was known to be accepted.
        await _buy(connection, late, clock, hours=3, amount="40")
        last = second.message_ids[2]
        await connection.execute(
            "UPDATE deliver.message SET state = 'unknown' WHERE message_id = %s", (last,)
        )
        clock.advance(100 * 3600)
        counted = [await record_conversions(connection, CATALOGUE, now=clock.now(), currency="MAD")]
        await connection.execute(
            "UPDATE deliver.message SET state = 'accepted' WHERE message_id = %s", (last,)
        )
        counted.append(await record_conversions(connection, CATALOGUE, now=clock.now(), currency="MAD"))
        found = await fetch_all(connection, "SELECT message_id FROM observe.conversion ORDER BY worth_minor")

    assert counted == [3, 0]
    assert found == [(first.message_ids[0],), (second.message_ids[1],), (first.message_ids[2],)]


async def _buy(
    connection: Connection,
    contact_id: int,
    clock: ManualClock,
    *,
    hours: float,
    amount: str,
    currency: str | None = None,
) -> None:
    await connection.execute(
        "INSERT INTO collect.event (contact_id, name, occurred_at, recorded_at, source, event_key, properties)"
        " VALUES (%s, 'purchase', %s, %s, 'import', %s, %s)",
        (
            contact_id,
            clock.now() + timedelta(hours=hours),
            clock.now(),
            f"{contact_id:08}{int(hours * 10):08}".encode(),
            Jsonb({"amount": float(amount)} | ({"currency": currency} if currency else {})),
        ),
    )
