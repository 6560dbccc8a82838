"""Templates as tables: states, findings, what a reading changed."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rulecast.template import ContentFinding, MessageTemplate
from rulecast.wiring.template_sync import AccountSync

STATUS_LOOKS = {"approved": "green", "pending": "yellow", "paused": "yellow", "in_appeal": "yellow"}
QUALITY_LOOKS = {"green": "green", "yellow": "yellow", "red": "red"}


def template_json(template: MessageTemplate) -> dict[str, object]:
    """Return a template as the commands print it."""
    return {
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "status": template.status,
        "is_sendable": template.is_sendable,
        "quality": template.quality,
        "parameter_format": template.format,
        "parameters": template.parameters,
        "meta_id": template.meta_id,
        "waba_id": template.waba_id,
        "correct_category": template.correct_category,
        "previous_category": template.previous_category,
        "rejected_reason": template.rejected_reason,
        "paused_until": template.paused_until,
        "pause_title": template.pause_title,
        "obstacle": template.obstacle,
        "is_adopted": template.is_adopted,
        "components_hash": template.components_hash.hex(),
    }


def render_templates(templates: Sequence[MessageTemplate]) -> Iterator[RenderableType]:
    """Yield one table of states, and below it what stands in the way of sending."""
    table = Table(title="Templates", title_justify="left")
    for name in ("template", "language", "category", "status", "quality", "way out", "declared"):
        table.add_column(name, no_wrap=name != "template")
    for one in templates:
        table.add_row(
            one.name,
            one.language,
            one.category,
            Text(one.status, style=STATUS_LOOKS.get(one.status, "red")),
            Text(one.quality, style=QUALITY_LOOKS.get(one.quality, "dim")),
            "yes" if one.has_opt_out else "no",
            "at Meta" if one.is_adopted else "here",
        )
    yield table
    for one in templates:
        for remark in remarks_of(one):
            yield Text.assemble((f"{one.name} ({one.language}) ", "bold"), remark)


def remarks_of(template: MessageTemplate) -> Iterator[str]:
    """Yield what a person should know about the state of a template."""
    if template.status == "paused":
        until = f" until {template.paused_until:%Y-%m-%d %H:%M} UTC" if template.paused_until else ""
        why = f", {template.pause_title.lower().replace('_', ' ')}" if template.pause_title else ""
        yield f"is paused{until}{why}: nothing is sent with it."
    if template.rejected_reason:
        yield f"was rejected: {template.rejected_reason.lower().replace('_', ' ')}."
    if template.correct_category:
        yield f"counts as {template.category}; Meta says it should be {template.correct_category} and may change it."
    if template.previous_category and template.previous_category != template.category:
        yield f"was {template.previous_category} and is {template.category} now: price and consent follow."
    if template.quality in {"yellow", "red"}:
        yield f"has {template.quality} quality: people block or report it."
    if template.obstacle:
        yield f"is not sent: {template.obstacle}"


def render_findings(found: Iterable[ContentFinding]) -> Iterator[RenderableType]:
    """Yield a line for each finding with its code, place and what to do."""
    for one in found:
        look = {"refused": "red", "warning": "yellow"}.get(one.severity, "dim")
        place = f"{one.place}: " if one.place else ""
        yield Text.assemble(
            (f"  {one.severity} {one.code} ", look), place, one.message, (f"  {one.hint}", "dim")
        )


def render_sync(account: AccountSync) -> Iterator[RenderableType]:
    """Yield what came of reading one account."""
    until = "" if account.until is None else f"{account.until:%H:%M:%S} UTC"
    yield Text(
        {
            "read": f"Account {account.waba_id}: {account.template_count} templates read.",
            "recent": f"Account {account.waba_id} was read less than a minute ago; again from {until}.",
            "blocked": f"Account {account.waba_id}: Meta was silent or wants a wait; again from {until}.",
        }[account.outcome]
    )
    if account.unreadable_count:
        yield Text(f"{account.unreadable_count} rows of the listing cannot be read.", style="yellow")
    for one in account.changes:
        moved = " → ".join(part for part in (one.was, one.now) if part)
        yield Text.assemble(
            (f"  {one.kind} ", "yellow"), (f"{one.name} ({one.language})", "bold"), f"  {moved}"
        )
