"""What README.md says is so: options, commands and configuration are those of the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nbcheck.compare.base import CompareMode

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def read_section(heading: str) -> str:
    """Return the text under a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", README, flags=re.MULTILINE | re.DOTALL)
    assert found, f"README.md has no section {heading!r}"
    return found[1]


def read_first_column(section: str) -> list[str]:
    """Return the names in the first column of a section's table, without their values, in order."""
    return re.findall(r"^\| `([^`|= ]+)[^`|]*`", section, flags=re.MULTILINE)


@pytest.fixture
def plugin_options(pytester: pytest.Pytester) -> set[str]:
    """Long names of the options that the plugin adds."""
    shown = "\n".join(pytester.runpytest_inprocess("--help").outlines)
    return set(re.findall(r"^ +(--nbcheck[a-z-]*)", shown, flags=re.MULTILINE))


def test_the_options_table_is_complete(plugin_options: set[str]):
    assert sorted(read_first_column(read_section("Options"))) == sorted(plugin_options)


def test_every_option_named_anywhere_exists(plugin_options: set[str]):
    named = set(re.findall(r"--nbcheck[a-z-]*", README))
    assert named <= plugin_options


def test_every_setting_named_anywhere_exists(pytestconfig: pytest.Config):
    for name in set(re.findall(r"^(nbcheck_\w+) =", README, flags=re.MULTILINE)):
        pytestconfig.getini(name)


def test_the_modes_table_is_complete():
    modes = read_first_column(read_section("What is compared"))
    assert modes == [mode.value for mode in CompareMode]


def test_every_make_target_exists():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    assert {"samples", "test"} <= set(re.findall(r"\bmake ([a-z-]+)", README)) <= targets


@pytest.mark.slow
def test_the_failure_shown_is_what_the_tool_prints(tmp_path: Path):
    (shown,) = re.findall(r"^```text\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    sample = (ROOT / "sample_notebooks/first_steps.ipynb").read_text("utf-8")
    (tmp_path / "first_steps.ipynb").write_text(sample.replace("range(1, 11)", "range(1, 12)"), "utf-8")
    command = [sys.executable, "-m", "pytest", "--nbcheck", "-p", "no:cacheprovider", "first_steps.ipynb"]
    environment = os.environ | {"COLUMNS": "80"}
    finished = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    assert shown in finished.stdout
