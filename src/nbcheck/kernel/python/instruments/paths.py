"""Paths as audit events tell them."""

from __future__ import annotations

import os
from typing import Any


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder or lies in it; both are absolute."""
    return path == folder or path.startswith(os.path.join(folder, ""))


def database_path(database: Any) -> Any:  # Any: what user code gave to sqlite3.connect
    """Return the file of a database; None for one in memory."""
    if isinstance(database, str) and database.startswith("file:"):
        return database.removeprefix("file:").partition("?")[0]
    # A database without a name is in memory or in a file of its own that is deleted.
    return None if database in (":memory:", "", b"") else database
