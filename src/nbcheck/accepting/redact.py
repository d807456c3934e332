"""Taking secrets out of what is kept and shown: the values of variables of the environment whose names look like it.

A notebook that prints a token prints it into the log of a CI job, its artifacts, and the pending set. What is replaced
is the value, wherever it stands; a name alone is no secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, TypeVar, cast
from urllib.parse import quote

from nbcheck.compare.base import HunkLine

PATTERNS = ("*TOKEN*", "*SECRET*", "*PASSWORD*", "*KEY*")
"""Names of variables whose values are taken for secrets in every project."""

LEAST_LENGTH = 6
"""Characters of the shortest value that is replaced: shorter ones stand in too many outputs by chance."""

_LEAST_LINE = 16
"""Characters of the shortest line of a longer value that is replaced by itself: differences are shown line by line."""

T = TypeVar("T")


class Redactor:
    """Replaces secrets by ``<redacted:NAME>``."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """Take the secrets.

        Args:
            secrets: values by the names of the variables that hold them.
        """
        spelt = {spelling: name for name, value in sorted(secrets.items()) for spelling in _spellings(value)}
        # A secret may contain another one.
        self._names = dict(sorted(spelt.items(), key=lambda entry: -len(entry[0])))

    @classmethod
    def of_environment(cls, environ: Mapping[str, str], patterns: Iterable[str] = ()) -> Redactor:
        """Find the secrets of an environment.

        Args:
            environ: the variables.
            patterns: of further names; those behind a ``-`` are names that are none.
        """
        said = tuple(patterns)
        wanted = (*PATTERNS, *(pattern for pattern in said if not pattern.startswith("-")))
        unwanted = tuple(pattern[1:] for pattern in said if pattern.startswith("-"))
        return cls(
            {
                name: value
                for name, value in environ.items()
                if _matches(name, wanted) and not _matches(name, unwanted)
            }
        )

    def redact(self, value: T) -> T:
        """Return a value without secrets.

        Args:
            value: made of texts, mappings, sequences and dataclasses; anything else is left as it is.

        Returns:
            The very same object when there is none in it.
        """
        return cast(T, self._walk(value)) if self._names else value

    def names_in(self, value: object) -> tuple[str, ...]:
        """Return the names of the variables whose values stand in a value, sorted."""
        found: set[str] = set()
        for text in _texts(value):
            found.update(name for secret, name in self._names.items() if secret in text)
        return tuple(sorted(found))

    def _walk(self, value: Any) -> Any:  # Any: whatever a result is made of
        if isinstance(value, str):
            return self._redact_text(value)
        if isinstance(value, Mapping):
            pairs = {self._walk(key): self._walk(item) for key, item in value.items()}
            is_same = all(
                one is two and value[one] is pairs[two] for one, two in zip(value, pairs, strict=False)
            )
            return value if is_same and len(pairs) == len(value) else pairs
        if isinstance(value, list | tuple):
            items = [self._walk(item) for item in value]
            is_same = all(one is two for one, two in zip(value, items, strict=True))
            return value if is_same else type(value)(items)
        if is_dataclass(value) and not isinstance(value, type):
            before = {field.name: getattr(value, field.name) for field in fields(value)}
            after = {name: self._walk(item) for name, item in before.items()}
            if isinstance(value, HunkLine) and after["text"] is not value.text:
                after["marks"] = ()  # they count characters of the text as it was
            changed = {name: item for name, item in after.items() if item is not before[name]}
            return replace(value, **changed) if changed else value
        return value

    def _redact_text(self, text: str) -> str:
        # A member of an enumeration is a text, too; no secret is one.
        for secret, name in self._names.items():
            if secret in text:
                text = text.replace(secret, f"<redacted:{name}>")
        return text


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.upper(), pattern.upper()) for pattern in patterns)


def _spellings(value: str) -> Iterable[str]:
    """Yield the ways in which outputs spell a secret: as it is, in JSON, in a ``repr``, in an address, by lines."""
    value = value.strip()
    if len(value) < LEAST_LENGTH:
        return
    yield value
    yield json.dumps(value)[1:-1]
    yield repr(value)[1:-1]
    yield quote(value, safe="")
    if "\n" in value:
        yield from (line for line in value.split("\n") if len(line) >= _LEAST_LINE)


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
