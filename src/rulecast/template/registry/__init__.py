"""Templates as Meta's accounts keep them.

What a listing says comes in; what changed since, what may be asked of Meta and what its refusals mean goes out.
"""

from rulecast.template.registry.edit_rules import PAUSE_BY_PACING, edit_refusal, unpause_refusal
from rulecast.template.registry.keep_listing import keep_listed, mark_missing
from rulecast.template.registry.read_listed import read_listed
from rulecast.template.registry.records import ListedTemplate, TemplateChange
from rulecast.template.registry.request import creation_request

__all__ = [
    "PAUSE_BY_PACING",
    "ListedTemplate",
    "TemplateChange",
    "creation_request",
    "edit_refusal",
    "keep_listed",
    "mark_missing",
    "read_listed",
    "unpause_refusal",
]
