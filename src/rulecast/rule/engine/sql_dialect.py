"""What a dialect needs said otherwise than the shapes say it; one pass over the finished tree.

DuckDB and PostgreSQL take the tree as it is.
"""

from collections.abc import Callable

from sqlglot import exp

from rulecast.rule.engine.sql_nodes import Dialect

# Without it a row that finds no partner has zeros and empty texts instead of nothing.
CLICKHOUSE_SETTINGS = ("join_use_nulls",)
CLICKHOUSE_TYPES: dict[exp.DType, str] = {
    # Microseconds, and no zone of the server.
    exp.DataType.Type.TIMESTAMP: "Nullable(DateTime64(6, 'UTC'))",
    # `Date` begins in 1970: people are older.
    exp.DataType.Type.DATE: "Nullable(Date32)",
}


def adapted(select: exp.Select, dialect: Dialect) -> exp.Select:
    """Return the SELECT as the dialect means it."""
    change = ADAPTATIONS.get(dialect)
    return select if change is None else change(select)


def _for_clickhouse(select: exp.Select) -> exp.Select:
    for node in list(select.find_all(exp.Cast)):
        wanted = CLICKHOUSE_TYPES.get(node.to.this)
        if wanted is not None:
            node.set("to", exp.DataType.build(wanted, dialect="clickhouse"))
    for number in list(select.find_all(exp.Literal)):
        # A number with a point is binary there.
        if not number.is_string and "." in number.this:
            exact = exp.DataType.build("Decimal(18, 4)", dialect="clickhouse")
            number.replace(exp.Cast(this=exp.Literal.string(number.this), to=exact))
    for inner in list(select.find_all(exp.Select)):
        # Beside a joined relation with a column of that name, a column would be called `alias.name`.
        named = [
            exp.alias_(one, one.name, quoted=True, copy=False) if isinstance(one, exp.Column) else one
            for one in inner.expressions
        ]
        inner.set("expressions", named)
    settings: list[exp.Expr] = [
        exp.EQ(this=exp.var(name), expression=exp.Literal.number(1)) for name in CLICKHOUSE_SETTINGS
    ]
    select.set("settings", settings)
    return select


ADAPTATIONS: dict[Dialect, Callable[[exp.Select], exp.Select]] = {"clickhouse": _for_clickhouse}
