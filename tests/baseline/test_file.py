"""The file of a baseline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.baseline.file import Baseline, read_baseline, write_baseline
from nbcheck.baseline.known import Known, KnownAs
from nbcheck.errors import UsageError

KNOWN = Known("cell-1", KnownAs.DIFFERENT, "ab12", "0123", "stdout", "4567", ("2", "+3"))
ERROR = Known("cell-2", KnownAs.ERROR, source="89ab", error="ValueError")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
entries = st.builds(
    Known,
    texts,
    st.sampled_from(KnownAs),
    texts,
    texts,
    texts,
    texts,
    st.none() | st.lists(texts, max_size=3).map(tuple),
    texts,
    st.booleans(),
)
baselines = st.builds(
    Baseline, st.dictionaries(texts, st.lists(entries, min_size=1, max_size=3).map(tuple), max_size=3)
)


@given(baseline=baselines)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, baseline: Baseline) -> None:
    path = tmp_path_factory.mktemp("baseline") / "b.json"
    write_baseline(path, baseline)
    assert read_baseline(path) == baseline
    # One line an entry, so that git shows what comes and goes.
    lines = path.read_text().splitlines()
    assert sum(line.startswith("   {") for line in lines) == baseline.count


def test_what_it_looks_like(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    write_baseline(path, Baseline({"b.ipynb": (ERROR,), "a.ipynb": (KNOWN,)}))
    assert path.read_text() == (
        '{\n "format": 1,\n "notebooks": {\n'
        '  "a.ipynb": [\n'
        '   {"cell": "cell-1", "outcome": "different", "cell_id": "ab12", "source": "0123", "output": "stdout", '
        '"stored": "4567", "where": ["2", "+3"]}\n  ],\n'
        '  "b.ipynb": [\n'
        '   {"cell": "cell-2", "outcome": "error", "source": "89ab", "error": "ValueError"}\n  ]\n }\n}\n'
    )


def test_what_is_gone_is_taken_out() -> None:
    baseline = Baseline({"a.ipynb": (KNOWN, ERROR), "b.ipynb": (ERROR,)})
    left = baseline.without(
        {"a.ipynb": [KNOWN], "b.ipynb": [ERROR], "c.ipynb": [ERROR]}, {"a.ipynb": [ERROR]}
    )
    assert left == Baseline({"a.ipynb": (ERROR,)})
    assert (baseline.count, left.count, left.of("b.ipynb")) == (3, 1, ())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "there is no such baseline; write it with --nbcheck-write-baseline=b.json"),
        ("{", "no baseline that can be read: Expecting property name"),
        (
            "[]",
            "no baseline that can be read: its format is None, and this version of nbcheck reads format 1",
        ),
        ('{"format": 2}', "its format is 2, and this version"),
        ('{"format": 1}', "no baseline that can be read: 'notebooks'"),
        (json.dumps({"format": 1, "notebooks": {"a": [{"cell": 1}]}}), "no baseline that can be read: "),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: str | None, reason: str) -> None:
    path = tmp_path / "b.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError) as raised:
        read_baseline(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert reason in str(raised.value)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nosuch"):
        write_baseline(tmp_path / "nosuch" / "b.json", Baseline())
