"""The report on the samples that fail on purpose, as their reader sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.browser import Open, list_low_contrasts, see_everything

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SAMPLES = sorted(path.stem for path in (ROOT / "sample_notebooks/failing").glob("*.ipynb"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report of a run over all of them."""
    folder = tmp_path_factory.mktemp("report")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbcheck",
        f"--nbcheck-html={folder}",
        "-p",
        "no:cacheprovider",
    ]
    finished = subprocess.run(
        [*command, "."], cwd=ROOT / "sample_notebooks/failing", capture_output=True, text=True, check=False
    )
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED, finished.stdout + finished.stderr
    return folder


def test_every_sample_has_a_page(report: Path) -> None:
    assert sorted(page.stem for page in (report / "notebooks").iterdir()) == SAMPLES


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_read(open_page: Open, report: Path, scheme: str) -> None:
    made = open_page(report / "index.html", color_scheme=scheme)
    assert list_low_contrasts(made) == []
    for path in sorted((report / "notebooks").iterdir()):
        made.page.goto(path.as_uri())
        see_everything(made)
        assert made.complaints == [], path.name
        assert list_low_contrasts(made) == [], path.name
        assert made.page.locator("[data-failure]").count() > 0, path.name
