"""``[tool.nbcheck]``."""

from __future__ import annotations

import tomllib

import pytest

from nbcheck.errors import UsageError
from nbcheck.execution.config import NOTHING, Configuration, read_configuration

EXAMPLE = """
[tool.nbcheck]
rtol = 1e-5
mode = "exact"

[[tool.nbcheck.overrides]]
paths = ["docs/**", "slow_*.ipynb"]
cell-timeout = 1800

[[tool.nbcheck.overrides]]
paths = "docs/api/*.ipynb"
mode = "run"
rtol = 0
"""


def read(text: str) -> Configuration:
    return read_configuration(tomllib.loads(text), "pyproject.toml")


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("a.ipynb", {"rtol": 1e-5, "mode": "exact"}),
        ("docs/a.ipynb", {"rtol": 1e-5, "mode": "exact", "cell-timeout": 1800.0}),
        ("docs/x/y/a.ipynb", {"rtol": 1e-5, "mode": "exact", "cell-timeout": 1800.0}),
        ("x/slow_a.ipynb", {"rtol": 1e-5, "mode": "exact", "cell-timeout": 1800.0}),
        ("docs/api/a.ipynb", {"rtol": 0.0, "mode": "run", "cell-timeout": 1800.0}),
    ],
)
def test_overrides_by_path(path: str, values: dict[str, object]) -> None:
    found = read(EXAMPLE).directives_for(path)
    assert {name: said.value for name, said in found.items()} == values


def test_who_said_it() -> None:
    found = read(EXAMPLE).directives_for("docs/a.ipynb")
    assert found["rtol"].source == "pyproject.toml, [tool.nbcheck]"
    assert found["cell-timeout"].source == "pyproject.toml, [[tool.nbcheck.overrides]] 1"


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*.ipynb", "a/b.ipynb", True),
        ("a.ipynb", "a.ipynb", True),
        ("docs/", "docs/a/b.ipynb", True),
        ("docs", "docs/a.ipynb", False),
        ("docs/*", "docs/a/b.ipynb", False),
        ("**/x/*.ipynb", "x/b.ipynb", True),
        ("**/x/*.ipynb", "a/b/x/b.ipynb", True),
        ("/a.ipynb", "b/a.ipynb", False),
        ("a?.ipynb", "ab.ipynb", True),
        ("a[1].ipynb", "a[1].ipynb", True),
        ("a.ipynb", "aXipynb", False),
    ],
)
def test_patterns(pattern: str, path: str, matches: bool) -> None:
    text = f'[[tool.nbcheck.overrides]]\npaths = ["{pattern}"]\nskip = true'
    assert bool(read(text).directives_for(path)) is matches


@pytest.mark.parametrize("text", ["", "[tool.other]\nx = 1", "[project]\nname = 'x'"])
def test_nothing_said(text: str) -> None:
    assert read(text) is NOTHING


def test_everything_wrong_is_told_at_once() -> None:
    text = """
    [tool.nbcheck]
    rtoll = 1
    raises-exception = true
    [[tool.nbcheck.overrides]]
    mode = "run"
    [[tool.nbcheck.overrides]]
    paths = ["x"]
    timeout = -1
    """
    with pytest.raises(UsageError) as caught:
        read(text)
    first, second, third, fourth = str(caught.value).splitlines()
    assert first == "pyproject.toml, [tool.nbcheck]: unknown directive 'rtoll'; did you mean 'rtol'?"
    assert second.startswith(
        "pyproject.toml, [tool.nbcheck]: 'raises-exception' cannot be said of a notebook; known"
    )
    assert third == (
        "pyproject.toml, [[tool.nbcheck.overrides]] 1: it needs 'paths', a list of patterns such as \"docs/**\""
    )
    assert fourth == (
        "pyproject.toml, [[tool.nbcheck.overrides]] 2: the value of 'timeout' must be a number of seconds above 0, "
        "or none for no limit, not -1"
    )


@pytest.mark.parametrize("text", ["[tool]\nnbcheck = 1", "[tool.nbcheck]\noverrides = 1"])
def test_wrong_shapes(text: str) -> None:
    with pytest.raises(UsageError):
        read(text)
