"""docs/baseline.md says what is so."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import msgspec

from nbcheck.baseline.known import Known, KnownAs

TEXT = (Path(__file__).parents[2] / "docs/baseline.md").read_text()


def test_the_keys_of_an_entry() -> None:
    table = TEXT.partition("| key | |")[2]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [name for row in rows for name in re.findall("`(.+?)`", row)] == [
        "cell",
        "outcome",
        "cell_id",
        "source",
        "output",
        "stored",
        "where",
        "error",
        "unstable",
    ]
    assert {field.name for field in fields(Known)} == {
        name for row in rows for name in re.findall("`(.+?)`", row)
    }
    outcomes = next(line for line in table.splitlines() if line.startswith("| `outcome`"))
    assert re.findall("`(.+?)`", outcomes)[1:] == [str(one) for one in KnownAs]


def test_the_entry_that_is_shown() -> None:
    (line,) = re.findall("^{.*}$", TEXT, re.MULTILINE)
    assert msgspec.convert(json.loads(line), Known).where == ("3",)
