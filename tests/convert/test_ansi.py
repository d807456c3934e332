"""Escape sequences as HTML."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.convert.filters.ansi import ansi_to_html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain <b> & 'q'", "plain &lt;b&gt; &amp; &#39;q&#39;"),
        ("\x1b[31mred\x1b[0m", '<span class="ansi-fg-1">red</span>'),
        ("\x1b[31mred\x1b[m plain", '<span class="ansi-fg-1">red</span> plain'),
        ("\x1b[1;4;92mx\x1b[22my", '<span class="ansi-bold ansi-underline ansi-fg-10">x</span>'
         '<span class="ansi-underline ansi-fg-10">y</span>'),
        ("\x1b[3;2;9mx\x1b[23;22;29my", '<span class="ansi-faint ansi-italic ansi-strike">x</span>y'),
        ("\x1b[41mx\x1b[49my", '<span class="ansi-bg-1">x</span>y'),
        ("\x1b[7;32mx\x1b[27my", '<span class="ansi-inverse ansi-bg-2">x</span><span class="ansi-fg-2">y</span>'),
        ("\x1b[38;5;9mx", '<span class="ansi-fg-9">x</span>'),
        ("\x1b[38;5;208mx", '<span class="ansi-fg-rgb" style="--ink:#ff8700">x</span>'),
        ("\x1b[48;5;244mx", '<span class="ansi-bg-rgb" style="--fill:#808080">x</span>'),
        ("\x1b[38;2;1;2;3mx\x1b[39my", '<span class="ansi-fg-rgb" style="--ink:#010203">x</span>y'),
        ("\x1b[38:2:1:2:3mx", '<span class="ansi-fg-rgb" style="--ink:#010203">x</span>'),
        ("\x1b[38;5;256mx", "x"),
        ("\x1b[38;2;1mx", "x"),
        ("\x1b[38mx", "x"),
        ("\x1b[99999mx", "x"),
        ("\x1b[2J\x1b[1;1Hx", "x"),
        ("\x1b]8;;http://a\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("a\x1b", "a"),
        ("50%\r100%", "100%"),
    ],
)  # fmt: skip
def test_sequences(text: str, html: str) -> None:
    assert str(ansi_to_html(text)) == html


@given(st.text(st.sampled_from("\x1b[]0123456789;:mK<>&\"'ab\r\n\b\x07\\ ")))
def test_only_spans_come_out_and_no_text_is_lost(text: str) -> None:
    html = str(ansi_to_html(text))
    without = re.sub(r'<span(?: class="[a-z0-9 -]+")?(?: style="[a-z#0-9:;-]+")?>|</span>', "", html)
    assert not set(without) & set("<>\"'\x1b")
    if "\x1b" not in text and not set(text) & set("\r\b"):
        assert unescape(without) == text
