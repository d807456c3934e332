"""Pictures of a difference in the desktop's viewer."""

from __future__ import annotations

import base64
import binascii
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from nbcheck.accepting.pieces import CellChange, Piece

_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
"""What is opened. SVG is not: what opens it may run the scripts in it."""


class Viewer:
    """Shows pictures; its files lie in a private folder that goes at the end."""

    def __init__(self) -> None:
        """Begin without a folder."""
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def show(self, name: str, change: CellChange, piece: Piece) -> list[str]:
        """Open the stored and the fresh picture of a piece, and one that shows where they differ.

        Args:
            name: for the files.
            change: of the cell.
            piece: what differs.

        Returns:
            What to tell the user, a line each.
        """
        paths = self._write(name, find_pictures(change, piece))
        if not paths:
            return ["there is no picture to open"]
        command = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
        if command is None:
            return [f"no viewer was found; the pictures are {', '.join(map(str, paths))}"]
        for path in paths:
            # The viewer is the user's, who closes it: nobody here waits for it.
            subprocess.run(
                ["/bin/sh", "-c", '"$0" "$1" </dev/null >/dev/null 2>&1 &', command, str(path)],
                start_new_session=True,
                check=False,
            )
        return [f"opened {', '.join(path.name for path in paths)}"]

    def _write(self, name: str, pictures: dict[str, bytes]) -> list[Path]:
        if pictures and self._folder is None:
            # Only the user may look into it: mkdtemp makes it so.
            self._folder = Path(tempfile.mkdtemp(prefix="nbcheck-review-"))
        paths = []
        for what, data in pictures.items():
            assert self._folder is not None  # noqa: S101 (made above)
            path = self._folder / f"{name}-{what}"
            path.write_bytes(data)
            paths.append(path)
        return paths


def find_pictures(change: CellChange, piece: Piece) -> dict[str, bytes]:
    """Return the pictures of a piece, by the ends of their file names: ``stored.png``, ``difference.png``."""
    found: dict[str, bytes] = {}
    sides = (
        ("stored", [change.expected[index] for index in piece.placement.expected]),
        ("fresh", [change.actual[index] for index in piece.placement.actual]),
    )
    for side, outputs in sides:
        for output in outputs:
            data = output.get("data", {})
            for mimetype, suffix in _SUFFIXES.items():
                raw = _decode(data.get(mimetype))
                if raw:
                    found.setdefault(f"{side}.{suffix}", raw)
    drawn = _decode(piece.difference.picture)
    return {**found, "difference.png": drawn} if drawn else found


def _decode(value: object) -> bytes:
    try:
        return base64.b64decode(value) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return b""
