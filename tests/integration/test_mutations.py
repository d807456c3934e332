"""Small regressions in the stored outputs of the samples are differences, wherever they are.

Every kind of :mod:`helpers.mutations`, at every place where it fits. What a rule for noise hides is no
regression: it is counted, and the figures are printed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pytest

from helpers.mutations import KINDS, OutputDict, mutate
from nbcheck.compare import CompareOptions, compare_outputs
from nbcheck.document import read_document

SAMPLES = sorted((Path(__file__).parents[2] / "sample_notebooks").glob("*.ipynb"))
OPTIONS = CompareOptions()
FEW = 5
"""Places of each kind in each cell that are tried in a normal run."""


@dataclass
class Tally:
    """What came of the regressions, by kind."""

    caught: Counter[str] = field(default_factory=Counter)
    noise: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    def try_all(self, path: Path, most: int | None = None) -> None:
        """Try all regressions of a notebook, or at most so many of each kind in each cell."""
        for outputs in read_outputs(path):
            for kind in KINDS:
                for mutation in islice(mutate(outputs, [kind]), most):
                    if compare_outputs(outputs, mutation.outputs, OPTIONS):
                        self.caught[kind] += 1
                    elif mutation.is_noise(OPTIONS):
                        self.noise[kind] += 1
                    else:
                        self.missed.append(f"{path.stem}: {kind}: {mutation.place}")

    def print_table(self) -> None:
        """Print the figures."""
        print(f"{'kind':24} caught  noise")
        for kind in KINDS:
            print(f"{kind:24} {self.caught[kind]:6} {self.noise[kind]:6}")
        print(f"{'all':24} {self.caught.total():6} {self.noise.total():6}; missed {len(self.missed)}")


def read_outputs(path: Path) -> Iterator[list[OutputDict]]:
    """Yield the outputs of each code cell."""
    for cell in read_document(path).notebook.cells:
        if cell.cell_type == "code":
            yield [dict(output) for output in cell.outputs]


@pytest.mark.slow
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_regressions_are_caught(path: Path) -> None:
    tally = Tally()
    tally.try_all(path, FEW)
    assert tally.missed == []


@pytest.mark.foreign
@pytest.mark.timeout(600)
def test_every_regression_is_caught() -> None:
    tally = Tally()
    for path in SAMPLES:
        tally.try_all(path)
    tally.print_table()
    assert tally.missed == []
    # Otherwise a kind would be tried nowhere, or a rule hide so much that nothing is left to be caught.
    assert [kind for kind in KINDS if tally.caught[kind] < 5] == []
    assert tally.noise.total() < tally.caught.total() / 20


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_changes_something(kind: str) -> None:
    """Each kind fits somewhere in the samples."""
    assert any(
        mutation.outputs != outputs
        for path in SAMPLES
        for outputs in read_outputs(path)
        for mutation in islice(mutate(outputs, [kind]), 1)
    )
