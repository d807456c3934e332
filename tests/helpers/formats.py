"""Formatting habits of notebook files, and files written with them by the standard library."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from nbformat import from_dict
from nbformat.v4.rwbase import rejoin_lines, split_lines


@dataclass(frozen=True)
class Format:
    """How a program writes notebooks; the defaults are Jupyter's ways."""

    indent: str | None = " "
    newline: str = "\n"
    ascii: bool = False
    slash: bool = False
    upper: bool = False
    comma: str = ","
    colon: str = ": "
    sort: bool = True
    bom: bool = False
    end: str = "\n"
    lines: bool | None = True
    """Whether texts are lists of lines; None leaves them as they are."""

    def write(self, tree: dict[str, Any]) -> bytes:
        """The file of a notebook."""
        if self.lines is not None:
            tree = json.loads(json.dumps(tree))
            tree = (split_lines if self.lines else lambda node: node)(rejoin_lines(from_dict(tree)))
        text = json.dumps(
            tree,
            indent=self.indent,
            ensure_ascii=self.ascii,
            separators=(self.comma, self.colon),
            sort_keys=self.sort,
        )
        # Line feeds inside of strings are escaped, and a slash stands nowhere else.
        text = text.replace("\n", self.newline)
        if self.slash:
            text = text.replace("/", "\\/")
        if self.upper:
            text = re.sub(r"(\\\\)|\\u([0-9a-f]{4})", _upper, text)
        return b"\xef\xbb\xbf" * self.bom + (text + self.end).encode()


def _upper(match: re.Match[str]) -> str:
    return match[1] or f"\\u{match[2].upper()}"


JUPYTER = Format()
VS_CODE = Format(indent="  ")
COLAB = Format(indent="  ", ascii=True, sort=False, end="")
NTERACT = Format(indent="  ", sort=False, lines=False)
TABS = Format(indent="\t")
ONE_LINE = Format(indent=None, comma=", ", end="")
COMPACT = Format(indent=None, colon=":", end="\n")
CRLF = Format(newline="\r\n", end="\r\n")
BYTE_ORDER_MARK = Format(indent="    ", bom=True)
NO_INDENT = Format(indent="", end="\n\n")
PYTHON_2 = Format(comma=", ", ascii=True)
PHP = Format(indent="    ", ascii=True, slash=True, sort=False)

formats = st.builds(
    Format,
    indent=st.sampled_from([" ", "  ", "    ", "\t", "", None]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    ascii=st.booleans(),
    slash=st.booleans(),
    upper=st.booleans(),
    comma=st.sampled_from([",", ", "]),
    colon=st.sampled_from([": ", ":", " : "]),
    sort=st.booleans(),
    bom=st.booleans(),
    end=st.sampled_from(["", "\n", "\n\n", " \r\n"]),
    lines=st.sampled_from([True, False, None]),
)
"""Any habits."""


@st.composite
def odd_files(draw: st.DrawFn, trees: st.SearchStrategy[dict[str, Any]]) -> bytes:
    """A file without habits: white space and escapes as it happens, and names that are repeated."""
    spaces = st.sampled_from(["", "", " ", "\n", "\r\n  ", "\t \n\n"])
    random = draw(st.randoms(use_true_random=False))

    def space() -> str:
        return random.choice(["", "", " ", "\n", "\r\n  ", "\t \n\n"])

    def write(value: Any) -> str:
        if isinstance(value, dict):
            members = list(value.items())
            if members and random.random() < 0.2:
                members.insert(0, (random.choice(members)[0], random.choice([None, 12, [{"a": "]"}]])))
            inner = ",".join(
                f"{space()}{write(key)}{space()}:{space()}{write(item)}{space()}" for key, item in members
            )
            return f"{{{inner or space()}}}"
        if isinstance(value, list):
            return f"[{','.join(space() + write(item) + space() for item in value) or space()}]"
        text = json.dumps(value, ensure_ascii=random.random() < 0.5)
        return text.replace("/", "\\/") if random.random() < 0.3 else text

    return (draw(spaces) + write(draw(trees)) + draw(spaces)).encode(errors="backslashreplace")


def changed_lines(before: bytes, after: bytes) -> list[str]:
    """The lines of a diff without its headers, as git shows them for files that are not normalised."""
    diff = difflib.unified_diff(before.decode().split("\n"), after.decode().split("\n"), n=0, lineterm="")
    return [line for line in list(diff)[2:] if not line.startswith("@@")]
