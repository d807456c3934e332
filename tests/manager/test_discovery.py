"""Kernelspecs are found where Jupyter finds them, and the right one is chosen."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from nbcheck.errors import KernelNotFound, KernelspecError
from nbcheck.manager.discovery import (
    Choice,
    canonical_name,
    choose_kernelspec,
    find_kernelspecs,
    get_kernelspec,
    installed_dirs,
    is_interpreter,
    kernelspec_dirs,
    load_kernelspec,
    prefers_environment,
)

HOME = Path("/home/ada")
PREFIX = Path("/opt/env")
MINOR = sys.version_info[1]


def install(folder: Path, name: str, **members: Any) -> Path:
    """Put a kernelspec into a directory of kernelspecs."""
    resource_dir = folder / name
    resource_dir.mkdir(parents=True)
    content = {
        "argv": ["python", "-m", "ipykernel_launcher"],
        "display_name": name,
        "language": "python",
    } | members
    (resource_dir / "kernel.json").write_text(json.dumps(content))
    return resource_dir


# ---- where ----------------------------------------------------------------------------------------------------

USER = "/home/ada/.local/share/jupyter/kernels"
ENV = "/opt/env/share/jupyter/kernels"
SYSTEM = ["/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels"]
IPYTHON = "/home/ada/.ipython/kernels"


@pytest.mark.parametrize(
    ("environ", "prefers_env", "expected"),
    [
        ({}, False, [USER, ENV, *SYSTEM, IPYTHON]),
        ({}, True, [ENV, USER, *SYSTEM, IPYTHON]),
        ({"JUPYTER_PREFER_ENV_PATH": "1"}, False, [ENV, USER, *SYSTEM, IPYTHON]),
        ({"JUPYTER_PREFER_ENV_PATH": "No"}, True, [USER, ENV, *SYSTEM, IPYTHON]),
        ({"JUPYTER_PREFER_ENV_PATH": ""}, False, [ENV, USER, *SYSTEM, IPYTHON]),
        ({"JUPYTER_PATH": "/a:/b/"}, False, ["/a/kernels", "/b/kernels", USER, ENV, *SYSTEM, IPYTHON]),
        ({"JUPYTER_PATH": ""}, False, [USER, ENV, *SYSTEM, IPYTHON]),
        ({"JUPYTER_PATH": "/usr/share/jupyter"}, False, [SYSTEM[1], USER, ENV, SYSTEM[0], IPYTHON]),
        ({"JUPYTER_DATA_DIR": "/d"}, False, ["/d/kernels", ENV, *SYSTEM, IPYTHON]),
        ({"XDG_DATA_HOME": "/x"}, False, ["/x/jupyter/kernels", ENV, *SYSTEM, IPYTHON]),
        ({"IPYTHONDIR": "/i"}, False, [USER, ENV, *SYSTEM, "/i/kernels"]),
    ],
)
def test_dirs_on_linux(environ: dict[str, str], prefers_env: bool, expected: list[str]) -> None:
    found = kernelspec_dirs(environ, HOME, PREFIX, "linux", prefers_env=prefers_env)
    assert [str(folder) for folder in found] == expected


def test_dirs_of_the_user_base() -> None:
    base = HOME / ".local"
    found = kernelspec_dirs({"JUPYTER_DATA_DIR": "/d"}, HOME, PREFIX, "linux", user_base=base)
    assert [str(folder) for folder in found] == ["/d/kernels", USER, ENV, *SYSTEM, IPYTHON]
    assert kernelspec_dirs({}, HOME, PREFIX, "linux", user_base=base) == kernelspec_dirs(
        {}, HOME, PREFIX, "linux"
    )


def test_dirs_of_the_systems_python() -> None:
    found = kernelspec_dirs({}, HOME, Path("/usr"), "linux", prefers_env=True)
    assert [str(folder) for folder in found] == [USER, *SYSTEM, IPYTHON]


def test_dirs_on_macos() -> None:
    found = kernelspec_dirs({}, HOME, PREFIX, "darwin")
    assert [str(folder) for folder in found] == ["/home/ada/Library/Jupyter/kernels", ENV, *SYSTEM, IPYTHON]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"APPDATA": "/ad"}, ["/ad/jupyter/kernels", ENV, IPYTHON]),
        ({}, ["/home/ada/.jupyter/data/kernels", ENV, IPYTHON]),
        ({"APPDATA": "/ad", "PROGRAMDATA": "/pd"}, ["/ad/jupyter/kernels", ENV, IPYTHON]),
        (
            {"APPDATA": "/ad", "PROGRAMDATA": "/pd", "JUPYTER_USE_PROGRAMDATA": "1"},
            ["/ad/jupyter/kernels", ENV, "/pd/jupyter/kernels", IPYTHON],
        ),
        (
            {"APPDATA": "/ad", "JUPYTER_PATH": "C:\\a;D:\\b"},
            ["C:\\a/kernels", "D:\\b/kernels", "/ad/jupyter/kernels", ENV, IPYTHON],
        ),
    ],
)
def test_dirs_on_windows(environ: dict[str, str], expected: list[str]) -> None:
    found = kernelspec_dirs(environ, HOME, PREFIX, "win32")
    assert [str(folder) for folder in found] == expected


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"JUPYTER_PATH": "{tmp}/a:{tmp}/b/"},
        {"JUPYTER_PREFER_ENV_PATH": "0"},
        {"JUPYTER_PREFER_ENV_PATH": "1"},
        {"JUPYTER_DATA_DIR": "{tmp}/data"},
        {"XDG_DATA_HOME": "{tmp}/xdg", "JUPYTER_PREFER_ENV_PATH": "false"},
    ],
)
def test_specs_are_those_of_jupyter_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    for name in (
        "JUPYTER_PATH",
        "JUPYTER_PREFER_ENV_PATH",
        "JUPYTER_DATA_DIR",
        "XDG_DATA_HOME",
        "CONDA_PREFIX",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name, value in environ.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    for place in ("a", "b", "data", "xdg/jupyter", ".local/share/jupyter", "ipython"):
        install(tmp_path / place / "kernels", "Everywhere")
        install(tmp_path / place / "kernels", f"in-{place.replace('/', '_')}")
    (tmp_path / "a" / "kernels" / "empty").mkdir()
    (tmp_path / "a" / "kernels" / "file").touch()

    theirs = KernelSpecManager(ensure_native_kernel=False)

    assert [str(folder) for folder in installed_dirs()] == list(dict.fromkeys(theirs.kernel_dirs))
    found = {name: str(folder) for name, folder in find_kernelspecs(installed_dirs()).items()}
    assert found == theirs.find_kernel_specs()
    for name in found:
        ours, spec = get_kernelspec(name), theirs.get_kernel_spec(name)
        assert (list(ours.argv), ours.display_name, str(ours.resource_dir)) == (
            spec.argv,
            spec.display_name,
            spec.resource_dir,
        )


@pytest.mark.parametrize(
    ("prefix", "base", "environ", "expected"),
    [
        ("{tmp}", "/usr", {}, True),
        ("{tmp}", "{tmp}", {}, False),
        ("{tmp}/gone", "/usr", {}, False),
        ("{tmp}", "{tmp}", {"CONDA_PREFIX": "{tmp}", "CONDA_DEFAULT_ENV": "science"}, True),
        ("{tmp}", "{tmp}", {"CONDA_PREFIX": "{tmp}", "CONDA_DEFAULT_ENV": "base"}, False),
        ("{tmp}", "{tmp}", {"CONDA_PREFIX": "{tmp}"}, False),
        ("{tmp}", "{tmp}", {"CONDA_PREFIX": "/elsewhere", "CONDA_DEFAULT_ENV": "science"}, False),
    ],
)
def test_prefers_environment(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    prefix: str,
    base: str,
    environ: dict[str, str],
    expected: bool,
) -> None:
    monkeypatch.setattr(sys, "prefix", prefix.format(tmp=tmp_path))
    monkeypatch.setattr(sys, "base_prefix", base.format(tmp=tmp_path))
    assert (
        prefers_environment({name: value.format(tmp=tmp_path) for name, value in environ.items()}) == expected
    )


# ---- reading --------------------------------------------------------------------------------------------------


def test_find(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    install(first, "B")
    install(second, "b")
    install(second, "a")
    (second / "no-kernel-json").mkdir()
    found = find_kernelspecs([tmp_path / "none", first, second])
    assert list(found.items()) == [("a", second / "a"), ("b", first / "B")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_find_passes_over_what_must_not_be_read(tmp_path: Path) -> None:
    install(tmp_path, "a")
    tmp_path.chmod(0)
    try:
        assert find_kernelspecs([tmp_path]) == {}
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    ("name", "expected"), [("Python", "python3"), ("python3", "python3"), ("IR", "ir"), ("", "")]
)
def test_canonical_name(name: str, expected: str) -> None:
    assert canonical_name(name) == expected


def test_get(tmp_path: Path) -> None:
    install(tmp_path, "Python3", display_name="P")
    for name in ("python", "PYTHON3"):
        spec = get_kernelspec(name, [tmp_path])
        assert (spec.name, spec.display_name, spec.resource_dir) == ("python3", "P", tmp_path / "Python3")


def test_get_what_is_not_there(tmp_path: Path) -> None:
    install(tmp_path, "ir")
    install(tmp_path, "bash")
    with pytest.raises(KernelNotFound) as caught:
        get_kernelspec("Julia", [tmp_path])
    assert caught.value.searched == (tmp_path,)
    assert str(caught.value) == (
        "no kernelspec named 'julia' (installed: bash, ir); "
        "install that kernel, or choose another with --nbcheck-kernel NAME"
    )


def test_get_what_cannot_be_used(tmp_path: Path) -> None:
    folder = install(tmp_path, "k", argv=[])
    with pytest.raises(KernelspecError) as caught:
        get_kernelspec("k", [tmp_path])
    assert str(caught.value) == (
        f"kernelspec 'k' ({folder / 'kernel.json'}) cannot be used: argv must be a list of one or more strings; "
        "install that kernel anew, or choose another with --nbcheck-kernel NAME"
    )


def test_load_what_is_gone(tmp_path: Path) -> None:
    with pytest.raises(KernelspecError) as caught:
        load_kernelspec("k", tmp_path)
    assert caught.value.problems == ("No such file or directory",)


# ---- choosing -------------------------------------------------------------------------------------------------


@pytest.fixture
def python(tmp_path: Path) -> str:
    """An interpreter in a virtual environment, with another environment beside it that links to the same binary."""
    binary = tmp_path / "base" / "python3.11"
    binary.parent.mkdir()
    binary.touch()
    for env in ("env", "other"):
        folder = tmp_path / env / "bin"
        folder.mkdir(parents=True)
        (folder / "python").symlink_to(binary)
        (folder / "python3").symlink_to("python")
        (folder / "xpython").touch()
    (tmp_path / "link").symlink_to("env")
    return str(tmp_path / "env" / "bin" / "python")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("python", True),
        (f"python3.{MINOR}", True),
        (f"python3.{MINOR + 1}", False),
        ("R", False),
        ("bin/python", False),
        ("{tmp}/env/bin/python", True),
        ("{tmp}/env/bin/python3", True),
        ("{tmp}/env/bin/../bin/python3", True),
        ("{tmp}/link/bin/python", True),
        ("{tmp}/env/bin/xpython", False),
        ("{tmp}/env/bin/none", False),
        ("{tmp}/other/bin/python", False),
        ("{tmp}/base/python3.11", False),
        ("{tmp}/gone/bin/python", False),
    ],
)
def test_is_interpreter(tmp_path: Path, python: str, program: str, expected: bool) -> None:
    assert is_interpreter(program.format(tmp=tmp_path), python) == expected


IPYKERNEL = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]


@pytest.fixture
def specs(tmp_path: Path, python: str) -> Mapping[str, Path]:
    """What is installed: kernels of three languages in several interpreters."""
    folder = tmp_path / "kernels"
    install(folder, "python3", argv=["python", *IPYKERNEL])
    install(folder, "ours", argv=[python, *IPYKERNEL], env={"A": "b"})
    install(folder, "theirs", argv=[str(tmp_path / "other/bin/python"), *IPYKERNEL])
    install(folder, "stale", argv=["/gone/bin/python", *IPYKERNEL])
    install(folder, "xpython", argv=[str(tmp_path / "env/bin/xpython"), "-f", "{connection_file}"])
    install(folder, "special", argv=[python, "-m", "special.kernel"])
    install(folder, "script", argv=[python, "kernel.py", "-m"])
    install(folder, "ir", argv=["R"], language="R")
    install(folder, "bash", argv=["python", "-m", "bash_kernel"], language="bash")
    install(folder, "broken", argv=[])
    return find_kernelspecs([folder])


def kernelspec(name: str, **more: object) -> dict[str, Any]:
    return {"kernelspec": {"name": name, "display_name": name, **more}}


def language(name: str) -> dict[str, Any]:
    return {"language_info": {"name": name}}


def described(choice: Choice) -> str:
    """A choice in one word: the kernelspec, or the bundled interpreter and what it stands in for."""
    if not choice.is_bundled:
        assert choice.spec is not None
        assert choice.environment_of is None
        return choice.spec.name
    return f"bundled {choice.interpreter}" + (
        f" for {choice.environment_of.name}" if choice.environment_of is not None else ""
    )


NOT_INSTALLED = "kernelspec {!r} is not installed; the bundled Python kernel was used"
ITS_OWN = (
    "kernelspec {!r} starts a kernel of its own; the bundled Python kernel was used, "
    "--nbcheck-kernel=notebook uses the other"
)


SILENT = "the notebook names no kernel; it was taken for a Python notebook"


@pytest.mark.parametrize(
    ("metadata", "requested", "expected", "note"),
    [
        # Python notebooks are run by the bundled kernel ...
        ({}, None, "bundled python", SILENT),
        ({"kernelspec": {"display_name": "Python 3"}}, None, "bundled python", ""),
        (language("python"), None, "bundled python", ""),
        (language("ipython"), None, "bundled python", ""),
        (kernelspec("python3"), None, "bundled python for python3", ""),
        (kernelspec("python"), None, "bundled python for python3", ""),
        (kernelspec("Python3", language="python"), None, "bundled python for python3", ""),
        (kernelspec("ours"), None, "bundled python for ours", ""),
        (kernelspec("nbcheck-python"), None, "bundled python", ""),
        (kernelspec("nbcheck-bash", language="bash"), None, "bundled bash", ""),
        # ... unless they name an interpreter that is another.
        (kernelspec("theirs"), None, "theirs", ""),
        (kernelspec("xpython"), None, "xpython", ""),
        # What cannot be had is noted.
        (kernelspec("my-env", language="python"), None, "bundled python", NOT_INSTALLED.format("my-env")),
        (kernelspec("my-env") | language("python"), None, "bundled python", NOT_INSTALLED.format("my-env")),
        (kernelspec("conda-env-a-py"), None, "bundled python", NOT_INSTALLED.format("conda-env-a-py")),
        (kernelspec("python2"), None, "bundled python", NOT_INSTALLED.format("python2")),
        (
            {"kernelspec": {"name": "x", "display_name": "Python 3"}},
            None,
            "bundled python",
            NOT_INSTALLED.format("x"),
        ),
        (
            kernelspec("stale"),
            None,
            "bundled python",
            "kernelspec 'stale' names /gone/bin/python, which does not exist; the bundled Python kernel was used",
        ),
        (kernelspec("special"), None, "bundled python for special", ITS_OWN.format("special")),
        (kernelspec("script"), None, "bundled python for script", ITS_OWN.format("script")),
        # Other languages by name, else by language.
        (kernelspec("ir", language="R"), None, "ir", ""),
        (kernelspec("bash"), None, "bash", ""),
        (
            kernelspec("ir44", language="R"),
            None,
            "ir",
            "kernelspec 'ir44' is not installed; kernelspec 'ir' of the same language was used",
        ),
        (language("R"), None, "ir", "kernelspec 'ir' of the same language was used"),
        # On request the notebook's kernelspec, whatever its interpreter.
        (kernelspec("python3"), "notebook", "python3", ""),
        (kernelspec("python"), "notebook", "python3", ""),
        (kernelspec("special"), "notebook", "special", ""),
        (kernelspec("stale"), "notebook", "stale", ""),
        (kernelspec("nbcheck-python"), "notebook", "bundled python", ""),
        ({}, "notebook", "bundled python", SILENT),
        (language("R"), "notebook", "ir", "kernelspec 'ir' of the same language was used"),
        # On request any kernelspec, whatever the notebook's.
        (kernelspec("ir"), "python3", "python3", ""),
        ({}, "Python", "python3", ""),
        ({}, "IR", "ir", ""),
        ({}, "nbcheck-bash", "bundled bash", ""),
        # Metadata of the wrong shape say nothing.
        ({"kernelspec": None, "language_info": []}, None, "bundled python", SILENT),
        (
            {"kernelspec": {"name": 3, "language": None}, "language_info": {"name": {}}},
            None,
            "bundled python",
            SILENT,
        ),
        ({"kernelspec": {"name": " "}}, None, "bundled python", SILENT),
    ],
)
def test_choose(
    specs: Mapping[str, Path],
    python: str,
    metadata: dict[str, Any],
    requested: str | None,
    expected: str,
    note: str,
) -> None:
    choice = choose_kernelspec(metadata, requested=requested, specs=specs, python=python)
    assert (described(choice), choice.note) == (expected, note)


@pytest.mark.parametrize(
    ("metadata", "requested", "name"),
    [
        (kernelspec("julia-1.10", language="julia"), None, "julia-1.10"),
        (language("julia"), None, "julia"),
        (kernelspec("deno"), None, "deno"),
        (kernelspec("my-env", language="python"), "notebook", "my-env"),
        ({}, "none", "none"),
    ],
)
def test_choose_what_is_not_there(
    specs: Mapping[str, Path], python: str, metadata: dict[str, Any], requested: str | None, name: str
) -> None:
    with pytest.raises(KernelNotFound) as caught:
        choose_kernelspec(metadata, requested=requested, specs=specs, python=python)
    assert str(caught.value) == (
        f"no kernelspec named {name!r} "
        "(installed: bash, broken, ir, ours, python3, script, special, stale, theirs, xpython); "
        "install that kernel, or choose another with --nbcheck-kernel NAME"
    )


@pytest.mark.parametrize(
    ("metadata", "note"),
    [
        (kernelspec("bash", language="bash"), "kernelspec 'bash' is not installed; "),
        (kernelspec("bash"), "kernelspec 'bash' is not installed; "),
        (kernelspec("my-bash", language="bash"), "kernelspec 'my-bash' is not installed; "),
        (language("bash"), ""),
    ],
)
def test_bash_notebooks_need_no_kernelspec(python: str, metadata: dict[str, Any], note: str) -> None:
    choice = choose_kernelspec(metadata, requested=None, specs={}, python=python)
    assert described(choice) == "bundled bash"
    assert choice.note == f"{note}the bundled bash kernel was used"
    if "kernelspec" in metadata:
        with pytest.raises(KernelNotFound):
            choose_kernelspec(metadata, requested="notebook", specs={}, python=python)


def test_choose_without_any_kernelspec() -> None:
    for metadata in (kernelspec("python3"), kernelspec("python3", language="python")):
        assert choose_kernelspec(metadata, requested=None, specs={}, python=sys.executable) == Choice()
    assert choose_kernelspec({}, requested=None, specs={}, python=sys.executable) == Choice(note=SILENT)


def test_choose_what_cannot_be_used(specs: Mapping[str, Path], python: str) -> None:
    with pytest.raises(KernelspecError):
        choose_kernelspec(kernelspec("broken"), requested=None, specs=specs, python=python)


@pytest.mark.parametrize("requested", [None, "notebook", "nbcheck-python"])
def test_our_own_kernelspec_means_the_bundled_kernel(
    tmp_path: Path, python: str, requested: str | None
) -> None:
    install(tmp_path / "k", "nbcheck-python", argv=[python, "-m", "nbcheck.kernel"], env={"A": "b"})
    specs = find_kernelspecs([tmp_path / "k"])
    choice = choose_kernelspec(kernelspec("nbcheck-python"), requested=requested, specs=specs, python=python)
    assert described(choice) == "bundled python for nbcheck-python"
    assert choice.environment_of is not None
    assert choice.environment_of.environment({}) == {"A": "b"}


@pytest.mark.parametrize("requested", [None, "notebook", "nbcheck-python"])
def test_our_own_kernelspec_in_another_interpreter(
    tmp_path: Path, python: str, requested: str | None
) -> None:
    install(
        tmp_path / "k", "nbcheck-python", argv=[str(tmp_path / "other/bin/python"), "-m", "nbcheck.kernel"]
    )
    specs = find_kernelspecs([tmp_path / "k"])
    choice = choose_kernelspec(kernelspec("nbcheck-python"), requested=requested, specs=specs, python=python)
    assert described(choice) == "nbcheck-python"
