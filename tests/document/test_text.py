"""Notebooks kept as text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.nb import code, markdown, notebook, result, stdout
from nbcheck.document import text as text_module
from nbcheck.document.text import FORMATS, TextDocument, is_text_notebook, read_text_document, text_twins
from nbcheck.errors import DocumentError
from pytest_nbcheck.session import _TEXT_SUFFIXES

MYST = """\
---
kernelspec:
  name: python3
---

# Title

```{code-cell} ipython3
:tags: [raises-exception]

1 / 0
```

text

```{code-cell}

x = 1
print(x)
```
"""
PERCENT = """\
# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     name: python3
# ---

# %% [markdown]
# Title

# %% tags=["slow"]
# !ls
x = 1

# %%
x + 1
"""
MARKDOWN = """\
---
jupyter:
  jupytext:
    text_representation:
      extension: .md
      format_name: markdown
  kernelspec:
    display_name: Python 3
    name: python3
---

# Title

```python
x = 1
```

```bash
ls
```
"""
QUARTO = """\
---
title: A report
jupyter: python3
---

```{python}
#| label: first
#| eval: false
x = 1
```

```{.python}
only shown
```

```{python}
print(2)
```
"""


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def read(tmp_path: Path, require: Callable[[str], Any]) -> Callable[..., TextDocument]:
    """A function that writes a text notebook, and reads it."""
    require("jupytext")
    return lambda name, content: read_text_document(write(tmp_path, name, content))


def cells(document: TextDocument) -> list[tuple[str, str, int]]:
    return [
        (cell["cell_type"], cell["source"], document.source_line(index))
        for index, cell in enumerate(document.notebook["cells"])
    ]


@pytest.mark.parametrize(
    ("name", "content", "is_notebook"),
    [
        ("a.md", MYST, True),
        ("a.md", MARKDOWN, True),
        ("a.MD", MYST, True),
        ("a.md", MYST.replace("\n", "\r\n"), True),
        ("a.md", b"\xef\xbb\xbf" + MYST.encode(), True),
        ("a.md", "---\ntitle: x\nfile_format: mystnb\n---\n", True),
        ("a.py", PERCENT, True),
        ("a.py", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n" + PERCENT, True),
        ("a.qmd", QUARTO, True),
        ("a.qmd", "---\nengine: jupyter\n---\n", True),
        ("a.md", "# Title\n\n---\njupyter: x\n---\n", False),
        ("a.md", "---\ntitle: x\n---\n\njupyter:\n", False),
        ("a.py", "# %%\nx = 1\n", False),
        ("a.py", "# ---\n# title: x\n# ---\n", False),
        ("a.qmd", "---\nengine: knitr\n---\n", False),
        ("a.txt", MYST, False),
        ("a.ipynb", MYST, False),
        ("a.md", b"\xff\xfe\x00", False),
        ("a.md", "", False),
    ],
)
def test_only_a_header_makes_a_notebook(
    tmp_path: Path, name: str, content: str | bytes, is_notebook: bool
) -> None:
    assert is_text_notebook(write(tmp_path, name, content)) is is_notebook


def test_what_is_no_file_is_no_notebook(tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    assert not is_text_notebook(tmp_path / "folder.md")
    assert not is_text_notebook(tmp_path / "missing.md")


def test_myst(read: Callable[..., TextDocument]) -> None:
    document = read("a.md", MYST)
    assert cells(document) == [
        ("markdown", "# Title", 6),
        ("code", "1 / 0", 11),
        ("markdown", "text", 14),
        ("code", "x = 1\nprint(x)", 18),
    ]
    assert document.notebook["cells"][1]["metadata"]["tags"] == ["raises-exception"]
    assert document.source_line(3, 2) == 19
    assert document.source_line(3, 9) == 19
    assert document.cell_line(3) == 18


def test_a_script_with_cells(read: Callable[..., TextDocument]) -> None:
    assert cells(read("a.py", PERCENT)) == [
        ("markdown", "Title", 11),
        ("code", "!ls\nx = 1", 14),
        ("code", "x + 1", 18),
    ]


def test_markdown(read: Callable[..., TextDocument]) -> None:
    assert cells(read("a.md", MARKDOWN)) == [
        ("markdown", "# Title", 12),
        ("code", "x = 1", 15),
        ("code", "%%bash\nls", 16),
    ]


def test_quarto(read: Callable[..., TextDocument]) -> None:
    document = read("a.qmd", QUARTO)
    _, skipped, shown, run = document.notebook["cells"]
    assert skipped["metadata"]["tags"] == ["skip-execution"]
    assert (shown["cell_type"], shown["source"]) == ("markdown", "only shown")
    assert (run["cell_type"], run["source"]) == ("code", "print(2)")
    assert document.source_line(3) == 17


def test_ids_are_the_same_each_time(read: Callable[..., TextDocument]) -> None:
    first, second = ([cell["id"] for cell in read("a.md", MYST).notebook["cells"]] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("formats", "place"),
    [
        ("ipynb,py:percent", "a.ipynb"),
        ("notebooks//ipynb,scripts//py:percent", "notebooks/a.ipynb"),
        ("", "a.ipynb"),
    ],
)
def test_outputs_come_from_the_paired_notebook(
    tmp_path: Path, require: Callable[[str], Any], formats: str, place: str
) -> None:
    require("jupytext")
    stored = notebook(
        markdown("Title"),
        code("!ls\nx = 1", stdout("file\n"), count=1),
        code("x + 10", result("11", 2), count=2),
        language_info={"name": "python"},
    )
    name = "scripts/a.py" if "//" in formats else "a.py"
    write(tmp_path, place, stored)
    text = PERCENT.replace("ipynb,py:percent", formats or "py:percent")
    document = read_text_document(write(tmp_path, name, text))
    first, second = document.notebook["cells"][1:]
    assert (first["outputs"], first["execution_count"]) == ([stdout("file\n")], 1)
    # Its source was changed since, so what is stored is not its own.
    assert (second["outputs"], second["execution_count"]) == ([], None)
    assert dict(document.stored_cells) == {1: 1}
    assert document.stored is not None
    assert document.notebook["metadata"]["language_info"] == {"name": "python"}
    assert document.output_line(1, 0) == document.source_line(1)


def test_equal_cells_are_matched_in_order(tmp_path: Path, require: Callable[[str], Any]) -> None:
    require("jupytext")
    write(tmp_path, "a.ipynb", notebook(code("x", stdout("1")), code("new"), code("x", stdout("2"))))
    text = MYST.partition("# Title")[0] + "```{code-cell}\nx\n```\n\n```{code-cell}\nx\n```\n"
    document = read_text_document(write(tmp_path, "a.md", text))
    assert [cell["outputs"] for cell in document.notebook["cells"]] == [[stdout("1")], [stdout("2")]]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.md", b"---\njupyter: x\n---\n\xff\n", ", line 4: not UTF-8; save it in UTF-8"),
        (
            "a.md",
            "---\njupytext: [\nkernelspec: }\n---\n\n```python\n1\n```\n",
            ", line 1: jupytext cannot read it: ",
        ),
    ],
)
def test_a_text_that_cannot_be_read(
    tmp_path: Path, require: Callable[[str], Any], name: str, content: str | bytes, said: str
) -> None:
    require("jupytext")
    path = write(tmp_path, name, content)
    with pytest.raises(DocumentError) as caught:
        read_text_document(path)
    assert re.sub(rf"^{re.escape(str(path))}", "", str(caught.value)).startswith(said)


def test_a_paired_notebook_that_is_broken_is_named(tmp_path: Path, require: Callable[[str], Any]) -> None:
    require("jupytext")
    broken = write(tmp_path, "a.ipynb", "{")
    with pytest.raises(DocumentError) as caught:
        read_text_document(write(tmp_path, "a.md", MYST))
    assert str(caught.value).startswith(str(broken))


def test_without_jupytext_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module, "can_read_text", lambda: False)
    path = write(tmp_path, "a.md", MYST)
    with pytest.raises(DocumentError) as caught:
        read_text_document(path)
    assert str(caught.value) == f"{path}: a notebook kept as text; install pytest-nbcheck[jupytext] to run it"


def test_texts_beside_a_notebook(tmp_path: Path) -> None:
    path = write(tmp_path, "a.ipynb", json.dumps({}))
    assert text_twins(path) == []
    twin = write(tmp_path, "a.md", MYST)
    write(tmp_path, "a.py", "x = 1")
    assert text_twins(path) == [twin]


def test_the_plugin_knows_the_same_endings() -> None:
    assert frozenset(FORMATS) == _TEXT_SUFFIXES
