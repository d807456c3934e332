"""Finding kernelspecs by Jupyter's rules, and choosing the kernel that runs a notebook."""

from __future__ import annotations

import os
import re
import site
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nbcheck.errors import KernelNotFound, KernelspecError
from nbcheck.protocol.kernelspec import KernelSpec, is_bare_python, parse_kernelspec

BUNDLED: Mapping[str, str] = MappingProxyType({"nbcheck-python": "python", "nbcheck-bash": "bash"})
"""Interpreter (a package under ``nbcheck.kernel``) of each kernelspec name that is ours; it need not be
installed to be used."""

_GENERIC_NAMES = ("", "python3")  # say "some Python", and no more
_OFF = ("no", "n", "false", "off", "0", "0.0")
# The kernels that the bundled one stands in for; `python -m anything.else` is somebody's own.
_STANDARD_MODULES = ("ipykernel_launcher", "ipykernel", "nbcheck")


# ---- where kernelspecs lie ------------------------------------------------------------------------------------


def kernelspec_dirs(
    environ: Mapping[str, str],
    home: Path,
    prefix: Path,
    platform: str,
    *,
    prefers_env: bool = False,
    user_base: Path | None = None,
) -> list[Path]:
    """List the directories that may hold kernelspecs; nothing is read.

    Args:
        environ: environment variables.
        home: the user's home directory.
        prefix: ``sys.prefix``.
        platform: ``sys.platform``.
        prefers_env: whether ``prefix`` goes before the user's own directory when JUPYTER_PREFER_ENV_PATH
            does not say; see :func:`prefers_environment`.
        user_base: ``site.getuserbase()``; None where the user's site-packages are switched off.

    Returns:
        Directories, the one that wins first; none twice.

    Source: ``jupyter_path`` of jupyter_core, ``KernelSpecManager`` of jupyter_client.
    """
    given = environ.get("JUPYTER_PATH", "")
    separator = ";" if platform == "win32" else ":"
    env = [prefix / "share" / "jupyter"]
    user = [user_data_dir(environ, home, platform)]
    if user_base is not None:
        user.append(user_base / "share" / "jupyter")
    system = _system_dirs(environ, platform)
    stated = environ.get("JUPYTER_PREFER_ENV_PATH")
    env_first = prefers_env if stated is None else stated.lower() not in _OFF
    # A prefix such as /usr is a system directory and keeps that place.
    env = [folder for folder in env if folder not in system]
    found = [Path(folder) for folder in given.split(separator) if folder]
    found += [*env, *user] if env_first else [*user, *env]
    kernels = [folder / "kernels" for folder in found + system]
    ipython = Path(environ["IPYTHONDIR"]) if environ.get("IPYTHONDIR") else home / ".ipython"
    return list(dict.fromkeys([*kernels, ipython / "kernels"]))


def user_data_dir(environ: Mapping[str, str], home: Path, platform: str) -> Path:
    """Return the folder for what Jupyter keeps of a user; arguments are those of :func:`kernel_dirs`."""
    if environ.get("JUPYTER_DATA_DIR"):
        return Path(environ["JUPYTER_DATA_DIR"])
    if platform == "darwin":
        return home / "Library" / "Jupyter"
    if platform == "win32":
        appdata = environ.get("APPDATA")
        return Path(appdata, "jupyter") if appdata else home / ".jupyter" / "data"
    data_home = environ.get("XDG_DATA_HOME")
    return (Path(data_home) if data_home else home / ".local" / "share") / "jupyter"


def _system_dirs(environ: Mapping[str, str], platform: str) -> list[Path]:
    if platform != "win32":
        return [Path("/usr/local/share/jupyter"), Path("/usr/share/jupyter")]
    # Any user may write to %PROGRAMDATA%, so that jupyter_core (since 5.8) wants to be told to trust it.
    trusted = environ.get("JUPYTER_USE_PROGRAMDATA", "no").lower() not in _OFF
    program_data = environ.get("PROGRAMDATA")
    return [Path(program_data, "jupyter")] if trusted and program_data else []


def prefers_environment(environ: Mapping[str, str]) -> bool:
    """Say whether this interpreter belongs to a virtual or conda environment of this user.

    Source: ``prefer_environment_over_user`` of jupyter_core, without JUPYTER_PREFER_ENV_PATH.
    """
    conda = environ.get("CONDA_PREFIX")
    in_conda = bool(conda) and environ.get("CONDA_DEFAULT_ENV", "base") != "base"
    if sys.prefix == sys.base_prefix and not (in_conda and sys.prefix.startswith(str(conda))):
        return False
    try:
        return not hasattr(os, "geteuid") or Path(sys.prefix).stat().st_uid == os.geteuid()
    except OSError:
        return False


def installed_dirs() -> list[Path]:
    """:func:`kernelspec_dirs` for this process."""
    user_base = site.getuserbase() if site.ENABLE_USER_SITE else None
    return kernelspec_dirs(
        os.environ,
        Path.home().resolve(),
        Path(sys.prefix),
        sys.platform,
        prefers_env=prefers_environment(os.environ),
        user_base=Path(user_base) if user_base else None,
    )


# ---- reading them ---------------------------------------------------------------------------------------------


def find_kernelspecs(dirs: Sequence[Path]) -> dict[str, Path]:
    """Find what is installed.

    Args:
        dirs: directories to search, the one that wins first; those that do not exist or must not be read
            hold nothing.

    Returns:
        For each name, in lower case and sorted, the folder that holds its kernel.json.
    """
    found: dict[str, Path] = {}
    for folder in list_kernelspecs(dirs):
        found.setdefault(folder.name.lower(), folder)
    return dict(sorted(found.items()))


def list_kernelspecs(dirs: Sequence[Path]) -> Iterator[Path]:
    """Yield the folder of every kernelspec, those included that others of the same name hide.

    Args:
        dirs: as for :func:`find_kernelspecs`.
    """
    for folder in dirs:
        try:
            entries = sorted(folder.iterdir())
        except OSError:
            continue
        yield from (entry for entry in entries if _is_file(entry / "kernel.json"))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no permission to look
        return False


def load_kernelspec(name: str, resource_dir: Path) -> KernelSpec:
    """Read the kernelspec in a folder.

    Raises:
        KernelspecError: its kernel.json is not what it must be, or cannot be read.
    """
    path = resource_dir / "kernel.json"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise KernelspecError(name, [error.strerror or str(error)], path) from error
    return parse_kernelspec(data, name, resource_dir)


def get_kernelspec(name: str, dirs: Sequence[Path] | None = None) -> KernelSpec:
    """Find and read one kernelspec.

    Args:
        name: its name in any case; ``python`` means ``python3``.
        dirs: directories to search; None means where Jupyter searches.

    Raises:
        KernelNotFound: there is none of that name.
        KernelspecError: its kernel.json is not what it must be.
    """
    dirs = installed_dirs() if dirs is None else dirs
    specs = find_kernelspecs(dirs)
    name = canonical_name(name)
    if name not in specs:
        raise KernelNotFound(name, tuple(specs), dirs)
    return load_kernelspec(name, specs[name])


def canonical_name(name: str) -> str:
    """Bring the name of a kernelspec into the form of :func:`find_kernelspecs`; ``python`` means ``python3``."""
    name = name.lower()
    return "python3" if name == "python" else name


# ---- choosing one ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Choice:
    """Which kernel runs a notebook."""

    spec: KernelSpec | None = None
    """The kernelspec to start; None means a bundled kernel, in the interpreter that runs the tests."""
    interpreter: str = "python"
    """For a bundled kernel: the package under ``nbcheck.kernel``."""
    environment_of: KernelSpec | None = None
    """For a bundled kernel that stands in for a kernelspec: that one, whose ``env`` applies."""
    note: str = ""
    """What a reader should know about the choice; empty when it was as the notebook asks."""

    @property
    def is_bundled(self) -> bool:
        """Whether it is a kernel that ships in this package."""
        return self.spec is None


@dataclass(frozen=True)
class _Wanted:
    """What a notebook's metadata say about its kernel."""

    name: str
    """Name of its kernelspec, canonical; empty when it names none."""
    language: str
    """Its language in lower case; empty when it says none."""
    is_python: bool
    """Whether it is a Python notebook, as far as can be seen."""
    is_silent: bool
    """Whether nothing at all is said."""


def choose_kernelspec(
    # Any: metadata is whatever JSON the file holds.
    metadata: Mapping[str, Any],
    *,
    requested: str | None,
    specs: Mapping[str, Path],
    python: str,
) -> Choice:
    """Choose the kernel that runs a notebook.

    A Python notebook is run by the bundled kernel, unless it names an installed kernelspec whose interpreter
    is another than ``python``. One in another language is run by the kernelspec it names, else by one of the
    same language.

    Args:
        metadata: the notebook's, of which ``kernelspec`` and ``language_info`` count.
        requested: None for the rule above; ``notebook`` for the kernelspec that the notebook names, whatever
            its interpreter (one that names none is left to the rule); else the name of a kernelspec.
        specs: what is installed, as :func:`find_kernelspecs` returns it.
        python: the interpreter that runs the tests, ``sys.executable``.

    Raises:
        KernelNotFound: a kernelspec that was requested, or that is needed for another language, is missing.
        KernelspecError: the kernelspec's kernel.json is not what it must be.
    """
    wanted = _read_wanted(metadata)
    if requested == "notebook":
        requested = wanted.name
    if requested:
        return _by_name(canonical_name(requested), specs, python)
    if wanted.name in specs:
        return _stand_in(load_kernelspec(wanted.name, specs[wanted.name]), python)
    if wanted.name in BUNDLED:
        return Choice(interpreter=BUNDLED[wanted.name])
    if not wanted.is_python:
        return _by_language(wanted, specs)
    if wanted.is_silent:
        return Choice(note="the notebook names no kernel; it was taken for a Python notebook")
    if wanted.name in _GENERIC_NAMES:
        return Choice()
    return Choice(note=f"kernelspec {wanted.name!r} is not installed; the bundled Python kernel was used")


def _by_name(name: str, specs: Mapping[str, Path], python: str) -> Choice:
    if name in specs:
        spec = load_kernelspec(name, specs[name])
        is_ours = name in BUNDLED and is_interpreter(spec.argv[0], python)
        return Choice(interpreter=BUNDLED[name], environment_of=spec) if is_ours else Choice(spec)
    if name in BUNDLED:
        return Choice(interpreter=BUNDLED[name])
    raise KernelNotFound(name, tuple(specs))


def _by_language(wanted: _Wanted, specs: Mapping[str, Path]) -> Choice:
    for name, folder in specs.items() if wanted.language else ():
        try:
            spec = load_kernelspec(name, folder)
        except KernelspecError:  # nobody asked for that one by name
            continue
        if spec.language.lower() == wanted.language:
            missing = f"kernelspec {wanted.name!r} is not installed; " if wanted.name else ""
            return Choice(spec, note=f"{missing}kernelspec {name!r} of the same language was used")
    if "bash" in (wanted.language, wanted.name):
        missing = f"kernelspec {wanted.name!r} is not installed; " if wanted.name else ""
        return Choice(interpreter="bash", note=f"{missing}the bundled bash kernel was used")
    raise KernelNotFound(wanted.name or wanted.language, tuple(specs))


def _stand_in(spec: KernelSpec, python: str) -> Choice:
    """The bundled kernel if it can stand in for ``spec``, else ``spec``."""
    program, *rest = spec.argv
    if spec.name in BUNDLED and is_interpreter(program, python):
        return Choice(interpreter=BUNDLED[spec.name], environment_of=spec)
    if not _is_python_language(spec.language):
        return Choice(spec)
    if os.path.isabs(program) and not os.path.exists(program):
        return Choice(
            note=f"kernelspec {spec.name!r} names {program}, which does not exist; "
            "the bundled Python kernel was used"
        )
    if not is_interpreter(program, python):
        return Choice(spec)
    module = rest[rest.index("-m") + 1] if "-m" in rest[:-1] else ""
    if module.split(".")[0] in _STANDARD_MODULES:
        return Choice(environment_of=spec)
    return Choice(
        environment_of=spec,
        note=f"kernelspec {spec.name!r} starts a kernel of its own; the bundled Python kernel was used, "
        "--nbcheck-kernel=notebook uses the other",
    )


def is_interpreter(program: str, python: str) -> bool:
    """Say whether a kernelspec's ``argv[0]`` is the interpreter ``python``.

    Paths are compared as they stand: virtual environments link to one and the same binary and yet differ.
    Only the names in one folder (``python``, ``python3``, ``python3.11``) may be links to each other.
    """
    if is_bare_python(program):
        return True
    if not os.path.isabs(program):
        return False
    try:
        same_folder = os.path.samefile(os.path.dirname(program), os.path.dirname(python))
        return same_folder and os.path.samefile(program, python)
    except OSError:
        return False


def _read_wanted(metadata: Mapping[str, Any]) -> _Wanted:
    kernelspec = metadata.get("kernelspec")
    language_info = metadata.get("language_info")
    name = canonical_name(_text(kernelspec, "name"))
    language = (_text(language_info, "name") or _text(kernelspec, "language")).lower()
    # Editors that leave the language out still call the kernel "python3", "Python 3 (ipykernel)", or
    # "conda-env-NAME-py".
    words = f"{name} {_text(kernelspec, 'display_name')}".lower().strip()
    if language:
        is_python = _is_python_language(language)
    else:
        is_python = not words or re.search(r"python|\bpy\b", words) is not None
    return _Wanted(name, language, is_python, is_silent=not language and not words)


# Any: metadata is whatever JSON the file holds.
def _text(member: Any, name: str) -> str:
    value = member.get(name) if isinstance(member, Mapping) else None
    return value.strip() if isinstance(value, str) else ""


def _is_python_language(language: str) -> bool:
    return re.fullmatch(r"i?python[0-9.]*", language, re.IGNORECASE) is not None
