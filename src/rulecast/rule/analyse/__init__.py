"""What can be said about rules without sending anything: examples and rules come in, verdicts and witnesses go out."""

from rulecast.rule.analyse.book import BookRule, Finding, analyse_rules
from rulecast.rule.analyse.examples import AtomCoverage, ExampleOutcome, ExampleReport, run_examples

__all__ = [
    "AtomCoverage",
    "BookRule",
    "ExampleOutcome",
    "ExampleReport",
    "Finding",
    "analyse_rules",
    "run_examples",
]
