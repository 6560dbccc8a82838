"""Whole runs on a schedule or by request, done once across all processes.

Names with coroutine functions come in; a worker runs them, one at a time each, again after a crash.
A job is a whole run (rebuild the mart, destroy old day keys); never one contact, event, webhook or
message: those have queues of their own, a hundred times cheaper.
"""

from rulecast.jobs.jobs import Jobs

__all__ = ["Jobs"]
