"""Weather or bad data: which database errors are worth waiting out, and which are the data's own."""

from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes: connection, rolled back by the server (deadlock, serialisation), resources, operator
# intervention and lock timeouts, system error; and a cached plan outlived by a migration.
_WEATHER_CLASSES = ("08", "40", "53", "55", "57", "58")
_WEATHER_CODES = ("0A000",)
_BAD_DATA_CLASSES = ("22", "23")


def is_weather(error: BaseException) -> bool:
    """Whether *error* is a broken dependency: retried in place, with backoff, and nothing is parked for it."""
    if isinstance(error, OSError | TimeoutError | PoolTimeout | InterfaceError):
        return True
    state = sqlstate(error)
    if state is None:
        return isinstance(error, DBAPIError) and error.connection_invalidated
    return state[:2] in _WEATHER_CLASSES or state in _WEATHER_CODES


def is_bad_data(error: BaseException) -> bool:
    """Whether *error* says that a value did not fit or broke a constraint: the culprit is then sought alone."""
    state = sqlstate(error)
    return state is not None and state[:2] in _BAD_DATA_CLASSES


def sqlstate(error: BaseException) -> str | None:
    """The five-character SQLSTATE of a database error, None when it has none."""
    if not isinstance(error, DBAPIError) or isinstance(error, InvalidRequestError):
        return None
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None
