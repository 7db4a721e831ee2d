"""A scene intact, and without some guards: what was found, against what had to be."""

from dataclasses import dataclass

from model.guards import Removal
from model.scenes import SCENES, Scene
from model.spin import Verdict, verify


@dataclass(frozen=True, slots=True)
class Checked:
    """One check as it came out; `removal` is None for the intact protocol."""

    scene: Scene
    removal: Removal | None
    verdict: Verdict

    @property
    def is_as_expected(self) -> bool:
        """Whether the property broke that had to, or none."""
        return self.verdict.broken == (self.removal.breaks if self.removal else None)


def check_scene(scene: Scene) -> Checked:
    """The intact protocol in *scene*, exhaustively. Raises: CannotCheck."""
    return Checked(scene, None, verify(scene.file, scene.bounds, scene.without, fairly=scene.fairly, shortest=False))


def check_removal(removal: Removal) -> Checked:
    """The protocol without some guards; what must break is broken by the shortest way. Raises: CannotCheck."""
    scene = SCENES[removal.scene]
    without = (*scene.without, *removal.guards)
    shortest = removal.breaks is not None and not scene.fairly
    return Checked(scene, removal, verify(scene.file, scene.bounds, without, fairly=scene.fairly, shortest=shortest))
