"""How to install the packages that need an environment of their own."""

from dataclasses import dataclass

from v2m.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a backend's environment is made.

    Attributes:
        name: of the backend.
        package: what is imported.
        module: our operations on it, in ``v2m/backends/child``.
        why: why it cannot live beside the rest.
        steps: arguments of ``pip install``, one call each, in order.
        licence: of the package; weights have their own.
        megabytes: on disk, about, with the CPU build of torch.
    """

    name: str
    package: str
    module: str
    why: str
    steps: tuple[tuple[str, ...], ...]
    licence: str
    megabytes: int


TORCH = "torch>=2.6,<2.14"
"""The newest torch for which torchaudio and torchvision exist in matching builds."""

RECIPES = {
    "audiocraft": Recipe(
        "audiocraft",
        "audiocraft",
        "audiocraft_ops",
        "pins torch 2.1, av 11 and xformers 0.0.22; works with today's, which pip cannot be told",
        (
            (TORCH, "numpy>=2", "transformers>=5,<6", "av>=14", "soundfile"),
            ("--no-deps", "audiocraft==1.3.0", "xformers", "torchaudio>=2.11,<2.12"),
            (
                TORCH,
                "einops",
                "flashy",
                "hydra-core",
                "hydra_colorlog",
                "julius",
                "num2words",
                "sentencepiece",
                "torchmetrics",
                "encodec",
                "spacy",
                "librosa",
            ),
        ),
        "MIT",
        2600,
    ),
    "laion-clap": Recipe(
        "laion-clap",
        "laion_clap",
        "laion_clap_ops",
        "pins numpy 1, installs top-level names and reads the command line at import",
        (
            (TORCH, "numpy>=2", "transformers>=5,<6"),
            ("--no-deps", "laion-clap==1.1.7", "torchvision>=0.21,<0.29"),
            (
                TORCH,
                "braceexpand",
                "ftfy",
                "h5py",
                "librosa",
                "llvmlite",
                "pandas",
                "pillow",
                "progressbar",
                "regex",
                "scikit-learn",
                "scipy",
                "soundfile",
                "torchlibrosa",
                "tqdm",
                "wandb",
                "webdataset",
                "wget",
            ),
        ),
        "CC0-1.0",
        2700,
    ),
    "msclap": Recipe(
        "msclap",
        "msclap",
        "msclap_ops",
        "pins numpy 1, transformers 4 and librosa 0.10",
        ((TORCH, "torchaudio>=2.11,<2.12", "msclap==1.3.4"),),
        "MIT",
        1900,
    ),
}


def recipe(name: str) -> Recipe:
    """Return a recipe.

    Raises:
        ConfigError: there is no such backend.
    """
    if name not in RECIPES:
        raise ConfigError("backend", name, sorted(RECIPES))
    return RECIPES[name]
