"""Jupyter's trust: a notebook that was trusted before an edit of ours is signed anew.

JupyterLab shows HTML and JavaScript of a notebook only when its signature is in a database of the user's: an HMAC over
the whole tree, with a secret that is the user's own. Nothing is signed that was not signed before, and nothing is made
that is not there: who has no such database trusts nothing.

Source: nbformat 5.10, ``nbformat/sign.py``.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbcheck.document import Document

_ALGORITHM = "sha256"
_PATIENCE = 1.0
"""Seconds to wait for a Jupyter that is writing to the database."""


@dataclass(frozen=True, slots=True)
class Notary:
    """A user's secret and signatures."""

    secret: bytes
    """As it stands in the file."""
    database: Path
    """The signatures."""

    @classmethod
    def find(cls, data_dir: Path) -> Notary | None:
        """Return the one in a folder of Jupyter's; None when there is none."""
        database = data_dir / "nbsignatures.db"
        try:
            secret = (data_dir / "notebook_secret").read_bytes()
        except OSError:
            return None
        return cls(secret, database) if secret and database.is_file() else None

    def signature(self, document: Document) -> str:
        """Return the signature of a notebook."""
        signer = hmac.new(self.secret, digestmod=_ALGORITHM)
        for piece in _pieces(document.without_invented_ids()):
            signer.update(piece)
        return signer.hexdigest()

    def renew(self, old: Document, new: Document) -> bool:
        """Sign a notebook if it was trusted before it was edited.

        Args:
            old: as it was.
            new: as it is now.

        Returns:
            Whether all is well: False when it was trusted and could not be signed, or nobody can say.
        """
        try:
            with closing(sqlite3.connect(self.database, timeout=_PATIENCE)) as connection, connection:
                known = connection.execute(
                    "SELECT 1 FROM nbsignatures WHERE algorithm = ? AND signature = ?",
                    (_ALGORITHM, self.signature(old)),
                )
                if known.fetchone() is not None:
                    now = datetime.now(UTC).isoformat(sep=" ")
                    connection.execute(
                        "INSERT OR IGNORE INTO nbsignatures (algorithm, signature, last_seen) VALUES (?, ?, ?)",
                        (_ALGORITHM, self.signature(new), now),
                    )
        except sqlite3.Error:
            return False
        return True


def _pieces(value: object) -> Iterator[bytes]:
    """Yield what is signed: keys sorted, each before its value, lists in order."""
    if isinstance(value, Mapping):
        for key in sorted(value):
            yield key.encode("utf-8", "surrogatepass")
            yield from _pieces(value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _pieces(item)
    else:
        yield (value if isinstance(value, str) else str(value)).encode("utf-8", "surrogatepass")
