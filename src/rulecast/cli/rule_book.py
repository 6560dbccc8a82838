"""`rulecast rule save|list|show|history`: the book of rules."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from rulecast.cli.plan_tables import money
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.cli.text_file import read_text_file
from rulecast.rule.book import KeptRule, RuleState, StandingApproval
from rulecast.rule.book.envelope import COST_SCALE
from rulecast.values.zone_offsets import local_time
from rulecast.wiring.rule_keeping import keep_rule
from rulecast.wiring.rule_overview import RuleDetail, RuleRow, read_book, read_history, read_rule_detail
from rulecast.wiring.workspace import Workspace

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the rule.")]
HASH_SHOWN = 12


def register(rule: typer.Typer) -> None:
    """Add the commands that keep and show rules."""
    rule.command("save")(save)
    rule.command("list")(list_rules)
    rule.command("show")(show)
    rule.command("history")(history)


def save(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
    json: JsonOption = False,
) -> None:
    """Keep a rule in the workspace's book; the same content is kept once."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        kept = await keep_rule(workspace, await read_text_file(file))
        if json:
            terminal.print_json({"rule": kept.rule_name, "version": kept.version, "id": kept.rule_version_id})
        else:
            terminal.print(f"{kept.rule_name} version {kept.version} is kept, written by {kept.author}.")

    run(context, work)


def list_rules(context: typer.Context, json: JsonOption = False) -> None:
    """List the rules with their state, next run, and what they used of their envelope today."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        rows = await read_book(workspace)
        if json:
            terminal.print_json({"rules": [row_json(row) for row in rows]})
            return
        zone = workspace.settings.default_timezone
        table = Table("rule", "version", "state", "next run", "people today", "cost today", "written by")
        for row in rows:
            table.add_row(
                row.kept.rule_name,
                str(row.kept.version)
                + ("" if row.draft is None else f" ({row.draft.state.value} beside it)"),
                _state(row.kept),
                "" if row.next_run is None else _local(row.next_run, zone),
                _used_people(row),
                _used_cost(row),
                row.kept.author,
            )
        terminal.print(
            table if rows else "No rule is kept yet: `rulecast rule save FILE` or `rulecast plan FILE`."
        )

    run(context, work)


def show(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Show a rule: its text, its state and why, its standing approval and its latest runs by schedule."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        detail = await read_rule_detail(workspace, name)
        if json:
            terminal.print_json(_detail_json(detail))
            return
        kept, zone = detail.row.kept, workspace.settings.default_timezone
        terminal.print(Text(kept.text.rstrip("\n")), "")
        terminal.print(
            Text.assemble(("State     ", "bold"), _state(kept), f", {kept.why}" if kept.why else "")
        )
        if detail.row.approval is not None:
            for line in _approval_lines(detail.row.approval, zone):
                terminal.print(Text(line))
        if detail.row.next_run is not None:
            terminal.print(f"Next run  {_local(detail.row.next_run, zone)}")
        if detail.runs:
            table = Table("day", "outcome", "plan", "detail")
            for one in detail.runs:
                plan = "" if one.plan_id is None else str(one.plan_id)
                table.add_row(one.run_day.isoformat(), one.outcome, plan, one.detail)
            terminal.print(table)

    run(context, work)


def history(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Show every step in the life of a rule: who did what, when and why."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        steps = await read_history(workspace, name)
        if json:
            rows = [
                {
                    "at": one.at,
                    "version": one.version,
                    "rule_version_id": one.rule_version_id,
                    "act": one.act,
                    "from": one.from_state,
                    "to": one.state,
                    "reason": one.reason,
                    "why": one.why,
                    "actor": one.actor,
                }
                for one in steps
            ]
            terminal.print_json({"rule": name, "steps": rows})
            return
        table = Table("at", "version", "who", "did", "from", "to", "why")
        for one in steps:
            why = ": ".join(part for part in (one.reason, one.why) if part)
            at, version = one.at.isoformat(timespec="seconds"), f"{one.version} (#{one.rule_version_id})"
            table.add_row(at, version, one.actor, one.act, one.from_state, one.state, why)
        terminal.print(table if steps else f"The rule {name} is a draft; nothing was done with it yet.")

    run(context, work)


def row_json(row: RuleRow) -> dict[str, object]:
    """Return one rule of the overview as plain data."""
    return {
        "rule": row.kept.rule_name,
        "version": row.kept.version,
        "id": row.kept.rule_version_id,
        "content_hash": row.kept.content_hash.hex(),
        "author": row.kept.author,
        "state": row.kept.state.value,
        "reason": row.kept.reason,
        "why": row.kept.why,
        "since": row.kept.since,
        "draft_id": None if row.draft is None else row.draft.rule_version_id,
        "next_run": row.next_run,
        "used_today": {"runs": row.used.runs, "people": row.used.people, "cost_e4": row.used.cost_e4},
        "approval": None if row.approval is None else _approval_json(row.approval),
    }


def _detail_json(detail: RuleDetail) -> dict[str, object]:
    return {
        **row_json(detail.row),
        "text": detail.row.kept.text,
        "versions": [
            {
                "id": one.rule_version_id,
                "version": one.version,
                "state": one.state.value,
                "is_head": one.is_head,
            }
            for one in detail.versions
        ],
        "runs": [
            {"day": one.run_day, "outcome": one.outcome, "plan_id": one.plan_id, "detail": one.detail}
            for one in detail.runs
        ],
    }


def _approval_json(approval: StandingApproval) -> dict[str, object]:
    envelope = approval.envelope
    return {
        "approved_by": approval.approved_by,
        "approved_at": approval.approved_at,
        "valid_until": envelope.valid_until,
        "people_per_run": envelope.people_per_run,
        "people_per_day": envelope.people_per_day,
        "cost_per_run": envelope.cost_per_run,
        "currency": envelope.currency,
        "sensitive_fields": list(envelope.sensitive_fields),
    }


def _approval_lines(approval: StandingApproval, zone: str) -> list[str]:
    envelope = approval.envelope
    cost = money(envelope.cost_per_run * COST_SCALE, envelope.currency)
    sensitive = ", ".join(envelope.sensitive_fields) or "none"
    rule, count = approval.rule_hash.hex()[:HASH_SHOWN], len(approval.template_hashes)
    return [
        f"Approved  by {approval.approved_by} until {_local(envelope.valid_until, zone)}",
        f"Envelope  {envelope.people_per_run:,} people and {cost} per run, {envelope.people_per_day:,} people per day",
        f"Sensitive {sensitive}",
        f"Signed    rule {rule}, {count} {'template' if count == 1 else 'templates'}, {approval.purpose}",
    ]


def _local(at: datetime, zone: str) -> str:
    return f"{local_time(zone, at):%a %d %b %Y %H:%M} {zone}"


def _state(kept: KeptRule) -> Text:
    styles = {RuleState.ACTIVE: "green", RuleState.HELD: "bold red", RuleState.PAUSED: "yellow"}
    reason = f": {kept.reason}" if kept.reason else ""
    return Text(f"{kept.state.value}{reason}", styles.get(kept.state, ""))


def _used_people(row: RuleRow) -> str:
    if row.approval is None:
        return ""
    return f"{row.used.people:,} of {row.approval.envelope.people_per_day:,}"


def _used_cost(row: RuleRow) -> str:
    return "" if row.approval is None else money(row.used.cost_e4, row.approval.envelope.currency)
