"""A template and a person's values become the text a phone shows."""

from collections.abc import Mapping, Sequence

from rulecast.template.records import MessageTemplate
from rulecast.template.shown import ShownButton, show_message


def preview(template: MessageTemplate, parameters: Mapping[str, str]) -> str:
    """Return the message as a phone shows it: header, body, footer, one line per button, then the cards.

    Raises:
        ParameterMissingError: a variable has no value.
    """
    shown = show_message(template, parameters)
    header = shown.header if shown.header_format in {"", "TEXT"} else f"[{shown.header_format.lower()}]"
    offer = " ".join(part for part in (shown.offer, shown.offer_ends, shown.offer_code) if part)
    texts = [header, f"[{offer}]" if offer else "", shown.body, shown.footer, _buttons(shown.buttons)]
    for card in shown.cards:
        texts.append("\n".join(part for part in (f"[{card.header_format.lower()}]", card.body) if part))
        texts.append(_buttons(card.buttons))
    return "\n\n".join(text for text in texts if text)


def _buttons(buttons: Sequence[ShownButton]) -> str:
    return "\n".join(f"[ {button.text} ]" for button in buttons)
