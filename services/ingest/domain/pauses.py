"""Pauses of delinquency: which days stand still, and which pauses and resumes make sense."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from services.ingest.domain.borrower import Loan, Pause, Resume


class Window(NamedTuple):
    """A pause as it took effect: counting stops in [from_on, until_on); the status is paused on `until_on` too."""

    from_on: date
    until_on: date


def windows_of(loan: Loan) -> tuple[Window, ...]:
    """The pauses of *loan*, each shortened by the resume that was meant for it."""
    if loan.servicing is None or not loan.servicing.pauses:
        return ()
    ends = _ends(loan.servicing.pauses, loan.servicing.resumes)
    return tuple(Window(pause.from_on, end) for pause, end in sorted(ends.items()))


def meant_by(resume: Resume, pauses: Sequence[Pause], earlier: Sequence[Resume]) -> Pause | None:
    """The pause that *resume* ends, after the *earlier* resumes; None when no pause holds its date."""
    return _holding(resume, _ends(pauses, [one for one in earlier if one.at <= resume.at]))


def _ends(pauses: Sequence[Pause], resumes: Sequence[Resume]) -> dict[Pause, date]:
    ends = {pause: pause.until_on for pause in pauses}
    for resume in sorted(resumes, key=lambda one: (one.at, one.on)):
        pause = _holding(resume, ends)
        if pause is not None:
            ends[pause] = resume.on
    return ends


def _holding(resume: Resume, ends: Mapping[Pause, date]) -> Pause | None:
    """The pause known by then that holds the date, both ends included; the later where two touch."""
    holding = (one for one, end in ends.items() if one.at <= resume.at and one.from_on <= resume.on <= end)
    return max(holding, default=None)


def paused_days(windows: Sequence[Window], start: date, end: date) -> int:
    """Days of [start, end) that lie in a pause, each counted once; *windows* in the order of their starts.

    Late news can make two pauses overlap that did not when they were accepted.
    """
    days, counted_to = 0, start
    for one in windows:
        begins, ends = max(counted_to, one.from_on), min(end, one.until_on)
        if begins < ends:
            days += (ends - begins).days
            counted_to = ends
    return days


def is_paused(windows: Sequence[Window], on: date) -> bool:
    """Whether the status on *on* is paused; the end date still counts."""
    return any(one.from_on <= on <= one.until_on for one in windows)


def overlaps(windows: Sequence[Window], from_on: date, until_on: date) -> bool:
    """Whether [from_on, until_on) shares a day with a pause in effect; touching is none."""
    return any(from_on < one.until_on and one.from_on < until_on for one in windows)
