"""A real browser, which looks at pages as a reader does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.browser import Open, Visit

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# Not for the whole session: while it is there an event loop runs, and other tests run loops of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, as the system has it; without one the test is skipped, with CI=true it fails."""
    answer: Callable[[str], Any] = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        answer(f"this test needs playwright: {error}")
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        answer(f"this test needs a browser: none of {', '.join(_NAMES)} is installed")
    with sync_playwright() as playwright:
        # As root, as containers are, Chromium runs without its own sandbox only. It must not call home.
        arguments = [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
        ]
        started = playwright.chromium.launch(executable_path=program, args=arguments)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """A function that opens a file of this machine in a window of its own."""
    contexts = []

    def open_file(path: Path, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1300, "height": 900}, **options})
        contexts.append(context)
        made = Visit(context.new_page())
        made.page.on("dialog", lambda dialog: (made.dialogs.append(dialog.message), dialog.dismiss()))
        made.page.on("console", lambda message: made.complaints.append(message.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.goto(path.as_uri())
        return made

    yield open_file
    for context in contexts:
        context.close()
