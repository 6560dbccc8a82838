"""How people's identities change.

What WhatsApp says about numbers, user ids and usernames comes in; old identities end, new ones begin, sealed and
hashed; two contacts that one identity names become an open conflict, never one contact. The contact keeps its id,
and with it consent and suppression; a number that seems to have a new owner leaves its contact without them.
"""

from rulecast.profile.identities.change_identities import IdentityUpdate, apply_identity_updates
from rulecast.profile.identities.conflicts import Conflict, IdentitiesChanged, list_conflicts
from rulecast.profile.identities.learn_identities import Sighting, learn_identities
from rulecast.profile.identities.store import Owner, find_former, find_owners

__all__ = [
    "Conflict",
    "IdentitiesChanged",
    "IdentityUpdate",
    "Owner",
    "Sighting",
    "apply_identity_updates",
    "find_former",
    "find_owners",
    "learn_identities",
    "list_conflicts",
]
