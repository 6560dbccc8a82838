"""Whether the rows of a newer table of tiers may be kept; pure."""

from collections.abc import Sequence

from rulecast.account.errors import TierTableInvalidError
from rulecast.account.limit_tiers.tiers import Tier, TierTable, read_tier_tables


def new_tiers(name: str, text: str, *, known: TierTable) -> Sequence[Tier]:
    """Return the rows of a table that are not known yet.

    Raises:
        TierTableInvalidError: a line cannot be read, or says something else of a tier and day than is known.
    """
    table = read_tier_tables({name: text})
    rows = [one for tiers in table.tiers.values() for one in tiers]
    if not rows:
        raise TierTableInvalidError(f"{name} has no tiers.")
    return [one for one in rows if _is_new(one, name, known)]


def _is_new(tier: Tier, name: str, known: TierTable) -> bool:
    same = [one for one in known.tiers.get(tier.tier, ()) if one.effective_from == tier.effective_from]
    if same and same[0].people != tier.people:
        raise TierTableInvalidError(
            f"{name}: {tier.tier} from {tier.effective_from} is known as something else;"
            " say from which day on it changed."
        )
    return not same
