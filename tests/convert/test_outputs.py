"""Outputs as HTML: the richest form that can be shown without running anything."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from nbcheck.convert.filters.highlight import highlight, highlight_lines
from nbcheck.convert.filters.outputs import output_to_html

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()
NOTHING = '<p class="left-out">nothing to show of: an empty output</p>'
PANDAS = (
    "<div>\n<style scoped>\n    .dataframe tbody tr th {\n        vertical-align: top;\n    }\n</style>\n"
    '<table border="1" class="dataframe"><tr style="text-align: right;"><th>a</th></tr></table></div>'
)


def shown(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> str:
    return str(output_to_html({"output_type": "display_data", "data": data, "metadata": metadata or {}}))


@pytest.mark.parametrize(
    ("data", "start"),
    [
        ({"text/plain": "a<b"}, "<pre>a&lt;b</pre>"),
        ({"text/plain": "Figure", "image/png": PNG}, f'<img class="picture" src="data:image/png;base64,{PNG}" '),
        ({"text/plain": "x", "image/svg+xml": "<svg/>"}, '<img class="picture" src="data:image/svg+xml;base64,'),
        ({"text/plain": "x", "text/html": "<p>a</p>"}, '<div class="rich"><p>a</p></div>'),
        ({"text/plain": "x", "text/html": PANDAS}, '<div class="rich"><div>\n\n<table><tbody><tr><th>a</th></tr>'),
        ({"text/plain": "x", "text/html": "<p style='color: red'>a</p>"}, '<iframe class="framed" sandbox=""'),
        ({"text/plain": "Figure()", "text/html": "<div></div><script>1</script>"}, "<pre>Figure()</pre>"),
        ({"text/plain": "x", "text/markdown": "*a*"}, '<div class="prose"><p><em>a</em></p>'),
        ({"text/plain": "x", "text/latex": "$x$"}, '<div class="formula"><math display="block">'),
        ({"text/plain": "x", "application/json": {"a": 1}}, '<details class="json" open>'),
        ({"text/plain": "x", "application/vnd.plotly.v1+json": {"data": []}}, "<pre>x</pre>"),
        ({"application/vnd.plotly.v1+json": {"data": []}}, '<details class="json" open>'),
        ({"application/x-unknown": "AAAA"}, '<p class="left-out">nothing to show of: application/x-unknown</p>'),
        ({"application/javascript": "alert(1)"}, '<pre class="code">'),
        ({"image/png": "no base64!"}, '<p class="left-out">the image/png data are no picture</p>'),
        ({}, '<p class="left-out">nothing to show of: an empty output</p>'),
    ],
)  # fmt: skip
def test_what_is_shown_of_a_mimebundle(data: dict[str, Any], start: str) -> None:
    assert shown(data).startswith(start)


def test_size_of_a_picture() -> None:
    html = shown({"image/png": PNG}, {"image/png": {"width": 30.0, "height": "evil"}})
    assert html.endswith(' alt="picture" width="30">')


@pytest.mark.parametrize(
    ("output", "html"),
    [
        ({"output_type": "stream", "name": "stdout", "text": "a\n"}, '<pre class="stream stdout">a\n</pre>'),
        ({"output_type": "stream", "name": "stderr", "text": "a"}, '<pre class="stream stderr">a</pre>'),
        ({"output_type": "stream", "name": '"><b>', "text": "a"}, '<pre class="stream stdout">a</pre>'),
        (
            {"output_type": "error", "ename": "E", "evalue": "<v>", "traceback": []},
            '<pre class="traceback">E: &lt;v&gt;</pre>',
        ),
        (
            {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[31ma\x1b[0m", "b"]},
            '<pre class="traceback"><span class="ansi-fg-1">a</span>\nb</pre>',
        ),
        ({"output_type": "display_data", "data": "wrong"}, NOTHING),
        ({"output_type": "novelty"}, NOTHING),
    ],
)  # fmt: skip
def test_outputs_of_every_type(output: dict[str, Any], html: str) -> None:
    assert str(output_to_html(output)) == html


def test_json_that_is_too_long_is_cut() -> None:
    html = shown({"application/json": ["x" * 60_000, "y" * 60_000]})
    assert html.startswith('<details class="json"><summary>')
    assert "characters more" in html
    assert len(html) < 150_000


def test_source_has_as_many_lines_as_the_cell() -> None:
    source = "\n\ndef f():\n    '''a\n    b'''\n\n"
    assert len(highlight_lines(source, "python")) == source.count("\n") + 1
    assert highlight("%%bash\nls <x>", "python").count("<x>") == 0


def test_an_unknown_language_is_shown_plain() -> None:
    assert [str(line) for line in highlight_lines("a < b\nc", "nosuch")] == ["a &lt; b", "c"]
