"""Edits of the notebooks that nbformat is tested with: files of many writers and many years."""

import subprocess
import sys
import tarfile
from importlib.metadata import version

import pytest

from helpers.formats import changed_lines
from nbcheck.document import edit_bytes, edit_document, edits, parse_document
from nbcheck.errors import DocumentError

pytestmark = [pytest.mark.slow, pytest.mark.foreign]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Name and bytes of each notebook in the source distribution of nbformat."""
    folder = tmp_path_factory.mktemp("nbformat")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    done = subprocess.run(
        [*command, "--dest", str(folder), f"nbformat=={version('nbformat')}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode or not archives:
        pytest.skip("the package index is out of reach")
    with tarfile.open(archives[0]) as archive:
        found = {
            member.name: archive.extractfile(member).read()
            for member in archive
            if member.name.endswith(".ipynb") and member.isfile()
        }
    assert len(found) > 15
    return found


def documents(files):
    for name, raw in files.items():
        try:
            yield name, parse_document(raw)
        except DocumentError:
            # Some are broken on purpose.
            continue


def test_no_edit_is_no_change(files):
    read = dict(documents(files))
    assert len(read) > 12
    for document in read.values():
        assert edit_document(document, []) is document.raw
        if document.version[0] == 4:
            same = [
                edits.SetSource(index, cell.source)
                for index, cell in enumerate(document.notebook.cells)
                if document.positions.span(f"/cells/{index}/source")
            ]
            assert edit_document(document, same) is document.raw
    for raw in files.values():
        assert edit_bytes(raw, []) is raw


def test_one_line_of_the_first_output(files):
    edited = 0
    for document in dict(documents(files)).values():
        code = [index for index, cell in enumerate(document.notebook.cells) if cell.cell_type == "code"]
        full = [index for index in code if document.notebook.cells[index].outputs]
        if document.version[0] < 4 or not full:
            continue
        index = full[0]
        output = document.notebook.cells[index].outputs[0]
        holder, key = (output, "text") if "text" in output else (output.get("data", output), "text/plain")
        if key not in holder:
            continue
        holder[key] = "changed " + holder[key]
        new = edit_document(document, [edits.ReplaceOutput(index, 0, output)])
        lines = changed_lines(document.raw, new)
        assert len(lines) == 2
        assert [line[0] for line in lines] == ["-", "+"]
        assert lines[0][1:] == lines[1][1:].replace("changed ", "")
        edited += 1
    assert edited > 5
