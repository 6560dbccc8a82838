"""Rates that name what they are a share of."""

from dataclasses import dataclass

from rulecast.observe.funnel import Funnel


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share: how many of how many, and what the second number counts."""

    name: str
    count: int
    of: int
    denominator: str
    # Receipts can be switched off, so some things happened more often than anybody saw.
    is_at_least: bool = False

    @property
    def share(self) -> float | None:
        """Return the share from 0 to 1, None where there is nothing to be a share of."""
        return self.count / self.of if self.of else None

    @property
    def text(self) -> str:
        """Return the share as a person reads it: `at least 61.2 % of delivered`."""
        if self.share is None:
            return f"no {self.denominator} yet"
        prefix = "at least " if self.is_at_least else ""
        return f"{prefix}{self.share:.1%} of {self.denominator}"


def rates_of(funnel: Funnel) -> tuple[Rate, ...]:
    """Return the rates of a funnel, each with its denominator."""
    delivered = "delivered"
    return (
        Rate(name="planned", count=funnel.planned, of=funnel.considered, denominator="considered"),
        Rate(name="accepted", count=funnel.accepted, of=funnel.planned, denominator="planned"),
        Rate(name="delivered", count=funnel.delivered, of=funnel.accepted, denominator="accepted"),
        Rate(name="read", count=funnel.read, of=funnel.delivered, denominator=delivered, is_at_least=True),
        Rate(name="clicked", count=funnel.clicked, of=funnel.delivered, denominator=delivered),
        Rate(name="replied", count=funnel.replied, of=funnel.delivered, denominator=delivered),
        Rate(name="converted", count=funnel.converted, of=funnel.delivered, denominator=delivered),
        Rate(name="opted_out", count=funnel.opted_out, of=funnel.delivered, denominator=delivered),
        Rate(name="failed", count=funnel.failed_messages, of=funnel.accepted, denominator="accepted"),
    )
