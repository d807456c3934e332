"""Options of the command line and of the configuration file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example
from helpers.fake_kernel import prints
from helpers.nb import code, notebook, stdout
from nbcheck.compare.base import CompareMode, CompareOptions
from nbcheck.execution.options import RunOptions
from pytest_nbcheck.options import PluginOptions, resolve_options

Make = Callable[..., Example]
ONE = notebook(code("a"))


def resolve(pytester: pytest.Pytester, *arguments: str, ini: str = "") -> PluginOptions:
    pytester.makeini(f"[pytest]\n{ini}")
    return resolve_options(pytester.parseconfig(*arguments))


@pytest.mark.parametrize(
    ("arguments", "ini", "expected"),
    [
        ([], "", PluginOptions()),
        (["--nbcheck-mode=exact"], "", PluginOptions(mode="exact")),
        ([], "nbcheck_mode = run", PluginOptions(mode="run")),
        (["--nbcheck-mode=exact"], "nbcheck_mode = run", PluginOptions(mode="exact")),
        (["--nbcheck-items", "notebook"], "", PluginOptions(items="notebook")),
        (["--nbcheck-kernel=ir"], "nbcheck_kernel = notebook", PluginOptions(kernel="ir")),
        (["--nbcheck-cell-timeout=2.5"], "", PluginOptions(cell_timeout=2.5)),
        (["--nbcheck-cell-timeout=none"], "", PluginOptions(cell_timeout=float("inf"))),
        ([], "nbcheck_timeout = 60", PluginOptions(timeout=60)),
        ([], "nbcheck_kernel_startup_timeout = 5", PluginOptions(startup_timeout=5)),
        (["--nbcheck-cold"], "", PluginOptions(is_cold=True)),
        ([], "nbcheck_cold = true", PluginOptions(is_cold=True)),
        (
            ["--nbcheck-deterministic", "--nbcheck-no-network"],
            "",
            PluginOptions(is_deterministic=True, refuses_network=True),
        ),
        (
            [],
            "nbcheck_deterministic = true\nnbcheck_no_network = yes",
            PluginOptions(is_deterministic=True, refuses_network=True),
        ),
        (
            ["--nbcheck-affected"],
            "nbcheck_affected_variables = DATASET APP_*",
            PluginOptions(is_affected_only=True, affected_variables=("DATASET", "APP_*")),
        ),
        (["--nbcheck-html=out"], "nbcheck_html = in.html", PluginOptions(html="out")),
        ([], "nbcheck_json = run.json", PluginOptions(json="run.json")),
        ([], "nbcheck_gitlab = q.json", PluginOptions(gitlab="q.json")),
        (["--nbcheck-shard=2/5"], "nbcheck_durations = runs", PluginOptions(shard=(2, 5), durations="runs")),
        (["--nbcheck-heartbeat=none"], "nbcheck_heartbeat = 30", PluginOptions(heartbeat=float("inf"))),
        (["--nbcheck-annotations=github"], "nbcheck_annotations = none", PluginOptions(annotates=True)),
        ([], "addopts = --nbcheck-timeout=7", PluginOptions(timeout=7)),
        (["--nbcheck-max-memory=2G"], "", PluginOptions(max_memory=2 << 30)),
        (["--nbcheck-max-memory=1.5GiB"], "", PluginOptions(max_memory=3 << 29)),
        (["--nbcheck-max-memory=512m"], "", PluginOptions(max_memory=512 << 20)),
        (["--nbcheck-max-memory=67108864"], "", PluginOptions(max_memory=64 << 20)),
        ([], "nbcheck_max_memory = 1T", PluginOptions(max_memory=1 << 40)),
        (["--nbcheck-max-memory=none"], "nbcheck_max_memory = 1T", PluginOptions()),
    ],
)
def test_the_command_line_wins_over_the_file(
    pytester: pytest.Pytester, arguments: list[str], ini: str, expected: PluginOptions
) -> None:
    assert resolve(pytester, *arguments, ini=ini) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (PluginOptions(), RunOptions(compare=CompareOptions(roots=("/r",)))),
        (
            PluginOptions(
                mode="exact",
                kernel="ir",
                cell_timeout=2.5,
                timeout=60,
                startup_timeout=5,
                is_cold=True,
                max_memory=1 << 30,
            ),
            RunOptions(
                cell_timeout=2.5,
                notebook_timeout=60,
                startup_timeout=5,
                kernel="ir",
                is_cold=True,
                max_memory=1 << 30,
                compare=CompareOptions(mode=CompareMode.EXACT, roots=("/r",)),
            ),
        ),
        (
            PluginOptions(is_deterministic=True, refuses_network=True),
            RunOptions(
                instruments={"seeds": 0, "network": "--nbcheck-no-network"},
                environment={"PYTHONHASHSEED": "0"},
                compare=CompareOptions(roots=("/r",)),
            ),
        ),
        (
            PluginOptions(cell_timeout=float("inf"), timeout=float("inf")),
            RunOptions(cell_timeout=None, notebook_timeout=None, compare=CompareOptions(roots=("/r",))),
        ),
    ],
)
def test_the_library_gets_its_own_options(options: PluginOptions, expected: RunOptions) -> None:
    assert options.to_run_options(("/r",)) == expected


def test_every_wrong_value_is_named_at_once(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": ONE, "pytest.ini": "[pytest]\nnbcheck_timeout = soon\n"})
    result = example.run(
        "--nbcheck-mode=strict",
        "--nbcheck-cell-timeout=-1",
        "--nbcheck-kernel-startup-timeout=none",
        "--nbcheck-annotations=jenkins",
        "--nbcheck-nbval-cells-from=one",
        "--nbcheck-shard=6/5",
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.errlines == [
        "ERROR: --nbcheck-annotations: 'jenkins' is not one of auto, github, none",
        "--nbcheck-mode: 'strict' is not one of semantic, exact, run",
        "--nbcheck-cell-timeout: '-1' is not a number of seconds above 0, or none for no limit",
        "nbcheck_timeout: 'soon' is not a number of seconds above 0, or none for no limit",
        "--nbcheck-kernel-startup-timeout: 'none' is not a number of seconds above 0",
        "--nbcheck-nbval-cells-from: 'one' is not one of 0, 1",
        "--nbcheck-shard: '6/5' is not a part such as 2/5, the second of five",
        "",
    ]


@pytest.mark.parametrize("size", ["much", "", "-2G", "2X", "G", "0", "63M", "2 G M", "nan", "1e9"])
def test_a_size_that_is_none_or_too_small(pytester: pytest.Pytester, size: str) -> None:
    with pytest.raises(pytest.UsageError) as caught:
        resolve(pytester, f"--nbcheck-max-memory={size}")
    assert str(caught.value) == (
        f"--nbcheck-max-memory: {size!r} is not a size such as 2G, 512M or a number of bytes, of 64M or more, "
        "or none for no limit"
    )


def test_the_file_can_ask_for_notebooks(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": ONE, "pytest.ini": "[pytest]\naddopts = --nbcheck\n"})
    example.pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(("mode", "outcomes"), [("semantic", {"failed": 1}), ("run", {"passed": 1})])
def test_mode(fake_example: Make, mode: str, outcomes: dict[str, int]) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a", stdout("x")))}, {"a": [prints("y")]})
    example.run(f"--nbcheck-mode={mode}").assert_outcomes(**outcomes)


def test_kernel_and_its_timeout_reach_the_manager(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": ONE})
    example.run("--nbcheck-kernel=ir", "--nbcheck-kernel-startup-timeout=5").assert_outcomes(passed=1)
    assert (example.fakes.requested, example.fakes.timeouts) == (["ir"], [5.0])


@pytest.mark.parametrize(("arguments", "is_cold"), [([], False), (["--nbcheck-cold"], True)])
def test_the_manager_is_told_whether_to_fork(fake_example: Make, arguments: list[str], is_cold: bool) -> None:
    example = fake_example({"a.ipynb": ONE}, {"a": []})
    example.run(*arguments).assert_outcomes(passed=1)
    assert example.fakes.were_cold == [is_cold]


def test_the_limit_of_memory_reaches_the_manager(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": ONE})
    example.run("--nbcheck-max-memory=2G").assert_outcomes(passed=1)
    example.run().assert_outcomes(passed=1)
    assert example.fakes.limits == [2 << 30, None]


def test_by_default_the_manager_chooses(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": ONE})
    example.run().assert_outcomes(passed=1)
    assert (example.fakes.requested, example.fakes.timeouts) == ([None], [60.0])


def test_options_are_in_the_help(fake_example: Make) -> None:
    text = fake_example({}).run("--help").stdout.str()
    for name in (
        "mode",
        "items",
        "kernel",
        "cell-timeout",
        "timeout",
        "kernel-startup-timeout",
        "max-memory",
        "json",
        "gitlab",
        "annotations",
        "heartbeat",
        "shard",
        "durations",
        "cold",
    ):
        assert f"--nbcheck-{name}" in text
        assert f"nbcheck_{name.replace('-', '_')} (" in text
