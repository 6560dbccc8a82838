"""Moves templates through their life: submission, decision, category, deletion, each with its webhook.

Platform reference 3.7, 4.6, 4.7, 8.1.
"""

from dataclasses import replace
from typing import Any

from cloud_api_simulator.emit import emit_management
from cloud_api_simulator.errors import JsonObject
from cloud_api_simulator.template_review import ReviewRule
from cloud_api_simulator.templates import Template
from cloud_api_simulator.world import World


def submit(world: World, template: Template) -> Template:
    """Keep a new or edited template as PENDING and review it as the run's rules say; return it as it is then."""
    rule = world.graph.review.of(template.name)
    category = world.graph.review.category_of(template.category, _words_of(template), rule)
    pending = replace(template, status="PENDING", category=category)
    world.templates.put(pending)
    if rule.decision == "PENDING":
        return pending
    if rule.after_seconds:
        world.scheduler.at(
            world.clock.now() + rule.after_seconds, _decide_later, world, pending.template_id, rule
        )
        return pending
    return decide(world, pending, rule)


def _decide_later(world: World, template_id: str, rule: ReviewRule) -> None:
    template = world.templates.find_id(template_id)
    if template is not None and template.status == "PENDING":
        decide(world, template, rule)


def decide(world: World, template: Template, rule: ReviewRule) -> Template:
    """Approve or reject a template and send the webhook."""
    if rule.decision == "REJECTED":
        reason = rule.reason if rule.reason != "NONE" else "INVALID_FORMAT"
        info = {"reason": reason, "recommendation": rule.recommendation}
        more: JsonObject = {"rejection_info": info} if rule.recommendation else {}
        return change_status(
            world, replace(template, rejected_reason=reason), "REJECTED", reason=reason, more=more
        )
    approved = replace(template, rejected_reason="NONE", approved_at=world.clock.now())
    changed = change_status(world, approved, "APPROVED")
    if changed.edited_at:
        _tell_components(world, changed)
    return changed


def _tell_components(world: World, template: Template) -> None:
    """Send `message_template_components_update` of an edited template (platform reference 3.7)."""
    value: JsonObject = {**template.event_fields(), "message_template_element": template.body_text}
    if template.header_text:
        value["message_template_title"] = template.header_text
    if template.footer_text:
        value["message_template_footer"] = template.footer_text
    if template.buttons:
        value["message_template_buttons"] = [
            {
                "message_template_button_type": button.kind,
                "message_template_button_text": button.text,
                **({"message_template_button_url": button.url} if button.url else {}),
            }
            for button in template.buttons
        ]
    emit_management(world, "message_template_components_update", value)


def change_status(
    world: World, template: Template, status: str, *, reason: str = "NONE", more: JsonObject | None = None
) -> Template:
    """Set a status, keep the template and send `message_template_status_update` (platform reference 3.7)."""
    changed = replace(template, status=status)
    world.templates.put(changed)
    emit_management(
        world,
        "message_template_status_update",
        {
            "event": status,
            **changed.event_fields(),
            "reason": reason,
            "message_template_category": changed.category,
            **(more or {}),
        },
    )
    return changed


def change_category(world: World, template: Template, category: str) -> Template:
    """Re-categorise a template; the life time set for the old category is cleared (platform reference 2.5)."""
    changed = replace(
        template,
        category=category,
        previous_category=template.category,
        correct_category=None,
        ttl_seconds=None,
    )
    world.templates.put(changed)
    emit_management(
        world,
        "template_category_update",
        {**changed.event_fields(), "previous_category": template.category, "new_category": category},
    )
    return changed


def announce_category(world: World, template: Template, category: str) -> Template:
    """Announce a re-categorisation about a day ahead (platform reference 3.7: `new_category` is the current one)."""
    changed = replace(template, correct_category=category)
    world.templates.put(changed)
    emit_management(
        world,
        "template_category_update",
        {
            **changed.event_fields(),
            "new_category": template.category,
            "correct_category": category,
            "category_update_timestamp": int(world.clock.now()) + 86_400,
        },
    )
    return changed


def delete(world: World, template: Template) -> None:
    """Forget one language of a template and say so; messages on their way are still delivered."""
    world.templates.remove(template, world.clock.now())
    emit_management(
        world,
        "message_template_status_update",
        {"event": "DELETED", **template.event_fields(), "reason": "NONE"},
    )


def _words_of(template: Template) -> str:
    words: list[Any] = [template.header_text, template.body_text, template.footer_text]
    words += [button.text for button in template.buttons]
    words += [card.body_text for card in template.cards]
    return " ".join(words)
