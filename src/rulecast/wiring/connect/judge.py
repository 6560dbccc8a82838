"""What the answers about token, number and account mean; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rulecast.account.limit_tiers import shipped_tiers
from rulecast.wiring.connect.explain import explain_code
from rulecast.wiring.connect.graph import whole
from rulecast.wiring.connect.records import Outcome, Step

TOKEN, NUMBER, ACCOUNT = "token", "number", "account"
NEEDED_SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
EXPIRY_NOTED = timedelta(days=30)
"""A month is enough to make a new token before sending stops."""
NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,status,quality_rating,name_status,code_verification_status,account_mode,"
    "platform_type,throughput,whatsapp_business_manager_messaging_limit,is_on_biz_app,health_status"
)
ACCOUNT_FIELDS = (
    "id,name,currency,status,account_review_status,business_verification_status,owner_business_info,health_status,"
    "whatsapp_business_manager_messaging_limit,timezone_id"
)
UNLIMITED = "TIER_UNLIMITED"
UNREADY = frozenset({"PENDING", "UNVERIFIED", "DISCONNECTED", "MIGRATED", "DELETED"})
REGISTER_CODE, LOCKED_CODE = 133010, 131031
THROUGHPUT_STANDARD, THROUGHPUT_HIGH, THROUGHPUT_COEXISTENCE = 80, 1000, 20
"""Messages a second by level, and of a number also used in the Business app (Cloud API: throughput)."""
_THOUSAND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFacts:
    """What a token is good for; `accounts` are those it was granted, empty where Meta names none."""

    app_id: str
    accounts: tuple[str, ...]
    expires_at: datetime | None
    missing_scopes: tuple[str, ...]
    is_valid: bool


def read_token(body: Mapping[str, Any]) -> TokenFacts:
    """Return what `debug_token` tells (Graph API: debug_token)."""
    data = _object(body.get("data"))
    granted = data.get("granular_scopes")
    scopes = {str(one) for one in data.get("scopes") or ()}
    accounts = [
        str(target)
        for one in (granted if isinstance(granted, list) else ())
        if isinstance(one, Mapping) and one.get("scope") in NEEDED_SCOPES
        for target in one.get("target_ids") or ()
    ]
    ends = whole(data.get("expires_at"))
    return TokenFacts(
        app_id=str(data.get("app_id") or ""),
        accounts=tuple(dict.fromkeys(accounts)),
        expires_at=datetime.fromtimestamp(ends, UTC) if ends > 0 else None,
        missing_scopes=tuple(one for one in NEEDED_SCOPES if one not in scopes),
        is_valid=data.get("is_valid") is True,
    )


def judge_token(token: TokenFacts, now: datetime) -> Step:
    """Return whether a token may do everything rulecast asks, and until when."""
    if not token.is_valid or (token.expires_at is not None and token.expires_at <= now):
        what, what_to_do = explain_code(190)
        return Step(name=TOKEN, outcome=Outcome.REFUSED, what=what, what_to_do=what_to_do)
    if token.missing_scopes:
        return Step(
            name=TOKEN,
            outcome=Outcome.REFUSED,
            what=f"The token lacks {' and '.join(token.missing_scopes)}.",
            what_to_do=explain_code(10)[1],
        )
    if token.expires_at is None:
        return Step(name=TOKEN, outcome=Outcome.DONE, what=f"valid without end, app {token.app_id}")
    until = f"valid until {token.expires_at:%Y-%m-%d %H:%M} UTC, app {token.app_id}"
    if token.expires_at - now > EXPIRY_NOTED:
        return Step(name=TOKEN, outcome=Outcome.DONE, what=until)
    return Step(
        name=TOKEN,
        outcome=Outcome.NOTE,
        what=until,
        what_to_do="Sending stops then. A system user's token can be made without an end.",
    )


def judge_number(node: Mapping[str, Any]) -> Step:
    """Return how a number stands: registration first, then what limits or colours it (Cloud API: phone numbers)."""
    status = str(node.get("status") or "")
    if status in UNREADY:
        what, what_to_do = explain_code(REGISTER_CODE)
        return Step(
            name=NUMBER,
            outcome=Outcome.REFUSED,
            what=f"{what} Its status is {status}.",
            what_to_do=what_to_do,
        )
    if status == "BANNED":
        what, what_to_do = explain_code(LOCKED_CODE)
        return Step(
            name=NUMBER, outcome=Outcome.REFUSED, what=f"The number is banned. {what}", what_to_do=what_to_do
        )
    if str(node.get("platform_type") or "CLOUD_API") == "ON_PREMISE":
        return Step(
            name=NUMBER,
            outcome=Outcome.REFUSED,
            what="The number is on the old on-premises API.",
            what_to_do="Migrate it to the Cloud API first: the same number cannot be on both.",
        )
    remarks = _remarks(node, status)
    what = (
        f"{node.get('verified_name') or 'unnamed'}, quality {_small(node.get('quality_rating'))}, "
        f"{throughput_of(node)} messages a second, {_tier_words(node)}"
    )
    return Step(
        name=NUMBER,
        outcome=Outcome.NOTE if remarks else Outcome.DONE,
        what=what,
        what_to_do=" ".join(remarks),
    )


def _remarks(node: Mapping[str, Any], status: str) -> list[str]:
    found = []
    if status not in {"CONNECTED", ""}:
        found.append(f"Meta calls it {status}: it sends less until that is mended.")
    if node.get("quality_rating") in {"YELLOW", "RED"}:
        found.append("People block or report it: look at what they get before sending more.")
    if node.get("name_status") not in {"APPROVED", "AVAILABLE_WITHOUT_REVIEW", None}:
        found.append(
            f"Its display name is {_small(node.get('name_status'))}; unapproved it may be refused (131037)."
        )
    if node.get("code_verification_status") == "NOT_VERIFIED":
        found.append(
            "It is not verified by a code: do that in WhatsApp Manager before two-step verification asks."
        )
    if node.get("is_on_biz_app") is True:
        found.append(
            f"It is also used in the WhatsApp Business app: {THROUGHPUT_COEXISTENCE} messages a second at most."
        )
    return found


def judge_account(node: Mapping[str, Any]) -> Step:
    """Return whether the account may send: review, then the health of everything behind it (8.8 of the platform)."""
    review = str(node.get("account_review_status") or "APPROVED")
    if review != "APPROVED":
        return Step(
            name=ACCOUNT,
            outcome=Outcome.REFUSED if review == "REJECTED" else Outcome.NOTE,
            what=f"Meta's review of the account: {_small(review)}",
            what_to_do="Business support home shows the review and takes an appeal.",
        )
    health = judge_health(_object(node.get("health_status")), name=ACCOUNT)
    if health.outcome is not Outcome.DONE:
        return health
    verification = _small(node.get("business_verification_status") or "unknown")
    name, currency = node.get("name") or "unnamed", node.get("currency") or "?"
    what = f"{name}, reviewed, billed in {currency}, business {verification}"
    return Step(name=ACCOUNT, outcome=Outcome.DONE, what=what)


def judge_health(health: Mapping[str, Any], *, name: str) -> Step:
    """Return whether messages can be sent, by the worst of the parts (Cloud API: health status)."""
    worst = str(health.get("can_send_message") or "AVAILABLE")
    if worst == "AVAILABLE":
        return Step(name=name, outcome=Outcome.DONE, what="everything behind it can send")
    found, advice = [], []
    for part in health.get("entities") or ():
        if not isinstance(part, Mapping) or part.get("can_send_message") == "AVAILABLE":
            continue
        part_name = _small(part.get("entity_type"))
        found += [f"{part_name}: {' '.join(str(note).split())}" for note in part.get("additional_info") or ()]
        for error in part.get("errors") or ():
            what, what_to_do = explain_code(whole(error.get("error_code")))
            found.append(f"{part_name}: {what} ({error.get('error_code')})")
            advice += [what_to_do, str(error.get("possible_solution") or "")]
    if any("payment" in one.lower() for one in found):
        advice.append(explain_code(131042)[1])
    return Step(
        name=name,
        outcome=Outcome.REFUSED if worst == "BLOCKED" else Outcome.NOTE,
        what=f"{worst.lower()}: {'; '.join(found) or 'Meta names no cause'}"[:500],
        what_to_do=" ".join(_once(advice)) or "WhatsApp Manager, Overview, names what to do.",
    )


def throughput_of(node: Mapping[str, Any]) -> int:
    """Return messages a second of a number: by coexistence first, then by its level."""
    if node.get("is_on_biz_app") is True:
        return THROUGHPUT_COEXISTENCE
    return THROUGHPUT_HIGH if _object(node.get("throughput")).get("level") == "HIGH" else THROUGHPUT_STANDARD


def people_per_day_of(node: Mapping[str, Any]) -> int | None:
    """Return how many people may be written to in 24 hours, or nothing where that is unlimited or not told."""
    word = str(node.get("whatsapp_business_manager_messaging_limit") or "")
    tier = shipped_tiers().find(word, on=date.max)
    if tier is not None:
        # A tier that is not set yet is no limit told.
        return tier.people or None
    digits = word.removeprefix("TIER_").removesuffix("K")
    if not digits.isascii() or not digits.isdigit():
        return None
    return int(digits) * (_THOUSAND if word.endswith("K") else 1)


def _tier_words(node: Mapping[str, Any]) -> str:
    people = people_per_day_of(node)
    if node.get("whatsapp_business_manager_messaging_limit") == UNLIMITED:
        return "as many people a day as it likes"
    return "no limit of people told" if people is None else f"{people:,} people a day"


def _small(value: object) -> str:
    return str(value or "unknown").lower().replace("_", " ")


def _once(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
