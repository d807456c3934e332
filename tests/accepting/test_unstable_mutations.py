"""No small regression in a stored output is explained away by noise that stands beside it.

Outputs are templates whose gaps are filled anew for each of three runs; every kind of :mod:`helpers.mutations` is tried
at every place outside of the gaps.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import pytest

from helpers.mutations import KINDS, OutputDict, mutate
from helpers.nb import result, stdout
from helpers.two_runs import look
from nbcheck.accepting.unstable import Found

GAP = re.compile("@(?:FLOAT|HEX|TIME|SET)@")


def fill(template: str, chance: random.Random) -> str:
    """Fill the gaps of a text as an unseeded run would."""
    words = chance.sample(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"], 6)

    def value(match: re.Match[str]) -> str:
        match match[0]:
            case "@FLOAT@":
                return f"{chance.uniform(0.1, 1):.{chance.randint(4, 6)}f}"
            case "@HEX@":
                return f"{chance.getrandbits(32):08x}"
            case "@TIME@":
                return (
                    f"2026-{chance.randint(10, 12)}-{chance.randint(10, 28)} 10:{chance.randint(10, 59)}:01"
                )
            case _:
                return repr(words)

    return GAP.sub(value, template)


TEMPLATES: dict[str, list[OutputDict]] = {
    "a random number between results": [
        stdout("epochs 12\nloss @FLOAT@ s\nbest model: tree of depth 4\naccuracy 0.9137\n")
    ],
    "in one line with results": [stdout("fold 3 of 5: loss @FLOAT@, accuracy 0.9137, 120 rows\n")],
    "a name": [stdout("job @HEX@ has finished with 17 rows\nnext: 18\n")],
    "a time": [stdout("report of 12 pages, made @TIME@\nvalid until 2031-05-06\n")],
    "the order of a set": [stdout("found @SET@ in 6 files\nnone left\n")],
    "a result beside noise": [stdout("took @FLOAT@ s\n"), result("{'rows': 120, 'mean': 0.5113}")],
    "a table": [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "metadata": {},
            "data": {
                "text/plain": "   name  score\n0  ab    0.9137\n1  cd    @FLOAT@",
                "text/html": "<table><tr><th>name</th><th>score</th></tr><tr><td>ab</td><td>0.9137</td></tr>"
                "<tr><td>cd</td><td>@FLOAT@</td></tr></table>",
            },
        }
    ],
}


def fill_outputs(template: Sequence[OutputDict], seed: int) -> list[OutputDict]:
    """Fill the gaps of outputs; those of one place get the same value in all representations."""

    def filled(value: object, chance: random.Random) -> object:
        if isinstance(value, str):
            return fill(value, chance)
        if isinstance(value, dict):
            return {key: filled(item, random.Random(seed)) for key, item in value.items()}
        return value

    outputs = []
    for output in template:
        done = filled(output, random.Random(seed))
        assert isinstance(done, dict)
        outputs.append(done)
    return outputs


def gaps(outputs: Sequence[OutputDict]) -> int:
    return len(GAP.findall(repr(outputs)))


@pytest.mark.slow
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_regression_beside_noise_is_not_explained_away(name: str) -> None:
    template = TEMPLATES[name]
    first, second = fill_outputs(template, 2), fill_outputs(template, 3)
    tried = 0
    for kind in KINDS:
        for mutation in mutate(template, [kind]):
            # What is in a gap is noise, whatever it was.
            if gaps(mutation.outputs) != gaps(template):
                continue
            tried += 1
            for found in look(fill_outputs(mutation.outputs, 1), first, second):
                changed = _is_changed(template, mutation.outputs, found)
                assert not (found.is_all and changed), (kind, mutation.place, found.told)
    assert tried >= 10
    # Without a regression all of it is noise.
    whole = look(fill_outputs(template, 1), first, second)
    assert whole
    assert all(found.is_all for found in whole)


def _is_changed(template: Sequence[OutputDict], mutated: Sequence[OutputDict], found: Found) -> bool:
    """Whether the regression is in the output that a label is about."""
    places = found.piece.placement.expected
    return any(place >= len(template) or mutated[place] != template[place] for place in places)
