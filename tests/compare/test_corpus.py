"""The labelled corpus: each pair of outputs is noise or a change."""

import json
from dataclasses import replace
from functools import cache

import pytest

from helpers.corpus import Pair, load_pairs
from nbcheck.compare import CompareOptions, compare_outputs
from nbcheck.compare.normalise import NORMALISER_NAMES
from nbcheck.compare.registry import builtin_registry
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


@cache
def rules_at_work(pair: Pair) -> frozenset[str]:
    """Names of the normalisers that change something while a pair is compared."""
    names: set[str] = set()
    options = replace(pair.options, on_normalised=lambda name, before, after: names.add(name))
    compare_outputs(pair.expected, pair.actual, options)
    return frozenset(names)


def without(options: CompareOptions, name: str) -> CompareOptions:
    """The same with one normaliser switched off."""
    return replace(options, disabled_normalisers=options.disabled_normalisers | {name})


@pytest.mark.slow
@pytest.mark.parametrize("name", NORMALISER_NAMES)
def test_every_normaliser_is_needed_and_hides_no_change_beside_it(name: str) -> None:
    # The comparer of SVG numbers ids itself and tells nobody.
    pairs = [
        pair for pair in PAIRS if name in rules_at_work(pair) or (name == "svg-ids" and pair.kind == "svg")
    ]
    assert any(
        compare_outputs(pair.expected, pair.actual, without(pair.options, name))
        for pair in pairs
        if not pair.is_change
    )
    assert any(pair.is_change for pair in pairs)


@pytest.mark.parametrize(
    "comparer", builtin_registry().comparers, ids=lambda comparer: type(comparer).__name__
)
def test_every_comparer_judges_noise_and_changes(comparer: object) -> None:
    find = builtin_registry().find
    judged = [
        pair.is_change
        for pair in PAIRS
        if any(find(mimetype) is comparer for output in pair.expected for mimetype in output.get("data", {}))
    ]
    assert set(judged) == {True, False}
