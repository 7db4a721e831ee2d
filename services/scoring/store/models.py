"""Where a model plugs in: asked once for a whole batch, about vectors that the domain made."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from services.scoring.domain.context import ModelAnswer


class Model(Protocol):
    """A model in service; `name` is its name and version, `valid_until` inclusive."""

    @property
    def name(self) -> str: ...

    @property
    def trained_on(self) -> str: ...

    @property
    def valid_until(self) -> date: ...

    def answers(self, vectors: Sequence[tuple[float, ...]], /) -> Sequence[ModelAnswer]:
        """One answer for each vector, in order. Shape: (borrowers, len(INPUTS))."""


def ask(model: Model | None, questions: Mapping[str, tuple[float, ...]], now: datetime) -> Mapping[str, ModelAnswer]:
    """What *model* answers to *questions*, by their fingerprints; a model that has expired is not asked."""
    if model is None or not questions or now.date() > model.valid_until:
        return {}
    fingerprints = list(questions)
    answers = model.answers([questions[one] for one in fingerprints])
    return dict(zip(fingerprints, answers, strict=True))
