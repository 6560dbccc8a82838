"""Reading a row of Meta's listing; what cannot be read is no template and is counted by the caller."""

import re
from collections.abc import Mapping
from typing import Any

from rulecast.template.parts import Parts
from rulecast.template.read_parts import read_listed_parts
from rulecast.template.records import (
    CATEGORIES,
    LISTED_STATUSES,
    PARAMETER_FORMATS,
    QUALITIES,
    TTL_SECONDS_MAX,
)
from rulecast.template.registry.records import ListedTemplate

# States in which Meta takes messages, or soon will, that go by another name here.
STATUS_WORDS = {
    "reinstated": "approved",
    "flagged": "approved",
    "unarchived": "approved",
    "locked": "disabled",
}
TTL_SECONDS_MIN = 30
REASON_LENGTH_MAX = 200

_ID = re.compile(r"[0-9]{1,32}")
_NAME = re.compile(r"[a-z0-9_]{1,512}")


def read_listed(row: Mapping[str, Any], *, waba_id: str) -> ListedTemplate | None:
    """Return a listed template, or None where id, name, language, category or components cannot be read.

    A status of an unknown name counts as disabled: nothing is sent that nobody understands.
    """
    meta_id, name, language = (str(row.get(key, "")) for key in ("id", "name", "language"))
    category = _word(row.get("category"))
    components = row.get("components")
    if not (_ID.fullmatch(meta_id) and _NAME.fullmatch(name) and 2 <= len(language) <= 10):  # noqa: PLR2004 - as the table's CHECK
        return None
    if category not in CATEGORIES or not isinstance(components, list):
        return None
    kept = tuple(dict(one) if isinstance(one, Mapping) else {"type": "", "raw": one} for one in components)
    status = _word(row.get("status"))
    reason = str(row.get("rejected_reason") or "")
    return ListedTemplate(
        waba_id=waba_id,
        meta_id=meta_id,
        name=name,
        language=language,
        status=_known(STATUS_WORDS.get(status, status), LISTED_STATUSES, otherwise="disabled"),
        category=category,
        components=kept,
        parts=_parts(kept),
        parameter_format=_known(
            str(row.get("parameter_format", "")).upper(), PARAMETER_FORMATS, otherwise=""
        ),
        quality=_quality(row.get("quality_score")),
        correct_category=_known(_word(row.get("correct_category")), CATEGORIES, otherwise=""),
        previous_category=_known(_word(row.get("previous_category")), CATEGORIES, otherwise=""),
        rejected_reason="" if reason.upper() == "NONE" else reason[:REASON_LENGTH_MAX],
        ttl_seconds=_ttl(row.get("message_send_ttl_seconds")),
    )


def _parts(components: tuple[Mapping[str, Any], ...]) -> Parts:
    return read_listed_parts(components)


def _word(value: object) -> str:
    return value.lower() if isinstance(value, str) else ""


def _known(word: str, known: tuple[str, ...], *, otherwise: str) -> str:
    return word if word in known else otherwise


def _quality(value: object) -> str:
    score = value.get("score") if isinstance(value, Mapping) else value
    return _known(_word(score), QUALITIES, otherwise="unknown")


def _ttl(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if value == -1 or TTL_SECONDS_MIN <= value <= TTL_SECONDS_MAX else None
