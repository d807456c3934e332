"""The failures of a run by what is behind them."""

from __future__ import annotations

from typing import Any

import pytest

from nbcheck.compare import CompareOptions, compare_outputs
from nbcheck.compare.base import Difference, DifferenceKind, Severity
from nbcheck.compare.serial import difference_to_json
from nbcheck.report.reasons import find_reasons


def cell(outcome: str = "different", **more: Any) -> dict[str, Any]:
    return {
        "number": 1,
        "outcome": outcome,
        "message": "",
        "xfail": None,
        "excused": "",
        "updated": False,
        "error": None,
        "differences": [],
        "unstable": [],
        **more,
    }


def differing(*differences: Difference, **more: Any) -> dict[str, Any]:
    return cell(differences=[difference_to_json(one) for one in differences], **more)


def error(ename: str, evalue: str = "", message: str = "") -> dict[str, Any]:
    return cell("error", error={"ename": ename, "evalue": evalue}, message=message)


def run(*cells: dict[str, Any], **more: Any) -> dict[str, Any]:
    numbered = [{**one, "number": number} for number, one in enumerate(cells, start=1)]
    items = [{"name": f"cell-{one['number']}", "outcome": "failed"} for one in numbered]
    notebook = {
        "path": "nb.ipynb",
        "parameters": "",
        "fault": None,
        "items": items,
        "cells": numbered,
        **more,
    }
    return {"notebooks": [notebook]}


def reasons(*cells: dict[str, Any], **more: Any) -> list[str]:
    return [str(reason) for reason in find_reasons(run(*cells, **more))]


def changed(place: str = "stdout", summary: str = "the line differs", **more: Any) -> Difference:
    return Difference(DifferenceKind.CHANGED, place, summary, **more)


PICTURE = "image/png"


@pytest.mark.parametrize(
    ("failed", "reason"),
    [
        (cell("timeout"), "1 cell: did not come to an end in time"),
        (cell("died"), "1 cell: ended the kernel"),
        (error("ModuleNotFoundError", "No module named 'a.b'"), "1 cell: need a, which is not installed"),
        (error("FileNotFoundError", "x"), "1 cell: need a file that is not there"),
        (error("urllib.error.URLError"), "1 cell: need the network"),
        (error("acme.Odd"), "1 cell: raised acme.Odd"),
        (
            error(
                "ImportError",
                "No module named 'a'",
                "ImportError; the same is stored, but may be an accident",
            ),
            "1 error: that are stored, in cells without the tag raises-exception",
        ),
        (cell("error", message="had no kernel; install it"), "1 cell: had no kernel"),
        (
            cell(message="took 3 s, more than its max-seconds=2"),
            "1 cell: took 3 s, more than its max-seconds=2",
        ),
        (differing(changed("stderr")), "1 output: warnings and other text on stderr"),
        (differing(changed(severity=Severity.UNJUDGED)), "1 output: could not be compared"),
        (differing(Difference(DifferenceKind.MISSING, "output 1", "x")), "1 output: missing"),
        (differing(Difference(DifferenceKind.EXTRA, "output 1", "x")), "1 output: new"),
        (
            differing(changed(mimetype=PICTURE, programs=("A 1", "A 2"))),
            "1 picture: made by A 1, now by A 2",
        ),
        (differing(changed(mimetype=PICTURE, programs=("A 1", "A 1"))), "1 picture: with other pixels"),
        (differing(changed(severity=Severity.PRESENTATION)), "1 output: that say the same in another form"),
        (
            differing(changed(summary="1.0 became 1.0001 (relative error 1e-04)")),
            "1 number: that differ by no more than 0.1 %",
        ),
        (differing(changed(summary="1 became 2 (relative error 0.5)")), "1 output: with other content"),
        (differing(changed("error")), "1 error: other than the stored ones"),
        (
            differing(
                changed(), unstable=[{"place": "stdout", "is_all": True, "directive": "normalise=dates"}]
            ),
            "1 unstable output: two runs of the same code differ, masked by normalise=dates",
        ),
        (
            differing(
                changed(), unstable=[{"place": "stdout", "is_all": True, "directive": "ignore-pattern=x"}]
            ),
            "1 unstable output: two runs of the same code differ",
        ),
        (
            differing(
                changed(), unstable=[{"place": "stdout", "is_all": False, "directive": "normalise=dates"}]
            ),
            "1 output: with other content",
        ),
    ],
)
def test_each_failure_has_a_reason(failed: dict[str, Any], reason: str) -> None:
    assert reasons(failed) == [reason]


def test_reasons_are_counted_and_the_commonest_comes_first() -> None:
    found = find_reasons(
        run(
            cell("died"),
            differing(changed(mimetype=PICTURE), changed(mimetype=PICTURE)),
            cell("died"),
            cell("died"),
        )
    )
    assert [(str(one), one.places) for one in found] == [
        ("3 cells: ended the kernel", ("nb.ipynb::cell-1", "nb.ipynb::cell-3", "nb.ipynb::cell-4")),
        ("2 pictures: with other pixels", ("nb.ipynb::cell-2",)),
    ]


def test_the_same_words_everywhere_are_one_reason() -> None:
    def stream(text: str) -> dict[str, Any]:
        return {"output_type": "stream", "name": "stdout", "text": text}

    cells = [
        differing(
            *compare_outputs([stream(f"{word} 1.5\n")], [stream(f"{word} float(1.5)\n")], CompareOptions())
        )
        for word in ("ham", "spam", "eggs")
    ]
    (reason,) = reasons(*cells)
    assert reason.startswith("3 outputs: everywhere ")
    assert reasons(*cells[:2]) == ["2 outputs: with other content"]


@pytest.mark.parametrize("more", [{"xfail": ""}, {"excused": "known"}, {"updated": True}])
def test_what_does_not_count(more: dict[str, Any]) -> None:
    assert reasons(cell("died"), cell("died", **more)) == ["1 cell: ended the kernel"]


def test_what_no_cell_tells() -> None:
    assert reasons(cell("passed")) == ["1 test: failed in a fixture or a hook"]
    assert reasons(fault={"text": ["x"]}, items=[{"name": "notebook", "outcome": "failed"}]) == [
        "1 file: cannot be read as notebooks"
    ]
    assert reasons(cell("passed"), items=[{"name": "cell-1", "outcome": "passed"}]) == []


def test_sets_of_parameters_are_named() -> None:
    (found,) = find_reasons(run(cell("died"), parameters="x=1"))
    assert found.places == ("nb.ipynb::cell-1[x=1]",)
