"""What docs/testing.md shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import helpers.example  # noqa: F401 - it imports what inner runs must not import anew

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/testing.md").read_text("utf-8")
SAMPLE = ROOT / "sample_notebooks/savings_plan.ipynb"
FILES = dict(re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))


@pytest.mark.slow
def test_examples(pytester: pytest.Pytester):
    pytester.path.joinpath(SAMPLE.name).write_bytes(SAMPLE.read_bytes())
    for name, source in FILES.items():
        pytester.path.joinpath(name).write_text(source, "utf-8")
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    count = sum(source.count("def test_") for source in FILES.values())
    more = sum(source.count("parametrize") for source in FILES.values())  # each with two sets
    assert (count, more) >= (8, 1)
    result.assert_outcomes(passed=count + more)


@pytest.mark.slow
def test_the_failure_shown(pytester: pytest.Pytester):
    blocks = re.findall(r"^```text\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    (shown,) = [block for block in blocks if "Traceback" in block]
    pytester.path.joinpath(SAMPLE.name).write_bytes(SAMPLE.read_bytes())
    lines = [
        line[4:] for line in shown.splitlines() if line.startswith(("    ", ">   ")) and "raise " not in line
    ]
    pytester.makepyfile(test_it="\n".join(lines))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "--no-header")
    result.assert_outcomes(failed=1)
    printed = [line for line in result.outlines if line and not line.startswith("notebook = ")]
    wanted = [line for line in shown.splitlines() if line]
    start = printed.index(wanted[0])
    assert printed[start : start + len(wanted)] == wanted
