"""What is too much to compare in the time that there is: a summary, and never an equal verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nbcheck.compare import CompareOptions, compare_outputs

COUNT = 3_000
LINES = [f"line {number} {number * 7919 % 1009}" for number in range(COUNT)]
OTHERS = [f"row {number} {number * 7907 % 1013}" for number in range(COUNT)]


def stream(lines: list[str]) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": "\n".join(lines)}


def data(mimetype: str, value: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {mimetype: value}}


def table(lines: list[str]) -> str:
    return f"<table>{''.join(f'<tr><td>{line}</td><td>{line[::-1]}</td></tr>' for line in lines)}</table>"


def markup(lines: list[str]) -> str:
    return "".join(f"<p>{line} <b>{line[::-1]}</b></p>" for line in lines)


def drawing(lines: list[str]) -> str:
    texts = "".join(f'<text x="{number}">{line}</text>' for number, line in enumerate(lines))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{texts}</svg>'


def tree(lines: list[str]) -> Any:
    return {"rows": [{"text": line, "size": len(line), "words": line.split()} for line in lines]}


MAKERS = {
    "stream": stream,
    "plain": lambda lines: data("text/plain", "\n".join(lines)),
    "table": lambda lines: data("text/html", table(lines)),
    "html": lambda lines: data("text/html", markup(lines)),
    "markdown": lambda lines: data("text/markdown", "\n\n".join(lines)),
    "latex": lambda lines: data("text/latex", "\n".join(lines)),
    "svg": lambda lines: data("image/svg+xml", drawing(lines)),
    "json": lambda lines: data("application/json", tree(lines)),
    "unknown": lambda lines: data("application/x-nobody", "\n".join(lines)),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_different_stays_so_without_time(kind: str) -> None:
    expected, actual = MAKERS[kind](LINES), MAKERS[kind](OTHERS)
    (difference,) = compare_outputs([expected], [actual], CompareOptions(budget=0))
    assert difference.summary
    listed = [line for hunk in difference.hunks for line in hunk.lines]
    # A person reads it: what is shown is bounded whatever the outputs are.
    assert len(listed) <= 200
    assert len(difference.changes) <= 20


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_equal_stays_so_without_time(kind: str) -> None:
    first, second = MAKERS[kind](LINES), json.loads(json.dumps(MAKERS[kind](LINES)))
    assert not compare_outputs([first], [second], CompareOptions(budget=0))
