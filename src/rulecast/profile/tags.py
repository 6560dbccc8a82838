"""Give people tags and take them away."""

from collections.abc import Sequence
from datetime import datetime

from rulecast.profile import store
from rulecast.profile.store import Connection
from rulecast.values.catalogue import fold_text
from rulecast.values.ids import ContactId

# A tag is a word, not a text; the database holds the same limit.
TAG_LENGTH_MAX = 64


async def add_tags(connection: Connection, tags: Sequence[tuple[ContactId, str]], now: datetime) -> int:
    """Give each person the tag and return how many did not have it.

    Raises:
        ValueError: a tag is empty or longer than 64 characters.
    """
    return len(await tag_people(connection, tags, now))


async def tag_people(
    connection: Connection,
    tags: Sequence[tuple[ContactId, str]],
    now: datetime,
    *,
    valid_from: datetime | None = None,
) -> list[ContactId]:
    """Give each person the tag, as `add_tags` does, and return who did not have it.

    The tag holds since `valid_from` (None: now); one that was taken away after that stays away.
    """
    wanted = _folded(tags)
    return await store.add_tags(connection, wanted, now, valid_from=valid_from) if wanted else []


async def remove_tags(connection: Connection, tags: Sequence[tuple[ContactId, str]], now: datetime) -> int:
    """Take the tag from each person and return how many had it.

    Raises:
        ValueError: a tag is empty or longer than 64 characters.
    """
    wanted = _folded(tags)
    return len(await store.remove_tags(connection, wanted, now)) if wanted else 0


def _folded(tags: Sequence[tuple[ContactId, str]]) -> list[tuple[ContactId, str]]:
    folded = sorted({(contact_id, fold_text(tag.strip())) for contact_id, tag in tags})
    if any(not 1 <= len(tag) <= TAG_LENGTH_MAX for _, tag in folded):
        raise ValueError(f"a tag has between 1 and {TAG_LENGTH_MAX} characters")
    return folded
