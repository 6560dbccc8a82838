"""`rulecast codes`: what Meta's error codes mean, and what rulecast does about each."""

import json as json_text
from collections.abc import Iterator
from typing import Annotated

import typer

from rulecast.deliver.error_code import (
    LANGUAGES,
    OF_SENDING,
    UNLISTED,
    CodeAction,
    CodeOutcome,
    ErrorCode,
    error_codes,
    find_error_code,
)

ACTIONS: dict[CodeAction, str] = {
    CodeAction.NONE: "nothing",
    CodeAction.RETRY_AFTER: "the number rests",
    CodeAction.SLOW_NUMBER: "the number slows down",
    CodeAction.PAUSE_PAIR: "this number rests for this person",
    CodeAction.PAUSE_TEMPLATE: "the template is paused until a person resumes it",
    CodeAction.RENEW_FILES: "messages of the template wait until its files are uploaded anew",
    CodeAction.PAUSE_NUMBER: "the number is held until a person resumes it",
    CodeAction.SUPPRESS_CONTACT: "the person is suppressed",
    CodeAction.REST_MARKETING: "marketing to the person rests",
    CodeAction.COUNT_UNDELIVERED: "counted; three in 30 days end what we start, until the person writes",
    CodeAction.HOLD_COUNTRY: "everything to the country is held",
    CodeAction.HOLD_MARKETING: "marketing of the account is held",
    CodeAction.HOLD_UTILITY: "utility of the account is held",
    CodeAction.STOP_ALL: "everything stops until a person resumes",
    CodeAction.HOLD: "the number is held until a person resumes it",
}
OUTCOMES: dict[CodeOutcome, str] = {
    CodeOutcome.AGAIN: "surely not sent; the same message is sent again",
    CodeOutcome.KEPT: "not sent; it waits until a person resumes",
    CodeOutcome.REFUSED: "not sent, final",
    CodeOutcome.SPENT: "not delivered, final; it counts against caps",
    CodeOutcome.HELD: "held for a person",
    CodeOutcome.UNKNOWN: "nobody knows; a status tells, and it is never sent again",
}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("codes")
    def codes(
        code: Annotated[
            int | None, typer.Argument(help="One code or subcode; default: all of them.", min=0)
        ] = None,
        language: Annotated[str, typer.Option("--language", help="en or fr.")] = "en",
        json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    ) -> None:
        """Tell what an error code of Meta means, what rulecast does, and what to do."""
        if language not in LANGUAGES:
            raise typer.BadParameter(f"one of {', '.join(LANGUAGES)}", param_hint="--language")
        found = error_codes() if code is None else (find_error_code(code) or UNLISTED,)
        if json:
            typer.echo(json_text.dumps([code_json(one) for one in found], ensure_ascii=False))
        elif code is None:
            for one in found:
                typer.echo(f"{number_of(one):<16} {one.wordings[language].what}")
        else:
            typer.echo("\n".join(explain_code(found[0], language, asked=code)))


def number_of(row: ErrorCode) -> str:
    """Return a code, or the first and the last one of a range."""
    if row is UNLISTED:
        return "any other"
    return str(row.first_code) if row.first_code == row.last_code else f"{row.first_code}-{row.last_code}"


def explain_code(row: ErrorCode, language: str, *, asked: int) -> Iterator[str]:
    """Yield the lines that tell a person about a code."""
    wording = row.wordings[language]
    yield f"{asked}  {wording.what}"
    yield f"What to do: {wording.what_to_do}"
    if row.seen in OF_SENDING:
        yield f"As an answer: {OUTCOMES[row.outcome]}; beside it: {ACTIONS[row.action]}."
        yield f"As a failed status: the message has failed; beside it: {ACTIONS[row.status_action]}."
    else:
        yield "No message should meet it; one that does is held."
    if row.waits_seconds:
        yield f"Waits: {waits_of(row)}."
    if row.section:
        yield f"It concerns: {row.scope.replace('_', ' ')}. Source: WhatsApp platform reference {row.section}."


def waits_of(row: ErrorCode) -> str:
    """Return the rests of a code in words, the first to the last."""
    return ", ".join(_duration(one) for one in row.waits_seconds)


def _duration(seconds: int) -> str:
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def code_json(row: ErrorCode) -> dict[str, object]:
    """Return a code as plain data."""
    return {
        "first_code": row.first_code,
        "last_code": row.last_code,
        "kind": row.kind,
        "seen": row.seen,
        "scope": row.scope,
        "outcome": row.outcome.value,
        "action": row.action.value,
        "status_action": row.status_action.value,
        "waits_seconds": list(row.waits_seconds),
        "is_surely_not_sent": row.is_surely_not_sent,
        "section": row.section,
        "wordings": {
            name: {"what": one.what, "what_to_do": one.what_to_do} for name, one in row.wordings.items()
        },
    }


def render_codes_page(generated: str) -> str:
    """Return the manual's page of every code."""
    lines = [
        "# Error codes of Meta",
        "",
        generated,
        "",
        "What an error code of the Cloud API means, and what rulecast does about it. `rulecast codes CODE` tells one,",
        "`--language fr` in French. An answer and a failed status can mean different things: after an answer to a send",
        "the message itself may wait or be sent again, after a failed status it has failed. A code that is not in this",
        "table holds the number until a person has looked.",
        "",
        "## Codes a message can meet",
        "",
        "| Code | What happened | As an answer | Beside it | As a status | Waits | What to do |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    sending = [one for one in error_codes() if one.seen in OF_SENDING]
    lines += [
        f"| `{number_of(one)}` | {one.meaning} | {OUTCOMES[one.outcome]} | {ACTIONS[one.action]} |"
        f" {ACTIONS[one.status_action]} | {waits_of(one)} | {one.remedy} |"
        for one in sending
    ]
    lines += [
        "",
        "## Codes of management, groups, calls and sign-ups",
        "",
        "| Code | | What happened | What to do |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{number_of(one)}` | {one.kind} | {one.meaning} | {one.remedy} |"
            for one in error_codes()
            if one.seen not in OF_SENDING
        ),
        "",
    ]
    return "\n".join(lines)
