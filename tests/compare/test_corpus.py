"""The labelled corpus: each pair of outputs is noise or a change."""

import json

import pytest

from helpers.corpus import Pair, load_pairs
from nbcheck.compare import compare_outputs
from nbcheck.report.terminal import WIDTH, render_difference

PAIRS = load_pairs()


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_verdict(pair: Pair) -> None:
    differences = compare_outputs(pair.expected, pair.actual, pair.options)
    assert bool(differences) == pair.is_change, differences
    backwards = compare_outputs(pair.actual, pair.expected, pair.options)
    assert bool(backwards) == pair.is_change, "not symmetric"
    copied = json.loads(json.dumps(pair.expected))
    assert compare_outputs(pair.expected, copied, pair.options) == (), "not equal with itself"
    assert not any("not judged" in difference.summary for difference in differences)


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.is_change], ids=str)
def test_rendering_is_narrow_and_harmless(pair: Pair) -> None:
    for difference in compare_outputs(pair.expected, pair.actual, pair.options):
        assert difference.place
        assert difference.summary
        head, *lines = render_difference(difference, color=False)
        assert max(map(len, lines), default=0) <= WIDTH + 4
        assert all(line.isprintable() for line in (head, *lines))


def test_corpus_is_large_and_balanced() -> None:
    changes = sum(pair.is_change for pair in PAIRS)
    assert len(PAIRS) >= 300
    assert min(changes, len(PAIRS) - changes) >= len(PAIRS) / 3
