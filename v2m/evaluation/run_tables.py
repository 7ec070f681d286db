"""Runs of ours beside the paper's Table 2, and the styles compared with each other."""

from collections.abc import Sequence
from statistics import mean

from v2m.evaluation.comparisons import Comparison, compare_all, comparison_table
from v2m.evaluation.correspondence import KEY, THREE
from v2m.evaluation.emotion import EmotionFigures, confusion_table, emotion_figures, emotion_table
from v2m.evaluation.intervals import Estimate, bootstrap
from v2m.evaluation.paper import PRINTED, PaperReport
from v2m.evaluation.runs import STYLES, Run
from v2m.evaluation.tables import Cell, Table

MEASURES = {"sc": "SC", "pe": "PE", "pce": "PCE", "ebr": "EBR"}
COMPARED = {**MEASURES, "desc_three": "P_desc", "words_sound": "words and sound"}


def beside_paper(runs: Sequence[Run], report: PaperReport | None, *, seed: int = 0) -> Table:
    """Lay runs out below the paper's figures, one configuration a row.

    Args:
        runs: of ours, at least one.
        report: the paper's figures with intervals out of its logs; None gives the printed ones.
        seed: of the resampling.
    """
    rows = [_paper_row(style, report) for style in STYLES]
    rows += [_our_row(run, style, seed) for style in STYLES for run in runs]
    clips = next(iter(runs[0].styles.values()))
    transcriber = clips[0].transcriber if clips else "none"
    pictures, sounds = runs[0].spaces
    return Table(
        "Table 2 of the paper, and the same columns for runs of ours",
        (
            "configuration",
            "music",
            "n",
            *MEASURES.values(),
            "P_desc",
            "P_desc, key frames",
            "P_emo",
            "P_emoFace",
            "words and sound",
        ),
        tuple(rows),
        notes=(
            f"Notes of ours: {transcriber}; the paper names no transcriber, so that SC, PE, PCE "
            "and EBR of both sides are not by one ruler.",
            f"P_desc of ours: {THREE}, and {KEY}, in {pictures}, among {len(clips)} prompts (by "
            f"chance {1 / max(1, len(clips)):.3f}; the paper: CLIP, among 13). It never hears the "
            "music.",
            "P_emo: share heard with the wanted emotion of four (by chance 0.25). The paper: a "
            "model of speech; ours: the first listener of the table of emotions. What is wanted "
            "of ours is read off the picture's colour and motion, not said by people. The paper's "
            "own P_emo is the count behind its printed share: its log lacks what was wanted.",
            f"words and sound: mean cosine of prompt and music in {sounds}; with CLAP the CLAP "
            "score.",
        ),
    )


def run_comparisons(run: Run, *, seed: int = 0) -> dict[str, list[Comparison]]:
    """Compare the styles of a run with each other, scene by scene, by measure."""
    return {
        title: compare_all({style: run.column(style, measure) for style in run.styles}, seed=seed)
        for measure, title in COMPARED.items()
    }


def run_tables(runs: Sequence[Run], report: PaperReport | None, *, seed: int = 0) -> list[Table]:
    """Lay out everything about runs: beside the paper, styles compared, emotions."""
    return [
        beside_paper(runs, report, seed=seed),
        *style_tables(runs, seed=seed),
        *emotion_tables(runs, seed=seed),
    ]


def style_tables(runs: Sequence[Run], *, seed: int = 0) -> list[Table]:
    """Compare the styles with each other, one table a run."""
    return [
        comparison_table(f"Styles compared, music {_music(run)}", run_comparisons(run, seed=seed))
        for run in runs
    ]


def emotions(run: Run, *, seed: int = 0) -> dict[str, EmotionFigures]:
    """Return what each listener heard over all styles of a run, by listener."""
    clips = [clip for own in run.styles.values() for clip in own]
    names = clips[0].heard if clips else {}
    return {
        name: emotion_figures(
            [clip.wanted for clip in clips],
            [clip.heard[name] for clip in clips],
            head=name,
            has_face=[clip.has_face for clip in clips],
            seed=seed,
        )
        for name in names
    }


def emotion_tables(runs: Sequence[Run], *, seed: int = 0) -> list[Table]:
    """Lay out emotions of all styles together, by run and listener, with confusion matrices."""
    found = [
        (_music(run), figures) for run in runs for figures in emotions(run, seed=seed).values()
    ]
    matrices = [confusion_table(f"Wanted and heard, music {name}", own) for name, own in found]
    return [emotion_table("Emotions, all styles together", found), *matrices]


def _music(run: Run) -> str:
    return f"{run.source} ({run.maker})"


def _paper_row(style: str, report: PaperReport | None) -> tuple[Cell, ...]:
    printed: dict[str, Cell] = dict(PRINTED[style])
    n: Cell = 11 if style == "Drama" else 13
    if report is not None:
        printed = {f.measure: f.estimate for f in report.figures if f.configuration == style}
    names = [*MEASURES.values(), "P_desc"]
    figures = [printed.get(name) for name in names]
    return (style, "paper", n, *figures, None, printed.get("P_emo"), None, None)


def _our_row(run: Run, style: str, seed: int) -> tuple[Cell, ...]:
    def of(measure: str) -> Estimate:
        return bootstrap(run.column(style, measure), seed=seed)

    clips = run.styles[style]
    heard = next(iter(clips[0].heard), None) if clips else None
    right = [float(clip.heard[heard] == clip.wanted) for clip in clips] if heard else []
    faces = [r for r, clip in zip(right, clips, strict=False) if clip.has_face]
    return (
        style,
        _music(run),
        len(clips),
        *(of(measure) for measure in MEASURES),
        of("desc_three"),
        of("desc_key"),
        bootstrap(right, seed=seed),
        bootstrap(faces, seed=seed),
        of("words_sound"),
    )


def clip_table(run: Run) -> Table:
    """List what was made, scene by scene."""
    rows = tuple(
        (clip.scene, style, clip.prompt, clip.music, clip.faults or "none")
        for style, clips in run.styles.items()
        for clip in clips
    )
    n_words = round(mean(len(row[2].split()) for row in rows)) if rows else 0
    return Table(
        f"Prompts and music, {_music(run)}",
        ("scene", "style", "prompt", "music", "faults"),
        rows,
        notes=(f"{n_words} words a prompt on average.",),
    )
