"""Applying the rules to a text: those of users, and those of the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from nbcheck.compare.base import CompareMode, CompareOptions, Normaliser
from nbcheck.compare.normalise.base import compiled
from nbcheck.compare.normalise.places import ROOTS_NAME, roots_normaliser
from nbcheck.compare.normalise.table import NORMALISER_NAMES, NORMALISERS

_RANKS = {name: rank for rank, name in enumerate(NORMALISER_NAMES)}
# A placeholder ends a word, so that what is glued to it can be seen by the rules before. Two passes settle nearly
# everything; the limit is there so that nothing can go round for ever.
_MAX_PASSES = 8


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text without noise."""

    text: str
    """The text, noise replaced by placeholders."""
    names: tuple[str, ...] = ()
    """The normalisers that changed it, in order."""


def normalise(
    text: str, options: CompareOptions, *, scope: str = "text", stage: str | None = None
) -> Normalised:
    """Take the noise out of a text.

    The user's own rules are applied once: they may do what they like. Ours follow until none of them changes anything.

    Args:
        text: as it stands in the output.
        options: what is switched off, and this run's folders.
        scope: ``text``, ``html`` or ``svg``.
        stage: only the rules of this stage; None for all of them.
    """
    if options.mode is CompareMode.EXACT:
        return Normalised(text)
    own, ours = _selected(options, scope, stage)
    names: list[str] = []
    text = _apply(own, text, options, names)
    for _ in range(_MAX_PASSES):
        before = text
        text = _apply(ours, text, options, names)
        if text == before:
            break
    return Normalised(text, tuple(dict.fromkeys(names)))


def _apply(rows: Sequence[Normaliser], text: str, options: CompareOptions, names: list[str]) -> str:
    """Apply rules in turn, and note the names of those that changed the text."""
    for row in rows:
        for needle in row.needles:
            if needle in text:
                changed = row.rule(text)
                if changed != text:
                    names.append(row.name)
                    if options.on_normalised is not None:
                        options.on_normalised(row.name, text, changed)
                    text = changed
                break
    return text


def after_screen(options: CompareOptions) -> CompareOptions:
    """Return the options for texts that have gone through the stage ``screen`` already.

    The user's own rules of that stage are not applied again: they could do more than they were asked for.
    """
    extensions = options.extensions.without_screen() if options.extensions is not None else None
    return replace(options, replacements=(), extensions=extensions)


def order_names(names: set[str]) -> tuple[str, ...]:
    """Sort normaliser names by their order of application; patterns of the user come first."""
    return tuple(sorted(names, key=lambda name: (_RANKS.get(name, -1), name)))


_Rows = tuple[Normaliser, ...]


def _selected(options: CompareOptions, scope: str, stage: str | None) -> tuple[_Rows, _Rows]:
    """Return the user's own rules that are at work, and ours."""
    switches = options.disabled_normalisers, options.enabled_normalisers
    users = options.extensions.normalisers() if options.extensions is not None else ()
    return _select(*switches, options.replacements, options.patterns, users, options.roots, scope, stage)


@lru_cache(maxsize=64)
def _select(
    disabled: frozenset[str],
    enabled: frozenset[str],
    replacements: tuple[tuple[str, str], ...],
    patterns: tuple[str, ...],
    users: _Rows,
    roots: tuple[str, ...],
    scope: str,
    stage: str | None,
) -> tuple[_Rows, _Rows]:
    def chosen(rows: Iterable[Normaliser]) -> _Rows:
        return tuple(
            row
            for row in rows
            if row.name not in disabled
            and (not row.is_optional or row.name in enabled)
            and scope in row.scopes
            and stage in (None, row.stage)
        )

    own = [_replacement_normaliser(number, *pair) for number, pair in enumerate(replacements, start=1)]
    own += [_pattern_normaliser(number, pattern) for number, pattern in enumerate(patterns, start=1)]
    own += users
    return chosen(own), chosen(
        roots_normaliser(roots) if row.name == ROOTS_NAME else row for row in NORMALISERS
    )


def _replacement_normaliser(number: int, pattern: str, replacement: str) -> Normaliser:
    """Make a rule of a pair of the user's; it sees the whole text."""

    def replace(text: str) -> str:
        return compiled(pattern).sub(replacement, text)

    return Normaliser(f"replacement {number}", replace, ("",), stage="screen")


def _pattern_normaliser(number: int, pattern: str) -> Normaliser:
    """Make a rule of a regular expression of the user's; it sees one line at a time."""

    def leave_out(text: str) -> str:
        return "\n".join([compiled(pattern).sub("<ignored>", line) for line in text.split("\n")])

    # Every text contains the empty needle: what a pattern needs nobody knows.
    return Normaliser(f"pattern {number}", leave_out, ("",))
