"""`rulecast reply`: a free-form message to one person whose window is open."""

import sys
from typing import Annotated

import typer

from rulecast.cli.reply_words import (
    AddressOption,
    AudioOption,
    CardOption,
    DocumentOption,
    FilenameOption,
    ImageOption,
    LocationOption,
    NameOption,
    ReactionOption,
    ReplyOptions,
    StickerOption,
    TextArgument,
    VideoOption,
    content_of,
)
from rulecast.cli.session import JsonOption, Terminal, run
from rulecast.values.reason import DESCRIPTIONS, Reason
from rulecast.wiring.read_receipts import open_lean_transport
from rulecast.wiring.replies.typed import ReplyOutcome, TypedReply, reply_to, wait_for_outcome
from rulecast.wiring.workspace import Workspace

NOT_SENT_EXIT = 1
SENT = frozenset({"accepted", "held"})
SENTENCES = {
    "accepted": "Meta has taken it.",
    "held": "Meta has taken it and holds it back for a while.",
    "refused": "Meta has refused it (code {code}).",
    "unknown": "Nobody knows whether Meta has taken it; it is not sent again.",
    "unresolved": "Nobody knows whether Meta has taken it; it is not sent again.",
    "cancelled": "It was not sent: {why}",
    "expired": "It was not sent in time: {why}",
}
FILE_ELSEWHERE = "It waits: the sender has no such file. It needs the same RULECAST_HOME as this command."
WAITING = "It waits for a sender: `rulecast serve` or `rulecast send` must run."


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("reply")(reply)


def reply(
    context: typer.Context,
    contact: Annotated[str, typer.Argument(metavar="CONTACT", help="Number or contact id of the person.")],
    text: TextArgument = None,
    image: ImageOption = None,
    video: VideoOption = None,
    audio: AudioOption = None,
    document: DocumentOption = None,
    filename: FilenameOption = None,
    sticker: StickerOption = None,
    location: LocationOption = None,
    name: NameOption = None,
    address: AddressOption = None,
    card: CardOption = None,
    reaction: ReactionOption = None,
    number: Annotated[
        str | None,
        typer.Option("--number", help="The business number by its name; else the one they wrote to last."),
    ] = None,
    wait: Annotated[
        float, typer.Option("--wait", min=0, max=300, help="Seconds to wait for the outcome.")
    ] = 10.0,
    json: JsonOption = False,
) -> None:
    """Answer a person who wrote within the last 24 hours; it passes the gate like every message."""
    options = ReplyOptions(
        text=sys.stdin.read().strip() if text == "-" else text,
        files={"image": image, "video": video, "audio": audio, "document": document, "sticker": sticker},
        filename=filename,
        location=location,
        name=name,
        address=address,
        contact=card,
        reaction=reaction,
    )

    async def work(workspace: Workspace, terminal: Terminal) -> None:
        said, file = await content_of(options)
        async with open_lean_transport(workspace) as transport:
            sent = await reply_to(workspace, contact, said, file=file, number=number, transport=transport)
        _tell(terminal, sent, await wait_for_outcome(workspace, sent.run_id, seconds=wait), json=json)

    run(context, work, acts=True)


def _tell(terminal: Terminal, sent: TypedReply, outcome: ReplyOutcome, *, json: bool) -> None:
    if json:
        terminal.print_json(_json(sent, outcome))
    else:
        terminal.print(f"Reply to contact {sent.contact_id} from {sent.business_number}, run {sent.run_id}.")
        terminal.print(_sentence(outcome))
    if outcome.has_ended and outcome.state not in SENT:
        raise typer.Exit(NOT_SENT_EXIT)


def _json(sent: TypedReply, outcome: ReplyOutcome) -> dict[str, object]:
    return {
        "contact_id": sent.contact_id,
        "run_id": sent.run_id,
        "number": sent.business_number,
        "state": outcome.state,
        "reason": outcome.reason,
        "error_code": outcome.error_code,
    }


def _sentence(outcome: ReplyOutcome) -> str:
    if not outcome.has_ended and outcome.reason == Reason.FILE_MISSING:
        return FILE_ELSEWHERE
    known = {reason.value for reason in Reason}
    why = DESCRIPTIONS[Reason(outcome.reason)] if outcome.reason in known else outcome.reason
    return SENTENCES.get(outcome.state, WAITING).format(code=outcome.error_code, why=why)
