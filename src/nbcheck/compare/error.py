"""Errors: the class and the message decide; tracebacks are ignored."""

from __future__ import annotations

from dataclasses import replace

from nbcheck.compare.base import CompareOptions, Difference, DifferenceKind, Output
from nbcheck.compare.text import compare_texts, shorten


def compare_errors(expected: Output, actual: Output, options: CompareOptions) -> Difference | None:
    """Compare two outputs of type error by ``ename`` and ``evalue``."""
    names = str(expected.get("ename", "")), str(actual.get("ename", ""))
    values = str(expected.get("evalue", "")), str(actual.get("evalue", ""))
    difference = compare_texts(*values, options)
    if names[0] == names[1]:
        if difference is None:
            return None
        return replace(
            difference,
            summary=f"message of {names[0]}: {difference.summary}",
            expected=error_line(expected),
            actual=error_line(actual),
        )
    return Difference(
        kind=DifferenceKind.CHANGED,
        place="",
        summary=f"{names[0]} became {names[1]}",
        expected=error_line(expected),
        actual=error_line(actual),
    )


def error_line(output: Output) -> str:
    """``ValueError: bad value``, the message cut to one line."""
    return f"{output.get('ename', '')}: {shorten(str(output.get('evalue', '')), 200)}"
