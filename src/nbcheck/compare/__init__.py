"""Judging fresh outputs against stored ones."""

from nbcheck.compare.base import (
    Change,
    CompareMode,
    CompareOptions,
    Comparer,
    Difference,
    DifferenceKind,
    HunkLine,
    Normaliser,
    Output,
    Severity,
    TextHunk,
)
from nbcheck.compare.outputs import compare_outputs
from nbcheck.compare.registry import Registry, builtin_registry

__all__ = [
    "Change",
    "CompareMode",
    "CompareOptions",
    "Comparer",
    "Difference",
    "DifferenceKind",
    "HunkLine",
    "Normaliser",
    "Output",
    "Registry",
    "Severity",
    "TextHunk",
    "builtin_registry",
    "compare_outputs",
]
