"""What comes back about messages: statuses, answers, opt-outs and clicks come in; marked messages and facts go out.

Nothing here decides about people: the moments a rule's actions are bound to are handed out, and wiring acts on them.
"""

from rulecast.deliver.statuses.apply_answers import AnswerFact, apply_click, apply_opt_outs, apply_replies
from rulecast.deliver.statuses.apply_statuses import apply_statuses, settle_parked
from rulecast.deliver.statuses.message_directory import MessageDirectory
from rulecast.deliver.statuses.outcome import MessageMoment, StatusesApplied
from rulecast.deliver.statuses.take_plain import take_plain

__all__ = [
    "AnswerFact",
    "MessageDirectory",
    "MessageMoment",
    "StatusesApplied",
    "apply_click",
    "apply_opt_outs",
    "apply_replies",
    "apply_statuses",
    "settle_parked",
    "take_plain",
]
