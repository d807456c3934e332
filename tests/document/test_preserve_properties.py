"""What holds for every edit of every notebook in every form."""

import json

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from helpers.edit_strategies import edited_tree, edits, touched
from helpers.formats import Format, formats, odd_files
from helpers.notebook_strategies import cells, damaged, json_values, notebooks, outputs, slowly, texts
from nbcheck.document import check, edit_bytes, edit_document, parse_document
from nbcheck.document import edits as e
from nbcheck.document.positions import Positions
from nbcheck.errors import DocumentError

files = st.builds(Format.write, formats, notebooks()) | odd_files(notebooks())


def text_of(tree):
    """A text that is the same for trees that are; the end of base64 is the file's business and is left out."""
    tree = json.loads(json.dumps(tree))
    for cell in tree["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if isinstance(data.get("image/png"), str):
                data["image/png"] = data["image/png"].removesuffix("\n")
    return json.dumps(tree, sort_keys=True)


@pytest.mark.slow
@slowly
@given(st.data(), files)
def test_one_edit(data, raw):
    document = parse_document(raw)
    edit = data.draw(edits(document))
    event(type(edit).__name__)
    new = edit_document(document, [edit])
    assert edit_bytes(raw, [edit]) == new
    after = parse_document(new)
    assert text_of(after.without_invented_ids()) == text_of(edited_tree(document, [edit]))
    assert len(check(after.without_invented_ids())) <= len(check(document.without_invented_ids()))

    start, stop = touched(document, edit)
    assert new.startswith(raw[:start])
    assert new.endswith(raw[stop:])
    assert len(new) >= len(raw) - (stop - start)

    if isinstance(edit, e.InsertCell | e.DeleteCell | e.MoveCell):
        before, now = cells_of(raw), cells_of(new)
        if isinstance(edit, e.InsertCell):
            del now[edit.cell_index]
        elif isinstance(edit, e.DeleteCell):
            del before[edit.cell_index]
        else:
            moved = before.pop(edit.cell_index)
            before.insert(edit.before - (edit.before > edit.cell_index), moved)
        assert now == before


def cells_of(raw):
    positions = Positions(raw)
    return [raw[slice(*span)] for span in positions.spans(positions.offset("/cells"))]


@pytest.mark.slow
@slowly
@given(st.data(), files)
def test_edits_together(data, raw):
    document = parse_document(raw)
    several = data.draw(st.lists(edits(document), min_size=2, max_size=5))
    try:
        new = edit_document(document, several)
    except DocumentError as error:
        assert "edit the same place" in error.problem or "another cell has the id" in error.problem  # noqa: PT017
        event("refused")
        return
    event("done")
    assert edit_bytes(raw, several) == new
    assert text_of(parse_document(new).without_invented_ids()) == text_of(edited_tree(document, several))


@pytest.mark.slow
@slowly
@given(files)
def test_no_edit(raw):
    document = parse_document(raw)
    assert edit_document(document, []) is raw
    same = [e.SetSource(index, cell.source) for index, cell in enumerate(document.notebook.cells)]
    same += [
        e.ReplaceOutputs(index, cell.outputs)
        for index, cell in enumerate(document.notebook.cells)
        if cell.cell_type == "code"
    ]
    assert edit_document(document, same) is raw


@st.composite
def inverses(draw, document):
    """An edit and the one that undoes it, where the file tells as much after the first as before."""
    stored = document.notebook.cells
    kinds = ["insert cell", "notebook metadata"]
    kinds += ["source", "id", "metadata", "move"] if stored else []
    index = draw(st.integers(0, len(stored) - 1)) if stored else 0
    if stored and stored[index].cell_type == "code":
        kinds += ["count", "insert output"]
    if stored and "tags" in stored[index].metadata:
        kinds.append("tag")
    match draw(st.sampled_from(kinds)):
        case "insert cell":
            at = draw(st.integers(0, len(stored)))
            return e.InsertCell(at, draw(cells(cell_id="new"))), e.DeleteCell(at)
        case "notebook metadata":
            return e.SetMetadata(("new",), draw(json_values())), e.DeleteMetadata(("new",))
        case "source":
            return e.SetSource(index, draw(texts())), e.SetSource(index, stored[index].source)
        case "id":
            return e.SetCellId(index, "new"), e.SetCellId(index, stored[index].id)
        case "metadata":
            return e.SetMetadata(("new", "a"), 1, index), e.DeleteMetadata(("new",), index)
        case "move":
            before = draw(st.integers(0, len(stored)))
            at = before - (before > index)
            return e.MoveCell(index, before), e.MoveCell(at, index + (index > at))
        case "count":
            return e.SetExecutionCount(index, 123), e.SetExecutionCount(index, stored[index].execution_count)
        case "tag":
            return e.AddTag(index, "new"), e.RemoveTag(index, "new")
        case _:
            at = draw(st.integers(0, len(stored[index].outputs)))
            return e.InsertOutput(index, at, draw(outputs())), e.DeleteOutput(index, at)


plain = st.builds(
    Format,
    indent=st.sampled_from([" ", "  ", "\t", "", None]),
    newline=st.sampled_from(["\n", "\r\n"]),
    colon=st.sampled_from([": ", ":"]),
    bom=st.booleans(),
    end=st.sampled_from(["", "\n"]),
    lines=st.booleans(),
)


@pytest.mark.slow
@slowly
@given(st.data(), plain, notebooks(minors=(5,)))
def test_edit_and_its_inverse(data, habits, tree):
    raw = habits.write(tree)
    document = parse_document(raw)
    there, back = data.draw(inverses(document))
    event(type(there).__name__)
    assert edit_bytes(edit_bytes(raw, [there]), [back]) == raw


@pytest.mark.slow
@slowly
@given(st.data(), plain.filter(lambda habits: habits.lines), notebooks(minors=(5,)))
def test_an_edited_file_is_formatted_as_if_it_had_been_written_as_a_whole(data, habits, tree):
    for cell in tree["cells"]:
        cell["metadata"].pop("trusted", None)
        for output in cell.get("outputs", []):
            # A file with base64 may give new base64 another end.
            output.get("data", {}).pop("image/png", None)
    raw = habits.write(tree)
    document = parse_document(raw)
    edit = data.draw(edits(document))
    event(type(edit).__name__)
    assert edit_document(document, [edit]) == habits.write(edited_tree(document, [edit]))


@pytest.mark.slow
@slowly
@given(st.data(), damaged(notebooks(), keep=("nbformat", "cells")), formats)
def test_damaged_notebooks(data, tree, habits):
    raw = json.dumps(tree, indent=habits.indent, ensure_ascii=habits.ascii).encode()
    try:
        document = parse_document(raw)
    except DocumentError:
        assume(False)
    edit = data.draw(edits(document))
    try:
        new = edit_document(document, [edit])
    except DocumentError as error:
        event(f"refused: {error.problem[:30]}")
        return
    assert text_of(parse_document(new).without_invented_ids()) == text_of(edited_tree(document, [edit]))
