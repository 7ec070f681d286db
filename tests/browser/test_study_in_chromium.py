"""A study filled in by people with known preferences, in a real browser."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import PHONE, OpenTab
from tests.integration.studies import write_configurations
from tests.unit.raters import KnownRater
from v2m.study.design import SCALES, Study, read_study
from v2m.study.make import StudyOptions, make_study
from v2m.study.order import Page

N_RATERS = 12

pytestmark = pytest.mark.timeout(1800)

Picture = Callable[[Any, str], None]


@pytest.fixture(scope="module")
def made_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of plain films, or of the folder of folders that ``V2M_STUDY_VIDEOS`` names."""
    root = tmp_path_factory.mktemp("browser")
    given = os.environ.get("V2M_STUDY_VIDEOS", "")
    folders = (
        {path.name: path for path in sorted(Path(given).iterdir())}
        if given
        else write_configurations(root / "finished")
    )
    make_study(root / "study", folders, StudyOptions(floor="random", reference="human"))
    return root / "study"


@pytest.fixture
def study_folder(made_study: Path, tmp_path: Path) -> Path:
    """A study that nobody has answered."""
    return Path(shutil.copytree(made_study, tmp_path / "study"))


@pytest.fixture
def study(study_folder: Path) -> Study:
    return read_study(study_folder)


@pytest.fixture
def address(study_folder: Path) -> Iterator[str]:
    """Where the study is served, by the command."""
    command = [sys.executable, "-m", "cli", "study", "serve", str(study_folder), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found
        yield found[0]
        process.terminate()


def seen_by(tab: Any, study: Study) -> Page:
    """Tell from what a page plays and asks which page it is, as nobody but its maker can."""
    clips = {
        name: (clip.item, clip.configuration)
        for clip in study.clips
        for name in (clip.video, clip.music)
    }
    played = [
        address.rsplit("/", 1)[-1]
        for address in tab.locator("video, audio").evaluate_all("all => all.map(one => one.src)")
    ]
    shown = [clips[name] for name in played if name in clips]
    fields = set(tab.locator("input, select").evaluate_all("all => all.map(one => one.name)"))
    items = {item for item, _ in shown} or {-1}
    assert len(items) == 1
    configurations = tuple(configuration for _, configuration in shown)
    if "tones" in fields:
        return Page("sound" if played == [study.checks[0].sound] else "tones")
    if "rank0" in fields:
        return Page("ranking", items.pop(), configurations)
    if "preference" in fields:
        return Page("pair", items.pop(), configurations)
    if "congruence" in fields:
        return Page("rating", items.pop(), configurations)
    if shown:
        return Page("music", items.pop(), configurations)
    silent = [number for number, item in enumerate(study.items) if item.silent in played]
    return Page("silent", silent[0]) if silent else Page("words")


def fill_in(tab: Any, form: dict[str, str]) -> None:
    for name, value in form.items():
        if name.startswith("rank"):
            tab.select_option(f"select[name={name}]", value)
        else:
            tab.check(f"input[name={name}][value='{value}']")
    tab.click("main form button")


def rest(tab: Any, study: Study, rater: KnownRater) -> Iterator[Page]:
    """Yield the pages still to come, each filled in and sent when the next is asked for."""
    while tab.locator("h1").inner_text() != "Thank you":
        page = seen_by(tab, study)
        yield page
        fill_in(tab, rater.fill_in(page))


def play(tab: Any) -> None:
    """Play what a page holds, and see that it gets on."""
    tab.evaluate(
        """() => Promise.all([...document.querySelectorAll("video, audio")].map(async one => {
            one.muted = true; await one.play();
            while (one.currentTime < 0.1) await new Promise(later => setTimeout(later, 20));
            one.pause(); one.currentTime = 0;
        }))"""
    )


def violations(tab: Any) -> list[str]:
    """Return what axe-core finds wrong with a page."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab).response["violations"]
    return [f"{v['id']}: {[node['html'][:200] for node in v['nodes']]}" for v in found]


def press_until(tab: Any, key: str, condition: str) -> None:
    for _ in range(80):
        if tab.evaluate(f"() => {{ const it = document.activeElement; return {condition}; }}"):
            return
        tab.keyboard.press(key)
    raise AssertionError(f"{key} never leads to {condition}")


FOCUS_IS_SEEN = """() => [document.activeElement, document.activeElement.closest("label")]
    .some(one => one && getComputedStyle(one).outlineStyle !== "none"
                 && parseFloat(getComputedStyle(one).outlineWidth) >= 2)"""


def fill_in_by_keyboard(tab: Any, form: dict[str, str]) -> None:
    for name, value in form.items():
        press_until(tab, "Tab", f"it.name === '{name}'")
        assert tab.evaluate(FOCUS_IS_SEEN), name
        if name.startswith("rank"):
            tab.keyboard.type(value)
            continue
        tab.keyboard.press("Space")
        press_until(tab, "ArrowDown", f"it.name === '{name}' && it.value === '{value}'")
    press_until(tab, "Tab", "it.type === 'submit'")
    assert tab.evaluate(FOCUS_IS_SEEN)
    with tab.expect_navigation():
        tab.keyboard.press("Enter")


def test_pages_have_no_barriers(
    address: str, study: Study, open_tab: OpenTab, picture: Picture
) -> None:
    """Every kind of page, light and dark, wide and narrow, also with problems, against axe-core."""
    tab = open_tab(bypass_csp=True)
    tab.goto(address)
    looks: list[tuple[str, Any, Any]] = [
        ("desktop", {"width": 1280, "height": 900}, "light"),
        ("phone", PHONE, "light"),
        ("phone-dark", PHONE, "dark"),
    ]

    def examine(name: str) -> None:
        for look, size, scheme in looks:
            tab.set_viewport_size(size)
            tab.emulate_media(color_scheme=scheme)
            assert violations(tab) == [], (name, look)
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, look)
            picture(tab, f"{name}-{look}")

    examine("welcome")
    tab.click("main form button")
    kinds = set()
    for page in rest(tab, study, KnownRater(study, 0)):
        if page.kind not in kinds:
            kinds.add(page.kind)
            play(tab)
            examine(page.kind)
            tab.eval_on_selector("main form", "form => { form.noValidate = true; }")
            with tab.expect_navigation():
                tab.click("main form button")
            assert tab.evaluate("document.activeElement.className") == "problems"
            examine(f"{page.kind}-problems")
    examine("finished")
    assert len(kinds) == 8


def test_a_rater_needs_no_mouse(address: str, study: Study, open_tab: OpenTab) -> None:
    tab = open_tab()
    tab.goto(address)
    press_until(tab, "Tab", "it.type === 'submit'")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")

    rater = KnownRater(study, 0)
    for _ in range(100):
        if tab.locator("h1").inner_text() == "Thank you":
            break
        page = seen_by(tab, study)
        fill_in_by_keyboard(tab, rater.fill_in(page))

    assert tab.locator("h1").inner_text() == "Thank you"


def test_preferences_are_recovered(
    address: str, study: Study, study_folder: Path, open_tab: OpenTab
) -> None:
    for number in range(N_RATERS):
        tab = open_tab(viewport=PHONE) if number % 2 else open_tab()
        tab.goto(address)
        tab.click("main form button")
        for step, _page in enumerate(rest(tab, study, KnownRater(study, number))):
            if number == 2 and step == 10:  # another day, another browser
                link = tab.url
                tab.close()
                tab = open_tab()
                tab.goto(link)
                assert "Step 11 of" in tab.inner_text("header")
                break
        for _page in rest(tab, study, KnownRater(study, number)):
            pass
        tab.context.close()

    command = [sys.executable, "-m", "cli", "study", "report", str(study_folder)]
    print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)  # noqa: T201
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True)
    results = json.loads(told.stdout)

    assert results["raters"]["finished"] == N_RATERS
    assert results["raters"]["inattentive"] == 0
    judged = {one["name"]: one for one in results["judged"]}
    order = [judged[name] for name in ("random", "simple", "brief", "human")]
    for worse, better in pairwise(order):
        assert all(worse["scales"][s]["value"] < better["scales"][s]["value"] for s in SCALES)
        assert worse["mean_rank"]["value"] > better["mean_rank"]["value"]
        assert worse["preference"]["value"] < better["preference"]["value"]
    assert all(difference["overall_p"] < 0.05 for difference in results["differences"])
