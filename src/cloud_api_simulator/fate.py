"""Decides what becomes of a message when it is accepted: what the run so far adds to its own chance."""

from cloud_api_simulator.media import media_fault
from cloud_api_simulator.outcome import Circumstances, Outcome, decide_outcome
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.pricing import price_of
from cloud_api_simulator.world import World

CAP_CODE = 131049
_NO_PAYMENT = 131042
_BEYOND_LIMIT = 131048
_BROKEN_MEDIA = 131053


def decide_fate(world: World, message: Message, *, is_within_limit: bool = False) -> Outcome:
    """Return the course of an accepted message and count it where Meta counts; sets the message's price."""
    number_id, at = message.number.phone_number_id, message.accepted_at
    person = world.people.current(message.person)
    behaviour = world.behaviour
    window_is_open = person.window_is_open(number_id, at)
    entry_point_is_open = person.entry_point_is_open(number_id, at)
    free_left = message.template is None and (
        world.allowance.used(number_id, at) < behaviour.free_service_messages
    )
    message.price = price_of(
        message.category,
        window_is_open=window_is_open,
        entry_point_is_open=entry_point_is_open,
        free_left=free_left,
        now=at,
        behaviour=behaviour,
    )
    marketing = message.template is not None and message.template.is_marketing
    window = behaviour.marketing_cap_seconds
    counts = marketing and behaviour.marketing_cap_max > 0 and not window_is_open
    business_initiated = message.template is not None and not window_is_open
    outcome = decide_outcome(
        person,
        message.template,
        behaviour,
        world.chance,
        circumstances=Circumstances(
            window_is_open=window_is_open,
            entry_point_is_open=entry_point_is_open,
            blocked_by_business=world.graph.has_blocked(number_id, person.wa_id),
            blocked_by_person=number_id in person.blocked,
            marketing_count=world.marketing.of(person.wa_id, at, window) if counts else 0,
            is_punished=marketing and world.marketing.is_punished(person.wa_id, at),
            refusal=_refusal(world, message, limited=business_initiated and not is_within_limit),
        ),
    )
    if outcome.failure_code == CAP_CODE:
        world.marketing.refuse(person.wa_id, at)
    if outcome.failure_code is None:
        if counts:
            world.marketing.count(person.wa_id, at, window)
        if business_initiated:
            world.limit.count(person.wa_id, at)
    return outcome


def _refusal(world: World, message: Message, *, limited: bool) -> int | None:
    """Return 131053 for broken media, 131042 without a payment method, 131048 beyond the portfolio limit."""
    at = message.accepted_at
    if message.files and media_fault(world.graph.media, message.files, at) is not None:
        return _BROKEN_MEDIA
    if not world.behaviour.has_payment_method and message.price is not None and message.price.is_billable:
        # Platform reference 5.4: without a payment method nothing beyond the free tier is delivered.
        return _NO_PAYMENT
    if limited and not world.limit.admits(message.person.wa_id, at):
        return _BEYOND_LIMIT
    return None
