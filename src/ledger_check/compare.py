"""Counts the four kinds of wrong: each must be 0."""

from collections import Counter
from dataclasses import dataclass

from ledger_check.account import Account
from ledger_check.ledger import Accepted, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """How often each promise was broken, and how many accepted requests were looked at."""

    accepted: int
    duplicates: int
    without_consent: int
    after_opt_out: int
    unbalanced: int

    @property
    def is_clean(self) -> bool:
        """Return whether nothing was found."""
        return not (self.duplicates or self.without_consent or self.after_opt_out or self.unbalanced)


def compare(ledger: Ledger, account: Account) -> Findings:
    """Compare what Meta was asked with what the sender remembers."""
    return Findings(
        accepted=len(ledger.accepted),
        duplicates=_duplicates(ledger, account),
        without_consent=sum(1 for one in ledger.accepted if not _has_consent(one, account)),
        after_opt_out=sum(1 for one in ledger.accepted if _is_after_opt_out(one, ledger, account)),
        unbalanced=_unbalanced(ledger, account),
    )


def _duplicates(ledger: Ledger, account: Account) -> int:
    """Count acceptances beyond the first for one person, template and run.

    A request the sender does not remember counts with every run of that person and template.
    """
    known: Counter[tuple[str, str, int]] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    for one in ledger.accepted:
        attempt = account.attempts.get(one.opaque)
        if attempt is None:
            unknown[one.to, one.template] += 1
        else:
            known[one.to, one.template, attempt.run_id] += 1
    people = {(to, template) for to, template, _run in known}
    extra = sum(count - 1 for count in known.values())
    return extra + sum(count if key in people else count - 1 for key, count in unknown.items())


def _has_consent(one: Accepted, account: Account) -> bool:
    attempt = account.attempts.get(one.opaque)
    return attempt is not None and attempt.has_consent


def _is_after_opt_out(one: Accepted, ledger: Ledger, account: Account) -> bool:
    """Tell whether an opt-out was answered, or recorded, before the intent was committed.

    An intent that was committed before may still be on its way: the promise is about new intents. What is no
    marketing, such as the answer to an opt-out, is only stopped by one from everything, which the account knows.
    """
    attempt = account.attempts.get(one.opaque)
    if attempt is not None and not attempt.is_marketing:
        return attempt.was_stopped
    decided_seconds = one.at_seconds if attempt is None else min(attempt.intent_seconds, one.at_seconds)
    stops = [at for at in ledger.opt_outs.get(one.to, ()) if at < decided_seconds]
    resumptions = [at for at in ledger.resumptions.get(one.to, ()) if at < decided_seconds]
    is_stopped = bool(stops) and (not resumptions or max(resumptions) < max(stops))
    return is_stopped or (attempt is not None and attempt.was_stopped)


def _unbalanced(ledger: Ledger, account: Account) -> int:
    accepted = {one.opaque for one in ledger.accepted}
    surely_not = sum(
        1 for opaque in accepted
        if opaque not in account.attempts or account.attempts[opaque].state in {"refused", "cancelled"}
    )  # fmt: skip
    never_asked = sum(
        1
        for attempt in account.attempts.values()
        if attempt.state in {"accepted", "held"} and attempt.opaque not in accepted
    )
    receipts_lost = sum(
        1
        for opaque in ledger.received
        if opaque in account.attempts and not account.attempts[opaque].has_receipt
    )
    return surely_not + never_asked + receipts_lost + account.missing_messages + account.open_in_finished
