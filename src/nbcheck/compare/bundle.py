"""Mimebundles: the representations of one output, richest first.

Every representation is compared, but an output fails once: the richest one that differs tells the difference, and
those that differ as well are named in its details. So a plain-text twin such as ``<Figure size 640x480 with 1 Axes>``
or the text form of a table is no second failure, and a difference that only the twin shows is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbcheck.compare.base import CompareMode, CompareOptions, Difference, DifferenceKind, Severity
from nbcheck.compare.jsonlike import same_json
from nbcheck.compare.opaque import unequal
from nbcheck.compare.registry import Registry, label_of
from nbcheck.errors import CompareError

_RICHNESS = (
    "application/vnd.",
    "text/html",
    "image/svg+xml",
    "image/png",  # before JPEG, which blurs what changed
    "image/",
    "text/latex",
    "text/markdown",
    "application/json",
    "application/",
    "text/",
)


def richness(mimetype: str) -> tuple[int, str]:
    """Sort key: the richest representation first, plain text last."""
    if mimetype == "text/plain":
        return len(_RICHNESS) + 1, mimetype
    ranks = (rank for rank, prefix in enumerate(_RICHNESS) if mimetype.startswith(prefix))
    return next(ranks, len(_RICHNESS)), mimetype


def compare_bundles(
    expected: Mapping[str, Any], actual: Mapping[str, Any], options: CompareOptions, registry: Registry
) -> Difference | None:
    """Compare two mimebundles.

    Returns:
        None when they are equal under the options, else the difference of the richest representation that differs,
        with ``mimetype`` set.
    """
    differences = [
        replace(difference, mimetype=mimetype)
        for mimetype in sorted(expected.keys() | actual.keys(), key=richness)
        if (difference := compare_representation(mimetype, expected, actual, options, registry)) is not None
    ]
    if not differences or _is_table_told(differences, expected, actual, options):
        return None
    first, *others = differences
    also = tuple(f"{other.mimetype} differs too" for other in others)
    return replace(first, details=first.details + also)


def _is_table_told(
    differences: Sequence[Difference],
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    options: CompareOptions,
) -> bool:
    """Whether only the text of a table differs, which has passed as HTML though it is not the same.

    Tolerances of columns are for HTML: text has no columns that they could be applied to.
    """
    html = expected.get("text/html")
    has_columns = bool(options.column_rtol or options.column_atol) and "<table" in str(html)
    has_passed = html != actual.get("text/html")
    return has_columns and has_passed and [found.mimetype for found in differences] == ["text/plain"]


def compare_representation(
    mimetype: str,
    expected: Mapping[str, Any],
    actual: Mapping[str, Any],
    options: CompareOptions,
    registry: Registry,
) -> Difference | None:
    """Compare one representation that at least one of two mimebundles has."""
    if mimetype not in actual:
        return _one_sided(DifferenceKind.MISSING, expected[mimetype])
    if mimetype not in expected:
        return _one_sided(DifferenceKind.EXTRA, actual[mimetype])
    return compare_values(mimetype, expected[mimetype], actual[mimetype], options, registry)


def compare_values(
    mimetype: str, expected: Any, actual: Any, options: CompareOptions, registry: Registry
) -> Difference | None:
    """Compare two values of one MIME type. A comparer that crashes makes a difference, never a pass."""
    comparer = registry.find(mimetype)
    try:
        if same_json(expected, actual):
            return None
        difference = comparer.compare(expected, actual, options)
    except Exception as error:  # a comparer is a plug-in; whatever it raises must become a verdict
        return crashed(label_of(comparer), error, expected, actual)
    if difference is None and options.mode is CompareMode.EXACT:
        return unequal(expected, actual)
    return difference


def crashed(name: str, error: Exception, expected: Any, actual: Any) -> Difference:
    """The difference that stands for a comparer that could not do its work."""
    # An error of our own names who failed: a normaliser of a user.
    told = error if isinstance(error, CompareError) else f"{name} failed with {type(error).__name__}: {error}"
    return Difference(
        kind=DifferenceKind.CHANGED,
        place="",
        summary=f"not judged: {told}",
        expected=expected,
        actual=actual,
        severity=Severity.UNJUDGED,
    )


def _one_sided(kind: DifferenceKind, value: Any) -> Difference:
    if kind is DifferenceKind.MISSING:
        return Difference(kind=kind, place="", summary="representation missing from this run", expected=value)
    return Difference(kind=kind, place="", summary="representation that the file does not have", actual=value)
