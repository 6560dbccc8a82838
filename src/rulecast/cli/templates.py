"""`rulecast template`: what may be said, as Meta keeps it and as a phone shows it."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.cli.template_bubble import render_bubble
from rulecast.cli.template_tables import (
    remarks_of,
    render_findings,
    render_sync,
    render_templates,
    template_json,
)
from rulecast.cli.text_file import read_text_file
from rulecast.template import ContentFinding, MessageTemplate, check_template
from rulecast.template.check import check_together
from rulecast.template.errors import TemplateActError
from rulecast.template.preview_html import preview_html
from rulecast.template.shown import show_message
from rulecast.template.store import list_templates
from rulecast.wiring.template_acts import (
    TemplateAct,
    delete_template,
    edit_template,
    find_uses,
    unpause_template,
)
from rulecast.wiring.template_push import push_templates
from rulecast.wiring.template_sync import sync_templates
from rulecast.wiring.workspace import Workspace
from rulecast.wiring.workspace_declaration import read_workspace_file

NameArgument = Annotated[str, typer.Argument(help="Name of the template.", show_default=False)]
SomeNames = Annotated[list[str] | None, typer.Argument(help="Only these templates.", show_default=False)]
LanguageOption = Annotated[
    str | None,
    typer.Option("--language", help="Only this language, such as fr or en_US.", show_default=False),
]
AccountOption = Annotated[
    str | None,
    typer.Option("--waba", help="Only this WhatsApp Business account, by its id.", show_default=False),
]
ExamplesOption = Annotated[
    Path | None,
    typer.Option(
        "--examples",
        file_okay=False,
        exists=True,
        help="Directory of the example files of media headers; default: here.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group `template`."""
    template = typer.Typer(no_args_is_help=True, help="What may be said.")
    template.command("list")(list_)
    for command in (show, check, push, edit, delete, unpause, sync, preview):
        template.command(command.__name__)(command)
    app.add_typer(template, name="template")


def list_(context: typer.Context, json: JsonOption = False) -> None:
    """Show every template with status, quality, category, and what keeps it from being sent."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        found = await _all(workspace)
        if json:
            terminal.print_json({"templates": [template_json(one) for one in found]})
        else:
            terminal.print(*render_templates(found))

    run(context, work)


def show(
    context: typer.Context, name: NameArgument, language: LanguageOption = None, json: JsonOption = False
) -> None:
    """Show a template in each language: its state, its findings, who sends it, and how it looks."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        found = await _named(workspace, name, language)
        async with workspace.database.connection() as connection:
            uses = await find_uses(connection, found, workspace=workspace)
        if json:
            shown = [{**template_json(one), "components": list(one.components)} for one in found]
            terminal.print_json({"templates": shown, "rules": uses.rules, "plans": uses.plans})
            return
        for one in found:
            terminal.print(Text(f"{one.name} ({one.language}), {one.category}, {one.status}", style="bold"))
            terminal.print(*(Text(f"It {remark}") for remark in remarks_of(one)))
            terminal.print(*render_findings(_findings(workspace, one)))
            terminal.print(render_bubble(show_message(one, {}, keeps_missing=True)))
        terminal.print(f"Rules in force that send it: {', '.join(uses.rules) or 'none'}.")
        terminal.print(f"Open plans that send it: {', '.join(uses.plans) or 'none'}.")

    run(context, work)


def check(
    context: typer.Context,
    names: SomeNames = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, help="Look at this workspace file instead."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compare templates with every limit Meta publishes; nothing is sent. Exit code 1 where one is refused."""

    async def work(workspace: Workspace, terminal: Terminal) -> int:
        found = await _all(workspace)
        if file is not None:
            text = await read_text_file(file)
            base = workspace.settings.public_base_url
            found = list(read_workspace_file(text, source=file.name, link_base=base).templates)
        together = check_together(found)
        looked = [
            (one, [*_findings(workspace, one), *together.get((one.name, one.language), [])])
            for one in found
            if not names or one.name in names
        ]
        if json:
            terminal.print_json({"templates": [_found_json(one, findings) for one, findings in looked]})
        else:
            for one, findings in looked:
                is_fine = all(finding.severity == "note" for finding in findings)
                terminal.print(f"{one.name} ({one.language}): {'fine' if is_fine else ''}")
                terminal.print(*render_findings(findings))
        return int(any(one.severity == "refused" for _, findings in looked for one in findings))

    run(context, work)


def push(
    context: typer.Context,
    names: SomeNames = None,
    waba: AccountOption = None,
    examples: ExamplesOption = None,
    json: JsonOption = False,
) -> None:
    """Register the workspace's templates with the Cloud API and keep the status it gives them."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        pushed = await push_templates(workspace, waba_id=waba, names=names or (), examples=examples)
        if json:
            rows = [
                {
                    "name": one.name,
                    "language": one.language,
                    "status": one.status,
                    "category": one.category,
                    "outcome": one.outcome,
                    "waba_id": one.waba_id,
                }
                for one in pushed
            ]
            terminal.print_json({"templates": rows})
            return
        for one in pushed:
            otherwise = f", as {one.category} instead of {one.asked_category}"
            changed = otherwise if one.category != one.asked_category else ""
            terminal.print(f"{one.name} ({one.language}): {one.outcome}, {one.status}{changed}")

    run(context, work, acts=True)


def edit(
    context: typer.Context,
    name: NameArgument,
    language: LanguageOption = None,
    examples: ExamplesOption = None,
    json: JsonOption = False,
) -> None:
    """Replace Meta's content of a template by what the workspace declares; Meta looks at it again."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        _print_acts(terminal, await edit_template(workspace, name, language, examples=examples), json=json)

    run(context, work, acts=True)


def delete(
    context: typer.Context,
    name: NameArgument,
    language: LanguageOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it the command only tells.")] = False,
    json: JsonOption = False,
) -> None:
    """Delete a template at Meta; refused while a rule in force or an open plan sends it."""

    async def work(workspace: Workspace, terminal: Terminal) -> int:
        if yes:
            _print_acts(terminal, await delete_template(workspace, name, language), json=json)
            return 0
        found = await _named(workspace, name, language)
        told = ", ".join(f"{one.name} ({one.language}, {one.status})" for one in found)
        terminal.note(
            f"Would delete {told}. The name of an approved one is locked for 30 days. Add --yes to delete."
        )
        return 1

    run(context, work, acts=yes)


def unpause(
    context: typer.Context, name: NameArgument, language: LanguageOption = None, json: JsonOption = False
) -> None:
    """End a pause that Meta's pacing began, from five minutes after its beginning."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        _print_acts(terminal, await unpause_template(workspace, name, language), json=json)

    run(context, work, acts=True)


def sync(context: typer.Context, waba: AccountOption = None, json: JsonOption = False) -> None:
    """Read what Meta holds of templates, at most once a minute, and tell what changed."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        accounts = await sync_templates(workspace, waba_id=waba)
        if json:
            rows = [
                {
                    "waba_id": one.waba_id,
                    "outcome": one.outcome,
                    "templates": one.template_count,
                    "unreadable": one.unreadable_count,
                    "until": one.until,
                    "changes": [
                        {"kind": c.kind, "name": c.name, "language": c.language, "was": c.was, "now": c.now}
                        for c in one.changes
                    ],
                }
                for one in accounts
            ]
            terminal.print_json({"accounts": rows})
            return
        for account in accounts:
            terminal.print(*render_sync(account))

    run(context, work, acts=True)


def preview(
    context: typer.Context,
    name: NameArgument,
    language: LanguageOption = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Value of a variable, as name=value; repeat it.", show_default=False),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", dir_okay=False, help="Write a page for a browser instead.", show_default=False
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show a template as a phone shows it; variables without a value stay as they are written."""

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        values = dict(_pair(one) for one in set_ or ())
        found = await _named(workspace, name, language)
        _refuse_unknown(values, found)
        shown = [(one, show_message(one, values, keeps_missing=True)) for one in found]
        if json:
            terminal.print_json(
                {
                    "previews": [
                        {"name": one.name, "language": one.language, **message.to_json()}
                        for one, message in shown
                    ]
                }
            )
        elif html is not None:
            pieces = "\n".join(preview_html(message) for _, message in shown)
            await asyncio.to_thread(html.write_text, _PAGE.format(pieces=pieces), encoding="utf-8")
            terminal.note(f"Written to {html}.")
        else:
            for one, message in shown:
                terminal.print(render_bubble(message, title=f"{one.name} ({one.language})"))

    run(context, work)


_PAGE = (
    '<!doctype html>\n<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
    "<title>Preview</title>\n"
    '<body style="margin:16px;display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start">\n{pieces}\n</body>\n'
)


def _pair(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign or not name.strip():
        raise TemplateActError(f"“{given}” is no value of a variable.", hint="Write --set name=value.")
    return name.strip(), value


def _refuse_unknown(values: Mapping[str, str], templates: Sequence[MessageTemplate]) -> None:
    known = dict.fromkeys(name for one in templates for name in one.parameters)
    unknown = [name for name in values if name not in known]
    if unknown:
        raise TemplateActError(
            f"{templates[0].name} has no variable {unknown[0]}.",
            hint=f"It has: {', '.join(known) or 'none'}.",
        )


async def _all(workspace: Workspace) -> list[MessageTemplate]:
    async with workspace.database.connection() as connection:
        return await list_templates(connection)


async def _named(workspace: Workspace, name: str, language: str | None) -> list[MessageTemplate]:
    found = [one for one in await _all(workspace) if one.name == name and language in {None, one.language}]
    if not found:
        raise TemplateActError(f"There is no template {name}{f' in {language}' if language else ''}.")
    return found


def _findings(workspace: Workspace, template: MessageTemplate) -> list[ContentFinding]:
    return check_template(template, words_per_variable=workspace.settings.template_words_per_variable)


def _found_json(template: MessageTemplate, findings: list[ContentFinding]) -> dict[str, object]:
    return {
        "name": template.name,
        "language": template.language,
        "findings": [
            {
                "code": one.code,
                "severity": one.severity,
                "place": one.place,
                "message": one.message,
                "hint": one.hint,
            }
            for one in findings
        ],
    }


def _print_acts(terminal: Terminal, acts: list[TemplateAct], *, json: bool) -> None:
    if json:
        rows = [
            {
                "name": one.name,
                "language": one.language,
                "waba_id": one.waba_id,
                "done": one.done,
                "note": one.note,
            }
            for one in acts
        ]
        terminal.print_json({"templates": rows})
        return
    for one in acts:
        terminal.print(f"{one.name} ({one.language}): {one.done}. {one.note}".rstrip())
