"""What may be said: approved templates, their variables, and how a message looks.

Cloud API components and a person's values come in; checked templates, requests, previews and content findings
go out.
"""

from rulecast.template.check import check_template
from rulecast.template.choose_language import choose_language
from rulecast.template.clean_value import clean_value
from rulecast.template.errors import ParameterMissingError, TemplateRefusedError
from rulecast.template.finding import ContentFinding
from rulecast.template.read_parts import read_parts
from rulecast.template.records import MessageTemplate
from rulecast.template.render import preview
from rulecast.template.render_components import render_components

__all__ = [
    "ContentFinding",
    "MessageTemplate",
    "ParameterMissingError",
    "TemplateRefusedError",
    "check_template",
    "choose_language",
    "clean_value",
    "preview",
    "read_parts",
    "render_components",
]
