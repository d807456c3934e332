"""Reports in a browser: nothing of a notebook runs, no request leaves, and everything can be read."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from helpers.browser import Open, Visit, list_low_contrasts, see_everything
from helpers.nb import code, document, markdown, stdout
from nbcheck.report.base import ItemOutcome, ItemRecord, NotebookEntry, RunReport
from nbcheck.report.html import HtmlFile, HtmlFolder
from nbcheck.report.record import record_notebook, record_result
from nbcheck.results import CellResult, Outcome
from report.test_html import RUNS, entry, run

pytestmark = pytest.mark.slow


Render = Callable[..., Visit]


@pytest.fixture
def visit(open_page: Open, tmp_path: Path) -> Render:
    """A function that writes a report and opens its first page."""

    def render(report: RunReport, *, folder: bool = False, **options: Any) -> Visit:
        reporter = HtmlFolder() if folder else HtmlFile("report.html")
        pages = reporter.render(report)
        for name, content in pages.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
        return open_page(tmp_path / next(iter(pages)), **options)

    return render


class Listener:
    """A server that outputs try to reach, and what reached it."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.reached.append(self.path)
                self.send_response(204)
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server on this machine."""
    made = Listener()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


HOSTILE_HTML = [
    "<script>top.hacked = 1; alert(1)</script>",
    "<img src=x onerror='top.hacked = 1; alert(1)'>",
    "<img src='EVIL/pixel.png'>",
    "<link rel=stylesheet href='EVIL/style.css'>",
    "<style>@import 'EVIL/import.css'; p { background: url(EVIL/background.png) } "
    "@font-face { font-family: x; src: url(EVIL/font.woff) } p { font-family: x }</style><p>x</p>",
    "<meta http-equiv=refresh content='0;url=EVIL/refresh'>",
    "<iframe src='EVIL/frame'></iframe>",
    "<svg onload='top.hacked = 1'><script>top.hacked = 1</script><image href='EVIL/svg.png'/></svg>",
    "<form action='EVIL/form'><button>x</button></form>",
    "<a href='EVIL/link'>link</a>",
    "<video src='EVIL/video' autoplay></video>",
    "<object data='EVIL/object'></object>",
]


def hostile_notebook(address: str) -> RunReport:
    """A failing notebook whose outputs try everything, with a server at this address."""
    outputs = []
    for source in HOSTILE_HTML:
        # A style makes the difference between what becomes part of the page and what is framed.
        for html in (source, f"<p style='color: red'>framed</p>{source}"):
            outputs.append({"output_type": "display_data", "data": {"text/html": html}, "metadata": {}})
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" onload="top.hacked = 1"><script>top.hacked = 1; alert(1)</script>'
        '<image href="EVIL/image.png"/><text y="20">svg</text></svg>'
    )
    outputs.append({"output_type": "display_data", "data": {"image/svg+xml": svg}, "metadata": {}})
    script = "top.hacked = 1; alert(1)"
    outputs.append(
        {"output_type": "display_data", "data": {"application/javascript": script}, "metadata": {}}
    )
    outputs.append(stdout("\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07<script>alert(1)</script>"))
    text = "\n\n".join([*HOSTILE_HTML, "![x](EVIL/markdown.png)", "[x](javascript:alert(1))"])
    cells = json.loads(json.dumps([markdown(text), code("x", *outputs)]).replace("EVIL", address))
    told = CellResult(1, 1, Outcome.DIFFERENT, "m", outputs=tuple(cells[1]["outputs"]))
    return run(
        NotebookEntry(
            "hostile.ipynb",
            (ItemRecord("cell-1", ItemOutcome.FAILED),),
            record_notebook(document(*cells), "k", []),
            (record_result(told, advice=(), compared_not=""),),
        )
    )


def test_nothing_runs_and_no_request_leaves(visit: Render, listener: Listener) -> None:
    made = visit(hostile_notebook(listener.address))
    see_everything(made)
    assert made.page.locator("iframe").count() >= len(HOSTILE_HTML)
    for frame in made.page.frames[1:]:
        for part in frame.query_selector_all("a, button"):
            part.click()
    assert made.dialogs == []
    assert made.page.evaluate("window.hacked") is None
    made.page.context.close()
    assert listener.reached == []


def test_the_listener_would_hear_of_a_request(browser: Any, listener: Listener) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_content(HOSTILE_HTML[2].replace("EVIL", listener.address), wait_until="load")
    context.close()
    assert listener.reached == ["/pixel.png"]


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("folder", [False, True])
def test_pages_load_without_a_complaint(visit: Render, name: str, folder: bool) -> None:
    made = visit(RUNS[name], folder=folder)
    see_everything(made)
    # What the sandbox keeps from running is told in the console; nothing else may be.
    assert [text for text in made.complaints if "sandboxed" not in text] == []


def test_the_page_can_be_read_without_scripts(visit: Render) -> None:
    made = visit(run(entry()), java_script_enabled=False)
    page = made.page
    assert page.get_by_text("1 of 1 notebook failed").is_visible()
    assert page.locator(".hunks del").first.is_visible()
    assert page.locator(".stage .mask img").is_visible()
    assert not page.locator("#theme").is_visible()
    passing = page.locator(".cell:not(.failed)").first
    assert passing.is_visible()
    page.locator("#only-failures").check()
    assert not passing.is_visible()
    page.get_by_role("radio", name="Difference").check()
    assert not page.locator(".stage .expected").is_visible()
    assert page.locator(".stage .mask img").is_visible()


def test_keys_jump_from_failure_to_failure(visit: Render) -> None:
    page = visit(run(entry())).page
    seen = []
    for key in "jjjk":
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.id"))
    assert seen == ["n1-cell-1", "n1-cell-2", "n1-cell-3", "n1-cell-2"]


def test_the_reader_chooses_light_or_dark(visit: Render) -> None:
    def background(made: Visit) -> str:
        return str(made.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = (visit(run(entry()), color_scheme=scheme) for scheme in ("light", "dark"))
    colours = background(light), background(dark)
    assert colours[0] != colours[1]
    light.page.locator("#theme").click()
    assert background(light) == colours[1]
    # Chromium writes it down when it finds the time, so a page opened at once may not know it yet.
    assert light.page.evaluate("localStorage.getItem('nbcheck-theme')") == "dark"
    light.page.locator("#theme").click()
    assert background(light) == colours[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(visit: Render, scheme: str) -> None:
    made = visit(RUNS["mixed"], color_scheme=scheme)
    assert list_low_contrasts(made) == []


def test_a_swipe_moves_the_edge_between_pictures(visit: Render) -> None:
    page = visit(run(entry())).page
    page.get_by_label("Swipe", exact=True).check()
    page.get_by_label("Share of the expected picture").fill("20")
    clip = page.evaluate("getComputedStyle(document.querySelector('.stage .actual img')).clipPath")
    assert clip == "inset(0px 0px 0px 20%)"


@pytest.mark.parametrize("width", [400, 800, 1300])
def test_no_page_is_wider_than_the_window(visit: Render, width: int) -> None:
    made = visit(RUNS["mixed"], viewport={"width": width, "height": 800})
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width


def test_links_between_the_pages_of_a_folder(visit: Render) -> None:
    page = visit(RUNS["mixed"], folder=True).page
    page.locator(".notebooks a", has_text=re.compile(r"^nb\.ipynb$")).click()
    assert page.title() == "nb.ipynb \u00b7 3 of 4 notebooks failed"
    page.locator(".rail a", has_text="cell 2").click()
    assert page.url.endswith("notebooks/nb.html#cell-2")
    page.get_by_text("All notebooks").click()
    assert page.url.endswith("index.html")
