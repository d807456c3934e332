"""Texts that change when, and only when, what they stand for does."""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, document, markdown, stdout
from nbcheck.affected.fingerprint import fingerprint, machine_facts, plugin_facts
from nbcheck.affected.record import Record
from nbcheck.affected.store import Store
from nbcheck.compare.base import CompareMode, CompareOptions
from nbcheck.errors import UsageError
from nbcheck.execution.options import RunOptions
from nbcheck.execution.plan import plan_notebook


@dataclass(frozen=True)
class Thing:
    name: str = "a"
    options: frozenset[str] = frozenset()
    where: int = 0
    rest: Any = field(default_factory=dict)


@pytest.mark.parametrize(
    "value",
    [
        Thing("b"),
        Thing(options=frozenset({"x"})),
        Thing(rest={"x": [1, 2.0, None, True]}),
        Thing(rest=ChainMap({"x": Path("y")})),
        Thing(rest=CompareMode.RUN),
        Thing(rest={"\ud800": "\ud800"}),
        {"name": "a"},
        [Thing()],
    ],
)
def test_every_part_counts(value: object) -> None:
    assert fingerprint(value) != fingerprint(Thing())
    assert fingerprint(value) == fingerprint(value)


def test_what_does_not_count() -> None:
    assert fingerprint([Thing()], without=["where"]) == fingerprint([Thing(where=1)], without=["where"])
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    names = [f"n{number}" for number in range(50)]
    assert fingerprint(frozenset(names)) == fingerprint(frozenset(reversed(names)))
    assert fingerprint(Thing(rest=object())) != fingerprint(Thing(rest=object()))


OPTIONS = RunOptions()
CELLS = (code("a", stdout("x")), markdown("text"), code("b"))
WITHOUT = ("document", "cell_index", "roots")


def of_notebook(*cells: Any, **metadata: Any) -> str:
    return fingerprint(plan_notebook(document(*cells, **metadata), OPTIONS), without=WITHOUT)


@pytest.mark.parametrize(
    ("cells", "is_same"),
    [
        (CELLS, True),
        ((CELLS[0], CELLS[2]), False),  # the ids of these cells differ
        ((CELLS[0], markdown("other"), CELLS[2]), True),
        ((code("a", stdout("x"), collapsed=True), *CELLS[1:]), True),
        ((code("a", stdout("y")), *CELLS[1:]), False),
        ((code("a "), *CELLS[1:]), False),
        ((code("a", stdout("x"), tags=["nbcheck-skip"]), *CELLS[1:]), False),
        ((*CELLS[:2], code("b", count=3)), False),
    ],
)
def test_what_of_a_notebook_counts(cells: Any, is_same: bool) -> None:
    assert (of_notebook(*cells) == of_notebook(*CELLS)) is is_same


def test_a_directive_for_the_whole_notebook_counts() -> None:
    assert of_notebook(*CELLS, nbcheck={"rtol": 0.1}) != of_notebook(*CELLS)
    assert of_notebook(*CELLS, nbcheck={"network": True}) != of_notebook(*CELLS)


def test_where_a_project_lies_does_not_count() -> None:
    there = replace(OPTIONS, compare=CompareOptions(roots=("/there",)))
    assert fingerprint(there, without=WITHOUT) == fingerprint(OPTIONS, without=WITHOUT)
    assert fingerprint(replace(OPTIONS, kernel="x"), without=WITHOUT) != fingerprint(OPTIONS, without=WITHOUT)


def test_the_machine() -> None:
    environ = {"PYTHONPATH": "a", "LC_ALL": "C", "HOME": "/h", "TOKEN": "secret"}
    facts = machine_facts(environ, ["TOK*"])
    assert [line.split()[0] for line in facts["variables"].splitlines()] == ["LC_ALL", "PYTHONPATH", "TOKEN"]
    assert "secret" not in str(facts)
    assert machine_facts({**environ, "HOME": "/i"}, ["TOK*"]) == facts
    assert machine_facts({**environ, "TOKEN": "x"}, ["TOK*"])["variables"] != facts["variables"]
    assert any(line.startswith("pytest ") for line in facts["packages"].splitlines())


def test_what_pytest_has_loaded(tmp_path: Path) -> None:
    inner = tmp_path / "project"
    names = ("conftest.py", "sub/rules.py", ".venv/lib/site-packages/x.py")
    for name in (*names, "../other.py"):
        path = inner / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    files = [*(str(inner / name) for name in names), str(tmp_path / "other.py"), str(inner / "gone.py"), None]
    (said,) = plugin_facts(inner, files).values()
    assert [line.split()[0] for line in said.splitlines()] == ["conftest.py", "sub/rules.py"]
    (inner / "sub/rules.py").write_text("other")
    assert plugin_facts(inner, files) != {"plugins": said}


# ---- the store


def test_records_are_kept_apart_and_forgotten(tmp_path: Path) -> None:
    store = Store(tmp_path)
    records = {
        name: Record(passed=name, facts={"python": "x"}) for name in ("a b.ipynb", "a-b.ipynb", "c/ä.ipynb")
    }
    for name, record in records.items():
        store.save(name, record)
    assert {name: Store(tmp_path).load(name) for name in records} == records
    store.usage_path("a-b.ipynb").write_text("")
    store.forget("a-b.ipynb")
    assert store.load("a-b.ipynb") is None
    assert not store.usage_path("a-b.ipynb").exists()
    assert store.load("a b.ipynb") is not None
    assert (tmp_path / ".nbcheck/affected/.gitignore").read_text() == "*\n"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"passed": 1}', "\ud800"])
def test_a_damaged_record_is_none(tmp_path: Path, content: str) -> None:
    store = Store(tmp_path)
    store.save("a", Record(passed="", facts={}))
    (path,) = tmp_path.glob(".nbcheck/affected/*.json")
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    assert store.load("a") is None


def test_no_place_for_records(tmp_path: Path) -> None:
    (tmp_path / ".nbcheck").write_text("")
    with pytest.raises(UsageError, match="affected cannot be written to: "):
        Store(tmp_path)
