"""Runs SQL for the comparison of dialects: statements as JSON lines come in, rows as JSON lines go out.

It runs in an environment of its own, which holds ClickHouse's and Spark's packages and nothing of rulecast:
`python dialect_worker.py clickhouse|spark`.
"""

import json
import sys
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any


def clickhouse(folder: str) -> Callable[[str], list[list[Any]]]:
    """Return what runs a statement on ClickHouse inside this process."""
    from chdb import session  # noqa: PLC0415 - only one of the engines is there to be loaded

    opened = session.Session(folder)

    def run(statement: str) -> list[list[Any]]:
        answer = str(opened.query(statement, "JSONCompactEachRow"))
        return [json.loads(line) for line in answer.splitlines() if line]

    return run


def spark(folder: str) -> Callable[[str], list[list[Any]]]:
    """Return what runs a statement on Spark, with one thread and nothing that only large data repays."""
    from pyspark.sql import SparkSession  # noqa: PLC0415 - as above

    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.warehouse.dir": folder,
    }
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    opened = builder.getOrCreate()
    opened.sparkContext.setLogLevel("OFF")
    return lambda statement: [list(row) for row in opened.sql(statement).collect()]


def main() -> int:
    """Answer each line until the input ends."""
    with TemporaryDirectory() as folder:
        run = {"clickhouse": clickhouse, "spark": spark}[sys.argv[1]](folder)
        for line in sys.stdin:
            try:
                answer = {"rows": run(json.loads(line))}
            except Exception as error:  # noqa: BLE001 - whatever an engine raises is the answer
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer, default=str), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
