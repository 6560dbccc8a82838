"""The columnar mart: pseudonymous people, their consents and events in one encrypted DuckDB file.

In: the change log and the events of PostgreSQL, read by transaction id. Out: audiences of checked conditions, as of
now or of a past instant. Contact ids only; no phone number, name or free text ever stands here.
"""

from rulecast.rule.engine.mart.mart import Mart
from rulecast.rule.engine.mart.records import Frame, Freshness, MartError, SyncReport

__all__ = ["Frame", "Freshness", "Mart", "MartError", "SyncReport"]
