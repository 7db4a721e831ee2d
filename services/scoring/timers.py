"""Time that comes due at scoring: an assessment that nothing has changed is made afresh when it ends to hold."""

from dataclasses import replace
from datetime import datetime

from services.scoring.domain.context import Context


def on_the_day(context: Context, at: datetime) -> Context:
    """The context of a wake: the day after the last assessment ended to hold, whenever it is worked on."""
    return replace(context, now=at)
