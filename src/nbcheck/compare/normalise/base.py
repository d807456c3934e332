"""What the rules need."""

from __future__ import annotations

import re
from functools import cache


@cache
def compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: importing this module compiles none."""
    return re.compile(pattern, flags)
