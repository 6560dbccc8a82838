"""Who rests because Meta did not deliver.

Failures of single messages come in, each with its code and time; until when marketing, or anything the business
starts, rests for the person is kept and read under the gate's locks.
"""

from rulecast.gate.rests.keep_rests import Failure, keep_rests
from rulecast.gate.rests.rest import UNTIL_THEY_WRITE, RestRule, rest_until

__all__ = ["UNTIL_THEY_WRITE", "Failure", "RestRule", "keep_rests", "rest_until"]
