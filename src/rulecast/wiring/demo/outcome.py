"""What the demonstration ends with: figures for a machine, built from plans, report and checks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rulecast.plan import Plan
from rulecast.wiring.report import Report

CHECKS = (
    "duplicates",
    "without_consent",
    "after_opt_out",
    "unbalanced",
    "too_fast",
    "too_close",
    "too_many_people",
)
IN_DOUBT = ("unknown", "unresolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything the story has to show."""

    contacts: int
    plans: Sequence[Plan]
    report: Report
    checks: Mapping[str, int]
    seconds: float

    @property
    def excluded(self) -> dict[str, int]:
        """Return the people left out by reason: at planning and at the gate."""
        found: Counter[str] = Counter(self.report.total.excluded)
        for reasons in self.report.total.reasons.values():
            found.update({reason: count for reason, count in reasons.items() if reason})
        return dict(sorted(found.items()))

    @property
    def missed(self) -> int:
        """Return how many messages were not sent in their hours: the machine was too slow for the story's clock."""
        return self.report.total.states.get("expired", 0)

    @property
    def is_clean(self) -> bool:
        """Return whether every check found nothing and the account balances."""
        return not any(self.checks[name] for name in CHECKS) and self.report.total.difference == 0

    def as_json(self) -> dict[str, Any]:
        """Return the object of the last line."""
        total = self.report.total
        return {
            "contacts": self.contacts,
            "planned": total.planned,
            "excluded": self.excluded,
            "accepted": total.accepted,
            "delivered": total.delivered,
            "read": total.read,
            "clicked": total.clicked,
            "replied": total.replied,
            "converted": total.converted,
            "opted_out": total.opted_out,
            "failed": total.failed_messages,
            "refused": sum(total.refused.values()),
            "cancelled": total.states.get("cancelled", 0),
            "expired": self.missed,
            "unknown": sum(total.states.get(state, 0) for state in IN_DOUBT),
            "lost_to_rule": total.excluded.get("lost_to_rule", 0),
            "seconds": round(self.seconds, 1),
            **{name: self.checks[name] for name in CHECKS},
        }
