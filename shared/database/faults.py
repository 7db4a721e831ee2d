"""Weather or bad data: which faults are worth waiting out, and which are the data's own."""

import logging
from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes: connection, rolled back by the server (deadlock, serialisation), resources, operator
# intervention and lock timeouts, system error; and a cached plan outlived by a migration.
_WEATHER_CLASSES = ("08", "40", "53", "55", "57", "58")
_WEATHER_CODES = ("0A000",)
_BAD_DATA_CLASSES = ("22", "23")


class Weather(Exception):
    """Something that is needed is away, or not ready yet: waited out, and nothing is parked for it."""


def is_weather(error: BaseException) -> bool:
    """Whether *error* is a broken dependency: retried in place, with backoff, and nothing is parked for it."""
    if isinstance(error, Weather | OSError | TimeoutError | PoolTimeout):
        return True
    if _does_not_fit(error):
        return False
    state = sqlstate(error)
    if state is None:
        broken = isinstance(error, DBAPIError) and error.connection_invalidated
        return broken or isinstance(error, InterfaceError | asyncpg.InterfaceError)
    return state[:2] in _WEATHER_CLASSES or state in _WEATHER_CODES


def is_bad_data(error: BaseException) -> bool:
    """Whether *error* says that a value did not fit or broke a constraint: the culprit is then sought alone."""
    state = sqlstate(error)
    return _does_not_fit(error) or (state is not None and state[:2] in _BAD_DATA_CLASSES)


def sqlstate(error: BaseException) -> str | None:
    """The five-character SQLSTATE of a database error, None when it has none."""
    state = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    return state if isinstance(state, str) else None


def wait_out(error: Exception, log: logging.Logger, what: str, *also: type[Exception]) -> None:
    """Log that *what* is tried again, because *error* is weather or one of *also*. Raises: *error* otherwise."""
    if not (is_weather(error) or isinstance(error, also)):
        raise error
    log.warning("failed, trying again", extra={"task": what, "error": type(error).__name__})


def _does_not_fit(error: BaseException) -> bool:
    """Whether the driver refused a value before it was sent; asyncpg files that under the errors of its interface."""
    return any(isinstance(one, asyncpg.DataError) for one in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """*error*, and what SQLAlchemy's two layers were told by the driver."""
    cause: BaseException | None = error
    for _ in range(3):
        if cause is None:
            return
        yield cause
        cause = cause.orig if isinstance(cause, DBAPIError) else cause.__cause__
