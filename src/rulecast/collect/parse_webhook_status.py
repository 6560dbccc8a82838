"""Read one status, one account problem and one click of the field `messages` (Meta, "messages webhook reference")."""

from typing import Final, cast, get_args

from rulecast.collect.parse_webhook_person import person_of
from rulecast.collect.webhook_facts import UNTOLD, ClickFact, ProblemFact, StatusFact, StatusWord
from rulecast.collect.webhook_fields import (
    NAME_LENGTH_MAX,
    Json,
    bsuid_or_none,
    clean_or_none,
    code_of,
    first_of,
    id_or_empty,
    instant_or_none,
    object_of,
    opaque_id_or_none,
    phone_or_none,
    problem_details_of,
    text_or_none,
    wamid_or_none,
    word_or_empty,
)
from rulecast.collect.webhook_reading import Change, Reading

_STATUS_WORDS: Final = frozenset(get_args(StatusWord))
_NOTHING: Final[Json] = {}


def read_status(status: Json, change: Change, reading: Reading) -> None:
    """Read one step of one message."""
    word = status.get("status")
    if not isinstance(word, str) or word not in _STATUS_WORDS:
        reading.note("statuses", "a status nothing acts upon")
        return
    pricing = object_of(status, "pricing")
    problem = first_of(status, "errors") if "errors" in status else _NOTHING
    conversation = object_of(status, "conversation") if "conversation" in status else _NOTHING
    phone, bsuid = phone_or_none(status.get("recipient_id")), bsuid_or_none(status.get("recipient_user_id"))
    # Meta renamed the parent's key in May 2026; a retry of an older body has the old one.
    parent = status.get("recipient_parent_user_id") or status.get("parent_recipient_user_id")
    if "recipient_type" in status and status["recipient_type"] == "group":
        phone, bsuid, parent = _participant(status)
    billable = pricing.get("billable")
    wamid, occurred_at = wamid_or_none(status.get("id")), instant_or_none(status.get("timestamp"))
    fact = StatusFact(
        wamid=wamid or "",
        status=cast("StatusWord", word),
        occurred_at=occurred_at or UNTOLD,
        opaque_id=opaque_id_or_none(status.get("biz_opaque_callback_data")),
        error_code=code_of(problem) if problem else 0,
        error_title=(clean_or_none(problem.get("title"), NAME_LENGTH_MAX) or "") if problem else "",
        error_details=problem_details_of(problem) if problem else "",
        recipient_phone=phone,
        recipient_bsuid=bsuid,
        recipient_parent_bsuid=bsuid_or_none(parent) if parent else None,
        pricing_type=word_or_empty(pricing.get("type") or pricing.get("pricing_type")),
        pricing_category=word_or_empty(pricing.get("category")),
        pricing_model=word_or_empty(pricing.get("pricing_model")),
        is_billable=billable if isinstance(billable, bool) else None,
        conversation_origin=word_or_empty(object_of(conversation, "origin").get("type"))
        if conversation
        else "",
        conversation_expires_at=instant_or_none(conversation.get("expiration_timestamp"))
        if conversation
        else None,
        template_id=id_or_empty(status["template_id"]) if "template_id" in status else "",
        business_number_id=change.business_number_id,
        waba_id=change.waba_id,
    )
    if wamid is None or occurred_at is None:
        reading.set_aside(fact, has_id=wamid is not None)
    reading.statuses.append(fact)


def _participant(status: Json) -> tuple[str | None, str | None, str | None]:
    """Return number, user id and parent user id of the member of a group a status is about."""
    return (
        phone_or_none(status.get("recipient_participant_id")),
        bsuid_or_none(status.get("recipient_participant_user_id")),
        bsuid_or_none(status.get("recipient_participant_parent_user_id")),
    )


def read_problem(problem: Json, change: Change, reading: Reading) -> None:
    """Read a problem Meta reports outside any message."""
    title = problem.get("title") or problem.get("message")
    reading.others.append(
        ProblemFact(
            code=code_of(problem),
            title=clean_or_none(title, NAME_LENGTH_MAX) or "",
            details=problem_details_of(problem),
            business_number_id=change.business_number_id,
            waba_id=change.waba_id,
            occurred_at=change.told_at,
        )
    )


def read_user_action(action: Json, change: Change, reading: Reading) -> None:
    """Read a click Meta counted on a marketing message (Meta, "Marketing Messages API", `user_actions`)."""
    kind = word_or_empty(action.get("action_type"))
    if kind != "marketing_messages_link_click":
        reading.note("messages/user_actions", "an action nothing acts upon")
        return
    # Its exact nesting is not settled: the data has been described both inside and beside this object.
    data = object_of(action, "marketing_messages_link_click_data") or action
    person = person_of(action, change)
    reading.others.append(
        ClickFact(
            business_number_id=change.business_number_id,
            waba_id=change.waba_id,
            sender_phone=person.phone,
            sender_bsuid=person.bsuid,
            occurred_at=instant_or_none(action.get("timestamp")) or change.told_at,
            component=word_or_empty(data.get("click_component")),
            click_id=text_or_none(data.get("click_id")) or "",
            tracking_token=text_or_none(data.get("tracking_token")) or "",
            product_id=text_or_none(data.get("product_id")) or "",
        )
    )
