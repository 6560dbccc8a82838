"""How the runtime of triggers stands: for the doctor, the command line, and the metrics."""

from collections.abc import Iterator

from rulecast.observe.metrics import Sample
from rulecast.wiring.triggers import store
from rulecast.wiring.triggers.records import AudienceDifference, CounterDifference, TriggerLag
from rulecast.wiring.workspace import Workspace


async def read_trigger_lag(workspace: Workspace) -> TriggerLag:
    """Return how far matching and decisions are behind."""
    async with workspace.database.connection() as connection:
        return await store.read_lag(connection, workspace.clock.now())


async def read_last_checks(workspace: Workspace) -> list[AudienceDifference]:
    """Return what the last comparison of memberships found, by rule."""
    async with workspace.database.connection() as connection:
        return await store.list_last_checks(connection)


async def read_last_counter_check(workspace: Workspace) -> CounterDifference | None:
    """Return what the last comparison of counters found, None where there was none."""
    async with workspace.database.connection() as connection:
        return await store.find_last_counter_check(connection)


async def trigger_samples(workspace: Workspace) -> list[Sample]:
    """Return the figures as metrics."""
    lag = await read_trigger_lag(workspace)
    checks, counters = await read_last_checks(workspace), await read_last_counter_check(workspace)
    return [*_lag_samples(lag), *_check_samples(checks), *_counter_samples(counters)]


def _lag_samples(lag: TriggerLag) -> Iterator[Sample]:
    yield Sample(
        name="trigger_lag_seconds",
        about="Seconds since the oldest stored event that no rule was matched with yet.",
        value=lag.lag_seconds,
    )
    yield Sample(
        name="trigger_arrivals",
        about="Stored events and changes that wait to be matched.",
        value=lag.arrivals,
    )
    yield Sample(
        name="trigger_arrivals_set_aside",
        about="Stored events and changes that could not be matched.",
        value=lag.set_aside,
    )
    yield Sample(name="trigger_rules", about="Rule versions that listen.", value=lag.versions)
    yield Sample(
        name="trigger_firings_waiting",
        about="Firings inside their delay or decision window.",
        value=lag.waiting,
    )
    yield Sample(
        name="trigger_firings_overdue",
        about="Firings whose decision window has closed and that are not decided.",
        value=lag.overdue,
    )
    yield Sample(
        name="trigger_firings_held",
        about="Entries that wait for a person to look at the rule.",
        value=lag.held,
    )


def _check_samples(checks: list[AudienceDifference]) -> Iterator[Sample]:
    for check in checks:
        yield Sample(
            name="audience_people",
            about="People in the audience of a rule on entering, at the last comparison.",
            value=check.people,
            labels={"rule": check.rule_name},
        )
        for kind, value in (("missing", check.missing), ("surplus", check.surplus)):
            yield Sample(
                name="audience_difference",
                about="People whose kept membership differed from a full evaluation, at the last comparison.",
                value=value,
                labels={"rule": check.rule_name, "kind": kind},
            )


def _counter_samples(check: CounterDifference | None) -> Iterator[Sample]:
    if check is None:
        return
    yield Sample(
        name="counter_people",
        about="People whose counters of behaviour were compared with their events, at the last comparison.",
        value=check.people,
    )
    yield Sample(
        name="counter_difference",
        about="People whose counters of behaviour differed from their events, at the last comparison.",
        value=check.different,
    )
