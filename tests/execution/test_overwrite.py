"""Carriage returns and backspaces."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.compare.screen import show_on_screen
from nbcheck.execution.overwrite import apply_overwrites


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("", ""),
        ("plain\ntext\n", "plain\ntext\n"),
        ("50%\r100%\n", "100%\n"),
        ("100%\r50%", "50%%"),
        ("done\r", "done\r"),
        ("done\r\n", "done\n"),
        ("a\r\r\n", "a\n"),
        ("first\nabc\rX\nlast", "first\nXbc\nlast"),
        ("abc\x08\x08XY", "aXY"),
        ("abc\x08", "abc"),
        ("a\x08\x08\x08b", "b"),
        ("line\n\x08b", "line\nb"),
        ("abc\rx\x08\x08yz", "yzc"),
        ("\r\x08", ""),
        ("1\r2\r3\n4\r5\n\n6\r", "3\n5\n\n6\r"),
        ("ab\r\x08\rc", "cb"),
    ],
)
def test_table(printed: str, shown: str) -> None:
    assert apply_overwrites(printed) == shown


@given(st.text("ab\r\n\x08"))
def test_what_is_left_is_what_a_screen_shows(printed: str) -> None:
    assert apply_overwrites(printed).removesuffix("\r") == show_on_screen(printed)


@given(st.text("ab\r\n\x08").map(lambda text: text + "\r"), st.text("ab\r\n\x08"))
def test_what_comes_later_begins_where_a_carriage_return_left_off(printed: str, later: str) -> None:
    assert show_on_screen(apply_overwrites(printed) + later) == show_on_screen(printed + later)


@given(st.text("ab\r\n\x08"))
def test_twice_is_the_same_as_once(printed: str) -> None:
    shown = apply_overwrites(printed)
    assert apply_overwrites(shown) == shown


@pytest.mark.slow
@pytest.mark.parametrize(
    "printed",
    [
        pytest.param("x" * 50_000_000 + "\r", id="one-long-line"),
        pytest.param("0123456789" * 5_000_000, id="nothing-to-do"),
        pytest.param("working 12%\r" * 2_000_000, id="progress-bar"),
        pytest.param("12%\x08\x08\x08" * 300_000, id="backspaces"),
        pytest.param("line of text\r\n" * 1_000_000, id="windows"),
    ],
)
def test_time_is_linear(printed: str) -> None:
    start = time.process_time()
    apply_overwrites(printed)
    assert time.process_time() - start < 2
