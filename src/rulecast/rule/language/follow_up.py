"""A follow-up step seen as a rule of its own: its message, for people who are chosen by what became of the last one."""

from dataclasses import replace

from rulecast.rule.language.check import CheckedRule
from rulecast.rule.language.document import FollowUp
from rulecast.rule.language.person_atoms import Everybody
from rulecast.rule.language.reads import Reads
from rulecast.values.catalogue import Catalogue, Template

FIRST_STEP = 1
# The facts of messages by which steps decide.
MESSAGE_FACTS = frozenset({"delivered", "read", "clicked", "replied"})


def follow_up_of(checked: CheckedRule, step: int) -> FollowUp:
    """Return the clause behind a step; the first message is step 1, the first follow-up step 2."""
    return checked.rule.follow_ups[step - FIRST_STEP - 1]


def rule_of_step(checked: CheckedRule, step: int, catalogue: Catalogue) -> CheckedRule:
    """Return the rule as one step runs it; step 1 is the rule itself.

    Who gets a step is decided by what became of the messages before, so its condition is everybody. Arms stay those
    of the rule, with one message for all; the rule's own limit counts how often a person enters it, not its steps.
    """
    if step == FIRST_STEP:
        return checked
    clause = follow_up_of(checked, step)
    rule = replace(
        checked.rule,
        condition=Everybody(),
        send=clause.send,
        trigger=None,
        variant_sends=(),
        person_limit=None,
        follow_ups=(),
    )
    return replace(
        checked,
        rule=rule,
        condition=Everybody(),
        template=_template(clause, catalogue) or checked.template,
        trigger=None,
        reads=Reads(
            attributes=checked.reads.attributes,
            events=checked.reads.events | _facts_read(clause),
            sensitive=checked.reads.sensitive,
        ),
    )


def _template(clause: FollowUp, catalogue: Catalogue) -> Template | None:
    return catalogue.template(clause.send.template)


def _facts_read(clause: FollowUp) -> frozenset[str]:
    return MESSAGE_FACTS & {outcome.word for outcome in clause.outcomes}
