"""The audit made tamper-evident: committed rows come in; links over them, and what does not fit, go out."""

from rulecast.observe.audit_chain.chain import Anchor, Entry, Fault, find_faults, next_link
from rulecast.observe.audit_chain.store import link_new_rows, read_chain, read_head

__all__ = ["Anchor", "Entry", "Fault", "find_faults", "link_new_rows", "next_link", "read_chain", "read_head"]
