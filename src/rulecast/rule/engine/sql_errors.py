"""What the SQL compiler refuses, because an engine could not give the language's one answer."""

from rulecast.values.errors import RulecastError


class UnsupportedInDialectError(RulecastError):
    """A condition cannot be said in the SQL of an engine."""

    code = "RC-SQL-001"
    summary = "A condition cannot be evaluated by this database engine."
    remedy = "Evaluate the rule on the mart (DuckDB), or say it without the named condition."


class MeasureTooWideError(RulecastError):
    """An exact calculation can need more digits than an engine has."""

    code = "RC-SQL-002"
    summary = "A calculation between aggregates needs more digits than the engine can hold exactly."
    remedy = "Compare sums with numbers or with counts instead of multiplying sums, or use smaller constants."
