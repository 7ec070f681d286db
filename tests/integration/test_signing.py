"""Content credentials: a certificate of the test signs, and a reader of C2PA checks."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import c2pa
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from generator.takes import write_take
from tests.unit.plans import make_cue, make_plan
from v2m.audio.decode import audio_identity
from v2m.errors import BackendError, InputError
from v2m.settings import Settings
from v2m.signing import Signing, sign, sign_take, sign_video, signing_of, take_manifest
from v2m.soundtrack.render import RenderReport
from v2m.types import Audio, Provenance

MADE = Provenance(
    "musicgen-small", "abc", "calm piano", 3, {}, "0.1", weights_licence="CC-BY-NC-4.0"
)


def _name(common: str) -> x509.Name:
    pairs = ((NameOID.ORGANIZATION_NAME, "v2m tests"), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in pairs])


def _certificate(
    subject: ec.EllipticCurvePrivateKey, issuer: ec.EllipticCurvePrivateKey, *, root: bool
) -> bytes:
    def usage(**allowed: bool) -> x509.KeyUsage:
        names = (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
        )  # fmt: skip
        return x509.KeyUsage(**{name: allowed.get(name, False) for name in names})

    yesterday = datetime.now(UTC) - timedelta(days=1)
    above = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(_name("root" if root else "signer"))
        .issuer_name(_name("root"))
        .public_key(subject.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(yesterday)
        .not_valid_after(yesterday + timedelta(days=30))
        .add_extension(x509.BasicConstraints(root, None), critical=True)
        .add_extension(
            usage(key_cert_sign=True) if root else usage(digital_signature=True), critical=True
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(subject.public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False
        )
    )
    if not root:
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        made = made.add_extension(mail, critical=False)
    return made.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def signing() -> Signing:
    above, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    key = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    chain = _certificate(own, above, root=False) + _certificate(above, above, root=True)
    return Signing(chain, key)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 4410)).astype(np.float32)
    write_take(Audio(noise, 44100), tmp_path / "take.wav", MADE)
    return tmp_path / "take.wav"


def _video(path: Path, shade: int) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(10):
            picture = np.full((48, 64, 3), (shade + 9 * n) % 255, np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode(None))
    return path


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """Return the active manifest and what a reader of C2PA says about it."""
    with c2pa.Reader(str(path)) as reader:
        store = json.loads(reader.json())
        return store["manifests"][store["active_manifest"]], reader.get_validation_state()


def _actions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    found = [a for a in manifest["assertions"] if a["label"].startswith("c2pa.actions")]
    return [action for assertion in found for action in assertion["data"]["actions"]]


def test_a_signed_take_says_that_a_model_made_it(take: Path, signing: Signing) -> None:
    before = audio_identity(take)

    assert sign_take(take, MADE, signing) == "signed with content credentials"

    manifest, state = _read(take)
    assert state == "Valid"
    (created,) = _actions(manifest)
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    said = {a["label"]: a["data"] for a in manifest["assertions"]}["org.v2m.take"]
    assert (said["prompt"], said["weights_licence"]) == ("calm piano", "CC-BY-NC-4.0")
    assert audio_identity(take) == before


def test_a_changed_byte_is_noticed(take: Path, signing: Signing) -> None:
    sign_take(take, MADE, signing)
    content = bytearray(take.read_bytes())
    content[2000] ^= 1
    take.write_bytes(content)

    assert _read(take)[1] == "Invalid"


def test_a_signed_video_names_its_original_and_its_music(tmp_path: Path, signing: Signing) -> None:
    original = _video(tmp_path / "a.mp4", 10)
    made = make_cue(
        0, 10, source="generated", licence="generated by v2m (musicgen-small abc), CC-BY-NC-4.0"
    )
    plan = make_plan(made, fps=25)
    plan = plan.model_copy(update={"video": plan.video.model_copy(update={"path": str(original)})})
    report = RenderReport(_video(tmp_path / "out.mp4", 20), 0.4, -14, -1, ())

    signed = sign_video(plan, report, signing)

    assert signed.notices == ("signed with content credentials",)
    manifest, state = _read(report.path)
    assert state == "Valid"
    assert [i["relationship"] for i in manifest["ingredients"]] == ["parentOf"]
    assert manifest["ingredients"][0]["title"] == "a.mp4"
    kinds = {a["action"]: a.get("digitalSourceType", "") for a in _actions(manifest)}
    assert set(kinds) == {"c2pa.opened", "c2pa.edited"}
    assert kinds["c2pa.edited"].endswith("/compositeSynthetic")
    (cue,) = {a["label"]: a["data"] for a in manifest["assertions"]}["org.v2m.cues"]["cues"]
    assert cue["digital_source_type"].endswith("/trainedAlgorithmicMedia")


def test_what_cannot_be_signed_stays_and_the_report_says_why(
    tmp_path: Path, signing: Signing
) -> None:
    (tmp_path / "out.mp4").write_bytes(b"no video")
    plan = make_plan(make_cue(0, 10), fps=25)
    report = RenderReport(tmp_path / "out.mp4", 0.4, -14, -1, ())

    (notice,) = sign_video(plan, report, signing).notices

    assert notice.startswith("not signed: content credentials: ")
    assert report.path.read_bytes() == b"no video"
    assert sign_video(plan, report, None) is report
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


def test_without_the_package_the_output_says_what_was_left_out(
    take: Path, signing: Signing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)

    assert "c2pa-python is not installed; run pip install" in sign_take(take, MADE, signing)


def test_a_wrong_certificate_is_refused(take: Path, signing: Signing) -> None:
    with pytest.raises(BackendError, match="content credentials"):
        sign(take, take_manifest(take, MADE), Signing(b"no certificate", signing.key))


def _settings(**given: object) -> Settings:
    return Settings(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"sign": True}, "signing needs sign_certificate: name a PEM file"),
        ({"sign": True, "sign_certificate": Path("/no/such.pem")}, "No such file"),
    ],
)
def test_signing_without_a_certificate_is_said_before_the_work(
    given: dict[str, object], complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        signing_of(_settings(**given))


def test_settings_name_what_signs(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_bytes(b"C")
    (tmp_path / "k.pem").write_bytes(b"K")
    given = {"sign_certificate": tmp_path / "c.pem", "sign_key": tmp_path / "k.pem"}

    assert signing_of(_settings(**given)) is None
    assert signing_of(_settings(sign=True, **given)) == Signing(b"C", b"K")
