"""What the receiver's door is joined to: webhooks, links, and the journal they write."""

from dataclasses import dataclass
from functools import partial

from rulecast.profile.suppression import FileJournal, SuppressionJournal
from rulecast.profile.suppression.journal import LineSeal
from rulecast.values.failpoints import INERT, Failpoints
from rulecast.values.link_token import LinkToken, read_link_token
from rulecast.wiring.links import Destination, find_destination
from rulecast.wiring.message_book import LinkClick, MessageBook
from rulecast.wiring.webhooks import WebhookDoor
from rulecast.wiring.workspace import Workspace

JOURNAL_DIRECTORY = "journal"
# Bound into every line, so that a line of the journal opens as nothing else.
JOURNAL_LINE = b"line of the suppression journal"


def open_journal(workspace: Workspace) -> SuppressionJournal:
    """Return the journal of opt-outs of this workspace: sealed lines in files under its home."""
    vault = workspace.vault
    seal = LineSeal(seal=partial(vault.seal_file, JOURNAL_LINE), open_=partial(vault.open_file, JOURNAL_LINE))
    return FileJournal(workspace.settings.home / JOURNAL_DIRECTORY, seal)


@dataclass(frozen=True, slots=True)
class LinkDoor:
    """Follows tracked links of one workspace."""

    workspace: Workspace
    book: MessageBook

    def read(self, token: str) -> LinkToken | None:
        """Return what a token names, or None where it is forged; asks no database."""
        return read_link_token(token, partial(self.workspace.vault.sign, "link"))

    async def follow(self, link: LinkToken, *, is_counted: bool) -> Destination | None:
        """Return where the link leads and, where a person pressed it, record the click before."""
        async with self.workspace.database.transaction() as connection:
            destination = await find_destination(connection, link)
            if destination is None or not is_counted:
                return destination
            now = self.workspace.clock.now()
            # One click a second is enough for anybody; a reload storm then repeats the same fact.
            click = LinkClick(
                opaque_id=link.opaque_id, link=destination.link_name, occurred_at=now.replace(microsecond=0)
            )
            await self.book.apply_click(connection, click, now)
            return destination


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverDoors:
    """Everything the receiver needs of a workspace."""

    webhooks: WebhookDoor
    links: LinkDoor
    workspace: Workspace


def open_doors(workspace: Workspace, book: MessageBook, *, failpoints: Failpoints = INERT) -> ReceiverDoors:
    """Join the rooms behind the receiver."""
    return ReceiverDoors(
        webhooks=WebhookDoor(workspace, book=book, journal=open_journal(workspace), failpoints=failpoints),
        links=LinkDoor(workspace, book),
        workspace=workspace,
    )
