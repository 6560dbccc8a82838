"""The doctor's look at the restore guard."""

from rulecast.wiring.finding import Finding, Health
from rulecast.wiring.restore import look
from rulecast.wiring.workspace import Workspace

NAME = "restore guard"


async def look_at_restore(workspace: Workspace) -> Finding:
    """Return whether messages may be sent from this database."""
    found = await look(workspace)
    if found.causes:
        return Finding(
            name=NAME,
            health=Health.PROBLEM,
            what=f"nothing is sent: {found.sentences}",
            what_to_do="Look with `rulecast restore show`, then decide with `rulecast restore accept`.",
        )
    if found.standing.beaten_at is None:
        return Finding(name=NAME, health=Health.GOOD, what="nobody has sent from this database yet")
    known = "and this home knows it" if found.memory else "this home has never sent from it"
    at = f"{found.standing.beaten_at:%Y-%m-%d %H:%M} UTC"
    return Finding(name=NAME, health=Health.GOOD, what=f"last sent from on {at}, {known}")
