"""The catalogue that a workspace file declares, for checking rules where no workspace is."""

from rulecast.config import Settings
from rulecast.values.catalogue import Catalogue
from rulecast.wiring.catalogue import DeclaredCatalogue, currencies_of, signatures_of
from rulecast.wiring.workspace import DEFAULT_BILLING_CURRENCY
from rulecast.wiring.workspace_declaration import read_workspace_file


def read_file_catalogue(text: str, *, source: str, settings: Settings) -> Catalogue:
    """Return everything a rule could name once the file is applied and its templates are approved.

    Raises:
        WorkspaceFileError: the file cannot be used; names the line.
        CatalogueInvalidError: its entries contradict each other.
    """
    declared = read_workspace_file(text, source=source, link_base=settings.public_base_url)
    says_money = declared.billing_currency is not None or declared.sending_policy is not None
    money = currencies_of(
        declared.billing_currency or DEFAULT_BILLING_CURRENCY, declared.sending_policy or {}
    )
    entries = DeclaredCatalogue(attributes=declared.attributes, events=declared.events, names=declared.names)
    return entries.catalogue(
        templates=signatures_of(declared.templates),
        numbers=[number.name for number in declared.numbers],
        currencies=money if says_money else (),
        default_zone=settings.default_timezone,
    )
