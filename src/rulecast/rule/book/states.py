"""The life of a rule version: its states, what may be done in each, and why a rule is held."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from rulecast.rule.book.errors import StepNotAllowedError


class RuleState(StrEnum):
    """Where a version stands; only `active` starts runs, and nothing of an archived version is sent."""

    DRAFT = "draft"
    APPROVED = "approved"
    ACTIVE = "active"
    PAUSED = "paused"
    HELD = "held"
    ARCHIVED = "archived"


class Act(StrEnum):
    """What moves a version from state to state."""

    SAVE = "save"
    APPROVE = "approve"
    ACTIVATE = "activate"
    PAUSE = "pause"
    RESUME = "resume"
    HOLD = "hold"
    ARCHIVE = "archive"
    REPLACE = "replace"


class HoldReason(StrEnum):
    """Why a rule waits for a person."""

    PEOPLE_PER_RUN = "people_per_run"
    PEOPLE_PER_DAY = "people_per_day"
    COST_PER_RUN = "cost_per_run"
    SENSITIVE_FIELD = "sensitive_field"
    TEMPLATE_CHANGED = "template_changed"
    APPROVAL_EXPIRED = "approval_expired"
    APPROVAL_INVALID = "approval_invalid"
    VERSION_CHANGED = "version_changed"
    PLAN_CHANGED = "plan_changed"
    RULE_INVALID = "rule_invalid"
    MASS_ENTRY = "mass_entry"
    STOP_TEST = "stop_test"
    LOOP = "loop"
    RESTORED = "restored"


HOLD_SENTENCES: Mapping[HoldReason, str] = MappingProxyType(
    {
        HoldReason.PEOPLE_PER_RUN: "A run would write to more people than was signed for.",
        HoldReason.PEOPLE_PER_DAY: "The runs of the day would write to more people than was signed for.",
        HoldReason.COST_PER_RUN: "A run would cost more than was signed for.",
        HoldReason.SENSITIVE_FIELD: "The rule reads a sensitive attribute that was not signed for.",
        HoldReason.TEMPLATE_CHANGED: "A template says something else than what was signed for.",
        HoldReason.APPROVAL_EXPIRED: "The standing approval has ended.",
        HoldReason.APPROVAL_INVALID: "There is no standing approval, or its signature does not fit.",
        HoldReason.VERSION_CHANGED: "The plan is of another version than the one in force.",
        HoldReason.PLAN_CHANGED: "The stored plan is not what was planned.",
        HoldReason.RULE_INVALID: "The rule no longer checks against the catalogue.",
        HoldReason.MASS_ENTRY: "Unusually many people entered the audience at once.",
        HoldReason.STOP_TEST: "A stop condition of the rule came true.",
        HoldReason.LOOP: "The rule triggers itself, alone or through other rules.",
        HoldReason.RESTORED: "The database was restored: what the rule did in between is not known.",
    }
)

STEPS: Mapping[tuple[RuleState, Act], RuleState] = MappingProxyType(
    {
        (RuleState.DRAFT, Act.SAVE): RuleState.DRAFT,
        (RuleState.ARCHIVED, Act.SAVE): RuleState.DRAFT,
        (RuleState.DRAFT, Act.APPROVE): RuleState.APPROVED,
        # A new envelope or a later end for a version that is approved already.
        (RuleState.APPROVED, Act.APPROVE): RuleState.APPROVED,
        (RuleState.ACTIVE, Act.APPROVE): RuleState.ACTIVE,
        (RuleState.PAUSED, Act.APPROVE): RuleState.PAUSED,
        (RuleState.HELD, Act.APPROVE): RuleState.HELD,
        (RuleState.APPROVED, Act.ACTIVATE): RuleState.ACTIVE,
        (RuleState.ACTIVE, Act.PAUSE): RuleState.PAUSED,
        (RuleState.PAUSED, Act.RESUME): RuleState.ACTIVE,
        (RuleState.DRAFT, Act.HOLD): RuleState.HELD,
        (RuleState.APPROVED, Act.HOLD): RuleState.HELD,
        (RuleState.ACTIVE, Act.HOLD): RuleState.HELD,
        (RuleState.PAUSED, Act.HOLD): RuleState.HELD,
        (RuleState.DRAFT, Act.ARCHIVE): RuleState.ARCHIVED,
        (RuleState.APPROVED, Act.ARCHIVE): RuleState.ARCHIVED,
        (RuleState.ACTIVE, Act.ARCHIVE): RuleState.ARCHIVED,
        (RuleState.PAUSED, Act.ARCHIVE): RuleState.ARCHIVED,
        (RuleState.HELD, Act.ARCHIVE): RuleState.ARCHIVED,
        # Another version of the same rule was activated.
        (RuleState.ACTIVE, Act.REPLACE): RuleState.ARCHIVED,
        (RuleState.PAUSED, Act.REPLACE): RuleState.ARCHIVED,
        (RuleState.HELD, Act.REPLACE): RuleState.ARCHIVED,
    }
)
"""Every step that is allowed, except from `held`, which goes back to where the version came from."""

IN_FORCE = frozenset({RuleState.ACTIVE, RuleState.PAUSED})
"""The states of which a rule has at most one version, held ones that came from there included."""


def next_state(state: RuleState, act: Act, *, held_from: RuleState | None = None) -> RuleState:
    """Return the state after an act; a held version resumes where it was held.

    Raises:
        StepNotAllowedError: the act is not possible in this state.
    """
    if state is RuleState.HELD and act is Act.RESUME and held_from is not None:
        return held_from
    following = STEPS.get((state, act))
    if following is None:
        raise StepNotAllowedError(
            f"A rule that is {state.value} cannot be {PAST[act]}.", hint=f"Possible now: {_possible(state)}."
        )
    return following


PAST: Mapping[Act, str] = MappingProxyType(
    {
        Act.SAVE: "edited",
        Act.APPROVE: "approved",
        Act.ACTIVATE: "activated",
        Act.PAUSE: "paused",
        Act.RESUME: "resumed",
        Act.HOLD: "held",
        Act.ARCHIVE: "archived",
        Act.REPLACE: "replaced",
    }
)

# Acts that nobody asks for by themselves: they happen with another one, or to a rule.
_UNASKED = frozenset({Act.SAVE, Act.HOLD, Act.REPLACE})


def _possible(state: RuleState) -> str:
    acts = [act.value for (start, act) in STEPS if start is state and act not in _UNASKED]
    if state is RuleState.HELD:
        acts.append(Act.RESUME.value)
    return ", ".join(sorted(acts)) or "`rulecast rule save FILE` takes it up again"
