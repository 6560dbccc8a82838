"""What Meta says about templates outside our questions.

Facts of webhooks and billed categories of statuses come in; the template's status, category, quality and pause go
out, the newest word of each side deciding, and what a person has to hear of.
"""

from rulecast.template.words.apply_words import TemplateNews, apply_template_facts, heed_billed_categories

__all__ = ["TemplateNews", "apply_template_facts", "heed_billed_categories"]
