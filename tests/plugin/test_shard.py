"""``--nbcheck-shard`` and ``--nbcheck-durations``. How notebooks are split: tests/execution/test_shards.py."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from helpers.example import Example, verdicts
from helpers.fake_kernel import Raises
from helpers.nb import code, notebook

Make = Callable[..., Example]

# By code cells: big to the first of two shards, the others to the second.
FILES = {
    "big.ipynb": notebook(*map(code, "abcdefgh")),
    "sub/small.ipynb": notebook(code("a"), code("b")),
    "tiny.ipynb": notebook(code("a")),
    "bad.ipynb": "{",
    "test_x.py": "def test_one(): pass\ndef test_two(): pass\n",
}


def notebooks(result: pytest.RunResult) -> set[str]:
    return {name.partition("::")[0] for name in verdicts(result)}


def split_of(result: pytest.RunResult) -> str:
    (found,) = re.findall(r"nbcheck: shard .*, split (\w+)", result.stdout.str())
    return str(found)


@pytest.mark.slow
def test_shards_together_run_everything_once(fake_example: Make) -> None:
    example = fake_example(FILES)
    whole = verdicts(example.run("-rA"))
    results = [example.run("-rA", f"--nbcheck-shard={number}/3") for number in (1, 2, 3)]
    parts = [verdicts(result) for result in results]
    assert sum(map(len, parts)) == len(whole)
    assert {name: outcome for part in parts for name, outcome in part.items()} == whole
    assert len({split_of(result) for result in results}) == 1


def test_what_a_shard_says(fake_example: Make) -> None:
    first, second = (fake_example(FILES).run("-rA", f"--nbcheck-shard={number}/2") for number in (1, 2))
    assert notebooks(first) == {"big.ipynb", "test_x.py"}
    assert notebooks(second) == {"sub/small.ipynb", "tiny.ipynb", "bad.ipynb"}
    first.assert_outcomes(passed=10, deselected=4)
    assert any(
        re.search(r"- nbcheck: shard 1 of 2: 1 of 4 notebooks, split \w{8} -", line)
        for line in first.outlines
    )


def test_a_shard_that_has_nothing_to_do_passes(fake_example: Make) -> None:
    example = fake_example({"a.ipynb": notebook(code("a"))})
    assert example.run("--nbcheck-shard=2/2").ret == 0
    # a mistake stays one
    assert example.run("--nbcheck-shard=1/2", "-k", "nothing").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    (example.folder / "a.ipynb").unlink()
    assert example.run("--nbcheck-shard=2/2").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_what_is_deselected_later_does_not_change_the_split(fake_example: Make) -> None:
    example = fake_example(FILES)
    selected = example.run("-rA", "--nbcheck-shard=2/2", "-k", "cell-1")
    assert notebooks(selected) == {"sub/small.ipynb", "tiny.ipynb"}
    assert split_of(selected) == split_of(example.run("--nbcheck-shard=1/2", "--collect-only"))


def test_durations_of_earlier_runs_decide(fake_example: Make) -> None:
    example = fake_example(FILES)
    example.run("--nbcheck-json=runs/one.json", "--nbcheck-items=notebook")
    report = json.loads((example.folder / "runs/one.json").read_bytes())
    seconds = {"big.ipynb": 1.0, "tiny.ipynb": 5.0, "sub/small.ipynb": 1.0}
    for entry in report["notebooks"]:
        entry["duration"] = seconds.get(entry["path"], 0.0)
    (example.folder / "runs/one.json").write_text(json.dumps(report))
    result = example.run("-rA", "--nbcheck-shard=1/2", "--nbcheck-durations=runs")
    assert notebooks(result) == {"tiny.ipynb", "test_x.py"}
    again = example.run("-rA", "--nbcheck-shard=2/2", "--nbcheck-durations=runs/one.json")
    assert notebooks(again) == {"big.ipynb", "sub/small.ipynb", "bad.ipynb"}
    assert split_of(again) == split_of(result)


def test_the_report_names_the_split(fake_example: Make) -> None:
    example = fake_example(FILES)
    result = example.run("--nbcheck-shard=2/2", "--nbcheck-json=run.json")
    environment = json.loads((example.folder / "run.json").read_bytes())["environment"]
    assert environment["shard"] == f"2 of 2: 3 of 4 notebooks, split {split_of(result)}"


@pytest.mark.parametrize("value", ["1/0", "6/5", "0/5", "x", "", "2", "1/2/3", "-1/2", "1.0/2", " 1/2"])
def test_what_is_no_shard_is_a_usage_error(fake_example: Make, value: str) -> None:
    result = fake_example(FILES).run(f"--nbcheck-shard={value}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = f"ERROR: --nbcheck-shard: {value!r} is not a part such as 2/5, the second of five"
    assert result.errlines[0] == said


def test_durations_that_are_not_there_are_a_usage_error(fake_example: Make) -> None:
    example = fake_example(FILES)
    result = example.run("--nbcheck-shard=1/2", "--nbcheck-durations=no")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines[0] == f"ERROR: --nbcheck-durations: {example.folder}/no: no such file or folder"


def test_a_selection_by_a_cache_is_refused(fake_example: Make) -> None:
    example = fake_example({"a.ipynb": notebook(code("a"))}, {"a": [Raises("ValueError")]})
    example.run()
    result = example.run("--nbcheck-shard=1/2", "--lf")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "cannot be combined with --lf" in result.errlines[0]
    assert example.run("--nbcheck-shard=1/2", "--ff").ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.slow
def test_workers_of_xdist_share_the_shard(example: Make, require: Callable[[str], object]) -> None:
    require("xdist")
    files = {f"nb{number}.ipynb": notebook(code("1"), code("2")) for number in range(3)}
    made = example(files)
    result = made.run_apart("-n2", "--nbcheck-shard=1/2", "-rA")
    assert notebooks(result) == {"nb0.ipynb", "nb2.ipynb"}
    assert split_of(result) == split_of(made.run("--nbcheck-shard=2/2", "--collect-only"))
    assert made.run_apart("-n1", "--nbcheck-shard=9/9").ret == 0
