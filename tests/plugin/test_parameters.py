"""``parametrize`` and ``--nbcheck-parameter``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from helpers.example import Example, section, verdicts
from helpers.fake_kernel import Raises, prints
from helpers.nb import code, notebook, stdout

CELLS = (
    code("alpha = 0.1", count=1, tags=["parameters"]),
    code("print(alpha)", stdout("0.1\n")),
    code("check(alpha)", count=3),
    code("print('end')", stdout("end\n")),
)
NOTEBOOK = notebook(*CELLS, nbcheck={"parametrize": [{"alpha": 0.1}, {"alpha": 0.5}]})
RUN = ["alpha = 0.1", "print(alpha)", "check(alpha)", "print('end')"]
SCRIPT = {"print(alpha)": [prints("0.1\n")], "print('end')": [prints("end\n")]}


def test_each_set_has_items_and_a_kernel_of_its_own(fake_example: Callable[..., Example]):
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT)
    result = example.run("-rA")
    names = [
        f"nb.ipynb::cell-{number}[{alpha}]" for alpha in ("alpha=0.1", "alpha=0.5") for number in (1, 2, 3, 4)
    ]
    assert verdicts(result) == dict.fromkeys(names, "passed")
    assert example.fakes.executed == [RUN, RUN]
    assert [kernel.hidden for kernel in example.fakes.started] == [["alpha = 0.1"], ["alpha = 0.5"]]
    assert [kernel.is_closed for kernel in example.fakes.started] == [True, True]
    assert "4 cells not compared: other parameters" in section(result, "nbcheck")


@pytest.mark.parametrize(
    ("arguments", "names", "kernels"),
    [
        (["nb.ipynb::cell-2[alpha=0.5]"], ["cell-2[alpha=0.5]"], 1),
        (["nb.ipynb::cell-2"], ["cell-2[alpha=0.1]", "cell-2[alpha=0.5]"], 2),
        (["-k", "cell-2 and 0.5"], ["cell-2[alpha=0.5]"], 1),
        (["--nbcheck-items=notebook"], ["notebook[alpha=0.1]", "notebook[alpha=0.5]"], 2),
        (["--nbcheck-parameter=alpha=0.3", "nb.ipynb::cell-2"], ["cell-2[alpha=0.3]"], 1),
    ],
)
def test_selection(
    fake_example: Callable[..., Example], arguments: list[str], names: list[str], kernels: int
):
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT)
    result = example.run("-rA", *arguments)
    assert verdicts(result) == {f"nb.ipynb::{name}": "passed" for name in names}
    wanted = RUN if "--nbcheck-items=notebook" in arguments else RUN[:2]
    assert example.fakes.executed == [wanted] * kernels


def test_a_failure_belongs_to_its_set(fake_example: Callable[..., Example]):
    example = fake_example(
        {"nb.ipynb": NOTEBOOK}, SCRIPT | {"check(alpha)": [Raises("ValueError", "too much")]}
    )
    result = example.run(
        "-rA", "nb.ipynb::cell-3[alpha=0.1]", "nb.ipynb::cell-4[alpha=0.1]", "nb.ipynb::cell-4"
    )
    assert {name: word for name, word in verdicts(result).items() if word == "failed"} == {
        "nb.ipynb::cell-3[alpha=0.1]": "failed",
        # Nobody asked for cell 3 of this set.
        "nb.ipynb::cell-4[alpha=0.5]": "failed",
    }


def test_an_item_that_runs_again_begins_anew_in_its_own_set(fake_example: Callable[..., Example]):
    example = fake_example({"nb.ipynb": NOTEBOOK}, SCRIPT | {"print('end')": [prints("other\n")]})
    result = example.run("--reruns=1", "nb.ipynb::cell-4")
    result.assert_outcomes(failed=1, passed=1)
    assert [kernel.hidden for kernel in example.fakes.started] == [
        ["alpha = 0.1"],
        ["alpha = 0.1"],
        ["alpha = 0.5"],
    ]


def test_a_report_tells_sets_apart(fake_example: Callable[..., Example]):
    example = fake_example({"nb.ipynb": NOTEBOOK}, {"check(alpha)": [Raises("ValueError")]})
    example.run("--nbcheck-html=report.html")
    text = (example.folder / "report.html").read_text("utf-8")
    assert "nb.ipynb[alpha=0.1]" in text
    assert "nb.ipynb[alpha=0.5]" in text
    example.run("--nbcheck-html=pages")
    assert len([*(example.folder / "pages").rglob("*.html")]) == 3


def test_bad_values(fake_example: Callable[..., Example]):
    example = fake_example({"nb.ipynb": NOTEBOOK})
    result = example.run("--nbcheck-parameter=1a=0", "--nbcheck-parameter=alpha")
    result.stderr.fnmatch_lines(
        [
            "*--nbcheck-parameter: '1a=0' is not a name and a value, such as alpha=0.3",
            "*--nbcheck-parameter: 'alpha' is not a name and a value, such as alpha=0.3",
        ]
    )
    result = example.run("--nbcheck-parameter=alhpa=0")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["nb.ipynb: cell 1 (line *), tagged parameters, does not assign 'alhpa'; did you mean 'alpha'?"]
    )


@pytest.mark.slow
def test_real_kernels_on_several_workers(example: Callable[..., Example]):
    cells = (
        code("alpha = 0.1", count=1, tags=["parameters"]),
        code("print(alpha)", stdout("0.1\n")),
        code("assert alpha in (0.1, 0.5)\nalpha += 1", count=3),
        code("assert alpha in (1.1, 1.5), alpha", count=4),
    )
    found = example({"nb.ipynb": notebook(*cells, nbcheck={"parametrize": [{}, {"alpha": 0.5}]})})
    result = found.run_apart("-n2", "--reruns=1")
    result.assert_outcomes(passed=8)
    assert "4 cells not compared: other parameters" in section(result, "nbcheck")
