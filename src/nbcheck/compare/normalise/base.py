"""One rule with its name, and what the rules need."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

Rule = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Normaliser:
    """One row of the table."""

    name: str
    """What users switch it off by."""
    rule: Rule
    """The function."""
    needles: tuple[str, ...]
    """The rule can only change a text that contains one of these; spares most texts most rules."""
    stage: str = "line"
    """``screen`` or ``line``, see the module's docstring."""
    scopes: frozenset[str] = frozenset({"text", "html", "svg"})
    """Kinds of text it applies to: ``text``, ``html``, ``svg``."""
    is_optional: bool = False
    """Whether it is only at work when somebody asks for it: what it hides may be a result."""


@cache
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: importing this module compiles none."""
    return re.compile(pattern, flags)
