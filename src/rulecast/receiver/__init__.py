"""The door for Meta and for tracked links.

Signed webhooks and clicks come in over HTTP; a 200 goes out only after everything a webhook told is durable.
Raw ASGI by hand: this door answers thousands of requests a second beside the database on two cores.
"""

from rulecast.receiver.build_receiver import build_receiver

__all__ = ["build_receiver"]
