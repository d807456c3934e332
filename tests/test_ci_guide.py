"""The workflows in docs/ci.md: they are YAML, and what they call exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_nbcheck.options import resolve_options

GUIDE = (Path(__file__).parents[1] / "docs/ci.md").read_text("utf-8")
WORKFLOWS = [
    yaml.safe_load(block)
    for block in re.findall(r"^```yaml\n(.*?)^```", GUIDE, flags=re.MULTILINE | re.DOTALL)
]
GITHUB = [workflow for workflow in WORKFLOWS if "jobs" in workflow]
SHARDED, SIMPLE = GITHUB
(GITLAB,) = (workflow for workflow in WORKFLOWS if "jobs" not in workflow)


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def commands() -> Iterator[str]:
    """Every call of pytest in the guide."""
    for workflow in GITHUB:
        yield from (step["run"] for step in steps(workflow) if step.get("run", "").startswith("pytest"))
    yield from (line for line in GITLAB["notebooks"]["script"] if line.startswith("pytest"))
    yield from re.findall(r"sh '(pytest .*)'", GUIDE)


COMMANDS = list(commands())


def test_they_were_found() -> None:
    assert len(COMMANDS) == 4


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_exists(pytester: pytest.Pytester, command: str) -> None:
    # What the CI system puts in.
    filled = re.sub(r"\$\{\{[^}]*\}\}|\$CI_NODE_INDEX", "1", command).replace("$CI_NODE_TOTAL", "4")
    config = pytester.parseconfig(*filled.split()[1:])
    assert resolve_options(config).wants_records
    assert config.getoption("file_or_dir") == ["docs"]


@pytest.mark.parametrize("workflow", GITHUB)
def test_jobs_of_github_need_jobs_that_are_there(workflow: dict[str, Any]) -> None:
    jobs = workflow["jobs"]
    for job in jobs.values():
        assert job["runs-on"]
        assert set([job["needs"]] if "needs" in job else []) <= jobs.keys()
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)


def test_the_matrix_has_as_many_parts_as_the_command_says() -> None:
    shards = SHARDED["jobs"]["notebooks"]["strategy"]["matrix"]["shard"]
    (count,) = re.findall(r"--nbcheck-shard=\S+ \S+ \}\}/(\d+)", COMMANDS[0])
    assert shards == list(range(1, int(count) + 1))


def test_artifacts_that_are_fetched_are_made() -> None:
    made = {step["with"]["name"] for step in steps(SHARDED) if "upload-artifact" in step.get("uses", "")}
    fetched = [step["with"] for step in steps(SHARDED) if "download-artifact" in step.get("uses", "")]
    assert {found["name"] for found in fetched if "name" in found} <= made
    assert {found["pattern"] for found in fetched if "pattern" in found} == {"reports-*"}


def test_files_that_gitlab_collects_are_written() -> None:
    artifacts = GITLAB["notebooks"]["artifacts"]
    (command,) = (line for line in GITLAB["notebooks"]["script"] if line.startswith("pytest"))
    for path in [*artifacts["paths"], *artifacts["reports"].values()]:
        assert f"={path}" in command
