"""Build the receiver of an opened workspace."""

from rulecast.receiver.receiver import Receiver
from rulecast.receiver.signature import read_secrets, read_verify_token
from rulecast.values.failpoints import INERT, Failpoints
from rulecast.wiring.message_book import MessageBook
from rulecast.wiring.receiver import open_doors
from rulecast.wiring.statuses import MessageFacts
from rulecast.wiring.workspace import Workspace


def build_receiver(
    workspace: Workspace, book: MessageBook | None = None, *, failpoints: Failpoints = INERT
) -> Receiver:
    """Return the ASGI application that takes webhooks and follows links of this workspace.

    Raises:
        AppSecretMissingError: no secret is set by which Meta's signature could be checked.
        VerifyTokenMissingError: no word is set by which Meta could verify the address.
    """
    return Receiver(
        open_doors(workspace, book or MessageFacts.of(workspace), failpoints=failpoints),
        secrets=read_secrets(workspace.settings.app_secret),
        verify_token=read_verify_token(workspace.settings.verify_token),
    )
