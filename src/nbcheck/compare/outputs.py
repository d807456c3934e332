"""The outputs of one cell: stored against fresh."""

from __future__ import annotations

from collections.abc import Sequence

from nbcheck.compare.base import CompareMode, CompareOptions, Difference, Output
from nbcheck.compare.registry import Registry, registry_for


def compare_outputs(
    expected: Sequence[Output],
    actual: Sequence[Output],
    options: CompareOptions,
    *,
    registry: Registry | None = None,
) -> tuple[Difference, ...]:
    """Compare the stored outputs of a cell with those of a fresh run.

    Args:
        expected: nbformat 4 outputs stored in the file, multi-line strings joined.
        actual: nbformat 4 outputs just produced, updates of later cells applied.
        options: what decides.
        registry: comparers; by default the built-in ones and those that the options add.

    Returns:
        Every difference, in reading order; empty when the outputs are equal under the options.
    """
    if options.mode is CompareMode.RUN or "all" in options.ignored:
        return ()
    if expected == actual and not any(map(_may_hold_booleans, expected)):
        return ()
    # Equal outputs, by far the most, must not pay for the import of what judges unequal ones.
    from nbcheck.compare.cell import judge_outputs

    return judge_outputs(expected, actual, options, registry or registry_for(options))


def _may_hold_booleans(output: Output) -> bool:
    """Whether Python's ``==`` may call unequal JSON equal: True is 1 to it."""
    return bool(output.get("metadata")) or any(
        not isinstance(value, str) for value in output.get("data", {}).values()
    )
