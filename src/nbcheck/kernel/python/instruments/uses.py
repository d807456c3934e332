"""What a notebook uses: files, folders, modules, and whatever makes it impossible to say.

An audit hook is told before anything is opened, so that it sees what a file was like when it was first asked for, and
whether it was there before the notebook wrote it. Nothing is read or judged here; who started the kernel does that.
"""

from __future__ import annotations

import os
import site
import socket
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

import nbcheck
from nbcheck.kernel.python.instruments.opens import OpenWatch
from nbcheck.kernel.python.instruments.paths import database_path, is_below
from nbcheck.transport.usage import Usage, signature, write_usage

_STATE_OF_MACHINE = ("/proc", "/sys", "/dev")
"""Folders without files: what is there is the state of the machine, as the clock is."""
_FONT_CACHES = ("matplotlib", "fontconfig")
"""Folders of lists of the fonts that a machine has."""
_COMPILED = "__pycache__"
_NOISE = frozenset({".git", ".ipynb_checkpoints", ".nbcheck", ".pytest_cache", "node_modules"})
"""Folders of a project that tools keep for themselves."""
_SOURCES = (".py", ".ipynb", ".md", ".markdown", ".qmd", ".rmd", ".toml", ".cfg", ".ini")
"""Endings of what pytest opens, also in other processes of the same run."""
_IMPORT_SYSTEM = ("importlib", "importlib_metadata")
_STARTS_CHILDREN = (
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.popen_forkserver",
    "popen_loky_posix",
)
"""Modules that start processes in a way of their own, by the ends of their names."""
_MAX_COMMAND = 60
"""Characters of a command that are kept, for people."""


def install(settings: Mapping[str, str]) -> Callable[[], None]:
    """Watch from now on.

    Args:
        settings: ``root``, the project's folder, and ``path``, where to write a
            :class:`~nbcheck.transport.usage.Usage` at the end.
    """
    recorder = Recorder(settings["root"])
    recorder.begin()
    return lambda: recorder.finish(Path(settings["path"]))


class Recorder:
    """Notes what the audit hook tells."""

    def __init__(self, root: str) -> None:
        """Begin with nothing.

        Args:
            root: the project's folder.
        """
        self.usage = Usage(began=time.time_ns())
        self._root = os.path.realpath(root)
        self._depth = len(self._root.split("/"))
        self._ignored = _library_folders()
        self._temporary = os.path.realpath(tempfile.gettempdir())
        self._names: set[str] = set()
        self._is_on = True
        self._own_folders: set[str] = set()
        self._opens = OpenWatch(self._root, self._is_no_data)
        self._events: dict[str, Callable[..., None]] = {
            "open": self._open,
            "sqlite3.connect": lambda database: self._ask(database_path(database)),
            "ctypes.dlopen": self._load_library,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "os.mkdir": self._make_folder,
            "os.rename": self._rename,
            "os.link": lambda _source, target, *_: self._make(target),
            "os.symlink": lambda _source, target, *_: self._make(target),
            "os.remove": lambda path, *_: self._ask(path),
            "os.rmdir": lambda path, *_: self._ask(path),
            "os.truncate": lambda path, *_: self._ask(path),
            "import": self._import,
            "socket.connect": self._connect,
            "socket.sendto": self._connect,
            "socket.sendmsg": self._connect,
            "os.fork": lambda: self._doubt("forked"),
            "os.forkpty": lambda: self._doubt("forked"),
            "os.exec": lambda path, *_: self._start(path),
            "os.posix_spawn": lambda path, *_: self._start(path),
            "os.spawn": lambda _mode, path, *_: self._start(path),
            "os.system": self._start,
            "pty.spawn": lambda argv: self._start(argv[0] if argv else ""),
            "subprocess.Popen": self._popen,
        }

    def begin(self) -> None:
        """Listen; in this process that cannot be undone."""
        sys.addaudithook(self._hear)

    def finish(self, path: Path) -> None:
        """Write what was noted, and note no more.

        Args:
            path: of the file.
        """
        # Whatever user code has broken: without what is written here the notebook is run once more, that is all.
        with suppress(Exception):
            self._ask_modules()
            self._is_on = False
            write_usage(path, self._conclude())

    def _ask_modules(self) -> None:
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str):
                self._ask(file)

    def _conclude(self) -> Usage:
        """Return all that was noted, without what does not matter."""
        usage = self.usage
        usage.products = {
            product: was_there for product, was_there in usage.products.items() if self._is_kept(product)
        }
        usage.searched = {folder: sorted(names) for folder, names in self._searched()}
        known = {os.path.realpath(file) for file in (*usage.inputs, *usage.products)}
        usage.opened = [
            file for file in self._opens.finish() if file not in known and not self._is_foreign(file)
        ]
        if self._opens.problem:
            self._doubt(self._opens.problem)
        return usage

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        handler = self._events.get(event)
        if handler is None or not self._is_on:
            return
        try:
            handler(*arguments)
        except Exception:  # whatever user code has done to what is used here, it is not to be disturbed
            self._doubt("did what could not be followed")

    # ---- files

    # Any, here and below: what user code gave; a path may be a descriptor, and None stands for the current folder
    def _open(self, path: Any, _mode: Any, flags: Any) -> None:
        # What it held is gone, or it held nothing.
        if flags & (os.O_TRUNC | os.O_EXCL):
            self._make(path)
        else:
            self._ask(path)

    def _ask(self, path: Any) -> None:
        """Note that a file may have been read."""
        absolute = self._absolute(path)
        if absolute is None or self._is_known(absolute):
            return
        if os.path.isdir(absolute):
            self.usage.folders.setdefault(absolute, signature(absolute))
        else:
            self.usage.inputs[absolute] = signature(absolute)

    def _make(self, path: Any) -> None:
        """Note that a file is written, or a folder made."""
        absolute = self._absolute(path)
        if absolute is not None and not self._is_known(absolute):
            self.usage.products[absolute] = os.path.lexists(absolute)

    def _make_folder(self, path: Any, *_: Any) -> None:
        self._make(path)
        absolute = self._absolute(path)
        if absolute is not None and self.usage.products.get(absolute) is False:
            self._own_folders.add(absolute)

    def _is_known(self, path: str) -> bool:
        """Whether it has been noted, or lies in a folder that the notebook has made itself."""
        return path in self.usage.products or path in self.usage.inputs or self._is_in_own_folder(path)

    def _is_in_own_folder(self, path: str) -> bool:
        return any(is_below(path, folder) for folder in self._own_folders)

    def _rename(self, source: Any, target: Any, *_: Any) -> None:
        self._ask(source)
        self._make(target)

    def _list(self, path: Any) -> None:
        # The import system looks into folders for modules only, see _searched.
        if str(sys._getframe(2).f_globals.get("__name__")).partition(".")[0] in _IMPORT_SYSTEM:
            return
        absolute = self._absolute("." if path is None else path)
        if absolute is not None and not self._is_in_own_folder(absolute):
            self.usage.folders.setdefault(absolute, signature(absolute))

    def _absolute(self, path: Any) -> str | None:
        """Return a path to be noted; None for what is none of the notebook's."""
        if path is None or isinstance(path, int):  # of a descriptor it is known where it comes from
            return None
        try:
            absolute = os.path.abspath(os.fsdecode(path))
        except OSError:  # the current folder is gone, and nothing can be opened below it
            return None
        if absolute.endswith(".pyc"):
            with suppress(ValueError):
                absolute = source_from_cache(absolute)
        return None if self._is_no_data(absolute) else absolute

    def _is_no_data(self, path: str) -> bool:
        parts = path.split("/")
        if _COMPILED in parts or (is_below(path, self._root) and not _NOISE.isdisjoint(parts[self._depth :])):
            return True
        return any(is_below(path, folder) for folder in self._ignored)

    def _is_kept(self, product: str) -> bool:
        """Whether it matters that the notebook leaves this behind."""
        if is_below(product, self._root):
            return True
        # Libraries make themselves folders for configuration, and leave temporary files.
        return not (is_below(product, self._temporary) or os.path.isdir(product))

    def _is_foreign(self, path: str) -> bool:
        """Whether a file that somebody opened is one that tools open all the time, and native code does not."""
        is_hidden = any(part.startswith(".") for part in path.split("/")[self._depth :])
        return is_hidden or path.lower().endswith(_SOURCES)

    # ---- modules

    def _import(self, module: str, filename: Any, *_: Any) -> None:
        self._names.add(module)
        if filename is not None:
            self._ask(filename)
        if module.endswith(_STARTS_CHILDREN):
            self._doubt("started processes")

    def _load_library(self, name: Any) -> None:
        if isinstance(name, str) and "/" in name:
            self._ask(name)

    def _searched(self) -> Iterator[tuple[str, set[str]]]:
        """Yield folders in which modules were looked for, and the names that these have there."""
        packages = {
            os.path.abspath(folder): f"{name}."
            for name, module in list(sys.modules.items())
            for folder in _search_path(module)
        }
        for folder in dict.fromkeys((*sys.path, *sys.path_importer_cache)):
            absolute = self._absolute(folder or ".")
            if absolute is None or not os.path.isdir(absolute):
                continue
            start = "" if folder in sys.path else packages.get(absolute, "")
            found = (name.removeprefix(start) for name in self._names if name.startswith(start))
            yield absolute, {name.partition(".")[0] for name in found}

    # ---- what cannot be looked up

    def _connect(self, sock: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address:
            self._doubt(f"connected to {':'.join(map(str, address[:2]))}")
        elif address is not None:
            self._doubt(f"connected to {os.fsdecode(address) if isinstance(address, bytes) else address}")

    def _popen(self, executable: Any, argv: Any, *_: Any) -> None:
        if isinstance(argv, list | tuple):
            # A shell is told by what it is given.
            argv = " ".join(map(str, argv[2:] if "-c" in argv[1:2] else argv))
        self._start(argv or executable)

    def _start(self, command: Any) -> None:
        text = os.fsdecode(command) if isinstance(command, bytes | os.PathLike) else str(command)
        text = text.partition("\n")[0][:_MAX_COMMAND]
        if text not in self.usage.programs:
            self.usage.programs.append(text)

    def _doubt(self, what: str) -> None:
        if what not in self.usage.doubts:
            self.usage.doubts.append(what)


def _library_folders() -> tuple[str, ...]:
    """Folders of what is installed, which versions tell, and those that hold no files."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    found = [sysconfig.get_path(name) for name in names]
    found += [*site.getsitepackages(), site.getusersitepackages(), os.path.dirname(nbcheck.__file__)]
    found.append(f"{os.path.dirname(found[0])}/python{sys.version_info[0]}{sys.version_info[1]}.zip")
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    found += [os.path.join(caches, name) for name in _FONT_CACHES]
    folders = {folder for path in found for folder in (os.path.abspath(path), os.path.realpath(path))}
    return (*_STATE_OF_MACHINE, *sorted(folders))


def _search_path(module: Any) -> list[str]:  # Any: user code may put anything into sys.modules
    try:
        return [folder for folder in module.__path__ if isinstance(folder, str)]
    except Exception:
        return []
