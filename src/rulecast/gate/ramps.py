"""The growing batches of new templates, under the locks of a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from rulecast.account.ramp import RampState, ramp_now
from rulecast.gate import store
from rulecast.gate.rows import TemplateRow
from rulecast.gate.store import Connection


@dataclass(slots=True, kw_only=True)
class Ramps:
    """What each template that is still watched may send, and what this group took of it."""

    states: dict[int, RampState] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    def next_at(self, template_id: int) -> datetime | None:
        """Return when more messages of a template may go; None where one may go now."""
        state = self.states.get(template_id)
        return None if state is None or state.left is None or state.left > 0 else state.next_at

    def take(self, template_id: int) -> None:
        """Count a message that was let through."""
        state = self.states.get(template_id)
        if state is None:
            return
        ramp = replace(state.ramp, granted=state.ramp.granted + 1)
        left = None if state.left is None else state.left - 1
        self.states[template_id] = replace(state, ramp=ramp, left=left)
        self.used.add(template_id)


async def lock_ramps(
    connection: Connection, templates: Mapping[int, TemplateRow], batches: Sequence[int], now: datetime
) -> Ramps:
    """Return what marketing templates may send that Meta has not called good; one that is paused begins anew."""
    if not batches:
        return Ramps()
    paused = sorted(one.template_id for one in templates.values() if one.status == "paused")
    if paused:
        await store.end_ramps(connection, paused)
    watched = sorted(one.template_id for one in templates.values() if _is_watched(one))
    known = await store.lock_ramps(connection, watched) if watched else {}
    unheard = [one for one in watched if one not in known]
    if unheard:
        # A row that is not there cannot be locked: two groups that begin a template would both take its first batch.
        await store.begin_ramps(connection, unheard, now=now)
        known |= await store.lock_ramps(connection, unheard)
    return Ramps(states={one: ramp_now(known.get(one), batches, now) for one in watched})


async def save_ramps(connection: Connection, ramps: Ramps) -> None:
    """Keep what the group took, in the transaction that writes its permits."""
    if ramps.used:
        await store.save_ramps(connection, {one: ramps.states[one].ramp for one in ramps.used})


def _is_watched(template: TemplateRow) -> bool:
    """Return whether Meta holds messages of a template until it knows how people take them."""
    return template.status == "approved" and template.category == "marketing" and template.quality != "green"
