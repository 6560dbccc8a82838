"""What can be said about rules without sending anything: examples come in, and verdicts with witnesses go out."""

from rulecast.rule.analyse.examples import AtomCoverage, ExampleOutcome, ExampleReport, run_examples

__all__ = ["AtomCoverage", "ExampleOutcome", "ExampleReport", "run_examples"]
