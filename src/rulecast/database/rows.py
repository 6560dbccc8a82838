"""Row factories and parameter wrappers of the driver, for rooms that must not import it."""

from psycopg.rows import class_row, dict_row, scalar_row, tuple_row
from psycopg.types.json import Jsonb

__all__ = ["Jsonb", "class_row", "dict_row", "scalar_row", "tuple_row"]
