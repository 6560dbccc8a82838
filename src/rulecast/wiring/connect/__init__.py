"""Connecting a business number, step by step, and comparing a test number with what the simulator does.

Token, number and secrets come in; a number that sends and receives goes out, or the step that failed, in words. Every
step speaks to the address of the settings, whether a simulator or Meta listens there.
"""

from rulecast.wiring.connect.connect_number import ConnectOrder, connect_number
from rulecast.wiring.connect.records import Outcome, Step

__all__ = ["ConnectOrder", "Outcome", "Step", "connect_number"]
