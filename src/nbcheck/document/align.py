"""Which items of two lists belong together, so that an edit touches only those that differ."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeAlias

Pair: TypeAlias = tuple[int | None, int | None]
"""Index in the old list and in the new one; None on the side that has no counterpart."""


def align(
    old: Sequence[Hashable],
    new: Sequence[Hashable],
    kinds: tuple[Sequence[Hashable], Sequence[Hashable]] | None = None,
) -> list[Pair]:
    """Pair the items of two lists.

    Equal items at both ends belong together, then those that occur once in each list, as far as their order is the
    same (patience diff), then equal neighbours of these. What is left between two pairs of equal items is paired
    with what stands in the same gap: items of one kind first, then in order.

    Args:
        old: the items of the old list, or keys that are equal for equal items.
        new: the same of the new list.
        kinds: for each item of the old list and of the new one what it should have in common with a counterpart
            that is not equal.

    Returns:
        Pairs in the order of both lists; takes time in proportion to ``n log n``.
    """
    pairs: list[Pair] = []
    at_old, at_new = 0, 0
    for i, j in [*_equal_items(old, new), (len(old), len(new))]:
        gap_old, gap_new = range(at_old, i), range(at_new, j)
        pairs += (
            _pair_in_order(gap_old, gap_new) if kinds is None else _pair_by_kind(gap_old, gap_new, *kinds)
        )
        if i < len(old):
            pairs.append((i, j))
        at_old, at_new = i + 1, j + 1
    return pairs


def _equal_items(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Yield the indexes of equal items, both growing."""
    start = _run(old, new, 0, 0, min(len(old), len(new)), 1)
    end = _run(old, new, len(old) - 1, len(new) - 1, min(len(old), len(new)) - start, -1)
    yield from ((index, index) for index in range(start))
    at_old, at_new = start, start
    stop_old, stop_new = len(old) - end, len(new) - end
    for i, j in [*_unique_items(old, new, start, stop_old, stop_new), (stop_old, stop_new)]:
        # Equal neighbours: on from the pair before, then back from this one.
        forward = _run(old, new, at_old, at_new, min(i - at_old, j - at_new), 1)
        yield from ((at_old + step, at_new + step) for step in range(forward))
        at_old, at_new = at_old + forward, at_new + forward
        back = _run(old, new, i - 1, j - 1, min(i - at_old, j - at_new), -1)
        yield from ((i - step, j - step) for step in range(back, 0, -1))
        if i < stop_old:
            yield i, j
        at_old, at_new = i + 1, j + 1
    yield from ((stop_old + step, stop_new + step) for step in range(end))


def _run(
    old: Sequence[Hashable], new: Sequence[Hashable], at_old: int, at_new: int, most: int, step: int
) -> int:
    """Count equal items from two places on, in one direction."""
    for count in range(most):
        if old[at_old + step * count] != new[at_new + step * count]:
            return count
    return max(most, 0)


def _unique_items(
    old: Sequence[Hashable], new: Sequence[Hashable], start: int, stop_old: int, stop_new: int
) -> list[tuple[int, int]]:
    """Longest list of pairs of items that occur once in each list, both indexes growing."""
    in_old, in_new = Counter(old[start:stop_old]), Counter(new[start:stop_new])
    places = {old[index]: index for index in range(start, stop_old) if in_old[old[index]] == 1}
    pairs = [(places[new[j]], j) for j in range(start, stop_new) if in_new[new[j]] == 1 and new[j] in places]
    # Longest increasing subsequence of the old indexes: for each length the smallest last one.
    ends: list[int] = []
    chains: list[int] = []
    before: list[int] = []
    for number, (i, _) in enumerate(pairs):
        length = bisect_left(ends, i)
        before.append(chains[length - 1] if length else -1)
        ends[length : length + 1] = [i]
        chains[length : length + 1] = [number]
    longest = []
    number = chains[-1] if chains else -1
    while number >= 0:
        longest.append(pairs[number])
        number = before[number]
    return longest[::-1]


def _pair_by_kind(
    old: range, new: range, old_kinds: Sequence[Hashable], new_kinds: Sequence[Hashable]
) -> Iterator[Pair]:
    at_old, at_new = old.start, new.start
    for j in new:
        match = next((i for i in range(at_old, old.stop) if old_kinds[i] == new_kinds[j]), None)
        if match is not None:
            yield from _pair_in_order(range(at_old, match), range(at_new, j))
            yield match, j
            at_old, at_new = match + 1, j + 1
    yield from _pair_in_order(range(at_old, old.stop), range(at_new, new.stop))


def _pair_in_order(old: range, new: range) -> Iterator[Pair]:
    both = min(len(old), len(new))
    yield from zip(old[:both], new[:both], strict=True)
    yield from ((i, None) for i in old[both:])
    yield from ((None, j) for j in new[both:])
