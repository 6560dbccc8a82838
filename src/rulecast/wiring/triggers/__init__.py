"""Triggers at run time: stored events and changes come in; small plans, launched under standing approval, go out.

What arrives is matched with the rules in force, waits for its delay and its decision window in the database, and is
then planned and launched like any other run. Everything that moves a firing on does so in one transaction, so that a
crash at any point neither loses nor doubles it.
"""

from rulecast.wiring.triggers.run import run_triggers

__all__ = ["run_triggers"]
