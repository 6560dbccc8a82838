"""Permits come in; messages with a known end go out.

A run's messages are claimed, get their intent committed together with the gate's permits, leave in exactly one HTTP
attempt, and end by an answer, a status, or as a doubt that is never sent again. `README.md` draws the states.
"""

from rulecast.deliver.create_run import create_run

__all__ = ["create_run"]
