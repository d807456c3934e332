"""The bytes that an edit leaves, in files of many habits."""

import json
import shutil
import subprocess

import pytest

from helpers import formats
from helpers.formats import JUPYTER, Format, changed_lines
from nbcheck.document import edit_bytes, edit_document, parse_document, preserve
from nbcheck.document.edits import (
    AddTag,
    DeleteCell,
    DeleteMetadata,
    DeleteOutput,
    InsertCell,
    InsertOutput,
    MoveCell,
    RemoveTag,
    ReplaceOutput,
    ReplaceOutputs,
    SetCellId,
    SetExecutionCount,
    SetMetadata,
    SetSource,
)
from nbcheck.errors import DocumentError


def stream(*lines):
    return {"name": "stdout", "output_type": "stream", "text": list(lines)}


def picture(text, data):
    return {"data": {"image/png": data, "text/plain": [text]}, "metadata": {}, "output_type": "display_data"}


def notebook(*outputs, **metadata):
    return {
        "cells": [
            {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# caf\u00e9 a/b\n", "text"]},
            {
                "cell_type": "code",
                "execution_count": 1,
                "id": "b",
                "metadata": metadata,
                "outputs": list(outputs),
                "source": ["train()\n", "score()"],
            },
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def edited(raw, *edits):
    """Edit both ways, which agree."""
    new = edit_document(parse_document(raw), edits)
    assert edit_bytes(raw, edits) == new
    return new


TRAINING = notebook(
    stream("start\n", "acc\u00e9 0.91 /run\n", "end\n"),
    picture("<Figure>", "iVBOR/w0KGgo="),
    stream("after\n"),
)
BETTER = stream("start\n", "acc\u00e9 0.92 /run\n", "end\n")


@pytest.mark.parametrize(
    ("habits", "line"),
    [
        (JUPYTER, '      "acc\u00e9 %s /run\\n",'),
        (formats.COLAB, '            "acc\\u00e9 %s /run\\n",'),
        (formats.NTERACT, '          "text": "start\\nacc\u00e9 %s /run\\nend\\n"'),
        (formats.TABS, '\t\t\t\t\t\t"acc\u00e9 %s /run\\n",'),
        (formats.CRLF, '      "acc\u00e9 %s /run\\n",\r'),
        (formats.BYTE_ORDER_MARK, '                        "acc\u00e9 %s /run\\n",'),
        (formats.NO_INDENT, '"acc\u00e9 %s /run\\n",'),
        (formats.PYTHON_2, '      "acc\\u00e9 %s /run\\n", '),
        (formats.VS_CODE, '            "acc\u00e9 %s /run\\n",'),
        (formats.PHP, '                        "acc\\u00e9 %s \\/run\\n",'),
        (Format(end=""), '      "acc\u00e9 %s /run\\n",'),
        (Format(ascii=True, upper=True), '      "acc\\u00E9 %s /run\\n",'),
    ],
)
def test_one_changed_number_is_one_changed_line(habits, line):
    raw = habits.write(TRAINING)
    new = edited(raw, ReplaceOutput(1, 0, BETTER))
    assert changed_lines(raw, new) == ["-" + line % "0.91", "+" + line % "0.92"]
    assert edited(raw, ReplaceOutputs(1, [BETTER, *TRAINING["cells"][1]["outputs"][1:]])) == new
    assert new == habits.write(notebook(BETTER, *TRAINING["cells"][1]["outputs"][1:]))


@pytest.mark.parametrize("habits", [formats.ONE_LINE, formats.COMPACT])
def test_one_changed_number_in_a_file_of_one_line(habits):
    raw = habits.write(TRAINING)
    assert edited(raw, ReplaceOutput(1, 0, BETTER)) == raw.replace(b"0.91", b"0.92")


HAND_EDITED = rb"""
{ "nbformat" : 4, "nbformat_minor" : 5,

  "metadata":{"big": 123456789012345678901234567890, "x": 1.50, "x": 1e400, "n": NaN,   "s": "\ud800"},
  "cells": [
    { "cell_type":"code", "id":"a", "metadata": { },
      "execution_count"  :1,
      "source":["a\u00e9",  "\n", "c\u00E9"],
      "outputs" : [ {"output_type":"stream", "name":"stdout",
                     "text":["first\n",
                             "\/second 0.91\n"   , "th\u0069rd"]} ]
    }
  ] }"""


def test_one_changed_number_in_a_file_edited_by_hand():
    new = edited(HAND_EDITED, ReplaceOutput(0, 0, stream("first\n", "/second 0.92\n", "third")))
    assert new == HAND_EDITED.replace(b"0.91", b"0.92")


def test_line_added_to_a_file_edited_by_hand():
    new = edited(HAND_EDITED, SetSource(0, "a\u00e9\nc\u00e9\nd\u00e9"))
    assert new == HAND_EDITED.replace(rb'"c\u00E9"', rb'"c\u00E9", "\n", "d\u00e9"')


@pytest.mark.skipif(shutil.which("git") is None, reason="no git here")
@pytest.mark.slow
def test_git_shows_the_accepted_line_only(tmp_path):
    raw = JUPYTER.write(TRAINING)
    (tmp_path / "old").write_bytes(raw)
    (tmp_path / "new").write_bytes(edited(raw, ReplaceOutput(1, 0, BETTER)))
    done = subprocess.run(
        ["git", "diff", "--no-index", "--unified=0", "old", "new"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    lines = [line for line in done.stdout.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert lines == ['-      "acc\u00e9 0.91 /run\\n",', '+      "acc\u00e9 0.92 /run\\n",']


EVERYTHING = (
    SetExecutionCount(1, 7),
    ReplaceOutputs(1, [stream("one\n", "two"), picture("<Fig\u00e9>", "AAAA")]),
    SetSource(0, "# other\n\ntext"),
    SetCellId(0, "z"),
    SetMetadata(("nbcheck", "timeout"), 5, 1),
    AddTag(1, "slow"),
    SetMetadata(("authors",), [{"name": "A"}]),
    InsertCell(2, {"cell_type": "raw", "id": "c", "metadata": {}, "source": "a\nb"}),
)


@pytest.mark.parametrize(
    "habits",
    [
        JUPYTER,
        formats.TABS,
        formats.CRLF,
        formats.BYTE_ORDER_MARK,
        formats.NO_INDENT,
        formats.ONE_LINE,
        formats.COMPACT,
        formats.PYTHON_2,
        Format(lines=False),
        Format(ascii=True, slash=True, upper=True, colon=" : "),
    ],
)
def test_new_parts_are_written_as_the_file_is(habits):
    tree = notebook(stream("\x1b[0m\u00ef\n"), stream("two"))
    expected = notebook(stream("one\n", "two"), picture("<Fig\u00e9>", "AAAA"))
    expected["cells"][0] |= {"source": ["# other\n", "\n", "text"], "id": "z"}
    expected["cells"][1] |= {"execution_count": 7, "metadata": {"nbcheck": {"timeout": 5}, "tags": ["slow"]}}
    expected["cells"].append({"cell_type": "raw", "id": "c", "metadata": {}, "source": ["a\n", "b"]})
    expected["metadata"]["authors"] = [{"name": "A"}]
    assert edited(habits.write(tree), *EVERYTHING) == habits.write(expected)


def notebook_file(metadata, cells):
    """A file of one line from parts in JSON."""
    return f'{{"cells": {cells}, "metadata": {metadata}, "nbformat": 4, "nbformat_minor": 5}}'.encode()


def raw_cell(text):
    return {"cell_type": "raw", "id": text, "metadata": {}, "source": text}


# A list in JSON on the left, edits, and what it becomes; {0}, {1}... are cells.
@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        ("[{0}, {1}]", [InsertCell(0, raw_cell("n"))], "[{n}, {0}, {1}]"),
        ("[{0}, {1}]", [InsertCell(2, raw_cell("n"))], "[{0}, {1}, {n}]"),
        ("[ {0} ,{1} ]", [InsertCell(1, raw_cell("n"))], "[ {0} ,{n} ,{1} ]"),
        ("[\n{0}\n]", [InsertCell(1, raw_cell("n"))], "[\n{0},\n{n}\n]"),
        ("[\n\n  {0}\n]", [InsertCell(0, raw_cell("n"))], "[\n\n  {n},\n\n  {0}\n]"),
        ("[\n{0},\n{1},\n{2}\n]", [DeleteCell(0)], "[\n{1},\n{2}\n]"),
        ("[\n{0},\n{1},\n{2}\n]", [DeleteCell(1)], "[\n{0},\n{2}\n]"),
        ("[\n{0},\n{1},\n{2}\n]", [DeleteCell(2)], "[\n{0},\n{1}\n]"),
        ("[\n{0},\n{1}\n]", [DeleteCell(0), DeleteCell(1)], "[]"),
        ("[\n{0},\n{1}\n]", [DeleteCell(1), DeleteCell(0), InsertCell(1, raw_cell("n"))], "[\n{n}\n]"),
        ("[\n{0}, {1},\n{2}\n]", [MoveCell(2, 0)], "[\n{2}, {0}, {1}\n]"),
        ("[{0}, {1}, {2}]", [MoveCell(0, 3), MoveCell(1, 0)], "[{1}, {2}, {0}]"),
        ("[{0}, {1}, {2}]", [MoveCell(0, 1), MoveCell(2, 2)], "[{0}, {1}, {2}]"),
        ("[{0}, {1}]", [MoveCell(0, 2), SetSource(0, "x")], "[{1}, {0x}]"),
        (
            "[{0}, {1}]",
            [InsertCell(1, raw_cell("n")), MoveCell(0, 1), InsertCell(1, raw_cell("m"))],
            "[{0}, {n}, {m}, {1}]",
        ),
        (
            "[{0}, {1}, {2}]",
            [InsertCell(1, raw_cell("n")), MoveCell(2, 1), DeleteCell(1)],
            "[{0}, {n}, {2}]",
        ),
    ],
)
def test_cells_are_inserted_deleted_and_moved(before, edits, after):
    def fill(text):
        for name in ("0", "1", "2", "n", "m", "0x"):
            source = "x" if name == "0x" else name
            cell = f'"cell_type": "raw", "id": "{name[0]}", "metadata": {{}}, "source": "{source}"'
            text = text.replace(f"{{{name}}}", f"{{{cell}}}")
        return notebook_file("{}", text)

    assert edited(fill(before), *edits) == fill(after)


def outputs_file(text):
    cell = '"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, '
    return notebook_file("{}", f'[{{{cell}"outputs": {text}, "source": []}}]')


ONE, TWO = stream("1"), stream("2")
ONE_TEXT, TWO_TEXT = (
    '{"name": "stdout", "output_type": "stream", "text": ["1"]}',
    '{"name": "stdout", "output_type": "stream", "text": ["2"]}',
)
PLAIN = {"data": {"text/plain": "x"}, "metadata": {}, "output_type": "display_data"}
PLAIN_TEXT = '{"data": {"text/plain": ["x"]}, "metadata": {}, "output_type": "display_data"}'


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        ("[]", [InsertOutput(0, 0, ONE), InsertOutput(0, 0, PLAIN)], f"[{ONE_TEXT}, {PLAIN_TEXT}]"),
        ("[ ]", [ReplaceOutputs(0, [ONE])], f"[{ONE_TEXT}]"),
        (f"[ {ONE_TEXT}\n]", [InsertOutput(0, 1, PLAIN)], f"[ {ONE_TEXT}, {PLAIN_TEXT}\n]"),
        (f"[ {ONE_TEXT}\n]", [DeleteOutput(0, 0)], "[]"),
        (f"[ {ONE_TEXT}\n]", [ReplaceOutputs(0, [])], "[]"),
        (f"[ {ONE_TEXT}\n]", [ReplaceOutput(0, 0, PLAIN)], f"[ {PLAIN_TEXT}\n]"),
        (
            f"[ {ONE_TEXT} , {PLAIN_TEXT}\n]",
            [ReplaceOutputs(0, [TWO, PLAIN])],
            f"[ {TWO_TEXT} , {PLAIN_TEXT}\n]",
        ),
        # What there is already stays where it is: one output is added in front.
        (
            f"[{ONE_TEXT} , {PLAIN_TEXT}]",
            [ReplaceOutputs(0, [PLAIN, ONE, PLAIN])],
            f"[{PLAIN_TEXT} , {ONE_TEXT} , {PLAIN_TEXT}]",
        ),
        # An output of the same type is what becomes of an output, not the one that stands at its index.
        (
            f"[{ONE_TEXT},{PLAIN_TEXT.replace('x', 'y')}]",
            [ReplaceOutputs(0, [PLAIN])],
            f"[{PLAIN_TEXT}]",
        ),
        (
            f"[{ONE_TEXT},  {TWO_TEXT}]",
            [DeleteOutput(0, 1), InsertOutput(0, 1, PLAIN), ReplaceOutput(0, 0, TWO)],
            f"[{TWO_TEXT},  {PLAIN_TEXT}]",
        ),
    ],
)
def test_outputs_are_replaced_inserted_and_deleted(before, edits, after):
    assert edited(outputs_file(before), *edits) == outputs_file(after)


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        ("{}", [SetMetadata(("a", "b"), 1)], '{"a": {"b": 1}}'),
        ('{"b": 1}', [SetMetadata(("a",), 1)], '{"a": 1, "b": 1}'),
        ('{"b": 1, "a": 1}', [SetMetadata(("aa",), 1)], '{"b": 1, "a": 1, "aa": 1}'),
        ('{"a":1 ,"c":3}', [SetMetadata(("b",), 2)], '{"a":1 ,"b":2 ,"c":3}'),
        (
            '{"a": {"x": 1.0}}',
            [SetMetadata(("a",), {"x": 1.0, "y": [True]})],
            '{"a": {"x": 1.0, "y": [true]}}',
        ),
        ('{"a": 1.0}', [SetMetadata(("a",), 1)], '{"a": 1}'),
        ('{"a": 1.50}', [SetMetadata(("a",), 1.5)], '{"a": 1.50}'),
        ('{"a": [1, 2,3]}', [SetMetadata(("a",), [1, 3])], '{"a": [1,3]}'),
        ('{"a": NaN}', [SetMetadata(("a",), float("nan"))], '{"a": NaN}'),
        ('{"a": 0}', [SetMetadata(("a",), float("-inf"))], '{"a": -Infinity}'),
        ('{"a": "x"}', [SetMetadata(("a",), "\ud800\u00e9")], '{"a": "\\ud800\u00e9"}'),
        ('{"a": 1, "a": 2, "b": 3}', [SetMetadata(("a",), 5)], '{"a": 1, "a": 5, "b": 3}'),
        ('{"a": 1, "b": 3, "a": 2}', [DeleteMetadata(("a",))], '{"b": 3}'),
        ('{"a": {"b": 1}}', [DeleteMetadata(("a", "b"))], '{"a": {}}'),
        ('{"signature": "x"}', [SetMetadata(("a",), 1)], '{"a": 1, "signature": "x"}'),
    ],
)
def test_metadata_is_set_and_deleted(before, edits, after):
    assert edited(notebook_file(before, "[]"), *edits) == notebook_file(after, "[]")


@pytest.mark.parametrize(
    ("before", "edits", "after"),
    [
        ("{}", [AddTag(0, "a"), AddTag(0, "b"), AddTag(0, "a")], '{"tags": ["a", "b"]}'),
        ('{"tags": ["a","b"]}', [AddTag(0, "c")], '{"tags": ["a","b","c"]}'),
        ('{"tags": ["a","b"]}', [AddTag(0, "b"), RemoveTag(0, "c")], '{"tags": ["a","b"]}'),
        ('{"tags": ["a" , "b"]}', [RemoveTag(0, "a"), AddTag(0, "c")], '{"tags": ["b" , "c"]}'),
        ("{ }", [RemoveTag(0, "a")], "{ }"),
        ('{"trusted": true}', [AddTag(0, "a")], '{"tags": ["a"], "trusted": true}'),
    ],
)
def test_tags_are_added_and_removed(before, edits, after):
    def file(text):
        return notebook_file("{}", f'[{{"cell_type": "raw", "id": "a", "metadata": {text}, "source": ""}}]')

    assert edited(file(before), *edits) == file(after)


def test_keys_that_the_file_lacks_are_added():
    raw = b'{"nbformat": 4, "cells": [{"cell_type": "code"}]}'
    new = edited(
        raw,
        SetMetadata(("a",), 1),
        SetExecutionCount(0, 1),
        SetSource(0, "x"),
        InsertOutput(0, 0, ONE),
        AddTag(0, "t"),
    )
    assert json.loads(new) == {
        "nbformat": 4,
        "metadata": {"a": 1},
        "cells": [
            {
                "cell_type": "code",
                "execution_count": 1,
                "source": ["x"],
                "outputs": [ONE],
                "metadata": {"tags": ["t"]},
            }
        ],
    }


def test_new_keys_follow_the_order_of_their_siblings():
    tree = {
        "nbformat": 4,
        "nbformat_minor": 4,
        "cells": [
            {"source": ["1"], "metadata": {}, "outputs": [], "execution_count": 1, "cell_type": "code"},
            {"source": ["2"], "metadata": {}, "outputs": [PLAIN], "cell_type": "code"},
        ],
        "metadata": {},
    }
    raw = Format(sort=False).write(tree)
    other = {"output_type": "display_data", "metadata": {}, "data": {"text/plain": "y"}}
    new = edited(raw, SetExecutionCount(1, 2), InsertOutput(0, 0, other))
    tree["cells"][0]["outputs"] = [PLAIN | {"data": {"text/plain": "y"}}]
    tree["cells"][1] = {
        "source": ["2"],
        "metadata": {},
        "outputs": [PLAIN],
        "execution_count": 2,
        "cell_type": "code",
    }
    assert new == Format(sort=False).write(tree)


@pytest.mark.parametrize(
    ("stored", "new", "written"),
    [
        ("AAA", "BBB\n", "BBB"),
        ("AAA\n", "BBB", "BBB\n"),
        ("AAA\n", "AAA", "AAA\n"),
        ("AA A", "BBB\n", "BBB\n"),
    ],
)
def test_end_of_base64_follows_the_file(stored, new, written):
    tree = notebook(picture("x", stored))
    expected = JUPYTER.write(notebook(picture("x", written)))
    assert edited(JUPYTER.write(tree), ReplaceOutput(1, 0, picture("x", new))) == expected
    assert edited(JUPYTER.write(tree), ReplaceOutputs(1, [picture("x", new)])) == expected


def test_a_picture_that_is_the_same_stays_as_it_is_in_a_file_of_other_habits():
    tree = notebook(picture("x", "AAA\n"), picture("x", "BBB"), picture("x", "CCC"))
    raw = JUPYTER.write(tree)
    assert edited(raw, ReplaceOutput(1, 0, picture("x", "AAA"))) == raw


def test_lines_are_split_as_the_file_splits_them():
    raw = Format(lines=None).write(notebook(stream("10%\n", "20%\r30%\n", "end")))
    new = edited(raw, ReplaceOutput(1, 0, stream("10%\n20%\r40%\nmore\r\nend")))
    assert new == Format(lines=None).write(notebook(stream("10%\n", "20%\r40%\n", "more\r\n", "end")))


def test_lines_are_split_as_in_other_cells_if_the_text_itself_does_not_tell():
    def tree(*source):
        changed = notebook(stream("10%\r20%\n", "end"))
        changed["cells"][0]["source"] = list(source)
        return Format(lines=None).write(changed)

    assert edited(tree("a\n", "b"), SetSource(0, "a\nb\rc\nd")) == tree("a\n", "b\rc\n", "d")


def test_lines_are_split_as_jupyter_does_if_nothing_tells():
    def tree(*source):
        changed = notebook(stream("x\n", "end"))
        changed["cells"][0]["source"] = list(source)
        return Format(lines=None).write(changed)

    assert edited(tree("a\n", "b"), SetSource(0, "a\nb\rc\nd")) == tree("a\n", "b\r", "c\n", "d")


def test_keys_of_a_file_that_does_not_sort_them_are_appended():
    raw = Format(sort=False).write(
        {"nbformat": 4, "metadata": {"a": 1, "c": 2}, "cells": [], "nbformat_minor": 5}
    )
    new = edited(raw, SetMetadata(("b",), 3))
    assert list(parse_document(new).notebook.metadata) == ["a", "c", "b"]


def test_an_escaped_backslash_before_a_u_is_no_escape():
    tree = notebook(stream("C:\\u00e9 \\\\uABCD\n"))
    tree["cells"][0]["source"] = []
    raw = JUPYTER.write(tree)
    assert raw.isascii()
    assert b"\\\\u00e9" in raw
    new = edited(raw, SetSource(0, "\u00e9 \x1b"))
    assert '"\u00e9 \\u001b"'.encode() in new


@pytest.mark.parametrize(
    ("stored", "new", "written"),
    [
        (["a", "b\n", "c"], "ab\nx\nc", ["a", "b\n", "x\n", "c"]),
        (["a", "", "b"], "ab c", ["a", "", "b", " c"]),
        (["a", "b", "c"], "ac", ["a", "c"]),
        ("one\n", "one\ntwo", "one\ntwo"),
        ("", "two\nthree", "two\nthree"),
        ([], "two\nthree", ["two\n", "three"]),
        (["x"], "", []),
        ([""], "", [""]),
    ],
)
def test_shape_of_a_text_is_kept(stored, new, written):
    tree = notebook(stream("x\n"))
    tree["cells"][1]["source"] = stored
    raw = Format(lines=None).write(tree)
    tree["cells"][1]["source"] = written
    assert edited(raw, SetSource(1, new)) == Format(lines=None).write(tree)


def test_unchanged_lines_are_copied_though_others_move():
    raw = Format(lines=None).write(notebook(stream("a\n", "\u00e9b\n", "c\n", "\u00e9d\n")))
    raw = raw.replace("\u00e9b".encode(), rb"\u00e9b")
    new = edited(raw, ReplaceOutput(1, 0, stream("c\n", "new\n", "a\n", "\u00e9b\n", "x\n", "\u00e9d\n")))
    assert changed_lines(raw, new) == [
        '+      "c\\n",',
        '+      "new\\n",',
        '-      "c\\n",',
        '+      "x\\n",',
    ]


def test_a_changed_value_in_json_is_one_changed_line():
    def output(number):
        return {
            "data": {
                "application/vnd.x+json": {"data": [{"y": [1, number, 2.50, None]}], "layout": {"a": []}}
            },
            "metadata": {},
            "output_type": "display_data",
        }

    raw = JUPYTER.write(notebook(output(1e-7))).replace(b"2.5,", b"2.50,")
    new = edited(raw, ReplaceOutput(1, 0, output(1e-8)))
    assert changed_lines(raw, new) == ["-          1e-07,", "+          1e-08,"]


def test_lists_on_one_line_stay_on_one_line():
    raw = JUPYTER.write(notebook(stream("a\n", "b"), tags=["x", "y"]))
    raw = raw.replace(b'[\n     "x",\n     "y"\n    ]', b'["x", "y"]')
    new = edited(raw, AddTag(1, "z"))
    assert new == raw.replace(b'"y"]', b'"y", "z"]')


def test_brackets_that_share_a_line():
    raw = b"""{
  "cells": [{
    "cell_type": "code",
    "execution_count": 1,
    "id": "a",
    "metadata": {},
    "outputs": [],
    "source": []
  }, {
    "cell_type": "raw",
    "id": "b",
    "metadata": {},
    "source": []
  }],
  "metadata": {},
  "nbformat": 4,
  "nbformat_minor": 5
}
"""
    new = edited(raw, InsertCell(2, raw_cell("c")))
    added = b', {\n    "cell_type": "raw",\n    "id": "c",\n    "metadata": {},\n    "source": [\n      "c"\n    ]\n  }'
    assert new == raw.replace(b"  }],", b"  }" + added + b"],")


def test_a_cell_a_line():
    raw = b"""{"cells": [
{"cell_type": "raw", "id": "a", "metadata": {}, "source": ["a"]}
], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""
    new = edited(raw, InsertCell(1, raw_cell("b")))
    assert new == raw.replace(
        b"\n]", b',\n{"cell_type": "raw", "id": "b", "metadata": {}, "source": ["b"]}\n]'
    )


def test_without_edits_any_bytes_are_what_they_were():
    for raw in (b"", b"no notebook", JUPYTER.write(TRAINING), HAND_EDITED):
        assert edit_bytes(raw, []) is raw


def test_edits_that_change_nothing_give_the_same_bytes():
    for raw in (JUPYTER.write(TRAINING), formats.PHP.write(TRAINING)):
        document = parse_document(raw)
        cell = document.notebook.cells[1]
        edits = [
            ReplaceOutputs(1, cell.outputs),
            SetSource(1, cell.source),
            SetSource(0, document.notebook.cells[0].source),
            SetExecutionCount(1, 1),
            SetCellId(1, "b"),
            SetMetadata(("kernelspec",), document.notebook.metadata.kernelspec),
            MoveCell(0, 1),
        ]
        assert edit_document(document, edits) is raw


def test_edits_are_not_changed_and_not_shared():
    output = stream("x\n", "y")
    before = json.dumps(output)
    edited(JUPYTER.write(TRAINING), ReplaceOutput(1, 0, output))
    assert json.dumps(output) == before


def test_format_before_ids():
    tree = notebook(stream("x"))
    tree["nbformat_minor"] = 4
    for cell in tree["cells"]:
        del cell["id"]
    new = edited(JUPYTER.write(tree), InsertCell(0, raw_cell("a")))
    tree["cells"].insert(0, {"cell_type": "raw", "metadata": {}, "source": ["a"]})
    assert new == JUPYTER.write(tree)


def test_bytes_of_pictures_are_written_as_base64():
    raw = JUPYTER.write(notebook(picture("x", "AAA")))
    assert edited(raw, ReplaceOutput(1, 0, picture("x", b"BBB"))) == raw.replace(b"AAA", b"BBB")


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        ([SetSource(2, "x")], "line 2, column 11 (/cells/2): there is no cell 2, the notebook has 2 cells"),
        (
            [SetSource(-1, "x")],
            "line 2, column 11 (/cells/-1): there is no cell -1, the notebook has 2 cells",
        ),
        (
            [SetSource(True, "x")],
            "line 2, column 11 (/cells/True): there is no cell True, the notebook has 2 cells",
        ),
        (
            [DeleteOutput(1, 1)],
            "line 17, column 15 (/cells/1/outputs/1): there is no output 1, the cell has 1 output",
        ),
        (
            [InsertOutput(1, 2, ONE)],
            "line 17, column 15 (/cells/1/outputs/2): there is no place 2 among 1 output",
        ),
        ([InsertCell(3, raw_cell("n"))], "line 2, column 11 (/cells/3): there is no place 3 among 2 cells"),
        ([MoveCell(0, 5)], "line 2, column 11 (/cells/5): there is no place 5 among 2 cells"),
        (
            [ReplaceOutputs(0, [])],
            'line 3, column 3 (/cells/0): ReplaceOutputs is for code cells, and this is a cell of type "markdown"',
        ),
        (
            [SetExecutionCount(0, 1)],
            'line 3, column 3 (/cells/0): SetExecutionCount is for code cells, and this is a cell of type "markdown"',
        ),
        ([DeleteMetadata(("a",))], "line 32, column 14 (/metadata/a): there is no such key"),
        (
            [DeleteMetadata(("kernelspec", "a"))],
            "line 33, column 17 (/metadata/kernelspec/a): there is no such key",
        ),
        ([SetMetadata((), 1)], "line 32, column 14 (/metadata): SetMetadata names no key"),
        (
            [SetMetadata(("kernelspec", "name", "a", "b"), 1)],
            'line 35, column 12 (/metadata/kernelspec/name): found "python3", which has no keys',
        ),
        (
            [SetMetadata(("signature",), 1)],
            "line 32, column 14 (/metadata/signature): this key is never stored",
        ),
        (
            [SetMetadata(("trusted",), True, 0)],
            "line 6, column 16 (/cells/0/metadata/trusted): this key is never stored",
        ),
        (
            [SetSource(0, "x"), SetSource(0, "x")],
            "line 7, column 14 (/cells/0/source): SetSource and SetSource edit the same place; "
            "give one edit for each place",
        ),
        (
            [ReplaceOutput(1, 0, ONE), ReplaceOutputs(1, [])],
            "line 17, column 15 (/cells/1/outputs): ReplaceOutput and ReplaceOutputs edit the same place; "
            "give one edit for each place",
        ),
        (
            [ReplaceOutputs(1, []), InsertOutput(1, 0, ONE)],
            "line 17, column 15 (/cells/1/outputs): ReplaceOutputs and InsertOutput edit the same place; "
            "give one edit for each place",
        ),
        (
            [DeleteCell(0), SetSource(0, "x")],
            "line 7, column 14 (/cells/0/source): DeleteCell and SetSource edit the same place; "
            "give one edit for each place",
        ),
        (
            [MoveCell(0, 2), DeleteCell(0)],
            "line 3, column 3 (/cells/0): MoveCell and DeleteCell edit the same place; give one edit for each place",
        ),
        (
            [SetMetadata(("a", "b"), 1), SetMetadata(("a",), {})],
            "line 32, column 14 (/metadata/a): SetMetadata and SetMetadata edit the same place; "
            "give one edit for each place",
        ),
        (
            [AddTag(0, "a"), SetMetadata(("tags",), [], 0)],
            "line 6, column 16 (/cells/0/metadata/tags): AddTag and SetMetadata edit the same place; "
            "give one edit for each place",
        ),
        (
            [AddTag(0, "a"), RemoveTag(0, "a")],
            "line 6, column 16 (/cells/0/metadata/tags): AddTag and RemoveTag edit the same place; "
            "give one edit for each place",
        ),
        (
            [SetMetadata(("a",), {1, 2})],
            "line 32, column 14 (/metadata/a): no JSON, so it cannot be written: a value of type set",
        ),
        (
            [SetSource(0, 5)],
            "(/cells/0/source): the edit is not valid: found 5, allowed: a string or a list of strings",
        ),
        (
            [SetExecutionCount(1, -1)],
            "(/cells/1/execution_count): the edit is not valid: found -1, allowed: an integer from 0, or null",
        ),
        (
            [InsertOutput(1, 0, {"output_type": "stream", "name": "stdout", "text": 1})],
            "(/cells/1/outputs/0/text): the edit is not valid: found 1, allowed: a string or a list of strings",
        ),
        (
            [InsertCell(1, {"cell_type": "raw", "metadata": {}, "source": ""})],
            "(/cells/1/id): the edit is not valid: found nothing, allowed: 1 to 64 letters, digits, - and _",
        ),
        ([InsertCell(1, [])], "line 12, column 3 (/cells/1): found a list, allowed: an object"),
        (
            [AddTag(0, "a,b")],
            '(/cells/0/metadata/tags/0): the edit is not valid: found "a,b", allowed: a string without commas',
        ),
        (
            [SetMetadata(("kernelspec",), 1)],
            "(/metadata/kernelspec): the edit is not valid: found 1, allowed: an object",
        ),
        (
            [SetCellId(0, "")],
            '(/cells/0/id): the edit is not valid: found "", allowed: 1 to 64 letters, digits, - and _',
        ),
        ([SetCellId(0, "b")], 'line 5, column 10 (/cells/0/id): another cell has the id "b"'),
        ([InsertCell(0, raw_cell("b"))], 'line 5, column 10 (/cells/0/id): another cell has the id "b"'),
        (
            [SetCellId(0, "z"), SetCellId(1, "z")],
            'line 5, column 10 (/cells/0/id): another cell has the id "z"',
        ),
    ],
)
def test_refused_edit(edits, message):
    raw = JUPYTER.write(notebook(ONE))
    place = "notebook " if message.startswith("(") else "notebook, "
    for edit in (lambda: edit_bytes(raw, edits), lambda: edit_document(parse_document(raw), edits)):
        with pytest.raises(DocumentError) as caught:
            edit()
        assert str(caught.value) == place + message


def test_cells_without_ids_get_none():
    tree = notebook() | {"nbformat_minor": 4}
    for cell in tree["cells"]:
        del cell["id"]
    with pytest.raises(DocumentError) as caught:
        edit_bytes(JUPYTER.write(tree), [SetCellId(1, "a")])
    assert str(caught.value) == "notebook, line 11, column 3 (/cells/1): cells of format 4.4 have no ids"


# Reading refuses most of these, and who edits bytes has not read them.
@pytest.mark.parametrize(
    ("cell", "edit", "message"),
    [
        ('"metadata": 5', AddTag(0, "a"), "column 46 (/cells/0/metadata): found 5, which has no keys"),
        (
            '"metadata": 5',
            SetMetadata(("a",), 1, 0),
            "column 46 (/cells/0/metadata): found 5, which has no keys",
        ),
        (
            '"metadata": {"tags": 5}',
            AddTag(0, "a"),
            "column 55 (/cells/0/metadata/tags): found 5, allowed: a list",
        ),
        (
            '"outputs": {}',
            ReplaceOutputs(0, []),
            "column 45 (/cells/0/outputs): found an object, allowed: a list",
        ),
        (
            '"outputs": [5]',
            DeleteOutput(0, 1),
            "column 45 (/cells/0/outputs/1): there is no output 1, the cell has 1 output",
        ),
    ],
)
def test_cells_that_are_none(cell, edit, message):
    raw = f'{{"cells": [{{"cell_type": "code", {cell}}}], "nbformat": 4}}'.encode()
    with pytest.raises(DocumentError) as caught:
        edit_bytes(raw, [edit])
    assert str(caught.value) == f"notebook, line 1, {message}"


def test_outputs_that_are_none_can_be_replaced():
    raw = b'{"cells": [{"cell_type": "code", "outputs": [5, [6]]}], "nbformat": 4}'
    assert edit_bytes(raw, [DeleteOutput(0, 0)]) == raw.replace(b"5, ", b"")
    assert edit_bytes(raw, [ReplaceOutput(0, 0, ONE)]) == raw.replace(b"5", ONE_TEXT.encode())


def test_long_lists_are_compared_item_by_item():
    numbers = [number / 8 for number in range(25_000)]
    output = {"data": {"application/json": numbers}, "metadata": {}, "output_type": "display_data"}
    raw = JUPYTER.write(notebook(output)).replace(b"0.125,", b"0.1250,")
    numbers[20_000] = 0.3
    del numbers[-1]
    new = edited(raw, ReplaceOutput(1, 0, output))
    assert changed_lines(raw, new) == [
        "-       2500.0,",
        "+       0.3,",
        "-       3124.75,",
        "-       3124.875",
        "+       3124.75",
    ]


def test_ids_can_be_exchanged():
    raw = JUPYTER.write(TRAINING)
    new = edited(raw, SetCellId(0, "b"), SetCellId(1, "a"))
    assert [cell.id for cell in parse_document(new).notebook.cells] == ["b", "a"]


def test_faults_that_were_there_are_no_reason_to_refuse():
    tree = notebook(stream("x"), {"output_type": "odd", "extra": 1}, tags=["a,b"])
    tree["cells"][1]["extra"] = True
    raw = JUPYTER.write(tree)
    new = edited(raw, ReplaceOutput(1, 0, stream("y")), AddTag(1, "c"), DeleteOutput(1, 1))
    assert [output.output_type for output in parse_document(new).notebook.cells[1].outputs] == ["stream"]


@pytest.mark.parametrize("major", [1, 2, 3])
def test_old_formats_are_refused(major):
    tree = {
        1: {"cells": [{"cell_type": "code", "code": "1"}]},
        2: {"worksheets": [], "nbformat": 2, "metadata": {}},
        3: {"worksheets": [], "nbformat": 3, "nbformat_minor": 0, "metadata": {}},
    }[major]
    raw = json.dumps(tree).encode()
    assert edit_document(parse_document(raw), []) == raw
    for edit in (edit_bytes, lambda raw, edits: edit_document(parse_document(raw), edits)):
        with pytest.raises(DocumentError) as caught:
            edit(raw, [SetMetadata(("a",), 1)])
        assert str(caught.value) == (
            f"notebook: a notebook of format {major} is not edited in place, because outputs of today's kernels "
            "have no place in it; upgrade it first: nbcheck doc upgrade"
        )


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "a.ipynb: the file is empty; delete it, or restore the file"),
        (b"[1]", "a.ipynb, line 1: found a list where a notebook has an object"),
        (b"{}", "a.ipynb: no notebook of format 4"),
        (b'{"nbformat": 5, "cells": []}', "a.ipynb: no notebook of format 4"),
        (b'{"nbformat": 4, "cells": {}}', "a.ipynb: no notebook of format 4"),
        (
            b'{"nbformat": 4, "cells": []',
            "a.ipynb, line 1, column 28: the file ends in the middle of the notebook",
        ),
        (b'{"nbformat": 4, "cells": [], "a": tru}', "a.ipynb, line 1, column 35: not valid JSON"),
        (b'{"nbformat": 4, "cells": [], "a": "\xff"}', "a.ipynb, line 1, column 36: not UTF-8"),
        (
            b'{"nbformat": 4, "cells": [5]}',
            "a.ipynb, line 1, column 27 (/cells/0): found 5, allowed: an object",
        ),
    ],
)
def test_bytes_that_are_no_notebook(raw, message):
    with pytest.raises(DocumentError) as caught:
        edit_bytes(raw, [SetSource(0, "x")] if b"5]" in raw else [SetMetadata(("a",), 1)], "a.ipynb")
    assert str(caught.value).startswith(message)


def nested(depth, core, *, in_lists):
    for _ in range(depth):
        core = [core] if in_lists else {"a": core}
    return core


@pytest.mark.parametrize("in_lists", [True, False])
def test_value_that_is_nested_as_deeply_as_can_be_read(in_lists):
    raw = JUPYTER.write(TRAINING)
    # Around it are the notebook, the list of cells, the cell and its metadata.
    first = edited(raw, SetMetadata(("a",), nested(296, 1.0, in_lists=in_lists), 0))
    assert parse_document(first).notebook.cells[0].metadata.a == nested(296, 1.0, in_lists=in_lists)
    second = edited(first, SetMetadata(("a",), nested(296, 1.5, in_lists=in_lists), 0))
    assert len(changed_lines(first, second)) == 2


@pytest.mark.parametrize("depth", [297, 320, 3000])
def test_value_that_is_nested_too_deeply(depth):
    with pytest.raises(DocumentError) as caught:
        edit_bytes(JUPYTER.write(TRAINING), [SetMetadata(("a",), nested(depth, 1, in_lists=True), 0)])
    assert str(caught.value) == (
        "notebook: the edited notebook would have lists and objects nested more than 300 deep, which are not read; "
        "give the edit a simpler value"
    )


def test_what_is_no_edit():
    with pytest.raises(TypeError, match="no edit: 5"):
        edit_bytes(JUPYTER.write(TRAINING), [5])


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (lambda new: new.replace(b"0.92", b"0.93"), " (/cells/1)"),
        (lambda new: new.replace(b"# caf", b"# Caf"), " (/cells/0)"),
        (lambda new: new.replace(b"python3", b"python4"), " (/metadata)"),
        (lambda new: new.replace(b'"nbformat"', b'"nbformet"'), ""),
        (lambda new: new.replace(b'"nbformat_minor": 5', b'"nbformat_minor": 4'), " (/nbformat_minor)"),
        (lambda new: new.replace(b'"cells": [', b'"cells": [{},'), " (/cells)"),
        (lambda new: new[:-3], ""),
        (lambda new: new.replace(b"0.92", b"0.\xff2"), ""),
    ],
)
def test_what_cannot_be_proven_is_not_given_out(monkeypatch, wrong, place):
    join = preserve.assemble
    monkeypatch.setattr(preserve, "assemble", lambda *arguments: [wrong(b"".join(join(*arguments)))])
    with pytest.raises(DocumentError) as caught:
        edit_bytes(
            JUPYTER.write(TRAINING), [ReplaceOutput(1, 0, BETTER), SetMetadata(("kernelspec", "x"), 1)]
        )
    assert str(caught.value) == (
        f"notebook{place}: after the edit the file would not read as it should, so the edit is refused: "
        "a mistake in nbcheck; report it with the notebook; the file is as it was"
    )
