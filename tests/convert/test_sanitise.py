"""What of somebody's HTML may stand in a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.convert.filters.frame import FRAME_POLICY, estimate_height, frame, shows_something
from nbcheck.convert.filters.sanitise import sanitise_framed, sanitise_plain

HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src='data:text/html,<script>alert(1)</script>'>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'/></svg>",
    "<svg><animate attributeName=href values='javascript:alert(1)'/></svg>",
    "<svg><foreignObject><iframe src='javascript:alert(1)'></iframe></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' \x01javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x' ping='http://evil.example'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src='http://evil.example'></iframe>",
    "<object data='http://evil.example'></object><embed src='http://evil.example'>",
    "<form action='http://evil.example'><input name=a><button formaction='javascript:alert(1)'>x</button></form>",
    "<meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<base href='http://evil.example'>",
    "<link rel=stylesheet href='http://evil.example/x.css'>",
    "<link rel=dns-prefetch href='//evil.example'>",
    "<body onload=alert(1) background='http://evil.example/x'>",
    "<div style='background:url(http://evil.example/x)'>x</div>",
    "<video poster='http://evil.example/x'><source src='http://evil.example/y'></video>",
    "<img srcset='http://evil.example/x 2x' src=x>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "</textarea></title></style></script><script>alert(1)</script>",
    "<textarea><script>alert(1)</script></textarea>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml-stylesheet href='http://evil.example'?>",
    "<p id=main class='skip-link' name=x>x</p>",
    '"><script>alert(1)</script>',
    "<img src=x:alert(1) onerror\x00=alert(1)>",
    "<x onclick=alert(1) tabindex=1 autofocus onfocus=alert(1)>",
]


class Inventory(HTMLParser):
    """Every tag, and every attribute with its tag and value, as a parser sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


RUNS = {
    "script",
    "iframe",
    "object",
    "embed",
    "base",
    "meta",
    "link",
    "template",
    "animate",
    "set",
    "foreignobject",
}


def assert_harmless(html: str) -> None:
    found = Inventory(html)
    assert not found.tags & RUNS
    for tag, name, value in found.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name not in {"srcdoc", "srcset", "formaction", "action", "ping", "poster", "background"}
        assert not re.match(r"[\s\x00-\x20]*(?:javascript|vbscript)", value, re.IGNORECASE)
        if name in {"src", "xlink:href"} or (name == "href" and tag != "a"):
            assert value.startswith(("#", "data:image/"))


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_hostile_is_left(source: str) -> None:
    plain = str(sanitise_plain(source))
    assert_harmless(plain)
    assert not {name for _, name, _ in Inventory(plain).attributes} & {"style", "id", "name"}
    framed = sanitise_framed(source)
    assert_harmless(framed)
    assert "evil.example" not in re.sub(r"style=\"[^\"]*\"", "", framed) or "<" not in framed


@given(
    st.lists(
        st.sampled_from([*HOSTILE, "<b>", "</b>", "<table>", "text", "<style>", "<math>", "<svg>", "--!>"])
    )
)
def test_nor_when_pieces_are_put_together(pieces: list[str]) -> None:
    source = "".join(pieces)
    assert_harmless(str(sanitise_plain(source)))
    assert_harmless(sanitise_framed(source))


@given(st.lists(st.sampled_from([*HOSTILE, "<p>a</p>", "<i>b", "<svg><path d='M0 0'/>"]), max_size=4))
def test_sanitising_twice_is_the_same_as_once(pieces: list[str]) -> None:
    once = sanitise_plain("".join(pieces))
    assert sanitise_plain(str(once)) == once


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("<p>a <b>b</b></p>", "<p>a <b>b</b></p>"),
        (
            "<table class='dataframe' border=1><tr style='x'><th colspan=2>a</th></tr></table>",
            '<table><tbody><tr><th colspan="2">a</th></tr></tbody></table>',
        ),
        (
            "<a href='https://example.org'>x</a>",
            '<a href="https://example.org" rel="noopener noreferrer">x</a>',
        ),
        ("<a href='#top'>x</a>", '<a rel="noopener noreferrer">x</a>'),
        ("<span class='k'>def</span><span class='top'>x</span>", '<span class="k">def</span><span>x</span>'),
        ("<math display='block'><mi>x</mi></math>", '<math display="block"><mi>x</mi></math>'),
        ("<img src='data:image/png;base64,AA==' alt=x>", '<img src="data:image/png;base64,AA==" alt="x">'),
    ],
)
def test_what_may_stand_in_a_page(source: str, plain: str) -> None:
    assert str(sanitise_plain(source)) == plain


def test_a_frame_keeps_looks() -> None:
    source = (
        "<style>#T_1 td {color: red}</style><table id='T_1' class='a'><tr><td style='color: blue'>1</td></tr></table>"
        "<svg viewBox='0 0 1 1'><defs><path id='g' d='M0 0'></path></defs><use href='#g' x='1'></use></svg>"
    )
    framed = sanitise_framed(source)
    for part in ("#T_1 td {color: red}", 'id="T_1"', 'style="color: blue"', 'viewBox="0 0 1 1"', 'href="#g"'):
        assert part in framed


def test_a_frame_has_no_permission_and_its_policy_comes_first() -> None:
    html = str(frame("<b>x</b>", 'a "title"'))
    ((tag, _, _),) = {entry for entry in Inventory(html).attributes if entry[1] == "sandbox"}
    attributes = {name: value for _, name, value in Inventory(html).attributes}
    assert tag == "iframe"
    assert attributes["sandbox"] == ""
    assert attributes["title"] == 'a "title"'
    assert attributes["srcdoc"].startswith(
        f'<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="{FRAME_POLICY}">'
    )
    assert attributes["srcdoc"].endswith("<b>x</b>")


@pytest.mark.parametrize(
    ("source", "height"),
    [
        ("x", 60),
        ("<p>a</p>" * 5, 152),
        ("<tr>" * 500, 480),
        ("<svg height='200'></svg>", 224),
        ("x" * 3000, 480),
    ],
)
def test_estimated_heights(source: str, height: int) -> None:
    assert estimate_height(source) == height


@pytest.mark.parametrize(
    ("source", "shows"),
    [
        ("<div id=x></div><script>draw()</script>", False),
        ("<style>p {color: red}</style>", False),
        (" \n", False),
        ("<b>x</b>", True),
        ("<svg><path d='M0 0'/></svg>", True),
        ("<input type=range>", True),
    ],
)
def test_whether_there_is_anything_to_see(source: str, shows: bool) -> None:
    assert shows_something(source) is shows
