"""Which message a person gets by a plan: the translation and the form of its file, each with what decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulecast.plan import Plan
from rulecast.plan.forecast_facts import PersonRow
from rulecast.rule.language.document import Rule, send_for
from rulecast.template.choose_language import Because, explain_language
from rulecast.template.media import Device, Grade
from rulecast.template.media.planned import planned_name
from rulecast.wiring.plan_media import media_for


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyMessage:
    """Template, translation and form of the file, and why; `medium` is None where the message shows no file.

    `language` is None where there is no translation for the person. `form` is full, light, tiny or none; `cause` is
    the words of the rule that decided, empty where the file goes out in full, `device` what they were held against.
    """

    template: str
    language: str | None
    wanted: str
    language_because: Because
    medium: str | None
    form: Grade
    cause: str
    device: Device


def device_of(attributes: Mapping[str, Any]) -> Device:
    """Return the technical data on record of a person."""

    def text(name: str) -> str:
        return str(attributes.get(name) or "")

    return Device(network_type=text("network_type"), os_name=text("os_name"), os_version=text("os_version"))


def explain_message(plan: Plan, rule: Rule, row: PersonRow, *, variant: str) -> WhyMessage:
    """Return which message the rule has for a person, as the plan decides."""
    send = send_for(rule, variant)
    language = explain_language(row.language, send.languages, send.fallback_language)
    device = device_of(row.attributes)
    planned = plan.document.get("media", {}).get(variant)
    chosen = media_for(send, device)
    goes_without = chosen.grade is Grade.NONE and send.media is not None and send.media.fallback is not None
    return WhyMessage(
        template=send.media.fallback or "" if goes_without and send.media is not None else send.template,
        language=language.language,
        wanted=row.language,
        language_because=language.because,
        medium=None if planned is None else planned_name(planned),
        form=chosen.grade,
        cause=chosen.cause,
        device=device,
    )
