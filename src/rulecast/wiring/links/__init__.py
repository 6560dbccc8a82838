"""Where a tracked link leads: the destination kept on our side, never in the address people see."""

from rulecast.wiring.links.find_destination import Destination, find_destination

__all__ = ["Destination", "find_destination"]
