"""Whom a run did not reach: a run's number comes in; who still waits and who was dropped, with reasons, goes out."""

from rulecast.observe.run_rest.store import RestReason, RestRow, count_rest, list_rest

__all__ = ["RestReason", "RestRow", "count_rest", "list_rest"]
