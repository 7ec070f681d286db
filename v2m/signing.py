"""Signs finished files with C2PA content credentials: who made them, of what, and by what process.

The manifest follows the C2PA specification 2.x: a file that a composer made was *created*, with its
IPTC digital source type; a video that got music was *opened* (the original is its parent) and
*edited*. What stands under the picture is listed in an assertion of our own, "org.v2m.cues".
c2pa-python does the signing; the certificate is the user's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalogs.generated_terms import FREE, GENERATED
from v2m import __version__
from v2m.errors import BackendError, InputError, printable
from v2m.files import replacing, text_to_path
from v2m.music import IPTC, Provenance
from v2m.soundtrack.plan import Cue, CuePlan

if TYPE_CHECKING:
    from v2m.settings import Settings
    from v2m.soundtrack.render import RenderReport


@dataclass(frozen=True, slots=True)
class Signing:
    """What signs.

    Attributes:
        certificate: PEM, the signer's first, then those that vouch for it.
        key: PEM, its private key, without a passphrase.
        algorithm: of the key, in C2PA's names, such as "es256".
        timestamp_url: an authority that confirms the time; "" for none.
    """

    certificate: bytes
    key: bytes
    algorithm: str = "es256"
    timestamp_url: str = ""


def signing_of(settings: "Settings") -> Signing | None:
    """Return what the settings sign with; None where nobody asked for signing.

    Raises:
        InputError: signing is asked for, and certificate or key is not named or cannot be read.
    """
    if not settings.sign:
        return None
    return Signing(
        _pem(settings.sign_certificate, "sign_certificate"),
        _pem(settings.sign_key, "sign_key"),
        settings.sign_algorithm,
        settings.sign_timestamp_url,
    )


def sign_video(plan: CuePlan, report: "RenderReport", signing: Signing | None) -> "RenderReport":
    """Sign a finished video; what cannot be signed stays as it is, and the report says why."""
    if signing is None:
        return report
    try:
        sign(report.path, video_manifest(plan), signing, parent=text_to_path(plan.video.path))
        notice = "signed with content credentials"
    except BackendError as err:
        notice = f"not signed: {err}"
    return replace(report, notices=(*report.notices, notice))


def sign_take(path: Path, made: Provenance, signing: Signing) -> str:
    """Sign a composed file, and say in a line what came of it."""
    try:
        sign(path, take_manifest(path, made), signing)
    except BackendError as err:
        return f"not signed: {err}"
    return "signed with content credentials"


def sign(
    path: Path, manifest: Mapping[str, Any], signing: Signing, parent: Path | None = None
) -> None:
    """Write a manifest into a file, signed; the file changes by rename.

    Args:
        path: MP4, MOV or WAV.
        manifest: what is said about it.
        signing: certificate and key.
        parent: the file it was made from.

    Raises:
        BackendError: c2pa-python is not installed, or refuses certificate or file.
    """
    try:
        import c2pa
    except ImportError as err:
        raise BackendError(
            "content credentials", "c2pa-python is not installed; run pip install 'v2m[c2pa]'"
        ) from err
    try:
        signer = c2pa.Signer.from_info(
            c2pa.C2paSignerInfo(
                signing.algorithm, signing.certificate, signing.key, signing.timestamp_url or None
            )
        )
        builder = c2pa.Builder(json.dumps(manifest))
        if parent is not None:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            about = {"title": parent.name, "relationship": "parentOf"}
            with parent.open("rb") as file:
                builder.add_ingredient(about, _kind(parent), file)
        with replacing(path) as temporary:
            temporary.unlink()
            builder.sign_file(path, temporary, signer)
    except c2pa.C2paError as err:
        raise BackendError("content credentials", f"{path.name}: {err}") from err
    except OSError as err:
        raise BackendError("content credentials", f"{path.name}: {err.strerror}") from err


def take_manifest(path: Path, made: Provenance) -> dict[str, Any]:
    """Return what is said about a composed file."""
    created = {
        "action": "c2pa.created",
        "digitalSourceType": made.digital_source_type,
        "softwareAgent": {"name": made.model, "version": made.revision},
    }
    said = {
        "prompt": made.prompt,
        "seed": made.seed,
        "parameters": made.parameters,
        "weights_licence": made.weights_licence,
        "made_at": made.made_at,
        "parent_video": made.parent_video,
        "parent_scene": made.parent_scene,
    }
    return _manifest(path.name, [created], "org.v2m.take", said)


def video_manifest(plan: CuePlan) -> dict[str, Any]:
    """Return what is said about a finished video."""
    cues = [_cue(cue) for cue in plan.cues if cue.source != "silence"]
    trained = any(str(cue["digital_source_type"]).endswith("/trainedAlgorithmicMedia")
                  for cue in cues)  # fmt: skip
    edited = {
        "action": "c2pa.edited",
        "description": "music set under the picture",
        "digitalSourceType": f"{IPTC}/{'compositeSynthetic' if trained else 'composite'}",
        "softwareAgent": {"name": "v2m", "version": __version__},
    }
    name = text_to_path(plan.video.path).name
    return _manifest(f"{name} with music", [edited], "org.v2m.cues", {"cues": cues})


def _cue(cue: Cue) -> dict[str, Any]:
    said = {
        name: getattr(cue, name)
        for name in (
            "start_seconds", "end_seconds", "title", "artist", "licence", "licence_url",
            "attribution", "source_url", "prompt", "model", "seed",
        )
    }  # fmt: skip
    composed = cue.source == "generated" or cue.licence.startswith(GENERATED)
    term = "algorithmicMedia" if cue.licence.endswith(FREE) else "trainedAlgorithmicMedia"
    return said | {"digital_source_type": f"{IPTC}/{term}" if composed else ""}


def _manifest(
    title: str, actions: list[dict[str, Any]], label: str, said: dict[str, Any]
) -> dict[str, Any]:
    return {
        "claim_generator_info": [{"name": "v2m", "version": __version__}],
        "title": title,
        "assertions": [
            {"label": "c2pa.actions", "data": {"actions": actions}},
            {"label": label, "data": said},
        ],
    }


def _kind(path: Path) -> str:
    return path.suffix.lower().removeprefix(".")


def _pem(path: Path | None, key: str) -> bytes:
    if path is None:
        raise InputError(f"signing needs {key}: name a PEM file in v2m.toml or V2M_{key.upper()}")
    try:
        return path.expanduser().read_bytes()
    except OSError as err:
        raise InputError(f"{key} {printable(path)}: {err.strerror}") from err
