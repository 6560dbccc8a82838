"""What a word of Meta about an account makes rest, and what a person does about it; pure.

Events after whatsapp-platform 3.8 (Meta, "Webhooks": account and phone number fields).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from rulecast.collect.webhook_facts import AccountFact

HoldKind = Literal["all", "marketing", "utility", "business_initiated", "customer_initiated"]
HoldScope = Literal["waba", "number", "portfolio", "country"]
LimitTopic = Literal["people", "throughput", "quality"]

CAUSE_LENGTH_MAX = 80
HIGH_THROUGHPUT = 1_000
"""Messages a second after THROUGHPUT_UPGRADE (Cloud API: throughput level HIGH)."""
UNLIMITED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldWord:
    """A word about one cause: it holds a kind of messages, or, not in force, lifts what the cause held."""

    cause: str
    kind: HoldKind = "all"
    is_in_force: bool = True
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitWord:
    """A limit Meta tells: people in 24 hours of the portfolio, messages a second of the number, its quality.

    `value` is None where people are without limit; `word` is Meta's word for the quality.
    """

    topic: LimitTopic
    value: int | None = None
    word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What follows from a fact; `incident` is its cause where a person has to look, `steps` what they do."""

    holds: tuple[HoldWord, ...] = ()
    limits: tuple[LimitWord, ...] = ()
    incident: str = ""
    closes: str = ""
    steps: tuple[str, ...] = ()


NOTHING: Final = Reaction()

_RESTRICTED: Final[dict[str, HoldKind]] = {
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "business_initiated",
    "RESTRICTED_CUSTOMER_INITIATED_MESSAGING": "customer_initiated",
    "RESTRICTED_UTILITY_TEMPLATES": "utility",
    "RATE_LIMITED_UTILITY_TEMPLATE_MESSAGING": "utility",
    "RESTRICTED_DIRECT_SEND_UTILITY_TEMPLATES": "utility",
}
# Restrictions that concern no message.
_HARMLESS: Final = frozenset({"RESTRICTED_ADD_PHONE_NUMBER_ACTION"})
# A recovery names the violation it ends.
_RECOVERIES: Final = {"_RATE_LIMIT_RECOVERY": "_RATE_LIMIT", "_UNBAN": ""}
_RETURNED: Final = frozenset({"ACCOUNT_RECONNECTED", "PARTNER_ADDED", "PARTNER_APP_INSTALLED"})

PLATFORM_BEGAN: Final = datetime(2018, 8, 1, tzinfo=UTC)
"""No restriction ended before there was anything to restrict (WhatsApp Business API: August 2018)."""
_LOOK: Final = "Open WhatsApp Manager, account quality, and read what Meta says."
_APPEAL: Final = "Correct the cause, and ask Meta for a review where it offers one."
_RESUME: Final = "Resume: rulecast incident resume NUMBER --because REASON."


def reaction_of(fact: AccountFact) -> Reaction:
    """Return what follows from a fact about an account or number; most facts are only kept."""
    react = _REACTIONS.get(fact.kind)
    return NOTHING if react is None else react(fact)


def cause_of(*words: str) -> str:
    """Return words as the name of a cause."""
    joined = ":".join(word for word in words if word)
    return "".join(one if (one.isascii() and one.isalnum()) or one in "_.:-" else "_" for one in joined)[
        :CAUSE_LENGTH_MAX
    ]


def _restriction(fact: AccountFact) -> Reaction:
    name = str(fact.details.get("restriction_type", ""))
    cause = cause_of("restriction", name)
    if name in _HARMLESS or "CALL" in name:
        return Reaction(incident=cause, steps=(_LOOK,))
    # What nobody has described holds everything, as an unknown error code does.
    kind = _RESTRICTED.get(name, "all")
    return Reaction(
        holds=(HoldWord(cause=cause, kind=kind, until=_end_of(fact)),),
        incident=cause,
        steps=(_LOOK, _APPEAL, "The hold ends by itself when Meta's restriction does.", _RESUME),
    )


def _end_of(fact: AccountFact) -> datetime | None:
    """Return the end that is told; one that can be none, before its own beginning, is as if none were told."""
    begins = fact.occurred_at or PLATFORM_BEGAN
    return None if fact.until is None or fact.until <= begins else fact.until


def _violation(fact: AccountFact) -> Reaction:
    name = str(fact.details.get("violation_info.violation_type", ""))
    for ending, ended in _RECOVERIES.items():
        if name.endswith(ending):
            cause = cause_of("violation", name.removesuffix(ending) + ended)
            return Reaction(holds=(HoldWord(cause=cause, is_in_force=False),), closes=cause)
    cause = cause_of("violation", name)
    kind: HoldKind = "utility" if name.startswith("UTILITY_TEMPLATE") else "business_initiated"
    return Reaction(
        holds=(HoldWord(cause=cause, kind=kind),), incident=cause, steps=(_LOOK, _APPEAL, _RESUME)
    )


def _ban(fact: AccountFact) -> Reaction:
    match fact.details.get("ban_info.waba_ban_state"):
        case "REINSTATE":
            return Reaction(holds=(HoldWord(cause="ban", is_in_force=False),), closes="ban")
        case "SCHEDULE_FOR_DISABLE":
            return Reaction(incident="ban:scheduled", steps=(_LOOK, _APPEAL))
        case _:
            return Reaction(holds=(HoldWord(cause="ban"),), incident="ban", steps=(_LOOK, _APPEAL, _RESUME))


def _disconnected(_fact: AccountFact) -> Reaction:
    return Reaction(
        holds=(HoldWord(cause="disconnected"),),
        incident="disconnected",
        steps=("Connect the account to the app again.", _RESUME),
    )


def _connected(fact: AccountFact) -> Reaction:
    if fact.event not in _RETURNED:
        return NOTHING
    return Reaction(holds=(HoldWord(cause="disconnected", is_in_force=False),), closes="disconnected")


def _review(fact: AccountFact) -> Reaction:
    match fact.event:
        case "REJECTED":
            return Reaction(
                holds=(HoldWord(cause="review"),), incident="review", steps=(_LOOK, _APPEAL, _RESUME)
            )
        case "APPROVED":
            return Reaction(holds=(HoldWord(cause="review", is_in_force=False),), closes="review")
        case _:
            return NOTHING


def _alert(fact: AccountFact) -> Reaction:
    is_grave = fact.details.get("alert_info.alert_severity") == "CRITICAL"
    is_active = fact.details.get("alert_info.alert_status", "ACTIVE") == "ACTIVE"
    cause = cause_of("alert", fact.event)
    if is_grave and is_active:
        return Reaction(incident=cause, steps=(_LOOK,))
    return NOTHING if is_active else Reaction(closes=cause)


def _security(fact: AccountFact) -> Reaction:
    return Reaction(
        incident=cause_of("security", fact.event),
        steps=(
            "Ask who did this; if nobody of yours did, change the PIN in WhatsApp Manager.",
            "Change the access token and the app secret too.",
        ),
    )


def _capability(fact: AccountFact) -> Reaction:
    return Reaction(limits=_people(fact))


def _number_quality(fact: AccountFact) -> Reaction:
    limits = (*_people(fact), LimitWord(topic="quality", word=fact.event))
    if fact.event == "THROUGHPUT_UPGRADE":
        limits = (*limits, LimitWord(topic="throughput", value=HIGH_THROUGHPUT))
    if fact.event in {"FLAGGED", "DOWNGRADE"}:
        return Reaction(
            limits=limits, incident="quality", steps=(_LOOK, "Send less, and to people who answer.")
        )
    if fact.event in {"UNFLAGGED", "UPGRADE"}:
        return Reaction(limits=limits, closes="quality")
    return Reaction(limits=limits)


def _people(fact: AccountFact) -> tuple[LimitWord, ...]:
    told = fact.details.get("messaging_limit")
    if not isinstance(told, int):
        return ()
    return (LimitWord(topic="people", value=None if told == UNLIMITED else told),)


def _problem(fact: AccountFact) -> Reaction:
    """React to an error Meta reports outside any message; `holds` tells what its code asks for.

    A code nobody has described calls a person and holds nothing: such errors also tell of groups, calls and chats.
    """
    cause = cause_of("code", fact.event)
    if not fact.details.get("holds"):
        is_listed = fact.details.get("is_listed", True)
        return NOTHING if is_listed else Reaction(incident=cause, steps=(_LOOK,))
    kind = _PROBLEM_KINDS.get(str(fact.details.get("hold_kind", "")), "all")
    return Reaction(
        holds=(HoldWord(cause=cause, kind=kind),), incident=cause, steps=(_LOOK, _APPEAL, _RESUME)
    )


_PROBLEM_KINDS: Final[dict[str, HoldKind]] = {"marketing": "marketing", "utility": "utility"}

_REACTIONS: Final[dict[str, Callable[[AccountFact], Reaction]]] = {
    "restriction": _restriction,
    "violation": _violation,
    "ban": _ban,
    "disconnected": _disconnected,
    "connected": _connected,
    "review": _review,
    "alert": _alert,
    "security": _security,
    "capability": _capability,
    "number_quality": _number_quality,
    "problem": _problem,
}
