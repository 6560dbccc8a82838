"""Counts the seven kinds of wrong: each must be 0."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from ledger_check.account import Account
from ledger_check.ledger import Accepted, Arrival, Ledger
from ledger_check.limits import Number
from ledger_check.windows import Limit, Start, pairs_too_close, people_over, starts_too_fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """How often each promise was broken, and how many accepted requests were looked at."""

    accepted: int
    duplicates: int
    without_consent: int
    after_opt_out: int
    unbalanced: int
    too_fast: int = 0
    too_close: int = 0
    too_many_people: int = 0

    @property
    def is_clean(self) -> bool:
        """Return whether nothing was found."""
        wrong = (
            self.duplicates,
            self.without_consent,
            self.after_opt_out,
            self.unbalanced,
            self.limits_exceeded,
        )
        return not any(wrong)

    @property
    def limits_exceeded(self) -> int:
        """Return how often a limit of a second, a pair or a portfolio was exceeded."""
        return self.too_fast + self.too_close + self.too_many_people


def compare(ledger: Ledger, account: Account) -> Findings:
    """Compare what Meta was asked with what the sender remembers."""
    return Findings(
        accepted=len(ledger.accepted),
        duplicates=_duplicates(ledger, account),
        without_consent=sum(1 for one in ledger.accepted if not _has_consent(one, account)),
        after_opt_out=sum(1 for one in ledger.accepted if _is_after_opt_out(one, ledger, account)),
        unbalanced=_unbalanced(ledger, account),
        too_fast=_too_fast(ledger, account),
        too_close=_too_close(ledger, account),
        too_many_people=_too_many_people(ledger, account),
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


def _too_fast(ledger: Ledger, account: Account) -> int:
    """Count requests that begin a second in which more of their number surely started than it may send."""
    starts: dict[str, list[Start]] = defaultdict(list)
    for one, number in _known(ledger, account):
        starts[one.number].append(_start(one, number, account))
    return sum(map(starts_too_fast, starts.values()))


def _too_close(ledger: Ledger, account: Account) -> int:
    """Count accepted messages to a person for whom the pair had not rested."""
    pairs: dict[tuple[str, str], list[Start]] = defaultdict(list)
    for one, number in _known(ledger, account):
        if one.is_accepted:
            pairs[one.number, one.to].append(_start(one, number, account))
    return sum(map(pairs_too_close, pairs.values()))


def _too_many_people(ledger: Ledger, account: Account) -> int:
    """Count accepted messages beyond the people whom a portfolio may write to in a rolling day."""
    reached: dict[str, list[tuple[float, object, Limit]]] = defaultdict(list)
    for one, number in _known(ledger, account):
        attempt = account.attempts.get(one.opaque)
        if one.is_accepted and (attempt is None or not attempt.is_in_window):
            reached[number.portfolio_id].append((one.at_seconds, one.to, number.people))
    return sum(map(people_over, reached.values()))


def _known(ledger: Ledger, account: Account) -> list[tuple[Arrival, Number]]:
    return [(one, account.numbers[one.number]) for one in ledger.arrivals if one.number in account.numbers]


def _start(one: Arrival, number: Number, account: Account) -> Start:
    attempt = account.attempts.get(one.opaque)
    intent_seconds = one.at_seconds if attempt is None else min(attempt.intent_seconds, one.at_seconds)
    return number.start(intent_seconds, one.at_seconds, is_answer=attempt is not None and attempt.is_answer)
