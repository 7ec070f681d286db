"""The marks an editor wants on the time line: where scenes begin, and the cuts in them."""

from dataclasses import dataclass

from v2m.soundtrack.plan import CuePlan
from v2m.soundtrack.timecode import FrameRate


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on the time line.

    Attributes:
        frame: of the video.
        name: such as "Scene 2" or "Cut".
        note: what the scene shows, "" for a cut.
    """

    frame: int
    name: str
    note: str = ""


def plan_marks(plan: CuePlan, rate: FrameRate) -> list[Mark]:
    """Return a mark per scene and per cut within one, in the order of time, within the video."""
    marks = []
    for scene in plan.scenes:
        note = scene.note or scene.description
        marks.append(Mark(rate.frame_at(scene.start_seconds), f"Scene {scene.index + 1}", note))
        marks += [Mark(rate.frame_at(seconds), "Cut") for seconds in scene.cuts_seconds]
    last = rate.frame_at(plan.video.duration_seconds) - 1
    return [mark for mark in sorted(marks, key=lambda mark: mark.frame) if mark.frame <= last]
