"""Readings of the database's clock and of this machine's come in; whether messages may be sent by it goes out."""

from rulecast.deliver.clock_watch.store import read_clock
from rulecast.deliver.clock_watch.watch import ClockWatch, Reading

__all__ = ["ClockWatch", "Reading", "read_clock"]
