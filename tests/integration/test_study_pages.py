"""The questionnaire over HTTP: what a browser without scripts sees and sends."""

import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.unit.raters import QUALITY, KnownRater
from v2m.errors import StateError
from v2m.study.analysis import evaluate_study
from v2m.study.answers import Answers
from v2m.study.design import MEDIA, Part, read_study, write_study
from v2m.study.order import Page, pages_of
from v2m.web.study_pages import MOST_BYTES, create_study_app


@pytest.fixture
def client(study_folder: Path) -> TestClient:
    return TestClient(create_study_app(study_folder))


def test_a_study_whose_clips_are_gone_is_not_served(study_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(study_folder, tmp_path / "copy")
    gone = next((tmp_path / "copy" / MEDIA).iterdir())
    gone.unlink()

    with pytest.raises(StateError, match=rf"copy: 1 of its \d+ clips are missing, .*{gone.name};"):
        create_study_app(tmp_path / "copy")


class Seen(HTMLParser):
    """What a page holds, as a screen reader would find it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.unlabelled: list[str] = []
        self._labels: set[str | None] = set()
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags[tag] += 1
        self.attributes.append((tag, values))
        self._open.append(tag)
        if tag == "label":
            self._labels.add(values.get("for"))
        is_field = tag in ("input", "select") and values.get("type") != "hidden"
        if is_field and "label" not in self._open and values.get("id") not in self._labels:
            self.unlabelled.append(str(values))
        if tag in ("video", "audio") and not values.get("aria-label"):
            self.unlabelled.append(str(values))
        if tag in ("input", "meta", "link"):
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def values(self, attribute: str) -> list[str]:
        return [v for _, values in self.attributes if (v := values.get(attribute)) is not None]


def begin(client: TestClient) -> str:
    """Begin and return the path of the resume link."""
    return client.post("/begin").url.path


def send(client: TestClient, link: str, form: dict[str, str], *, page: int = 0) -> int:
    """Send a form and return the status, not following the redirect."""
    data = {"page": str(page), "shown_at": "0", **form}
    return client.post(link, data=data, follow_redirects=False).status_code


def answer_all(client: TestClient, folder: Path, number: int) -> list[str]:
    """Answer as a rater with known preferences; return every page seen."""
    study = read_study(folder)
    rater = KnownRater(study, number)
    link = begin(client)
    seen = []
    for index, page in enumerate(pages_of(study, number)):
        shown = client.get(link).text
        seen.append(shown)
        stamp = re.search(r'name="shown_at" value="([\d.]+)"', shown)
        assert stamp
        form = {"page": str(index), "shown_at": stamp[1], **rater.fill_in(page)}
        assert client.post(link, data=form).status_code == 200
    return [*seen, client.get(link).text]


@pytest.fixture(scope="module")
def answered(made_study: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A study that one rater answered, and every page from the welcome to the thanks."""
    folder = tmp_path_factory.mktemp("pages") / "study"
    shutil.copytree(made_study, folder)
    client = TestClient(create_study_app(folder))
    return folder, [client.get("/").text, *answer_all(client, folder, 0), client.get("/x").text]


@pytest.fixture
def all_pages(answered: tuple[Path, list[str]]) -> list[str]:
    return answered[1]


def to_page(folder: Path, kind: str, *parts: Part) -> tuple[TestClient, str, int, Page]:
    """Answer up to the first page of a kind; return client, link, index and page."""
    study = read_study(folder).model_copy(update={"parts": parts})
    write_study(study, folder)
    client = TestClient(create_study_app(folder))
    rater = KnownRater(study, 0)
    link = begin(client)
    for index, page in enumerate(pages_of(study, 0)):
        if page.kind == kind:
            return client, link, index, page
        assert send(client, link, rater.fill_in(page), page=index) == 303
    raise AssertionError(kind)


def test_a_rater_is_heard_from_first_page_to_last(answered: tuple[Path, list[str]]) -> None:
    folder, pages = answered

    results = evaluate_study(read_study(folder), Answers(folder).all())

    assert "Thank you" in pages[-2]
    assert (results.raters.finished, results.raters.inattentive) == (1, 0)
    means = {judged.name: judged.scales["fitness"].value for judged in results.judged}
    assert sorted(means, key=lambda name: means[name]) == list(QUALITY)


def test_pages_can_be_read_aloud(all_pages: list[str]) -> None:
    for text in all_pages:
        seen = Seen(text)
        assert seen.unlabelled == []
        assert seen.tags["h1"] == seen.tags["main"] == seen.tags["title"] == 1
        assert seen.values("lang") == ["en"]
        assert seen.tags["fieldset"] == seen.tags["legend"]


def test_pages_need_no_script_and_nothing_from_elsewhere(all_pages: list[str]) -> None:
    for text in all_pages:
        seen = Seen(text)
        assert seen.tags["script"] == 0
        assert not [a for _, values in seen.attributes for a in values if a.startswith("on")]
        for address in [*seen.values("src"), *seen.values("href"), *seen.values("action")]:
            assert address.startswith(("/", "#", "data:,", "http://testserver/"))


def test_pages_do_not_name_what_is_heard(all_pages: list[str]) -> None:
    for text in all_pages:
        assert not any(re.search(rf"\b{name}\b", text) for name in (*QUALITY, "beach", "night"))


def test_answers_bring_no_cookie_and_are_never_cached(client: TestClient) -> None:
    response = client.post("/begin")

    assert "set-cookie" not in response.headers
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_the_link_goes_on_where_it_was_left(study_folder: Path) -> None:
    _, link, index, _ = to_page(study_folder, "rating", Part.RATING)

    again = TestClient(create_study_app(study_folder)).get(link).text

    assert f"Step {index + 1} of" in again


def test_an_incomplete_form_keeps_what_was_given_and_says_what_is_missing(
    study_folder: Path,
) -> None:
    client, link, index, _ = to_page(study_folder, "rating", Part.RATING)

    response = client.post(link, data={"page": str(index), "richness": "4"})

    assert response.status_code == 422
    assert response.text.count("Please choose an answer.") == 2 * 4
    assert 'href="#fitness"' in response.text
    assert re.search(r'name="richness" value="4" required checked', response.text)
    assert Answers(study_folder).rater(link.removeprefix("/r/")).pages_done == index  # type: ignore[union-attr]


def test_the_same_form_twice_counts_once(study_folder: Path) -> None:
    client, link, index, page = to_page(study_folder, "silent", Part.EMOTION)
    form = KnownRater(read_study(study_folder), 0).fill_in(page)

    for _ in range(2):
        assert send(client, link, form, page=index) == 303

    given = [g for g in Answers(study_folder).all() if g.answer.question == "emotion of silent"]
    assert len(given) == 1


def test_a_page_gone_back_to_changes_nothing(study_folder: Path) -> None:
    client, link, _, _ = to_page(study_folder, "music", Part.EMOTION)
    before = Answers(study_folder).all()

    assert send(client, link, {"emotion": "anger"}, page=1) == 303

    assert Answers(study_folder).all() == before


def test_sound_that_is_not_heard_stops_at_the_first_page(client: TestClient) -> None:
    link = begin(client)

    assert send(client, link, {"tones": "1"}) in (303, 422)
    for n_tones in "12345":
        send(client, link, {"tones": n_tones})

    assert "Step 2 of" in client.get(link).text


def test_rankings_need_different_places(study_folder: Path) -> None:
    client, link, index, page = to_page(study_folder, "ranking", Part.RANKING)
    form = {f"rank{place}": "1" for place in range(len(page.configurations))}

    response = client.post(link, data={"page": str(index), **form})

    assert "Place 1 is given twice" in response.text
    assert response.text.count('aria-invalid="true"') == len(page.configurations) - 1


def test_answers_can_be_withdrawn(study_folder: Path) -> None:
    client, link, _, _ = to_page(study_folder, "music", Part.EMOTION)

    assert "cannot be undone" in client.get(f"{link}/withdraw").text
    assert client.post(f"{link}/withdraw").status_code == 200
    assert client.get(link).status_code == 404
    assert Answers(study_folder).all() == []


def test_clips_can_be_sought_in(client: TestClient, study_folder: Path) -> None:
    name = read_study(study_folder).clips[0].video

    part = client.get(f"/media/{name}", headers={"range": "bytes=10-19"})

    assert part.status_code == 206
    assert part.content == (study_folder / MEDIA / name).read_bytes()[10:20]


@pytest.mark.parametrize(
    "path", ["/media/../study.json", "/media/..%2Fstudy.json", "/media/x.mp4", "/r/nobody", "/docs"]
)
def test_only_the_questionnaire_is_served(path: str, client: TestClient) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert "v2m-study" not in response.text


@pytest.mark.parametrize("path", ["/r/nobody", "/r/nobody/withdraw"])
def test_nobody_answers_under_a_link_that_was_not_given(path: str, client: TestClient) -> None:
    assert client.post(path, data={"page": "0"}).status_code == 404


@pytest.mark.parametrize("length", [True, False], ids=["declared", "streamed"])
def test_forms_over_a_size_are_refused(length: bool, client: TestClient) -> None:
    link = begin(client)
    body = b"page=0&tones=" + b"3" * MOST_BYTES
    headers = {"content-type": "application/x-www-form-urlencoded"}

    content = body if length else (piece for piece in [body[:99], body[99:]])
    response = client.post(link, content=content, headers=headers)

    assert response.status_code == 413


def test_bodies_that_are_no_forms_are_not_answers(client: TestClient, study_folder: Path) -> None:
    link = begin(client)

    for content_type in ("application/json", "multipart/form-data"):
        response = client.post(link, content=b'{"page": 0}', headers={"content-type": content_type})
        assert response.status_code in (200, 400, 422)

    assert Answers(study_folder).all() == []


def test_behind_a_proxy_links_carry_its_prefix(study_folder: Path) -> None:
    app = create_study_app(study_folder)

    text = TestClient(app, root_path="/hearing").get("/hearing/").text

    assert 'action="/hearing/begin"' in text
