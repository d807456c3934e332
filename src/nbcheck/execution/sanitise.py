r"""nbval's sanitize files: regular expressions and what takes the place of what matches.

::

    [timestamps]
    regex: \d{1,2}:\d{2}:\d{2}
    replace: TIME

They look like INI files and are none. nbval takes every line that begins with ``regex: `` and is followed at once by
one that begins with ``replace: ``; everything else is passed over. A pattern that comes again keeps its place and takes
the last replacement. Source: nbval 0.11, ``get_sanitize_patterns``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nbcheck.errors import UsageError
from nbcheck.execution.directives import check_replacement

_PAIR = re.compile(r"^regex: (.*)$\n^replace: (.*)$", re.MULTILINE)
_ATTEMPT = re.compile(r"^[ \t]*regex[ \t]*[:=]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SanitizeFile:
    """What such a file says."""

    replacements: tuple[tuple[str, str], ...]
    """Pairs of a regular expression and a replacement, in the order of application."""
    passed_over: int
    """Entries that are not spelt as nbval wants them, and have no effect."""


def read_sanitize_text(text: str, name: str) -> SanitizeFile:
    """Read the content of a sanitize file.

    Args:
        text: the content.
        name: of the file, as the user should see it.

    Raises:
        UsageError: what stands there as a regular expression or its replacement is none; it names all of them.
    """
    # Files read as text have no other line ends.
    found = _PAIR.findall(text.replace("\r\n", "\n"))
    problems = []
    for pattern, replacement in found:
        try:
            check_replacement(pattern, replacement)
        except ValueError as error:
            problems.append(f"{name}: {pattern!r} cannot be replaced by {replacement!r}: {error}")
    if problems:
        raise UsageError("\n".join(problems))
    return SanitizeFile(tuple(dict(found).items()), len(_ATTEMPT.findall(text)) - len(found))


def load_sanitize_file(path: Path, name: str) -> SanitizeFile:
    """Read a sanitize file.

    Args:
        path: the file.
        name: as the user should see it.

    Raises:
        UsageError: it cannot be read, or something in it makes no sense.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{name}: cannot be read: {reason}") from error
    return read_sanitize_text(text, name)
