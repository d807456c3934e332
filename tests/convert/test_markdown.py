"""Markdown cells and formulas as HTML."""

from __future__ import annotations

import base64

import pytest

from nbcheck.convert.filters.markdown import markdown_to_html
from nbcheck.convert.filters.math import latex_to_html

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("# A *b*", "<h1>A <em>b</em></h1>"),
        ("| a |\n|---|\n| 1 |", "<td>1</td>"),
        ("~~x~~", "<s>x</s>"),
        ("```python\ndef f(): 1\n```", '<span class="k">def</span>'),
        ("```nosuchlanguage\na < b\n```", "a &lt; b"),
        ("$x^2$", '<math display="inline">'),
        ("$$x^2$$", '<math display="block">'),
        ("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", "<mtable"),
        ("$ x $", '<math display="inline">'),
        (r"costs \$5 and \$6", "costs $5 and $6"),
        ("<b>bold</b> <script>alert(1)</script>", "<b>bold</b>"),
        ("![x](http://example.org/x.png)", "<em>[picture: x]</em>"),
        ("![](plot.png)", "<em>[picture: plot.png]</em>"),
        ("![x](attachment:gone.png)", "<em>[picture: x]</em>"),
        (f"![x](data:image/png;base64,{PNG})", f'<img src="data:image/png;base64,{PNG}" alt="x">'),
        ("a[^1]\n\n[^1]: note", "note"),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](https://example.org)", '<a href="https://example.org" rel="noopener noreferrer">x</a>'),
    ],
)
def test_markdown(source: str, part: str) -> None:
    assert part in markdown_to_html(source)


def test_headings_are_moved_down() -> None:
    assert "<h4>a</h4>" in markdown_to_html("# a", heading_shift=3)
    assert "<h6>a</h6>" in markdown_to_html("##### a", heading_shift=3)


def test_an_attached_picture_is_embedded() -> None:
    attachments = {"a.png": {"image/png": PNG}, "b.png": "no bundle"}
    html = markdown_to_html("![x](attachment:a.png) ![y](attachment:b.png)", attachments)
    assert f'<img src="data:image/png;base64,{PNG}" alt="x">' in html
    assert "[picture: y]" in html


def test_what_is_too_long_is_shown_as_it_is() -> None:
    assert markdown_to_html("*x* " * 200_000).startswith("<pre>*x*")


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("$x$", '<math display="inline">'),
        (r"\(x\)", '<math display="inline">'),
        ("$$x$$", '<math display="block">'),
        (r"\[x\]", '<math display="block">'),
        (r"\begin{equation}x\label{a}\end{equation}", "<mi>x</mi>"),
        (r"\begin{aligned}a&=b\\c&=d\end{aligned}", "<mtable"),
        (r"\begin{gather}a\\b\end{gather}", "<mtable"),
        (r"\left[\begin{matrix}1 & 2\\3 & 4\end{matrix}\right]", "<mtable"),
        (r"\text{<script>alert(1)</script>}", "<math"),
    ],
)
def test_formulas(source: str, part: str) -> None:
    html = latex_to_html(source, is_display=False)
    assert part in html
    assert "<script" not in html


@pytest.mark.parametrize("source", [r"\nosuchcommand{x}", "{" * 3000, "x" * 30_000, "$a$ and $b$ <i>"])
def test_a_formula_that_cannot_be_converted_is_shown_as_its_source(source: str) -> None:
    html = latex_to_html(source, is_display=True)
    assert html.startswith('<code class="tex">') or "<math" in html
    assert "<i>" not in html
