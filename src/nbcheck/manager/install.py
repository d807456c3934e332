"""Kernelspecs of the bundled kernels, by which other Jupyter software starts them: installing and removing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from nbcheck.errors import KernelspecError, UsageError
from nbcheck.manager.discovery import BUNDLED, load_kernelspec

_PROTOCOL = "5.5"
_MODULE = "nbcheck.kernel"
_LANGUAGES = {"python": "Python 3", "bash": "Bash"}
_LOGO = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
<rect x="4" y="4" width="56" height="56" rx="10" fill="#1f4e5f"/>
<path d="M17 33l11 11 20-25" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round" stroke-linejoin="round"/>
</svg>
"""
"""What launchers show: the name for ``logo-svg.svg`` is JupyterLab's."""


def install_kernelspec(
    kernels: Path, interpreter: str, python: str, *, name: str = "", display_name: str = ""
) -> Path:
    """Write the kernelspec of a bundled kernel, all or nothing. One that is ours already is replaced.

    Args:
        kernels: folder of kernelspecs, which need not be there.
        interpreter: which kernel, a value of :data:`~nbcheck.manager.discovery.BUNDLED`.
        python: the interpreter that is to run it.
        name: of the kernelspec, in lower case; empty for ``nbcheck-python`` and the like.
        display_name: what people see; empty for the language and where it comes from.

    Returns:
        The folder of the kernelspec.

    Raises:
        UsageError: somebody else's kernelspec has that name, or the folder cannot be written.
    """
    name = (name or next(key for key, value in BUNDLED.items() if value == interpreter)).lower()
    folder = kernels / name
    if folder.exists() and not is_ours(folder):
        raise UsageError(f"{folder}: is another kernel's; remove it, or choose another --name")
    spec = {
        "argv": [python, "-P", "-m", _MODULE, "-f", "{connection_file}", "--interpreter", interpreter],
        "display_name": display_name or f"{_LANGUAGES[interpreter]} (nbcheck)",
        "language": interpreter,
        "interrupt_mode": "signal",
        "kernel_protocol_version": _PROTOCOL,
        "metadata": {"debugger": False},
    }
    try:
        kernels.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".nbcheck-", dir=kernels) as scratch:
            made = Path(scratch, name)
            made.mkdir()
            (made / "kernel.json").write_text(json.dumps(spec, indent=1) + "\n", "utf-8")
            (made / "logo-svg.svg").write_text(_LOGO, "utf-8")
            if folder.exists():
                folder.rename(Path(scratch, "old"))
            made.rename(folder)
    except OSError as error:
        raise UsageError(f"{kernels}: cannot be written: {error.strerror}") from error
    return folder


def remove_kernelspec(folder: Path) -> None:
    """Remove a kernelspec.

    Raises:
        UsageError: it cannot be removed.
    """
    try:
        if folder.is_symlink():
            folder.unlink()
        else:
            shutil.rmtree(folder)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be removed: {error.strerror}") from error


def is_ours(folder: Path) -> bool:
    """Whether a folder holds a kernelspec that starts a bundled kernel."""
    try:
        spec = load_kernelspec(folder.name, folder)
    except KernelspecError:
        return False
    return _MODULE in spec.argv
