"""PostgreSQL: connections with deadlines, statements over whole sets, faults told apart, the tables every house has."""

from shared.database.engine import Database
from shared.database.faults import Weather, is_bad_data, is_weather, wait_out
from shared.database.sets import arrays, insert_rows, unnest, upsert_rows

__all__ = [
    "Database",
    "Weather",
    "arrays",
    "insert_rows",
    "is_bad_data",
    "is_weather",
    "unnest",
    "upsert_rows",
    "wait_out",
]
