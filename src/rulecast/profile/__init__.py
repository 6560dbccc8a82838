"""Who people are.

Facts about people come in; contacts with identities, typed attributes, tags, labels, a consent ledger and
suppression go out. No identifier stands in a table in clear: values are sealed, look-ups go through keyed
hashes.
"""

from rulecast.profile.consent import ConsentEntry, record_consents
from rulecast.profile.contact import NewContact
from rulecast.profile.create_contacts import create_contacts
from rulecast.profile.find_contacts import find_contacts
from rulecast.profile.labels import LabelEntry, record_labels
from rulecast.profile.tags import add_tags, remove_tags

__all__ = [
    "ConsentEntry",
    "LabelEntry",
    "NewContact",
    "add_tags",
    "create_contacts",
    "find_contacts",
    "record_consents",
    "record_labels",
    "remove_tags",
]
