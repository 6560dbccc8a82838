"""What a look at a template can find, each with a code, a meaning and what to do about it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["refused", "warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingKind:
    """One kind of finding.

    `refused` keeps a template from being used or submitted, `warning` asks for a look, in each plan too; `note` is
    worth knowing while a template is written, and no plan repeats it.
    """

    code: str
    severity: Severity
    means: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFinding:
    """One thing about a template; `place` names the part, such as `buttons[2].url` or `cards[1].body`."""

    code: str
    severity: Severity
    message: str
    place: str = ""
    hint: str = ""


def _refused(code: str, means: str, hint: str) -> FindingKind:
    return FindingKind(code=code, severity="refused", means=means, hint=hint)


def _warning(code: str, means: str, hint: str) -> FindingKind:
    return FindingKind(code=code, severity="warning", means=means, hint=hint)


def _note(code: str, means: str, hint: str) -> FindingKind:
    return FindingKind(code=code, severity="note", means=means, hint=hint)


# Limits are those of the Cloud API's component catalogue unless the sentence says otherwise.
KINDS: tuple[FindingKind, ...] = (
    _refused(
        "RT-001",
        "A marketing template needs a stop button or a footer that says how to stop.",
        "Add a quick reply such as “Stop promotions”, or a footer such as “Reply STOP to unsubscribe”.",
    ),
    _refused(
        "RT-002",
        "A text begins or ends with a variable; Meta rejects that (2388299).",
        "Put words before the first and after the last variable.",
    ),
    _refused("RT-003", "Numbered and named variables are mixed.", "Use one kind in the whole template."),
    _refused(
        "RT-004",
        "Numbered variables must count from 1 without a gap.",
        "Number them {{1}}, {{2}}, … in each text.",
    ),
    _refused(
        "RT-005",
        "The address of a button has a variable before its end, or more than one.",
        "Keep one variable, {{1}}, as the last thing of the address.",
    ),
    _refused(
        "RT-006",
        "A button names no destination among the template's links.",
        "Declare the link under `links`, or leave `link` out and give the end of the address as a parameter.",
    ),
    _refused(
        "RT-007",
        "Quick replies and other buttons are mixed.",
        "Put all quick replies first or all of them last.",
    ),
    _refused(
        "RT-008",
        "The name is no template name: 1 to 512 small letters, digits and underscores.",
        "Choose a name such as `winback_2026`.",
    ),
    _refused("RT-009", "The language is no code of a language.", "Use Meta's code, such as `fr` or `en_US`."),
    _refused("RT-010", "The header is longer than 60 characters.", "Shorten it; the body takes 1,024."),
    _refused("RT-011", "The header has more than one variable.", "Keep one; the body takes more."),
    _refused(
        "RT-012",
        "The header has an emoji, an asterisk, formatting or a line break (2388047).",
        "Write it plainly; the phone shows headers in bold anyway.",
    ),
    _refused(
        "RT-013",
        "The body is longer than 1,024 characters (2388040).",
        "Shorten it; a phone folds it after five lines.",
    ),
    _refused("RT-014", "The footer is longer than 60 characters (2388073).", "Shorten it."),
    _refused("RT-015", "The footer has a variable.", "Move the variable to the body."),
    _refused("RT-016", "Two variables stand beside each other.", "Put a word between them."),
    _refused(
        "RT-017",
        "A variable has a name Meta does not take.",
        "Use {{1}}, {{2}}, … or small letters, digits and underscores, such as {{first_name}}; no #, $ or %.",
    ),
    _refused(
        "RT-018",
        "There are too many variables for so few words (2388293).",
        "Add words or drop variables; RULECAST_TEMPLATE_WORDS_PER_VARIABLE sets the rule, 0 turns it off.",
    ),
    _refused(
        "RT-019",
        "The body has more than two line breaks or more than four spaces in a row (2388072).",
        "Take the extra ones out.",
    ),
    _refused(
        "RT-020", "There are more than 10 buttons.", "Keep the ten that matter; two or three work best."
    ),
    _refused(
        "RT-021",
        "There are too many buttons of one kind.",
        "At most 10 quick replies, 2 addresses, and 1 each of phone number, code, flow, catalogue and call.",
    ),
    _refused(
        "RT-022", "The label of a button is longer than 25 characters.", "Shorten it to two or three words."
    ),
    _refused(
        "RT-023",
        "The label of a button has a variable, an emoji or a line break.",
        "Write the label plainly.",
    ),
    _refused(
        "RT-024", "The address of a button is longer than 2,000 characters.", "Use a shorter page address."
    ),
    _refused(
        "RT-025",
        "The address of a button is none that Meta takes: it must begin with https:// or http:// and name a host, "
        "and may not lead into WhatsApp (wa.me, chat.whatsapp.com).",
        "Use the address of a page of your own.",
    ),
    _refused(
        "RT-026",
        "The phone number of a button is none: at most 20 characters, + and digits.",
        "Write it as +212522000000.",
    ),
    _refused(
        "RT-027",
        "The code of a copy button has no example, or one of more than 15 characters.",
        "Give an `example` of at most 15 letters and digits, as each code you send.",
    ),
    _refused("RT-028", "An offer that ends is not of category marketing.", "Set the category to marketing."),
    _refused("RT-029", "The text of an offer that ends is longer than 16 characters.", "Shorten it."),
    _refused(
        "RT-030", "An offer that ends has a footer.", "Leave the footer out; say in the body how to stop."
    ),
    _refused("RT-031", "The body of an offer that ends is longer than 600 characters.", "Shorten it."),
    _refused(
        "RT-032",
        "An offer that ends needs a button with an address, and its code to copy comes before it.",
        "Put COPY_CODE first, then URL.",
    ),
    _refused("RT-033", "A carousel has fewer than 2 or more than 10 cards.", "Show 2 to 10 cards."),
    _refused(
        "RT-034",
        "The cards of a carousel are not built alike.",
        "Give every card the same header format, a body or none, and the same kinds of buttons in the same order.",
    ),
    _refused("RT-035", "The body of a card is longer than 160 characters.", "Shorten it."),
    _refused("RT-036", "A card has no button or more than two.", "Give every card one or two buttons."),
    _refused("RT-037", "A card begins with no image, video or product.", "Give every card such a header."),
    _refused(
        "RT-038",
        "An authentication template may only have Meta's own text and one button for the code.",
        "Keep BODY (without text), FOOTER (without text) and one OTP button.",
    ),
    _refused(
        "RT-039",
        "The code of an authentication template lives 1 to 90 minutes.",
        "Set code_expiration_minutes so.",
    ),
    _refused(
        "RT-040",
        "A one-time code stands in a template that is not of category authentication.",
        "Set the category to authentication, or use COPY_CODE for a coupon.",
    ),
    _refused(
        "RT-041",
        "The time to live does not fit the category.",
        "Authentication 30 to 900 s, utility 30 to 43,200 s, marketing 43,200 to 2,592,000 s; -1 is 30 days, not for "
        "marketing.",
    ),
    _refused(
        "RT-042",
        "A template is declared twice in the same language.",
        "Keep one; name and language together name a template.",
    ),
    _refused(
        "RT-043",
        "The declared parameter format contradicts the variables.",
        "POSITIONAL goes with {{1}}, NAMED with {{first_name}}; leave `parameter_format` out to have it worked out.",
    ),
    _warning(
        "RT-101",
        "Most letters are capitals; people read that as shouting and block.",
        "Write in small letters.",
    ),
    _warning("RT-102", "More than 3 exclamation marks.", "One is enough."),
    _warning(
        "RT-103",
        "A link shortener hides where a link goes.",
        "Use the shop's own address; clicks are counted anyway.",
    ),
    _warning("RT-104", "A destination is not encrypted (http).", "Use https."),
    _warning(
        "RT-105",
        "Words name goods that need permission or are forbidden.",
        "Read WhatsApp's commerce policy before you submit.",
    ),
    _note(
        "RT-106",
        "Desktop clients do not show a message with four or more buttons, or with quick replies beside others.",
        "Fine for phones; for people at desks use at most three buttons of one kind.",
    ),
    _note("RT-107", "Desktop and web clients do not show offers that end.", "Fine for phones."),
    _warning(
        "RT-108",
        "A media header has no example; Meta wants one with the registration.",
        "Give the HEADER an `example_file`: a jpeg, png, mp4 or pdf beside the workspace file.",
    ),
    _warning(
        "RT-109",
        "Another template of the language has the same body; Meta may reject the copy.",
        "Use the one that exists, or say it differently.",
    ),
    _warning(
        "RT-110",
        "The body has more than 512 characters; one source names that as the limit outside marketing.",
        "Shorten it if the registration is refused.",
    ),
    _warning(
        "RT-111",
        "A part of the template is not known to this version; rulecast keeps it and does not send the template.",
        "Update rulecast, or use another template.",
    ),
    _warning("RT-112", "The address of a button is not encrypted (http).", "Use https; Meta may ask for it."),
)
BY_CODE = {kind.code: kind for kind in KINDS}
SEVERITIES: tuple[Severity, ...] = ("refused", "warning", "note")


def finding(code: str, message: str = "", *, place: str = "") -> ContentFinding:
    """Return a finding of a kind; without a message it says what the kind means."""
    kind = BY_CODE[code]
    return ContentFinding(
        code=code, severity=kind.severity, message=message or kind.means, place=place, hint=kind.hint
    )
