"""Masks: the narrowest directive, and the proof that it hides nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from PIL import Image, ImageDraw

from helpers.nb import OutputDict, code, display, document, error, result, stderr, stdout
from nbcheck.accepting.mask import Mask, Masked, find_mask, find_tolerance
from nbcheck.accepting.pieces import find_change
from nbcheck.accepting.proposal import Proposal, ProposedCell
from nbcheck.accepting.record import Conditions, PendingCell, PendingNotebook
from nbcheck.document import Document
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan, plan_notebook
from nbcheck.results import Outcome


def propose(expected: Sequence[OutputDict], actual: Sequence[OutputDict], **metadata: Any) -> Proposal:
    """A notebook with one cell that waits."""

    def replan(changed: Document) -> NotebookPlan:
        return plan_notebook(changed, RunOptions())

    made = document(code("# nbcheck: timeout=5\nx", *expected, count=1, **metadata))
    plan = replan(made)
    pending = PendingCell(1, 0, Outcome.DIFFERENT, "", tuple(actual))
    change = find_change(plan.cells[0].expected, tuple(actual), plan.cells[0].compare)
    notebook = PendingNotebook("nb.ipynb", "nb.ipynb", {}, Conditions(), (pending,))
    cell = ProposedCell(pending, plan.cells[0], 0, change)
    return Proposal(notebook, plan, made, (cell,), (), replan)


def picture(*dots: tuple[int, int], grey: int = 255) -> OutputDict:
    """A picture of 100 x 100 pixels, white but for some."""
    image = Image.new("L", (100, 100), 255)
    for dot in dots:
        image.putpixel(dot, 255 - grey)
    file = io.BytesIO()
    image.save(file, "PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def table(value: str) -> OutputDict:
    html = f"<table><tr><th>a</th><th>b</th></tr><tr><td>{value}</td><td>x</td></tr></table>"
    return {
        "output_type": "display_data",
        "data": {"text/html": html, "text/plain": f"   a  b\n0  {value}  x"},
        "metadata": {},
    }


def json_output(value: object) -> OutputDict:
    return {"output_type": "display_data", "data": {"application/json": value}, "metadata": {}}


@pytest.mark.parametrize(
    ("expected", "actual", "mask"),
    [
        (
            stdout("start\nloss 0.7 s\nend\n"),
            stdout("start\nloss 0.6 s\nend\n"),
            {"ignore-pattern": [r"(?<=^loss )\d+\.\d+(?= s$)"]},
        ),
        (stdout("on 2026-01-02\n"), stdout("on 2026-03-04\n"), {"normalise": "dates"}),
        (result("'id 3fa2c1'"), result("'id 99ab00'"), {"ignore-pattern": [r"(?<=^'id )[0-9a-f]{6}(?='$)"]}),
        (
            error("ValueError", "bad 17"),
            error("ValueError", "bad 18"),
            {"ignore-pattern": [r"(?<=^bad )\d+$"]},
        ),
        # Lines that come and go have no pattern.
        (stderr("a\n"), stderr("a\nb\n"), {"ignore-output": ["stderr"]}),
        (table("1.5"), table("2.5"), None),
        (json_output({"a": 1}), json_output({"a": 2}), {"ignore-output": ["1"]}),
        (picture((1, 1), grey=20), picture((1, 1), grey=40), {"image-tolerance": 20}),
        (picture((1, 1)), picture((1, 1), (5, 5), (6, 6), (7, 7)), {"image-share": "0.04%"}),
    ],
)
def test_the_narrowest_directive(
    expected: OutputDict, actual: OutputDict, mask: Mapping[str, Any] | None
) -> None:
    proposal = propose([expected], [actual])
    (cell,) = proposal.cells
    masked = find_mask(proposal, cell, cell.pieces[0])
    assert isinstance(masked, Masked), masked
    if mask is not None:
        assert {masked.mask.directive: masked.mask.value} == mask
    assert masked.mask.directive != "ignore-output" or masked.mask.value != ["all"]
    assert masked.cell.pieces == ()
    # What is in memory is what a run reads.
    assert masked.proposal.plan.cells[0].directives[masked.mask.directive].source == "cell metadata"


@pytest.mark.parametrize(
    ("expected", "actual", "mask"),
    [
        (stdout("loss 0.71\n"), stdout("loss 0.72\n"), {"rtol": 0.02}),
        (result("[1.0000001, 2.5]"), result("[1.0000002, 2.6]"), {"rtol": 0.04}),
        (stdout("zero 0.001\n"), stdout("zero -0.002\n"), {"atol": 0.003}),
        (table("1.50"), table("1.51"), {"rtol": 0.007}),
        (picture((1, 1)), picture((1, 1), (5, 5)), {"image-share": "0.01%"}),
        (stdout("a 1.5\n"), stdout("b 1.5\n"), None),
        (stdout("count 3\n"), stdout("count 4\n"), None),
    ],
)
def test_the_smallest_tolerance(
    expected: OutputDict, actual: OutputDict, mask: Mapping[str, Any] | None
) -> None:
    proposal = propose([expected], [actual])
    (cell,) = proposal.cells
    masked = find_tolerance(proposal, cell, cell.pieces[0])
    if mask is None:
        assert masked == "no directive lets this pass and nothing else"
    else:
        assert isinstance(masked, Masked), masked
        assert {masked.mask.directive: masked.mask.value} == mask


@pytest.mark.parametrize(
    ("mask", "text"),
    [
        (Mask("ignore-output", ["stderr", "text/plain"]), "ignore-output=stderr text/plain"),
        (Mask("image-antialiasing", True), "image-antialiasing=true"),
        (Mask("rtol", 0.02), "rtol=0.02"),
    ],
)
def test_a_mask_is_shown_as_a_comment_would_say_it(mask: Mask, text: str) -> None:
    assert str(mask) == text


def test_smoothed_edges_have_a_directive_of_their_own() -> None:
    def circle(left: float) -> OutputDict:
        image = Image.new("L", (400, 400), 255)
        ImageDraw.Draw(image).ellipse((left, 40, left + 320, 360), fill=0)
        small = image.resize((100, 100), Image.Resampling.BOX)
        file = io.BytesIO()
        small.save(file, "PNG")
        data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": "<Figure>"}
        return {"output_type": "display_data", "data": data, "metadata": {}}

    proposal = propose([circle(40)], [circle(41)])
    masked = find_mask(proposal, proposal.cells[0], proposal.cells[0].pieces[0])
    assert isinstance(masked, Masked)
    assert (masked.mask.directive, masked.mask.value) == ("image-antialiasing", True)


def test_other_differences_of_the_cell_stay() -> None:
    proposal = propose(
        [stdout("t 0.5\n"), display("alpha"), result("1")], [stdout("t 0.6\n"), display("beta"), result("2")]
    )
    (cell,) = proposal.cells
    masked = find_mask(proposal, cell, cell.pieces[0])
    assert isinstance(masked, Masked)
    assert [piece.name for piece in masked.cell.pieces] == ["2", "3"]
    ignoring = find_mask(proposal, cell, cell.pieces[1])
    assert isinstance(ignoring, Masked)
    assert "1" not in {piece.name for piece in ignoring.cell.pieces}


def test_what_the_cell_says_already_is_kept() -> None:
    said = {"ignore-pattern": "other", "normalise": ["-addresses"]}
    proposal = propose([stdout("t 0.5\n")], [stdout("t 0.6\n")], nbcheck=said)
    masked = find_mask(proposal, proposal.cells[0], proposal.cells[0].pieces[0])
    assert isinstance(masked, Masked)
    assert masked.mask.value == ["other", r"(?<=^t )\d+\.\d+$"]
    assert masked.proposal.plan.cells[0].compare.disabled_normalisers == {"addresses"}


def test_a_nearer_directive_is_not_fought() -> None:
    proposal = propose([json_output(1)], [json_output(2)], tags=["nbcheck-ignore-output=stderr"])
    masked = find_mask(proposal, proposal.cells[0], proposal.cells[0].pieces[0])
    assert masked == (
        "the cell says ignore-output already (the tag nbcheck-ignore-output=stderr); change it there"
    )
