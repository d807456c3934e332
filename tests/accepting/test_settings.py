"""Settings for a whole project, tried on what waits."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from helpers.nb import OutputDict, code, document, stdout
from nbcheck.accepting.pieces import find_change
from nbcheck.accepting.proposal import Proposal, ProposedCell
from nbcheck.accepting.record import Conditions, PendingCell, PendingNotebook
from nbcheck.accepting.settings import find_settings
from nbcheck.document import Document
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import NotebookPlan, plan_notebook
from nbcheck.results import Outcome


def propose(name: str, *pairs: tuple[OutputDict, OutputDict]) -> Proposal:
    """A notebook whose cells wait, each with a stored and a fresh output."""

    def replan(changed: Document) -> NotebookPlan:
        return plan_notebook(changed, RunOptions())

    made = document(*(code(f"x{number}", stored, count=1) for number, (stored, _) in enumerate(pairs)))
    plan = replan(made)
    cells = []
    for planned, (_, fresh) in zip(plan.cells, pairs, strict=True):
        pending = PendingCell(planned.number, planned.cell_index, Outcome.DIFFERENT, "", (fresh,))
        change = find_change(planned.expected, (fresh,), planned.compare)
        cells.append(ProposedCell(pending, planned, planned.cell_index, change))
    waiting = PendingNotebook(name, name, {}, Conditions(), tuple(cell.pending for cell in cells))
    return Proposal(waiting, plan, made, tuple(cells), (), replan)


def found(proposals: Sequence[Proposal]) -> list[tuple[str, str, int]]:
    return [(one.name, one.value, len(one.passes)) for one in find_settings(proposals)]


DATE = (stdout("at 2020-01-02 03:04:05\n"), stdout("at 2026-11-24 17:50:19\n"))
ORDER = (stdout("b a\n"), stdout("a b\n"))
CLOSE = (stdout("mean 0.1234567\n"), stdout("mean 0.1234512\n"))
CLOSER = (stdout("mean 0.12345678\n"), stdout("mean 0.12345671\n"))
OTHER = (stdout("ham\n"), stdout("spam\n"))


def circle(left: float) -> OutputDict:
    image = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(image).ellipse((left, 40, left + 320, 360), fill=0)
    file = io.BytesIO()
    image.resize((100, 100), Image.Resampling.BOX).save(file, "PNG")
    data = {"image/png": base64.b64encode(file.getvalue()).decode()}
    return {"output_type": "display_data", "data": data, "metadata": {}}


def test_what_lets_several_outputs_pass_is_proposed() -> None:
    proposals = [
        propose("a.ipynb", DATE, DATE, OTHER, ORDER, CLOSE),
        propose("b.ipynb", DATE, ORDER, ORDER, CLOSE, CLOSER),
    ]
    assert found(proposals) == [("normalise", '["dates", "word-order"]', 6), ("rtol", "0.0001", 3)]
    (setting, _) = find_settings(proposals)
    assert setting.reason == "6 outputs pass without noise of these kinds"
    assert setting.passes[:2] == (("a.ipynb", 1, "stdout"), ("a.ipynb", 2, "stdout"))


def test_the_smallest_tolerance_that_serves() -> None:
    assert found([propose("a.ipynb", CLOSER, CLOSER, CLOSER)]) == [("rtol", "1e-06", 3)]


def test_smoothed_edges() -> None:
    pair = (circle(40), circle(41))
    assert found([propose("a.ipynb", pair, pair, pair)]) == [("image-antialiasing", "true", 3)]


def test_nothing_is_proposed_for_the_sake_of_one_or_two() -> None:
    assert found([propose("a.ipynb", DATE, DATE, ORDER, CLOSE, OTHER, OTHER, OTHER)]) == []
    assert found([]) == []
