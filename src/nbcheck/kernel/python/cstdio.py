"""C's stdout, which C libraries print to: written out line by line, and at the end of each cell."""

from __future__ import annotations

import ctypes
import sys

_IOLBF = 1  # stdio.h
_STDOUT = "__stdoutp" if sys.platform == "darwin" else "stdout"


class CStdio:
    """The C library's output streams."""

    def __init__(self) -> None:
        """Make C's stdout line-buffered; on a pipe it would keep text until 4096 bytes have come together."""
        self._libc = ctypes.CDLL(None)
        self._libc.fflush.argtypes = [ctypes.c_void_p]
        try:
            stdout = ctypes.c_void_p.in_dll(self._libc, _STDOUT)
        except ValueError:  # a C library that names it otherwise: text comes at the end of the cell
            return
        self._libc.setvbuf(stdout, None, _IOLBF, ctypes.c_size_t(0))

    def flush(self) -> None:
        """Write out all of C's streams."""
        self._libc.fflush(None)
