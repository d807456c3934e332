"""What authors say about a cell or a notebook: comments, tags, metadata. One table of directives, one precedence.

A directive is written

- as a comment on a line of its own: ``# nbcheck: ignore-output=stderr, timeout=30``, behind the comment sign of any
  language; a value with a comma in it stands in quotes;
- as a tag: ``nbcheck-ignore-output`` or ``nbcheck-timeout=30``;
- in the cell's metadata: ``{"nbcheck": {"ignore-output": ["stderr"], "timeout": 30}}``;
- in the notebook's metadata, likewise, for all its cells;
- in ``[tool.nbcheck]`` of ``pyproject.toml``, see ``config.py``.

The nearest wins, in this order, directive by directive; only pytest's markers add up. At one place, what other tools'
markers say (``foreign_markers.py``) gives way to what is said here. What is unknown or misspelt is an error, never
ignored: a directive that does nothing would be a test that checks something else than its author thinks.
"""

from nbcheck.execution.directives.marks import Mark
from nbcheck.execution.directives.reading import (
    Directives,
    Fault,
    Found,
    add_up,
    read_cell_directives,
    read_notebook_directives,
    read_rules,
    read_section,
)
from nbcheck.execution.directives.table import DIRECTIVES, Directive, Scope, ValueKind
from nbcheck.execution.directives.values import ExpectedError, check_replacement, is_variable

__all__ = [
    "DIRECTIVES",
    "Directive",
    "Directives",
    "ExpectedError",
    "Fault",
    "Found",
    "Mark",
    "Scope",
    "ValueKind",
    "add_up",
    "check_replacement",
    "is_variable",
    "read_cell_directives",
    "read_notebook_directives",
    "read_rules",
    "read_section",
]
