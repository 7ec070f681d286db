"""Raters with known preferences, and studies for them to answer."""

from dataclasses import dataclass

import numpy as np

from v2m.study.answers import Given
from v2m.study.design import (
    EMOTIONS,
    SCALES,
    Clip,
    Configuration,
    Item,
    Part,
    Role,
    Study,
    ToneCheck,
)
from v2m.study.order import Page, pages_of
from v2m.study.questions import WORDS_ANSWER, read_form

QUALITY = {"random": 1.6, "simple": 2.4, "brief": 3.6, "human": 4.4}
"""What the raters think of the configurations, on the scale of 1 to 5."""

ROLES: dict[str, Role] = {"random": "floor", "human": "reference"}


def a_study(
    names: tuple[str, ...] = tuple(QUALITY),
    *,
    n_items: int = 3,
    items_per_rater: int = 2,
    pairs_per_rater: int = 4,
    parts: tuple[Part, ...] = tuple(Part),
) -> Study:
    """Return a study without files."""
    items = range(n_items)
    return Study(
        title="Three films",
        seed=0,
        target_lufs=-20,
        parts=parts,
        items_per_rater=items_per_rater,
        pairs_per_rater=pairs_per_rater,
        configurations=tuple(
            Configuration(name=name, role=ROLES.get(name, "system")) for name in names
        ),
        items=tuple(Item(name=f"film {i}", duration_seconds=10, silent=f"{i}.mp4") for i in items),
        clips=tuple(
            Clip(item=i, configuration=c, video=f"{i}-{c}.mp4", music=f"{i}-{c}.flac", gain_db=0)
            for i in items
            for c in range(len(names))
        ),
        checks=(ToneCheck(sound="a.flac", n_tones=3), ToneCheck(sound="b.flac", n_tones=4)),
    )


@dataclass
class KnownRater:
    """Somebody whose preferences are known.

    Attributes:
        study: what is answered.
        number: of the rater; also seeds what little of the answers is by chance.
        listens: fails the check of tones if not.
    """

    study: Study
    number: int
    listens: bool = True

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([7, self.number])

    def fill_in(self, page: Page) -> dict[str, str]:
        """Return the form of a page, filled in."""
        if page.kind in ("sound", "tones"):
            n_tones = self.study.checks[page.kind == "tones"].n_tones
            return {"tones": str(n_tones if self.listens or page.kind == "sound" else 1)}
        if page.kind == "words":
            return {"emotion": WORDS_ANSWER}
        if page.kind in ("silent", "music"):
            return {"emotion": self._emotion(page)}
        felt = [self._felt(configuration) for configuration in page.configurations]
        if page.kind == "rating":
            return {s: str(int(np.clip(round(self._felt(page.configurations[0])), 1, 5)))
                    for s in SCALES}  # fmt: skip
        if page.kind == "pair":
            return {"preference": "first" if felt[0] > felt[1] else "second"}
        ranks = np.argsort(np.argsort(-np.array(felt))) + 1
        return {f"rank{place}": str(rank) for place, rank in enumerate(ranks)}

    def answer_all(self, seconds: float | None = 15.0) -> list[Given]:
        """Return the answers to all pages."""
        given = []
        for index, page in enumerate(pages_of(self.study, self.number)):
            reading = read_form(self.study, page, self.fill_in(page))
            assert not reading.problems
            given += [Given(self.number, index, seconds, answer) for answer in reading.answers]
        return given

    def _felt(self, configuration: int) -> float:
        name = self.study.configurations[configuration].name
        return QUALITY[name] + float(self._rng.normal(0, 0.4))

    def _emotion(self, page: Page) -> str:
        seen = EMOTIONS[page.item % 2]
        if page.kind == "silent":
            return seen
        name = self.study.configurations[page.configurations[0]].name
        agrees = self._rng.random() < QUALITY[name] / 5
        return seen if agrees else EMOTIONS[2 + int(self._rng.integers(5))]
