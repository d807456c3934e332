"""Comparers and normalisers of users: loaded when outputs differ for the first time, checked, and named when they fail.

What is wrong with one of them makes outputs count as different, with its name and the reason in the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from nbcheck.compare.base import CompareOptions, Comparer, Difference, Normaliser
from nbcheck.errors import CompareError

T = TypeVar("T")

_STAGES = ("screen", "line")


@dataclass(frozen=True, slots=True)
class Extension:
    """A comparer or a normaliser of users, not loaded yet."""

    name: str
    """Of a normaliser, what it is switched off by; of a comparer, empty where it has none but its class's."""
    origin: str
    """Where it comes from, for people: ``acme-nb 1.0``, ``a conftest.py``."""
    load: Callable[[], object]
    """Returns it, or the class of a comparer; for a normaliser, the function or a :class:`Normaliser`."""

    @classmethod
    def ready(cls, name: str, origin: str, value: object) -> Extension:
        """Make one of what is loaded already."""
        return cls(name, origin, lambda: value)


class Extensions:
    """What users add to the comparison. Nothing is looked for before it is asked for, and then once."""

    def __init__(
        self,
        find_comparers: Callable[[], Iterable[Extension]] = tuple,
        find_normalisers: Callable[[], Iterable[Extension]] = tuple,
        *,
        are_all_known: bool = True,
    ) -> None:
        """Keep how to find them.

        Args:
            find_comparers: returns the comparers; of two with one priority, the later wins.
            find_normalisers: returns the normalisers, in the order of application.
            are_all_known: whether a name that is not found here is certainly wrong.
        """
        self.are_all_known = are_all_known
        self._find_comparers = find_comparers
        self._find_normalisers = find_normalisers
        self._comparers: tuple[Comparer, ...] | None = None
        self._found_normalisers: tuple[Extension, ...] | None = None
        self._normalisers: tuple[Normaliser, ...] | None = None

    def comparers(self) -> tuple[Comparer, ...]:
        """Return the comparers, ready for use.

        Raises:
            CompareError: one of them cannot be loaded, or is none.
        """
        if self._comparers is None:
            self._comparers = tuple(map(_load_comparer, self._find_comparers()))
        return self._comparers

    def normalisers(self) -> tuple[Normaliser, ...]:
        """Return the normalisers, ready for use.

        Raises:
            CompareError: one of them cannot be loaded, or is none.
        """
        if self._normalisers is None:
            self._normalisers = tuple(map(_load_normaliser, self._find()))
        return self._normalisers

    def normaliser_names(self) -> tuple[str, ...]:
        """Return the names of the normalisers; none of them is loaded for that.

        Raises:
            CompareError: somebody who should say which there are failed.
        """
        return tuple(extension.name for extension in self._find())

    def without_screen(self) -> Extensions:
        """Return the same without the normalisers of the stage ``screen``, for texts that have gone through it."""
        others = Extensions(self._find_comparers, self._find_normalisers, are_all_known=self.are_all_known)
        others._comparers = self._comparers
        others._normalisers = tuple(row for row in self.normalisers() if row.stage != "screen")
        return others

    def _find(self) -> tuple[Extension, ...]:
        if self._found_normalisers is None:
            self._found_normalisers = tuple(self._find_normalisers())
        return self._found_normalisers


NO_EXTENSIONS = Extensions()
"""Nothing is added."""


class UserComparer:
    """A comparer of users, whose answers are not believed unseen."""

    def __init__(self, inner: Comparer, label: str) -> None:
        """Take a comparer, and what to call it: class and origin."""
        self.label = label
        self.mimetypes: Sequence[str] = tuple(inner.mimetypes)
        self.priority = inner.priority
        self._inner = inner

    # Any: as in Comparer
    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        """Compare two values; see :class:`nbcheck.compare.base.Comparer`."""
        # Typed or not, it is anybody's code.
        found = cast("object", self._inner.compare(expected, actual, options))
        if found is None:
            return None
        if not isinstance(found, Difference):
            raise TypeError(f"compare() must return a Difference or None, not {found!r}")
        return replace(found, place="", expected=expected, actual=actual)


def _load_comparer(extension: Extension) -> Comparer:
    loaded = _load(extension, "comparer")
    label = f"{extension.name or type(loaded).__name__} of {extension.origin}"
    mimetypes = getattr(loaded, "mimetypes", None)
    is_comparer = (
        isinstance(mimetypes, list | tuple)
        and all(isinstance(mimetype, str) for mimetype in mimetypes)
        and isinstance(getattr(loaded, "priority", None), int)
        and callable(getattr(loaded, "compare", None))
    )
    if not is_comparer:
        needs = "mimetypes (a list or tuple of text), priority (a whole number) and compare()"
        raise CompareError(f"comparer {label} is none: it needs {needs}")
    return UserComparer(loaded, label)


def _load_normaliser(extension: Extension) -> Normaliser:
    label = f"{extension.name} of {extension.origin}"
    if "." not in extension.name or any(map(str.isspace, extension.name)):
        raise CompareError(
            f"normaliser {label}: its name needs a point in it and no blanks, such as 'project.stamps'"
        )
    loaded = _load(extension, "normaliser")
    row = loaded if isinstance(loaded, Normaliser) else Normaliser(extension.name, loaded, ("",), "screen")
    if not callable(row.rule):
        raise CompareError(f"normaliser {label} is none: it needs a function from text to text")
    if row.stage not in _STAGES:
        raise CompareError(f"normaliser {label}: its stage must be one of {', '.join(_STAGES)}")
    return replace(row, name=extension.name, rule=_guarded(row, label))


def _guarded(row: Normaliser, label: str) -> Callable[[str], str]:
    def rule(text: str) -> str:
        try:
            changed = cast("object", row.rule(text))
        except Exception as error:  # it is a plug-in; whatever it raises must become a verdict
            raise CompareError(f"normaliser {label} failed with {type(error).__name__}: {error}") from error
        if not isinstance(changed, str):
            raise CompareError(f"normaliser {label} must return text, not {changed!r}")
        if row.stage == "line" and changed.count("\n") != text.count("\n"):
            raise CompareError(f"normaliser {label} is of the stage 'line' and must keep the number of lines")
        return changed

    return rule


def _load(extension: Extension, what: str) -> Any:  # Any: it is anybody's; the callers check it
    try:
        loaded = extension.load()
        return loaded() if what == "comparer" and isinstance(loaded, type) else loaded
    except Exception as error:  # the code of its module may raise anything
        name = f"{extension.name} of {extension.origin}".removeprefix(" of ")
        told = f"{type(error).__name__}: {error}"
        raise CompareError(f"{what} {name} cannot be loaded: {told}") from error
