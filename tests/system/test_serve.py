"""The library over HTTP: searches, sound, jobs, and what is refused."""

import io
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.commands import Commands
from tests.conftest import WriteMusic
from tests.system.conftest import TRACKS
from tests.unit.videos import BLUE, RED, plain, write_video
from v2m.library import Library
from v2m.web.guards import LOOPBACK
from v2m.web.library_pages import ServeOptions, create_library_app

N_TRACKS = len(TRACKS)
CALM = "calm acoustic 1"


@pytest.fixture
def catalogue(music_library: Library) -> Path:
    """A catalogue of the bundled tracks that a test may change."""
    return music_library.folder


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("videos")
    write_video(folder / "beach.mp4", plain(RED, 100))
    return folder


@pytest.fixture(scope="module")
def indexed(_indexed: Path) -> Path:
    """The bundled tracks and their catalogue; nothing is left changed there."""
    return _indexed


@pytest.fixture(scope="module")
def client(
    indexed: Path, videos: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A server that all tests of this module ask."""
    out = tmp_path_factory.mktemp("served")
    options = ServeOptions(videos=(videos,), out=out, most_upload_bytes=2_000_000)
    with TestClient(create_library_app(lambda: Library(indexed / "catalogue"), options)) as client:
        yield client


def wait_for(client: TestClient, job_id: str) -> dict[str, object]:
    """Return a job when it has ended."""
    for _ in range(600):
        job: dict[str, object] = client.get(f"/api/jobs/{job_id}").json()
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.1)
    raise AssertionError("the job never ends")


def bundled_music(indexed: Path, title: str) -> Path:
    """Return the file of an indexed track."""
    return indexed / "music" / f"{title.replace(' ', '_')}.opus"


def a_picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (30, 90, 200)).save(buffer, "PNG")
    return buffer.getvalue()


def test_words_find_what_the_library_finds(client: TestClient, catalogue: Path) -> None:
    found = client.get("/api/find", params={"text": "deep calm bass", "top": 2}).json()

    here = Library(catalogue).find(text="deep calm bass", top=2).scenes[0].matches
    matches = found["scenes"][0]["matches"]
    assert [m["track_id"] for m in matches] == [m.track.track_id for m in here]
    assert found["tracks_searched"] == N_TRACKS


def test_what_is_found_can_be_heard_from_any_place(client: TestClient, indexed: Path) -> None:
    match = client.get("/api/find", params={"text": "deep"}).json()["scenes"][0]["matches"][0]

    part = client.get(match["audio"], headers={"range": "bytes=0-99"})

    file = bundled_music(indexed, match["title"])
    assert (part.status_code, part.content) == (206, file.read_bytes()[:100])


def test_answers_do_not_tell_where_files_lie(client: TestClient, indexed: Path) -> None:
    for path in ("/api/find?text=calm", "/api/tracks", "/?text=calm"):
        response = client.get(path)
        assert response.status_code == 200
        assert str(indexed) not in response.text


def test_filters_narrow_the_search(client: TestClient) -> None:
    found = client.get("/api/find", params={"text": "x", "where": f"title = '{CALM}'"}).json()

    assert [m["title"] for m in found["scenes"][0]["matches"]] == [CALM]


def test_usage_leaves_out_what_may_not_be_used(client: TestClient) -> None:
    found = client.get("/api/find", params={"text": "calm", "usage": "commercial"}).json()

    assert found["scenes"][0]["matches"] == []


def test_usage_of_the_server_holds_where_none_is_asked(catalogue: Path) -> None:
    client = TestClient(
        create_library_app(lambda: Library(catalogue), ServeOptions(usage="commercial"))
    )

    assert client.get("/api/find?text=calm").json()["scenes"][0]["matches"] == []


def test_no_condition_gets_round_the_usage_of_the_server(catalogue: Path) -> None:
    client = TestClient(
        create_library_app(lambda: Library(catalogue), ServeOptions(usage="commercial"))
    )

    for _ in range(3):  # the first condition asks the file, later ones ask memory
        response = client.get("/api/find", params={"text": "calm", "where": "true) OR (true"})
        assert response.status_code == 400
        assert "--where" in response.json()["error"]


@pytest.mark.parametrize("kind", ["picture.png", "music.opus", "film.mp4"])
def test_a_file_that_is_sent_is_a_query(
    kind: str, client: TestClient, indexed: Path, videos: Path
) -> None:
    content = {
        "picture.png": a_picture(),
        "music.opus": bundled_music(indexed, CALM).read_bytes(),
        "film.mp4": (videos / "beach.mp4").read_bytes(),
    }[kind]

    found = client.post("/api/find", files={"file": (kind, content)}, data={"top": "1"}).json()

    assert found["query"]["path"] == kind
    assert len(found["scenes"][0]["matches"]) == 1


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ("text=", 400, "the text is empty"),
        ("text=a&where=nonsense(", 400, "--where"),
        ("text=a&by=smell", 400, "'smell' is not allowed"),
        ("text=a&usage=all", 400, "usage"),
        ("text=a&top=0", 422, "top: "),
        ("", 422, "text: "),
    ],
)
def test_bad_searches_get_one_line(
    query: str, status: int, reason: str, client: TestClient
) -> None:
    response = client.get(f"/api/find?{query}")

    assert response.status_code == status
    assert reason in response.json()["error"]


def test_files_that_are_no_media_get_one_line(client: TestClient) -> None:
    response = client.post("/api/find", files={"file": ("x.wav", b"no music")})

    assert response.status_code == 400
    assert "Traceback" not in response.text


def test_files_over_the_limit_are_refused(client: TestClient) -> None:
    response = client.post("/api/find", files={"file": ("x.wav", b"0" * 3_000_000)})

    assert response.status_code == 413
    assert "larger than" in response.json()["error"]


@pytest.mark.parametrize(
    "path", ["/api/tracks/zz", "/api/tracks/zz/audio", "/api/jobs/zz", "/api/jobs/zz/video"]
)
def test_what_is_not_there_is_said(path: str, client: TestClient) -> None:
    response = client.get(path)

    assert response.status_code in (400, 404)
    assert response.json()["error"]


def test_music_that_was_moved_away_is_said(client: TestClient, indexed: Path) -> None:
    row = client.get("/api/tracks", params={"where": f"title = '{CALM}'"}).json()["tracks"][0]
    file = bundled_music(indexed, CALM)
    aside = file.rename(file.with_suffix(".aside"))

    response = client.get(row["audio"])

    aside.rename(file)
    assert response.status_code == 404
    assert response.json() == {"error": "the file is not there"}


def test_tracks_come_in_pages(client: TestClient) -> None:
    page = client.get("/api/tracks", params={"limit": 1, "offset": 0}).json()

    assert (page["total"], [row["title"] for row in page["tracks"]]) == (N_TRACKS, [CALM])
    assert client.get(f"/api/tracks/{page['tracks'][0]['track_id']}").json()["title"] == CALM


def test_a_video_is_scored(client: TestClient) -> None:
    asked = {"kind": "score", "video": "beach.mp4", "generate": "never", "min_probability": 0}

    queued = client.post("/api/jobs", json=asked)
    job = wait_for(client, queued.json()["job_id"])

    assert queued.status_code == 202
    assert job["state"] == "done", job
    assert client.get(str(job["finished"])).content[4:8] == b"ftyp"
    assert client.get(str(job["plan"])).json()["cues"]
    assert "beach.mp4, scored" in client.get("/jobs").text


def test_a_job_that_fails_says_why_and_ends_no_other(client: TestClient) -> None:
    asked = {"kind": "plan", "video": "beach.mp4", "generate": "never"}
    bad = client.post("/api/jobs", json={**asked, "notes": {"9": "sad"}}).json()["job_id"]
    good = client.post("/api/jobs", json=asked).json()["job_id"]

    done = wait_for(client, good)

    assert "numbered 0 to 0" in str(wait_for(client, bad)["error"])
    assert (done["state"], done["finished"]) == ("done", None)
    assert client.get(f"/api/jobs/{good}/video").status_code == 404
    assert [job["job_id"] for job in client.get("/api/jobs").json()["jobs"]][:2] == [good, bad]


def test_jobs_that_are_not_finished_when_the_server_ends_are_told(
    catalogue: Path,
    videos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    before = set(threading.enumerate())

    def waiting(*_args: object) -> None:
        begun.set()
        go_on.wait(30)
        raise RuntimeError("the folder is gone")

    monkeypatch.setattr(Library, "score", waiting)
    options = ServeOptions(videos=(videos,), out=tmp_path / "out")
    with TestClient(create_library_app(lambda: Library(catalogue), options)) as client:
        for _ in range(2):
            client.post("/api/jobs", json={"kind": "score", "video": "beach.mp4"})
        assert begun.wait(30)
        assert len(list((tmp_path / "out").iterdir())) == 1
    (thread,) = [one for one in {*threading.enumerate()} - before if one.name == "v2m jobs"]
    go_on.set()
    thread.join(30)

    assert "not finished, ask for it again: beach.mp4, beach.mp4" in caplog.text
    assert "folder is gone" not in caplog.text
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("how", ["above", "absolute", "link"])
def test_videos_outside_the_folders_are_refused(
    how: str, client: TestClient, videos: Path, tmp_path: Path
) -> None:
    secret = write_video(tmp_path / "secret.mp4", plain(BLUE, 50))
    (videos / "link.mp4").symlink_to(secret)
    above = f"../{os.path.relpath(secret, videos.parent)}"
    name = {"above": above, "absolute": str(secret), "link": "link.mp4"}[how]

    response = client.post("/api/jobs", json={"video": name})
    (videos / "link.mp4").unlink()

    assert response.status_code == 400
    assert "no such video in the folders" in response.json()["error"]


def test_without_folders_no_video_is_touched(catalogue: Path, videos: Path) -> None:
    client = TestClient(create_library_app(lambda: Library(catalogue)))

    response = client.post("/api/jobs", json={"video": str(videos / "beach.mp4")})

    assert "--videos" in response.json()["error"]


def test_a_place_for_finished_videos_that_is_none_is_told_at_once(
    catalogue: Path, videos: Path, tmp_path: Path, v2m: Commands
) -> None:
    (tmp_path / "file").touch()
    line = ("serve", "--catalog", catalogue, "--port", "0", "--out", tmp_path / "file")

    assert "--out goes with --videos" in v2m(*line).complaint
    assert "file: is no folder" in v2m(*line, "--videos", videos).complaint


@pytest.mark.parametrize(
    ("body", "field"), [({"video": "beach.mp4", "sped": 1}, "sped"), ({}, "video")]
)
def test_jobs_that_make_no_sense_name_the_field(
    body: dict[str, object], field: str, client: TestClient
) -> None:
    response = client.post("/api/jobs", json=body)

    assert response.status_code == 422
    assert response.json()["error"].startswith(f"{field}: ")


def test_music_indexed_meanwhile_is_found(
    catalogue: Path, tmp_path: Path, write_music: WriteMusic
) -> None:
    write_music(tmp_path / "more" / "new.wav")
    with TestClient(
        create_library_app(lambda: Library(catalogue), ServeOptions(look_seconds=0.05))
    ) as client:
        assert client.get("/api/find?text=calm").json()["tracks_searched"] == N_TRACKS
        Library(catalogue).index([tmp_path / "more"], workers=1)
        for _ in range(200):
            found = client.get("/api/find?text=calm").json()
            if found["tracks_searched"] == N_TRACKS + 1:
                break
            time.sleep(0.05)

    assert "new" in [match["title"] for match in found["scenes"][0]["matches"]]


def test_the_page_finds_and_plays(client: TestClient) -> None:
    page = client.get("/", params={"text": "deep <bass>", "tempo_to": "400"})

    assert page.status_code == 200
    assert page.text.count("<audio controls") == N_TRACKS
    assert re.search(r"/audio#t=\d+\.\d\d,\d+\.\d\d\"", page.text)
    assert "deep &lt;bass&gt;" in page.text
    assert "<script" not in page.text


def test_the_page_says_what_is_wrong(client: TestClient) -> None:
    page = client.get("/", params={"text": "deep", "where": "colour = 1"})

    assert page.status_code == 400
    assert 'role="alert"' in page.text


def test_the_page_filters(client: TestClient) -> None:
    params = {"text": "deep", "tempo_from": "399", "tempo_to": "400", "instrumental": "true"}

    assert "Nothing meets these filters" in client.get("/", params=params).text


def test_the_page_takes_files(client: TestClient) -> None:
    page = client.post("/", files={"file": ("sea.png", a_picture())}, data={"usage": "personal"})
    bad = client.post("/", files={"file": ("sea.png", b"no picture")})

    assert page.text.count("<audio controls") == N_TRACKS
    assert (bad.status_code, "sea.png: " in bad.text) == (400, True)


def test_the_page_of_jobs_offers_the_videos(client: TestClient) -> None:
    assert "<option>beach.mp4</option>" in client.get("/jobs").text

    page = client.post("/jobs", data={"video": "other.mp4"})

    assert page.status_code == 400
    assert "no such video" in page.text


def test_a_server_on_loopback_goes_by_no_other_name(catalogue: Path) -> None:
    app = create_library_app(lambda: Library(catalogue), ServeOptions(hosts=LOOPBACK))
    client = TestClient(app, base_url="http://localhost:8711")

    assert client.get("/api/status").status_code == 200
    assert client.get("/api/status", headers={"host": "elsewhere.example"}).status_code == 400


def test_pages_of_other_sites_queue_nothing(client: TestClient) -> None:
    before = client.get("/api/jobs").json()
    headers = {"sec-fetch-site": "cross-site"}

    response = client.post("/jobs", data={"video": "beach.mp4"}, headers=headers)

    assert response.status_code == 403
    assert client.get("/api/jobs").json() == before


def test_the_interface_describes_itself(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]

    assert {"/api/find", "/api/jobs", "/api/tracks/{track_id}/audio"} <= set(paths)
    assert client.get("/api/status").json()["tracks"] == N_TRACKS


def test_searches_that_were_asked_before_do_not_open_the_catalogue(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(catalogue)
    assert library.refresh()
    asked = {"text": "calm", "where": "tempo_bpm > 1", "usage": "personal"}
    first = library.find(**asked)  # type: ignore[arg-type]

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("the catalogue was opened")

    monkeypatch.setattr("catalogs.database.connected", opened)

    assert library.find(**asked) == first  # type: ignore[arg-type]
    assert not library.refresh()


def test_the_command_needs_a_catalogue_and_leaves_one_thread_to_each_search(
    v2m: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ})
    os.environ.pop("OPENBLAS_NUM_THREADS", None)

    outcome = v2m("serve", "--catalog", tmp_path / "nothing")

    assert outcome.code == 3
    assert "v2m index" in outcome.complaint
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"
