"""Decisions frozen before anyone is messaged: an audience and its exclusions, cost, calendar and content.

Audiences, facts of people and the workspace's terms come in; stored plans with one decision per person, a
document to read and a hash to sign go out.
"""

from rulecast.plan.calendar import Calendar, forecast
from rulecast.plan.combine import Terms, combine
from rulecast.plan.content_hash import content_hash
from rulecast.plan.draw import draw
from rulecast.plan.records import Combination, Member, Plan, Start

__all__ = [
    "Calendar",
    "Combination",
    "Member",
    "Plan",
    "Start",
    "Terms",
    "combine",
    "content_hash",
    "draw",
    "forecast",
]
