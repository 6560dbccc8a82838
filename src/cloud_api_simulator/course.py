"""Plays the course of an accepted message: statuses, reactions and link fetches at their virtual times."""

import functools

from cloud_api_simulator.acts import react
from cloud_api_simulator.emit import emit_status
from cloud_api_simulator.fate import decide_fate
from cloud_api_simulator.feedback import complain, count_delivery, pause_by_pacing
from cloud_api_simulator.fetches import fetch_link
from cloud_api_simulator.outcome import Outcome
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.world import World

HELD_SECONDS = 1800.0
"""Virtual seconds a held message waits for the template's assessment (Cloud API docs: template pacing)."""
LIMIT_LOOK_SECONDS = 3600.0
"""Virtual seconds until a message held by the portfolio limit is looked at again."""
ACCEPTED, HELD, PAUSED = "accepted", "held_for_quality_assessment", "paused"
"""Values of `message_status` in the answer (platform reference 2.2)."""


def start_course(
    world: World, message: Message, *, held: str | None = None, fails_with: int | None = None
) -> str:
    """Schedule the first step and return the `message_status` of the answer.

    `held` is `release` or `drop` for a message that a fault puts under assessment, `fails_with` the code a
    fault makes it fail with.
    """
    outcome = decide_fate(world, message)
    due = message.accepted_at + outcome.sent_after
    if fails_with is not None:
        world.scheduler.at(due, _fail, world, message, fails_with)
        return ACCEPTED
    if held == "drop":
        world.scheduler.at(due + HELD_SECONDS, _fail, world, message, 132015)
        return HELD
    if held == "release":
        due += HELD_SECONDS
        world.scheduler.at(due, _sent, world, message, outcome, due)
        return HELD
    if message.template is not None:
        status = _pace(world, message, outcome)
        if status is not None:
            return status
        due += _portfolio_wait(world)
    world.scheduler.at(due, _sent, world, message, outcome, due)
    return ACCEPTED


def _pace(world: World, message: Message, outcome: Outcome) -> str | None:
    """Hold a template beyond its first batch (platform reference 4.7); None lets it go now."""
    template, size = message.template, world.behaviour.template_batch
    if template is None or size <= 0 or not template.is_marketing:
        return None
    batch = world.pacing.batch_of(template.template_id)
    if batch.is_paused and template.status == "APPROVED":
        # A manual unpause: the template is paced anew.
        world.pacing.forget(template.template_id)
        batch = world.pacing.batch_of(template.template_id)
    if batch.is_paused:
        world.scheduler.at(message.accepted_at + outcome.sent_after, _fail, world, message, 132015)
        return PAUSED
    if batch.is_released or batch.sent_count < size:
        batch.sent_count += 1
        return None
    if not batch.held:
        due = message.accepted_at + world.behaviour.template_batch_seconds
        world.scheduler.at(due, _assess, world, message)
    batch.held.append(functools.partial(_release, world, message, outcome))
    return HELD


def _assess(world: World, message: Message) -> None:
    """Release or drop what is held of a template, by the feedback to its first batch."""
    template = message.template
    if template is None:
        return
    batch = world.pacing.batch_of(template.template_id)
    good = world.pacing.is_good(template.name, batch, world.behaviour.template_batch_bad_rate)
    batch.is_released, batch.is_paused = good, not good
    if not good:
        pause_by_pacing(world, template)
    held, batch.held = batch.held, []
    for release in held:
        release(good)


def _release(world: World, message: Message, outcome: Outcome, good: bool) -> None:  # noqa: FBT001 - a verdict
    if not good:
        _fail(world, message, 132015)
        return
    due = world.clock.now() + outcome.sent_after
    world.scheduler.at(due, _sent, world, message, outcome, due)


def _portfolio_wait(world: World) -> float:
    """Return the virtual seconds a template waits for its batch of the portfolio (platform reference 4.7)."""
    size = world.behaviour.portfolio_batch
    if size <= 0:
        return 0.0
    turn = world.pacing.portfolio_count // size
    world.pacing.portfolio_count += 1
    return turn * world.behaviour.portfolio_batch_seconds


def _fail(world: World, message: Message, code: int) -> None:
    emit_status(world, message, "failed", failure_code=code)


def _sent(world: World, message: Message, outcome: Outcome, at: float) -> None:
    if world.pacing.portfolio_is_dropped and message.template is not None:
        _fail(world, message, world.behaviour.portfolio_drop_code)
        return
    if outcome.failure_code == LIMIT_CODE and world.behaviour.beyond_messaging_limit == "held":
        _look_again(world, message, outcome, at)
        return
    if outcome.failure_code is not None:
        _fail(world, message, outcome.failure_code)
        return
    if message.status == "accepted":
        emit_status(world, message, "sent")
    for fetch in outcome.fetches:
        if fetch.by == "preview_bot":
            world.scheduler.at(at + fetch.after_seconds, fetch_link, world, message, fetch)
    if outcome.delivered_after is not None:
        due = at + outcome.delivered_after
        world.scheduler.at(due, _delivered, world, message, outcome, due)


LIMIT_CODE = 131048
"""What a message beyond the portfolio limit gets, unless it is held (platform reference 4.3, uncertain)."""


def _look_again(world: World, message: Message, outcome: Outcome, at: float) -> None:
    """Keep a message beyond the portfolio limit until a user leaves the moving day."""
    due = at + LIMIT_LOOK_SECONDS
    if world.limit.admits(message.person.wa_id, at):
        world.limit.count(message.person.wa_id, at)
        outcome = decide_fate(world, message, is_within_limit=True)
        due = at
    world.scheduler.at(due, _sent, world, message, outcome, due)


def _delivered(world: World, message: Message, outcome: Outcome, at: float) -> None:
    if not outcome.delivered_is_silent:
        emit_status(world, message, "delivered")
    count_delivery(world, message, at)
    if outcome.seen_after is not None:
        due = at + outcome.seen_after
        world.scheduler.at(due, _seen, world, message, outcome, due)


def _seen(world: World, message: Message, outcome: Outcome, at: float) -> None:
    if not outcome.read_is_silent:
        emit_status(world, message, "read")
        if message.kind == "audio" and message.content.get("voice"):
            # Platform reference 3.5: a voice message tells when it is played for the first time.
            emit_status(world, message, "played")
    for fetch in outcome.fetches:
        if fetch.by == "person":
            world.scheduler.at(at + fetch.after_seconds, fetch_link, world, message, fetch)
    if outcome.grievance is not None:
        complain(world, message, outcome.grievance, at)
    if outcome.reaction is not None:
        world.scheduler.at(at + outcome.reaction.after_seconds, react, world, message, outcome.reaction)
