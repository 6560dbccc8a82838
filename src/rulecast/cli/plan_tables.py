"""A plan as a marketer reads it: who is in, who is out and why, what it costs, when it ends, how it looks."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from rich.console import RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from rulecast.account import PRICE_SCALE
from rulecast.cli.session import mode_mark
from rulecast.cli.template_bubble import render_bubble
from rulecast.config import Mode
from rulecast.plan import Plan
from rulecast.plan.draw import REACHED_MARGIN
from rulecast.template.media.planned import planned_files, planned_form, planned_name
from rulecast.template.shown import read_shown
from rulecast.values.money import MINOR_UNIT_DIGITS
from rulecast.values.reason import Reason
from rulecast.values.reason_chinese import CHINESE
from rulecast.values.zone_offsets import local_time

BAR_CELLS = 24
MESSAGES_ROWS_MAX = 12
BAND_MARGIN = 900
"""Strengths of neighbouring bands lie 1,000 apart, of priorities inside a band at most 100."""


def money(price_e4: int, currency: str) -> str:
    """Return a price as a person reads it, in major units."""
    digits = MINOR_UNIT_DIGITS.get(currency, 2)
    amount = (Decimal(price_e4) / PRICE_SCALE).scaleb(-digits)
    return f"{amount:,.{digits}f} {currency}"


def render_plan(
    plan: Plan, *, zone: str, mode: Mode, language: Literal["en", "zh"] = "en"
) -> Iterator[RenderableType]:
    """Yield the tables of a plan in reading order; instants in the workspace's zone, reasons in that language."""
    document = plan.document
    yield _title(plan, mode)
    yield _waterfall(document, language)
    if document["lost_to"]:
        yield _losses(document["lost_to"])
    if document.get("arms"):
        yield _arms(document)
    if document["messages"]:
        yield _messages(document)
    if document.get("media_counts"):
        yield _media(document)
    if document.get("reply_files"):
        yield _reply_files(document)
    yield _lines(plan, zone)
    for sample in document["samples"]:
        variant = f", variant {sample['variant']}" if sample.get("variant") else ""
        name = sample.get("template", document["template"])
        form = f", file {sample['media']}" if sample.get("media") else ""
        title = f"{name} ({sample['language']}{variant}{form}), values masked"
        if "shown" in sample:
            yield render_bubble(read_shown(sample["shown"]), title=title)
        else:
            yield Panel(Text(sample["text"]), title=title, title_align="left", width=64, border_style="dim")
    for finding in document["findings"]:
        style = "red" if finding["severity"] == "refused" else "yellow"
        yield Text.assemble((f"{finding['severity']} {finding['code']} ", style), finding["message"])
    for warning in (*document["warnings"], *_holds(document, zone)):
        yield Text.assemble(("warning ", "yellow"), warning)


def _title(plan: Plan, mode: Mode) -> RenderableType:
    document = plan.document
    step = "" if plan.document.get("step", 1) == 1 else f" step {plan.document['step']}"
    frame = "" if not plan.is_of_past else f", as of {plan.evaluated_at.isoformat(timespec='minutes')}"
    return Padding(
        Text.assemble(
            mode_mark(mode),
            (f"  Plan {plan.plan_id}", "bold"),
            f"  rule {plan.rule_name}{step} version {document['rule_version']}, {document['priority']}, "
            f"{plan.purpose}{frame}: {plan.state}",
        ),
        (1, 0, 0, 0),
    )


def _waterfall(document: Mapping[str, Any], language: str) -> RenderableType:
    table = _table("Who is written to, and who is not")
    table.add_column("", no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("why")
    audience = document["audience"]
    left = audience
    table.add_row("audience", f"{audience:,}", _bar(left, audience), "Fulfil the conditions of the rule.")
    for one in document["exclusions"]:
        left -= one["count"]
        means = CHINESE[Reason(one["reason"])] if language == "zh" else one["means"]
        table.add_row(one["reason"], f"-{one['count']:,}", _bar(left, audience), means)
    table.add_section()
    planned = document["planned"]
    table.add_row(
        ("planned"), f"{planned:,}", _bar(planned, audience), "Get the message if the gate still agrees."
    )
    return table


def _bar(count: int, whole: int) -> Text:
    return Text("█" * round(BAR_CELLS * count / whole) if whole else "", style="cyan")


def _losses(losses: list[Mapping[str, Any]]) -> RenderableType:
    table = _table("Lost to another rule in the same decision window")
    table.add_column("to rule", no_wrap=True)
    table.add_column("plan", justify="right", no_wrap=True)
    table.add_column("people", justify="right", no_wrap=True)
    table.add_column("because")
    for one in losses:
        table.add_row(
            one["rule"],
            str(one["plan_id"]),
            f"{one['count']:,}",
            margin_sentence(one["margin"], is_by_score=one.get("by_score", False)),
        )
    return table


def margin_sentence(margin: int, *, is_by_score: bool = False) -> str:
    """Return in words by how much a person was lost."""
    if margin >= REACHED_MARGIN:
        return "it has reached them already"
    if margin >= BAND_MARGIN:
        return "its band is stronger"
    if margin > 0:
        return f"its priority is higher by {margin}"
    if is_by_score:
        return "both are equally strong and its score is higher"
    return "both are equally strong and the draw fell to it"


def _arms(document: Mapping[str, Any]) -> RenderableType:
    table = _table("How the experiment divides the audience, before anybody is left out")
    table.add_column("arm", no_wrap=True)
    for name in ("share", "people", "planned"):
        table.add_column(name, justify="right", no_wrap=True)
    shares = document["variants"]
    for one in document["arms"]:
        share = document["holdout_percent"] if one["holdout"] else shares.get(one["variant"])
        name = "held out" if one["holdout"] else one["variant"] or "message"
        table.add_row(
            name,
            "" if share is None else f"{share}%",
            f"{one['audience']:,}",
            f"{one['planned']:,}",
        )
    return table


def _messages(document: Mapping[str, Any]) -> RenderableType:
    table = _table("Messages and cost")
    has_variants = any(one.get("variant") for one in document["messages"])
    for name in ("country", "language", "category", *(["variant"] if has_variants else [])):
        table.add_column(name, no_wrap=True)
    for name in ("messages", "cost at most"):
        table.add_column(name, justify="right", no_wrap=True)
    rows, currency = document["messages"], document["currency"]
    for one in rows[:MESSAGES_ROWS_MAX]:
        table.add_row(
            one["country"],
            one["language"],
            one["category"],
            *([one["variant"]] if has_variants else []),
            f"{one['count']:,}",
            money(one["cost_e4"], currency),
        )
    rest = rows[MESSAGES_ROWS_MAX:]
    if rest:
        count, cost = sum(one["count"] for one in rest), sum(one["cost_e4"] for one in rest)
        blank = [""] * (3 if has_variants else 2)
        table.add_row(f"{len(rest)} more", *blank, f"{count:,}", money(cost, currency))
    return table


def _media(document: Mapping[str, Any]) -> RenderableType:
    table = _table("Files, by device and network")
    has_variants = any(one["variant"] for one in document["media_counts"])
    for name in (*(["variant"] if has_variants else []), "file", "form", "template"):
        table.add_column(name, no_wrap=True)
    for name in ("size", "messages"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in document["media_counts"]:
        medium = document["media"].get(one["variant"])
        if medium is None:
            continue
        is_without = one["form"] == "none"
        table.add_row(
            *([one["variant"]] if has_variants else []),
            "" if is_without else planned_name(medium),
            one["form"],
            one["template"],
            "" if is_without else _sizes(medium, one["form"]),
            f"{one['count']:,}",
        )
    return table


def _reply_files(document: Mapping[str, Any]) -> RenderableType:
    table = _table("Files of the answers")
    for name in ("file", "kind"):
        table.add_column(name, no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    for name, one in document["reply_files"].items():
        table.add_row(name, one["kind"], _sizes(one, ""))
    return table


def _sizes(medium: Mapping[str, Any], form: str) -> str:
    """Return what a message shows: an image with its sides, several files by what they weigh together."""
    files = [planned_form(one, form) for one in planned_files(medium).values()]
    size = f"{sum(one['bytes'] for one in files) / 1024:,.0f} kB"
    return (
        f"{files[0]['width']} x {files[0]['height']}, {size}"
        if len(files) == 1 and files[0]["width"]
        else size
    )


def _coupons(document: Mapping[str, Any]) -> str:
    """Return whether the codes are enough for everybody who is planned."""
    pools, held = document["coupons"]["pools"], document["coupons"]["held"]
    lacking = document["exclusions"].get("coupon_pool_low", 0)
    stock = ", ".join(f"{count:,} in {name}" for name, count in pools.items())
    enough = f"{lacking:,} people are left out for want of a code" if lacking else "enough for this plan"
    return f"{stock} can be given, {held:,} people hold one of this rule: {enough}"


def _lines(plan: Plan, zone: str) -> RenderableType:
    document = plan.document
    card = ", ".join(document["rate_card"])
    lines = [
        f"Cost      at most {money(document['cost_e4'], document['currency'])} if all are delivered (rates of {card})"
    ]
    if document["budget_e4"] is not None:
        lines[0] += f"; budget {money(document['budget_e4'], document['currency'])}"
        if document.get("budget_per") == "month":
            lines[0] += f" a month, {money(document['budget_left_e4'], document['currency'])} left"
    if document.get("coupons"):
        lines.append(f"Coupons   {_coupons(document)}")
    lines += _interval(document.get("cost_interval"), document["currency"])
    lines += _answers(document.get("answers"), document["currency"])
    lines.append(f"Calendar  {_calendar(document['calendar'], zone)}{_unless_held(document)}")
    difference = document["difference"]
    if difference is not None:
        lines.append(
            f"Change    {difference['in']:,} people in and {difference['out']:,} out since plan {difference['plan_id']}"
        )
    lines.append(
        f"Fresh     {document['freshness']['lag_seconds']:.1f} s behind the database when it was made; "
        f"time zones of tzdata {document['tzdata_version']}"
    )
    lines += [
        f"Step {one['step']}    {one['template']}, {one['after']} later, to who goes on"
        for one in document.get("follow_ups", ())
    ]
    lines.append(f"Expires   {_local(document['expires_at'], zone)}{_carried(document, zone)}")
    if plan.is_of_past:
        lines.append(f"Present   without history, taken as now: {', '.join(document['without_history'])}")
    return Padding(Text("\n".join(lines)), (1, 0))


def _carried(document: Mapping[str, Any], zone: str) -> str:
    """Tell until when a launched plan goes on with what it carries over; plans of earlier releases do not."""
    last = document.get("sends_until")
    if last is None or datetime.fromisoformat(last) <= datetime.fromisoformat(document["expires_at"]):
        return ""
    return f"; once launched, what is left over goes on until {_local(last, zone)} at the latest"


def _holds(document: Mapping[str, Any], zone: str) -> Iterator[str]:
    """Tell what rested when the plan was made; plans of earlier releases do not say."""
    for one in document.get("holds", ()):
        end = "somebody resumes it" if one["until"] is None else _local(one["until"], zone)
        kind = "everything" if one["kind"] == "all" else one["kind"].replace("_", "-") + " messages"
        yield (
            f"The {one['scope']} is held ({one['cause']}): {kind} waited until {end} when this plan was made; "
            "`rulecast incident list` shows what to do."
        )


def _unless_held(document: Mapping[str, Any]) -> str:
    return "; begins when the hold below ends" if document.get("holds") and document["calendar"] else ""


def _answers(answers: Mapping[str, Any] | None, currency: str) -> list[str]:
    """Return the line on what the rule's answers can cost; a rule without answers has none."""
    if answers is None:
        return []
    cost = money(answers["high_e4"], currency)
    text = f"Answers   at most {cost} if all {answers['count_max']:,} are given"
    return [f"{text}; {answers['free_left']:,} of the number's month are free"]


def _interval(interval: Mapping[str, Any] | None, currency: str) -> list[str]:
    """Return the line on between what and what the messages cost; plans of earlier releases have none."""
    if interval is None:
        return []
    text = f"          from {money(interval['low_e4'], currency)} to {money(interval['high_e4'], currency)}"
    share = interval["delivered_percent"]
    text += ", expected " + money(interval["expected_e4"], currency)
    text += "" if share is None else f" ({share} % of the last messages arrived)"
    if interval["free_e4"]:
        text += f"; {money(interval['free_e4'], currency)} of it free in entry points"
    return [text]


def _calendar(calendar: Mapping[str, Any] | None, zone: str) -> str:
    if calendar is None:
        return "nobody to write to"
    text = (
        f"from {_local(calendar['starts_at'], zone)} until {_local(calendar['finishes_at'], zone)}; "
        f"the limit that binds is the {calendar['binding_limit']}"
    )
    late = calendar["messages_too_late"]
    return f"{text}; {late:,} messages do not fit before their windows close" if late else text


def _local(text: str, zone: str) -> str:
    at = datetime.fromisoformat(text)
    if at.microsecond:
        at = at.replace(microsecond=0) + timedelta(seconds=1)
    return f"{local_time(zone, at):%a %d %b %Y %H:%M:%S} {zone}"


def _table(title: str) -> Table:
    return Table(
        title=Text(title, style="bold"), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
