"""Outputs as text for a terminal, while they come."""

from __future__ import annotations

import pytest

from nbcheck.protocol.content import Content, DisplayData, Error, ExecuteResult, Status, Stream
from nbcheck.report.live import render_content, render_text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (Stream(name="stdout", text="a\tb\nc"), "a\tb\nc"),
        (Stream(name="stderr", text=" 1%\r 2%\r\n"), " 1%\n 2%\n"),
        (ExecuteResult(data={"text/plain": "41", "text/html": "<b>41</b>"}), "41\n"),
        (DisplayData(data={"image/png": "iVBO", "text/html": "x"}), "<image/png, text/html>\n"),
        (DisplayData(data={"text/plain": ["no", "text"]}), "<text/plain>\n"),
        (DisplayData(data={}), "<nothing>\n"),
        (Error(ename="E", evalue="bad", traceback=["one", "two"]), "one\ntwo\n"),
        (Error(ename="E", evalue="bad"), "E: bad\n"),
        (Status(execution_state="busy"), ""),
    ],
)
def test_contents(content: Content, text: str) -> None:
    assert render_content(content, color=True) == text


RED = "\x1b[31mred\x1b[0m"


@pytest.mark.parametrize(
    ("text", "plain", "colored"),
    [
        (RED, "red", f"{RED}\x1b[0m"),
        ("\x1b[31mnot ended", "not ended", "\x1b[31mnot ended\x1b[0m"),
        ("\x1b[2J\x1b]0;title\x07x", "x", "x"),
        ("a\x08b\x07\u202e", r"a\x08b\x07\u202e", r"a\x08b\x07\u202e"),
        ("\x1b\x1b[31m[2J", "[2J", "\x1b[31m[2J\x1b[0m"),
    ],
)
def test_only_colours_act(text: str, plain: str, colored: str) -> None:
    assert render_text(text, color=False) == plain
    assert render_text(text, color=True) == colored
