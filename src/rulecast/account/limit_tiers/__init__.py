"""How many people a tier of Meta's messaging limit allows in a rolling 24 hours, as dated rows.

Tables of tiers and Meta's words come in; people go out. Meta has renamed and is said to drop tiers (whatsapp-platform
4.3), so a newer table joins the shipped one as a newer rate card does.
"""

from rulecast.account.limit_tiers.import_tiers import new_tiers
from rulecast.account.limit_tiers.resolve import resolved, told_people
from rulecast.account.limit_tiers.store import insert_tiers, list_told, read_tiers
from rulecast.account.limit_tiers.tiers import Tier, TierTable, read_tier_tables, shipped_tiers

__all__ = [
    "Tier",
    "TierTable",
    "insert_tiers",
    "list_told",
    "new_tiers",
    "read_tier_tables",
    "read_tiers",
    "resolved",
    "shipped_tiers",
    "told_people",
]
