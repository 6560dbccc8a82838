"""Keeping templates that Meta would refuse, or nobody may send, out of the workspace."""

from collections.abc import Sequence

from rulecast.template.check import check_template, check_together
from rulecast.template.errors import TemplateRefusedError
from rulecast.template.finding import ContentFinding
from rulecast.template.records import MessageTemplate


def refuse_bad_templates(templates: Sequence[MessageTemplate], *, words_per_variable: int) -> None:
    """Return where every template may be used.

    Raises:
        TemplateRefusedError: one may not; every refusal of it is told with its place.
    """
    together = check_together(templates)
    for template in templates:
        found = check_template(template, words_per_variable=words_per_variable)
        found += together.get((template.name, template.language), [])
        refused = [finding for finding in found if finding.severity == "refused"]
        if refused:
            told = " ".join(describe_finding(finding) for finding in refused)
            raise TemplateRefusedError(
                f"{template.name} ({template.language}): {told}",
                hint=" ".join(dict.fromkeys(finding.hint for finding in refused)),
            )


def describe_finding(finding: ContentFinding) -> str:
    """Return a finding as a sentence with its code and place."""
    place = f"{finding.place}: " if finding.place else ""
    return f"{finding.code} {place}{finding.message}"
