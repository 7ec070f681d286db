"""What every prompt writer promises: the template, a chat model in this process, an endpoint."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from generator import local_writer
from generator.endpoint import endpoint_writer
from generator.prompts import LONGEST, WORD_LIMITS, TemplateWriter
from tests.checkpoints.language import build_language_model
from tests.unit.chat_server import ChatServer
from tests.unit.test_prompts import SCENE
from v2m.models.checkpoint import find_checkpoint
from v2m.profiles.parts import make_part
from v2m.protocols import PromptWriter

pytestmark = pytest.mark.enable_socket

WORDY = f"Sure! Here is your prompt: {'slow piano and warm strings, ' * 60}"

Make = Callable[[str], PromptWriter]
"""Makes the writer of a style."""


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with ChatServer(lambda _: WORDY) as answering:
        yield answering


@pytest.fixture(params=["template", "local", "endpoint"], scope="module")
def make(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, server: ChatServer
) -> Iterator[Make]:
    folder = tmp_path_factory.mktemp("writers")
    if request.param == "local":
        build_language_model(folder / "writer")
    makers: dict[str, Make] = {
        "template": TemplateWriter,
        "local": lambda style: make_part(
            find_checkpoint("prompt-writer", str(folder / "writer")), style
        ),
        "endpoint": lambda style: endpoint_writer(f"m@{server.url}", style, {}, folder),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_writer, "ANSWER_TOKENS", 8)
        yield makers[request.param]


@pytest.mark.parametrize("style", WORD_LIMITS)
def test_a_prompt_is_one_line_within_the_words_of_its_style(make: Make, style: str) -> None:
    written = make(style).write(SCENE)

    assert written.text == " ".join(written.text.split())
    assert written.text.isprintable()
    assert 0 < len(written.text.split()) <= WORD_LIMITS[style]
    assert len(written.text) <= LONGEST


def test_the_same_scene_gives_the_same_prompt(make: Make) -> None:
    assert make("brief").write(SCENE) == make("brief").write(SCENE)


def test_who_wrote_is_said_and_why_where_it_is_the_template(make: Make) -> None:
    written = make("brief").write(SCENE)

    assert written.by in ("template", "writer", "m")
    assert written.by == "template" or written.notice == ""


def test_nothing_seen_gives_words_all_the_same(make: Make) -> None:
    blank = replace(SCENE, text="", words=(), mood="", looks={}, answers=())

    assert make("drama").write(blank).text
