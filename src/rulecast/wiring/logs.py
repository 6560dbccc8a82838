"""Logging: one JSON line per decision on standard error.

A line holds listed fields only, and every phone-shaped number in it is masked.
"""

import logging
import re
import sys
from collections.abc import Iterable

import structlog
from structlog.typing import EventDict, WrappedLogger

# Fields a line may carry. Anything else is replaced by its type: a new field is a decision, made here.
FIELDS = frozenset(
    {
        "attempt",
        "attempt_id",
        "attempts",
        "backoff_seconds",
        "batch",
        "business_number_id",
        "code",
        "contact_id",
        "count",
        "duration_ms",
        "epoch",
        "error",
        "error_type",
        "event",
        "exit_code",
        "fence",
        "host",
        "import_id",
        "job",
        "level",
        "logger",
        "message_id",
        "method",
        "migration",
        "mode",
        "outcome",
        "path",
        "permit_id",
        "pid",
        "plan_id",
        "port",
        "process",
        "reason",
        "role",
        "rows",
        "rule_name",
        "rule_version_id",
        "run_id",
        "scope",
        "seconds",
        "signal",
        "state",
        "status",
        "stop_id",
        "table",
        "target",
        "task",
        "template_id",
        "timestamp",
        "version",
        "workspace",
    }
)
# Identifiers of Meta's side are long numbers too; they name a business, not a person.
UNMASKED_FIELDS = frozenset({"business_number_id", "timestamp"})

# Seven or more digits, possibly written with the separators people put between them (E.164: 7 to 15 digits); a date is
# no number.
_PHONE_SHAPED = re.compile(r"(?<![\w.])(?!\d{4}-\d\d-\d\d(?!\d))\+?\d(?:[ .\-()/]{0,2}\d){6,}(?!\w)")
_BARE_DIGITS = re.compile(r"\+?\d{7,}")
# Where asyncio begins to quote: a callback, a task, or a line of its own per object.
_QUOTATION = re.compile(r"[\n<(]")
MASK = "[number]"

# Chatty libraries; their warnings still arrive.
QUIET_LOGGERS = (
    "aiohttp.access",
    "uvicorn.access",
    "uvicorn.error",
    "httptools",
    "nicegui",
    "procrastinate",
    "watchfiles",
    "yoyo",
)


def mask_numbers(text: str) -> str:
    """Replace everything in a text that could be a phone number."""
    return _BARE_DIGITS.sub(MASK, _PHONE_SHAPED.sub(MASK, text))


def mask_fields(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Drop fields that are not listed and mask numbers in those that are; a structlog processor."""
    return {name: _masked(name, value) for name, value in line.items() if not name.startswith("_")}


def _masked(name: str, value: object) -> object:
    if name not in FIELDS:
        return f"[{type(value).__name__} not listed]"
    if isinstance(value, bool | int | float | None) or name in UNMASKED_FIELDS:
        return value
    return mask_numbers(str(value))


def _drop_trace(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Keep an exception's type and place, never its text or locals: they may quote a row."""
    failure = line.pop("exc_info", None)
    if failure is True:
        failure = sys.exc_info()[1]
    elif isinstance(failure, tuple):
        failure = failure[1]
    line.pop("stack_info", None)
    if isinstance(failure, BaseException):
        line["error_type"] = type(failure).__name__
        trace = failure.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            line["error"] = f"{trace.tb_frame.f_code.co_qualname} line {trace.tb_lineno}"
    return line


def _without_arguments(record: logging.LogRecord) -> bool:
    """Fold a library's arguments into its text, so that masking sees the whole line, and exceptions into their type.

    asyncio quotes callbacks with their arguments and tasks with their exception's text: of its lines the words before
    the first quotation are kept.
    """
    if isinstance(record.msg, dict):
        return True
    if isinstance(record.args, tuple):
        record.args = tuple(_named(argument) for argument in record.args)
    text = _named(record.msg) if isinstance(record.msg, BaseException) else record.getMessage()
    record.msg, record.args = text, None
    if record.name == "asyncio":
        record.msg = _QUOTATION.split(str(text), maxsplit=1)[0].strip()
    return True


def _named(argument: object) -> object:
    """Put the type of an exception in its place: its text may quote a row."""
    return type(argument).__name__ if isinstance(argument, BaseException) else argument


def configure_logging(level: str, *, role: str = "", quiet: Iterable[str] = QUIET_LOGGERS) -> None:
    """Send structlog and the standard library's loggers through the same masking to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.add_logger_name,
        _drop_trace,
    ]
    if role:
        structlog.contextvars.bind_contextvars(role=role)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_without_arguments)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask_fields,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    # A line that cannot be written is dropped: the library's own complaint would quote it unmasked.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in quiet:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
