"""When the people of a plan may be written to: its stored members come in; messages by place and open hours go out."""

from rulecast.plan.hours.open_hours import OpenHours
from rulecast.plan.hours.store import count_starts_by_place

__all__ = ["OpenHours", "count_starts_by_place"]
