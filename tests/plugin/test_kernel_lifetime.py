"""When kernels are started and ended, and in which folder and environment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, section, verdicts
from helpers.fake_kernel import Raises
from helpers.nb import code, notebook
from nbcheck.errors import KernelNotFound
from pytest_nbcheck.kernels import kernel_environment

Make = Callable[..., Example]

TWO = notebook(code("a"), code("b"))


def test_a_kernel_ends_after_the_last_item_of_its_notebook(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = fake_example({"a.ipynb": TWO, "b.ipynb": TWO})
    alive: list[int] = []
    start = example.fakes.start

    def count_alive(*arguments: object, **options: object) -> object:
        alive.append(sum(not kernel.is_closed for kernel in example.fakes.started))
        return start(*arguments, **options)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(example.fakes, "start", count_alive)
    example.run().assert_outcomes(passed=4)
    assert alive == [0, 0]
    assert [kernel.is_closed for kernel in example.fakes.started] == [True, True]
    assert example.fakes.closed == 1


def test_items_in_any_order_share_one_kernel(fake_example: Make) -> None:
    example = fake_example({"a.ipynb": TWO, "b.ipynb": TWO})
    example.write(
        "conftest.py",
        "def pytest_collection_modifyitems(items):\n    items[:] = [items[i] for i in (1, 3, 0, 2)]\n",
    )
    result = example.run("-v")
    result.assert_outcomes(passed=4)
    assert example.fakes.executed == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
def test_a_kernel_ends_when_the_session_is_cut_short(fake_example: Make, option: str) -> None:
    example = fake_example({"nb.ipynb": TWO}, {"a": [Raises("E")]})
    example.run(option).assert_outcomes(failed=1)
    assert [kernel.is_closed for kernel in example.fakes.started] == [True]


def test_the_folder_is_that_of_the_path_as_collected(fake_example: Make) -> None:
    example = fake_example({"real/nb.ipynb": TWO, "links/other.txt": ""})
    (example.folder / "links/nb.ipynb").symlink_to(example.folder / "real/nb.ipynb")
    example.run("links/nb.ipynb").assert_outcomes(passed=2)
    assert example.fakes.folders == [example.folder / "links"]


def test_the_kernels_note_is_told_once(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": TWO})
    example.fakes.note = "kernelspec 'py311' is not installed; the bundled Python kernel was used"
    result = example.run()
    text = result.stdout.str()
    assert (
        text.count("nb.ipynb: kernelspec 'py311' is not installed; the bundled Python kernel was used") == 1
    )


def test_a_run_started_again_is_a_new_kernel(fake_example: Make) -> None:
    example = fake_example({"nb.ipynb": notebook(code("a"), code("b"), code("c"))}, {"b": [Raises("E")]})
    result = example.run("-rA", "--reruns=1")
    assert verdicts(result)["nb.ipynb::cell-2"] == "failed"
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    assert example.fakes.executed == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HOME": "/h"}, {"HOME": "/h", "PYTHONHASHSEED": "0"}),
        ({"PYTHONHASHSEED": "random"}, {"PYTHONHASHSEED": "random"}),
        ({"PYTEST_CURRENT_TEST": "nb.ipynb::cell-1 (call)"}, {"PYTHONHASHSEED": "0"}),
    ],
)
def test_the_environment_of_kernels(environ: dict[str, str], expected: dict[str, str]) -> None:
    assert kernel_environment(environ) == expected


def test_a_kernel_that_cannot_be_started_fails_one_cell(
    fake_example: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = fake_example({"nb.ipynb": TWO})

    def choose(*_arguments: object) -> None:
        raise KernelNotFound("ir", ["python3"])

    monkeypatch.setattr(example.fakes, "choose", choose)
    result = example.run()
    result.assert_outcomes(failed=1, skipped=1)
    assert section(result, "[nbcheck] nb.ipynb::cell-1") == [
        f"nb.ipynb:6: cell 1: {KernelNotFound('ir', ['python3'])}",
        "",
        "  1 | a",
    ]
