"""Splitting notebooks over the jobs of a CI run. Pure: each job works out the same split from the same facts."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Mapping
from statistics import median_low

_LEAST = 1
"""Milliseconds, or cells: nothing weighs nothing, so that empty notebooks are spread as well."""


def weigh_notebooks(cells: Mapping[str, int], durations: Mapping[str, float]) -> dict[str, int]:
    """Return how much work each notebook is, by whatever is known of all of them.

    Args:
        cells: number of code cells by path.
        durations: seconds by path, of earlier runs; paths that are not to be run do not matter.

    Returns:
        Milliseconds by path, the median for those whose duration is not known; code cells where none is. Integers,
        so that sums do not depend on their order.
    """
    known = {path: max(_LEAST, round(durations[path] * 1000)) for path in cells if path in durations}
    if not known:
        return {path: max(_LEAST, count) for path, count in cells.items()}
    usual = median_low(known.values())
    return {path: known.get(path, usual) for path in cells}


def split_notebooks(weights: Mapping[str, int], count: int) -> dict[str, int]:
    """Assign each notebook to a shard, so that all shards take about equally long.

    The heaviest notebook goes first, each to the shard that has least so far: at worst a third longer than the best
    split, and mostly within a few percent of it.

    Args:
        weights: by path.
        count: number of shards.

    Returns:
        Number of the shard, from 1, by path.

    Source: R. L. Graham, "Bounds on Multiprocessing Timing Anomalies", 1969 (longest processing time first).
    """
    shards = [(0, number) for number in range(1, count + 1)]
    assigned = {}
    for path, weight in sorted(weights.items(), key=lambda known: (-known[1], known[0])):
        load, number = shards[0]
        assigned[path] = number
        heapq.heapreplace(shards, (load + weight, number))
    return assigned


def name_split(assigned: Mapping[str, int], count: int) -> str:
    """Return a short name of a split; jobs with the same one together run every notebook once."""
    lines = [str(count), *(f"{number} {path}" for path, number in sorted(assigned.items()))]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:8]
