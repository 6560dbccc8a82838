"""What a run was approved with, read once per process: its rule, window, budget and template hashes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from rulecast.account import PRICE_SCALE
from rulecast.gate import store
from rulecast.gate.reply_terms import REPLY_STEP, ReplyTerms, reply_files, reply_terms
from rulecast.gate.run_media import RunMedia
from rulecast.gate.store import Connection, TermsRow
from rulecast.policy.local_time import SendingWindow
from rulecast.policy.rule_window import sending_window
from rulecast.rule.language import CheckedRule, check_rule
from rulecast.rule.language.document import FollowUp, PersonLimit, Validity
from rulecast.rule.language.follow_up import FIRST_STEP, follow_up_of, rule_of_step
from rulecast.values.catalogue import Catalogue
from rulecast.values.ids import RunId
from rulecast.values.money import money_of
from rulecast.values.purpose import Purpose

ReadCatalogue = Callable[[Connection], Awaitable[Catalogue]]

# A plan older than this has its rule's condition looked at again for every person.
RECHECK_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTerms:
    """The terms of one run; `checked` is None where the rule does not check against today's catalogue.

    A run of replies has `reply` and nothing of the rule but its name and its stops.
    """

    run_id: RunId
    plan_id: int
    rule_name: str
    rule_version_id: int
    is_test: bool
    # Which message of the rule this run sends, the run whose people it follows, and the clause that chooses them.
    step: int
    first_run_id: RunId
    follow_up: FollowUp | None
    purpose: Purpose
    # Whether the person asked for this very message, which is all the consent it needs.
    is_asked_for: bool
    evaluated_at: datetime
    # Nothing of the plan is sent from then on, whatever a message may say.
    expires_at: datetime
    template_hashes: Mapping[int, bytes]
    # The files of its messages, by arm, as they were approved.
    media: Mapping[str, RunMedia]
    checked: CheckedRule | None
    reply: ReplyTerms | None
    catalogue: Catalogue
    window: SendingWindow | None
    skips_holidays: bool
    validity: Validity | None
    limit: PersonLimit | None
    workspace_limit: PersonLimit | None
    budget_e4: int | None
    budget_per: Literal["run", "month"]

    @property
    def budget_key(self) -> str:
        """Return what shares one budget: the run with its later steps, or all runs of the rule."""
        return f"run {self.first_run_id}" if self.budget_per == "run" else f"rule {self.rule_name}"

    def needs_recheck(self, now: datetime) -> bool:
        """Return whether the condition has to be evaluated again; who answers just before a step gets none."""
        if self.reply is not None:
            return False
        return self.follow_up is not None or now - self.evaluated_at > RECHECK_AFTER


KEPT_MAX = 10_000
"""Runs of weeks; every reply that somebody types is a run of its own."""


class TermsBook:
    """Keeps the terms of runs seen lately; a run's terms never change after launch."""

    def __init__(self, read_catalogue: ReadCatalogue) -> None:
        """Take the way to the workspace's catalogue."""
        self._read_catalogue = read_catalogue
        self._known: dict[int, RunTerms] = {}

    async def terms(self, connection: Connection, run_ids: Iterable[int]) -> Mapping[int, RunTerms]:
        """Return the terms of these runs; a run that does not exist is missing."""
        wanted = set(run_ids)
        found = {run_id: self._known[run_id] for run_id in wanted if run_id in self._known}
        unknown = sorted(wanted - found.keys())
        if unknown:
            catalogue = await self._read_catalogue(connection)
            for row in await store.read_run_terms(connection, unknown):
                # The first rule of a process builds the grammar, which takes longer than a lease may wait.
                read = _terms_of if row.step < REPLY_STEP else _terms_of_reply
                found[row.run_id] = terms = await asyncio.to_thread(read, row, catalogue)
                # A rule that does not check today may check tomorrow: it is looked at again next time.
                if terms.checked is not None or terms.reply is not None:
                    if len(self._known) >= KEPT_MAX:
                        self._known.clear()
                    self._known[row.run_id] = terms
        return found


def _terms_of(row: TermsRow, catalogue: Catalogue) -> RunTerms:
    # The plan has turned the budget into the billing currency: its rate is not asked for again.
    found = check_rule(row.rule_text, replace(catalogue, currencies=()))
    whole = found if isinstance(found, CheckedRule) else None
    checked = None if whole is None else rule_of_step(whole, row.step, catalogue)
    rule = checked.rule if checked is not None else None
    return RunTerms(
        run_id=RunId(row.run_id),
        plan_id=row.plan_id,
        rule_name=row.rule_name,
        rule_version_id=row.rule_version_id,
        is_test=row.is_test,
        step=row.step,
        first_run_id=RunId(row.first_run_id),
        follow_up=None if whole is None or row.step == FIRST_STEP else follow_up_of(whole, row.step),
        purpose=Purpose(row.purpose),
        is_asked_for=row.document.get("is_asked_for") is True and row.purpose == Purpose.TRANSACTIONAL,
        evaluated_at=row.evaluated_at,
        expires_at=_last_send(row),
        template_hashes={
            int(template_id): bytes.fromhex(digest)
            for template_id, digest in row.document.get("template_hashes", {}).items()
        },
        media={arm: RunMedia.of(one) for arm, one in row.document.get("media", {}).items()},
        checked=checked,
        reply=None,
        catalogue=catalogue,
        window=sending_window(rule.schedule) if rule is not None else None,
        skips_holidays=rule is not None and rule.schedule is not None and rule.schedule.skips_holidays,
        validity=rule.validity if rule is not None else None,
        limit=rule.person_limit if rule is not None else None,
        workspace_limit=rule.workspace_limit if rule is not None else None,
        budget_per=rule.budget.per if rule is not None and rule.budget is not None else "run",
        # The plan has turned it into the billing currency.
        budget_e4=row.document.get("budget_e4", _budget_e4(checked)),
    )


def _last_send(row: TermsRow) -> datetime:
    """Return when the plan ends: what its rule carries over, and its approval signed, is sent later than the others."""
    carried = row.document.get("sends_until")
    return row.expires_at if carried is None else max(row.expires_at, datetime.fromisoformat(carried))


def _terms_of_reply(row: TermsRow, catalogue: Catalogue) -> RunTerms:
    reply = reply_terms(row)
    purpose = Purpose(row.purpose)
    return RunTerms(
        run_id=RunId(row.run_id),
        plan_id=row.plan_id,
        rule_name=row.rule_name,
        rule_version_id=row.rule_version_id,
        is_test=row.is_test,
        step=row.step,
        first_run_id=RunId(row.first_run_id),
        follow_up=None,
        purpose=purpose,
        is_asked_for=False,
        evaluated_at=row.evaluated_at,
        expires_at=row.expires_at,
        template_hashes={},
        media=reply_files(row),
        checked=None,
        reply=reply,
        catalogue=catalogue,
        window=None,
        skips_holidays=False,
        validity=None,
        limit=None,
        workspace_limit=reply.workspace_limit if purpose is Purpose.MARKETING else None,
        budget_per="run",
        budget_e4=None,
    )


def _budget_e4(checked: CheckedRule | None) -> int | None:
    budget = checked.rule.budget if checked is not None else None
    if budget is None:
        return None
    return money_of(budget.amount, budget.currency).minor_units * PRICE_SCALE
