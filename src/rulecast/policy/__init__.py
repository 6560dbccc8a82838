"""The pure policy of sending: facts about one message come in, one verdict with one reason goes out.

The plan forecasts with it, the gate decides with it, and `why` tells its checks one by one. Beside it stand
the workspace's sending policy (`sending_policy`) and the arithmetic of local time (`local_time`,
`possible_zones`).
"""

from rulecast.policy.decide import Check, decide, explain_checks
from rulecast.policy.facts import Facts
from rulecast.policy.possible_zones import local_clock
from rulecast.policy.sending_policy import SendingPolicy, read_sending_policy
from rulecast.policy.verdict import Allowed, Deferred, Denied

__all__ = [
    "Allowed",
    "Check",
    "Deferred",
    "Denied",
    "Facts",
    "SendingPolicy",
    "decide",
    "explain_checks",
    "local_clock",
    "read_sending_policy",
]
