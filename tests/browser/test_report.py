"""Reports in a browser: nothing of a notebook runs, no request leaves, and everything can be read."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, document, markdown, stdout
from nbcheck.report.base import ItemOutcome, ItemRecord, NotebookEntry, RunReport
from nbcheck.report.html import HtmlFile, HtmlFolder
from nbcheck.report.record import record_notebook, record_result
from nbcheck.results import CellResult, Outcome
from report.test_html import RUNS, entry, run

pytestmark = pytest.mark.slow


@dataclass
class Visit:
    """A page in the browser, and what it did."""

    page: Any
    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Visit]


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """A function that opens a report's first page, or another one."""
    contexts = []

    def open_page(report: RunReport, *, folder: bool = False, start: str = "", **options: Any) -> Visit:
        reporter = HtmlFolder() if folder else HtmlFile("report.html")
        for name, content in reporter.render(report).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
        context = browser.new_context(**{"viewport": {"width": 1300, "height": 900}, **options})
        contexts.append(context)
        made = Visit(context.new_page())
        made.page.on("dialog", lambda dialog: (made.dialogs.append(dialog.message), dialog.dismiss()))
        made.page.on("console", lambda message: made.complaints.append(message.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.goto((tmp_path / (start or ("index.html" if folder else "report.html"))).as_uri())
        return made

    yield open_page
    for context in contexts:
        context.close()


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


def see_everything(made: Visit) -> None:
    """Scroll to the end and open what is folded, so that whatever is lazy has loaded."""
    made.page.evaluate(
        """async () => {
            for (const part of document.querySelectorAll("details")) part.open = true;
            for (const frame of document.querySelectorAll("iframe")) { frame.loading = "eager"; }
            const frames = [...document.querySelectorAll("iframe")];
            for (const frame of frames) frame.scrollIntoView();
            await new Promise(requestAnimationFrame);
        }"""
    )
    for frame in made.page.query_selector_all("iframe"):
        frame.scroll_into_view_if_needed()
        frame.content_frame().wait_for_load_state()


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


def test_nothing_runs_and_no_request_leaves(visit: Open, listener: Listener) -> None:
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
def test_pages_load_without_a_complaint(visit: Open, name: str, folder: bool) -> None:
    made = visit(RUNS[name], folder=folder)
    see_everything(made)
    # What the sandbox keeps from running is told in the console; nothing else may be.
    assert [text for text in made.complaints if "sandboxed" not in text] == []


def test_the_page_can_be_read_without_scripts(visit: Open) -> None:
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


def test_keys_jump_from_failure_to_failure(visit: Open) -> None:
    page = visit(run(entry())).page
    seen = []
    for key in "jjjk":
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.id"))
    assert seen == ["n1-cell-1", "n1-cell-2", "n1-cell-3", "n1-cell-2"]


def test_the_reader_chooses_light_or_dark(visit: Open) -> None:
    def background(made: Visit) -> str:
        return str(made.page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = (visit(run(entry()), color_scheme=scheme) for scheme in ("light", "dark"))
    colours = background(light), background(dark)
    assert colours[0] != colours[1]
    light.page.locator("#theme").click()
    assert background(light) == colours[1]
    light.page.reload()
    assert background(light) == colours[1]
    light.page.locator("#theme").click()
    assert background(light) == colours[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(visit: Open, scheme: str) -> None:
    made = visit(RUNS["mixed"], color_scheme=scheme)
    low = made.page.evaluate(CONTRASTS)
    assert low == [], f"{scheme}: less than 4.5 to 1"


def test_a_swipe_moves_the_edge_between_pictures(visit: Open) -> None:
    page = visit(run(entry())).page
    page.get_by_label("Swipe", exact=True).check()
    page.get_by_label("Share of the expected picture").fill("20")
    clip = page.evaluate("getComputedStyle(document.querySelector('.stage .actual img')).clipPath")
    assert clip == "inset(0px 0px 0px 20%)"


@pytest.mark.parametrize("width", [400, 800, 1300])
def test_no_page_is_wider_than_the_window(visit: Open, width: int) -> None:
    made = visit(RUNS["mixed"], viewport={"width": width, "height": 800})
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width


def test_links_between_the_pages_of_a_folder(visit: Open) -> None:
    page = visit(RUNS["mixed"], folder=True).page
    page.locator(".notebooks a", has_text=re.compile(r"^nb\.ipynb$")).click()
    assert page.title() == "nb.ipynb \u00b7 3 of 4 notebooks failed"
    page.locator(".rail a", has_text="cell 2").click()
    assert page.url.endswith("notebooks/nb.html#cell-2")
    page.get_by_text("All notebooks").click()
    assert page.url.endswith("index.html")


# Every element with text of its own whose colour stands out from what is painted behind it by less than WCAG's AA.
CONTRASTS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const parse = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
    const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const light = (colour) => {
        const [r, g, b] = colour.slice(0, 3).map((value) => linear(value / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const low = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        const box = element.getBoundingClientRect();
        if (!own || box.width < 2 || box.height < 2 || element.closest(".sr, .skip-link, script, style")) continue;
        const layers = [];
        for (let node = element; node; node = node.parentElement) {
            layers.unshift(parse(getComputedStyle(node).backgroundColor));
        }
        const background = layers.reduce((under, top) => over(top, under), [255, 255, 255, 1]);
        const colour = over(parse(getComputedStyle(element).color), background);
        const [a, b] = [light(colour), light(background)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        const name = element.className || element.tagName;
        if (ratio < 4.5) low.push(`${name} ${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 30)}`);
    }
    return [...new Set(low)];
}"""
