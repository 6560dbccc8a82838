"""Looks, before anything starts, at the values of everybody of whom a message could perhaps not be made."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from rulecast.database import Connection
from rulecast.plan import Combination, store
from rulecast.plan.rendering import PLAIN_PLACEHOLDERS, Rendering
from rulecast.rule.language.document import send_for
from rulecast.values.catalogue import Catalogue
from rulecast.wiring.personal_values import open_values
from rulecast.wiring.plan_draft import Draft
from rulecast.wiring.workspace import Workspace

PAGE = 2_000
"""People whose values are looked at at a time: about 200 kB."""

_VALUES = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)

Renderings = dict[tuple[str, int], Rendering]


async def find_unrenderable(
    connection: Connection,
    workspace: Workspace,
    draft: Draft,
    combinations: Sequence[Combination],
    *,
    catalogue: Catalogue,
) -> None:
    """Note of whose values no message can be made: a value is missing or refused, or the text becomes too long.

    Ordinary words are judged by their length alone, in the database; whoever has others, or personal ones, is rendered.
    """
    renderings = {key: one for key, one in _renderings(draft, combinations).items() if one.can_fail}
    if not renderings:
        return
    names = sorted({name for one in renderings.values() for name in one.attributes})
    sealed = {name for name in names if (entry := catalogue.attribute(name)) and entry.is_sealed}
    parameters: dict[str, object] = {
        "plan_id": draft.plan_id,
        "page": PAGE,
        "variants": [variant for variant, _ in renderings],
        "template_ids": [template_id for _, template_id in renderings],
        "are_sealed": [_opens(one, sealed) for one in renderings.values()],
        "lengths": [one.length_max() for one in renderings.values()],
        "names": [name for name in names if name not in sealed],
        "placeholders": list(PLAIN_PLACEHOLDERS),
    }
    after = 0
    while rows := await store.list_doubtful(connection, parameters | {"after": after}):
        opened = await open_values(workspace.vault, [(row[0], row[4]) for row in rows] if sealed else [])
        missing = [
            contact_id
            for contact_id, variant, template_id, attributes, _ in rows
            if not renderings[variant, template_id].succeeds(
                {**_VALUES.decode(attributes), **opened.get(contact_id, {})}
            )
        ]
        await store.put_missing(connection, draft.plan_id, missing)
        after = rows[-1][0]


def _renderings(draft: Draft, combinations: Iterable[Combination]) -> Renderings:
    """Return what each variant sends in each language that occurs; without a template there is nothing to make."""
    templates = {int(one.template_id): one for one in draft.terms.templates.values()}
    chosen = sorted({(one.variant, int(one.template_id)) for one in combinations})
    return {
        (variant, template_id): Rendering.of(
            templates[template_id], send_for(draft.checked.rule, variant).parameters
        )
        for variant, template_id in chosen
        if template_id in templates
    }


def _opens(rendering: Rendering, sealed: set[str]) -> bool:
    """Return whether personal values bear on the message, so that they have to be opened."""
    return any(one.attribute in sealed for one in rendering.parameters)
