"""Trials in a real browser, collected only where ``V2M_BROWSER`` names one.

    pip install -e '.[dev,browser]'
    V2M_BROWSER=/usr/bin/chromium python -m pytest tests/browser

``V2M_SCREENSHOTS=FOLDER`` keeps a picture of every kind of page, for a desktop and for a phone.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSER = os.environ.get("V2M_BROWSER", "")
SCREENSHOTS = os.environ.get("V2M_SCREENSHOTS", "")

collect_ignore_glob = [] if BROWSER else ["test_*.py"]

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}

OpenTab = Callable[..., Any]
"""Opens a tab in a fresh profile; takes Playwright's options of a context."""


@pytest.fixture(scope="session")
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_tab(_browser: Any) -> Iterator[OpenTab]:
    """Return a function that opens a tab without a past."""
    contexts = []

    def opened(**options: Any) -> Any:
        context = _browser.new_context(**({"viewport": DESKTOP} | options))
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def picture() -> Callable[[Any, str], None]:
    """Return a function that keeps a picture of a whole page, where a folder is named."""

    def take(tab: Any, name: str) -> None:
        if SCREENSHOTS:
            folder = Path(SCREENSHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            tab.screenshot(path=folder / f"{name}.png", full_page=True)

    return take
