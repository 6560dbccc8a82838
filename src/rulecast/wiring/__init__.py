"""The only place that builds objects and joins rooms.

Settings come in; an opened workspace, the verbs that need several rooms, and the roles of `rulecast serve`
go out. `workspace` opens everything, `engine` holds the mart, `logs` masks what is logged; every other file
is one verb or one group of verbs, and owns the transactions of its doors.
"""

from rulecast.wiring.workspace import Workspace, open_workspace

__all__ = ["Workspace", "open_workspace"]
