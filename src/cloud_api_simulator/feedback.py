"""What readers' blocks and reports do: ratings, pauses of templates, growth of the limit, with their webhooks."""

from dataclasses import replace
from datetime import UTC, datetime

from cloud_api_simulator.emit import emit_management
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.pacing import RATE_LIMITING_PAUSE
from cloud_api_simulator.payloads import Message
from cloud_api_simulator.templates import Template
from cloud_api_simulator.world import World

PAUSE_SECONDS = (3 * 3600.0, 6 * 3600.0)
"""First and second pause of a template; the third time it is disabled (Cloud API docs: template pausing)."""
PAUSE_TITLES = ("FIRST_PAUSE", "SECOND_PAUSE")
UPGRADE_SECONDS = 60.0
"""A number is unavailable about this long while it becomes faster (Cloud API docs: throughput)."""


def count_delivery(world: World, message: Message, at: float) -> None:
    """Count a delivery for the quality of number and template, the free allowance and the portfolio's tier."""
    number_id = message.number.phone_number_id
    world.numbers[number_id].health.deliver(at)
    if message.price is not None and message.price.is_allowance:
        world.allowance.use(number_id, at)
    template = message.template
    if template is None:
        return
    world.health_of(template.template_id).deliver(at)
    if world.behaviour.template_batch:
        world.pacing.batch_of(template.template_id).delivered_count += 1
    if world.behaviour.messaging_limit_grows and world.numbers[number_id].health.rating != "RED":
        tier = world.limit.grow(at)
        if tier is not None:
            tell_capability(world)


def complain(world: World, message: Message, grievance: str, at: float) -> None:
    """Let a reader block or report the business: no webhook, but the ratings hear of it (reference 3.6, 7.2)."""
    number_id, wa_id = message.number.phone_number_id, message.person.wa_id
    person = world.people.current(message.person)
    person.blocked |= {number_id}
    world.people.keep(person)
    row: JsonObject = {"by": grievance, "wamid": message.wamid, "phone": wa_id, "number": number_id}
    world.ledger.write("grievance", row, count_as=f"grievance:{grievance}")
    is_report = grievance == "report"
    number = world.numbers[number_id]
    number.health.complain(at, is_report=is_report)
    number.health.rating = number.health.judge(at, world.behaviour)
    template = message.template
    if template is None:
        return
    health = world.health_of(template.template_id)
    health.complain(at, is_report=is_report)
    if world.behaviour.template_batch:
        world.pacing.batch_of(template.template_id).grievance_count += 1
    set_template_quality(world, template, health.judge(at, world.behaviour))


def set_template_quality(world: World, template: Template, rating: str) -> None:
    """Give a template a rating; a new one is told, and RED pauses or disables it (reference 3.7, 4.6)."""
    health = world.health_of(template.template_id)
    if rating == health.rating:
        return
    change = {"previous_quality_score": health.rating, "new_quality_score": rating}
    health.rating = rating
    emit_management(world, "message_template_quality_update", {**change, **template.event_fields()})
    if rating == "RED" and world.behaviour.template_pauses_on_red:
        pause_by_quality(world, template)


def pause_by_quality(world: World, template: Template) -> None:
    """Pause a template for 3 h, then for 6 h, then disable it (Cloud API docs: template pausing)."""
    current = world.templates.find(template.name, template.language)
    if current is None or current.status != "APPROVED":
        return
    health = world.health_of(template.template_id)
    count, health.pauses = health.pauses, health.pauses + 1
    if count >= len(PAUSE_SECONDS):
        _set_status(world, current, "DISABLED", disable_info={"disable_date": int(world.clock.now())})
        return
    until = world.clock.now() + PAUSE_SECONDS[count]
    text = (
        f"Your WhatsApp message template has been paused for {int(PAUSE_SECONDS[count] / 3600)} hours until "
        f"{datetime.fromtimestamp(until, UTC):%b %d at %I:%M %p} UTC because it had issues."
    )
    _set_status(world, current, "PAUSED", other_info={"title": PAUSE_TITLES[count], "description": text})
    world.scheduler.at(until, _unpause, world, current)


def pause_by_pacing(world: World, template: Template) -> None:
    """Pause a template whose first batch was badly received, until somebody unpauses it (reference 4.7)."""
    current = world.templates.find(template.name, template.language)
    if current is not None and current.status == "APPROVED":
        text = "Your WhatsApp message template has been paused because of feedback to its first messages."
        _set_status(world, current, "PAUSED", other_info={"title": RATE_LIMITING_PAUSE, "description": text})


def _unpause(world: World, template: Template) -> None:
    """End a pause with a fresh rating (Cloud API docs: template pausing)."""
    current = world.templates.find(template.name, template.language)
    if current is None or current.status != "PAUSED":
        return
    world.health_of(template.template_id).clear()
    text = "Your WhatsApp message template can be sent again."
    _set_status(world, current, "APPROVED", other_info={"title": "UNPAUSE", "description": text})


def _set_status(world: World, template: Template, status: str, **info: JsonObject) -> None:
    world.templates.put(replace(template, status=status, paused_at=world.clock.now()))
    value = {"event": status, **template.event_fields(), "reason": "NONE", **info}
    emit_management(world, "message_template_status_update", value)


def tell_capability(world: World) -> None:
    """Tell the portfolio's tier (platform reference 3.8, business_capability_update)."""
    limit = world.limit.limit
    most = -1 if limit == float("inf") else int(limit)
    value = {
        "max_daily_conversations_per_business": most,
        "max_phone_numbers_per_business": 2,
        "max_phone_numbers_per_waba": 25,
    }
    emit_management(world, "business_capability_update", value)
