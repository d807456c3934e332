import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.compare import CompareOptions
from nbcheck.compare.markdown import MarkdownComparer, markdown_form


@pytest.mark.parametrize(
    ("source", "form"),
    [
        ("a\nb  \n\nc", "a b\nc"),
        ("- a\n* b\n  more\n\n  second\n    * c\n+ d", "- a\n- b more\n  second\n  - c\n- d"),
        ("1. a\n2. b\n   - c\n3) d", "1. a\n2. b\n  - c\n3. d"),
        ("- a\n- \n- c", "- a\n-\n- c"),
        ("- # h\n- - x", "-\n  # h\n-\n  - x"),
        ("- a\n\n      code", "- a\n      code"),
        ("- a\n# h\n- b\n***\nc", "- a\n# h\n- b\n---\nc"),
        ("- a\n__\n- * *", "- a __\n-\n  -\n    -"),
        ("A\n=\nB\n--\n# C #\n#", "# A\n## B\n# C\n#"),
        ("~~~ python\n a\n\n~~~~\nb", "```python\n a\n\n```\nb"),
        ("a | b\n--|:-:\n1 | 2\n\nc", "| a | b |\n| --- | :---: |\n| 1 | 2 |\nc"),
        ("| a \\| b |\n|---|\n", "| a \\| b |\n| --- |"),
        ("> - a\n>   b\n>\n> c", "> - a b\n> c"),
        ("\tcode\tx", "    code\tx"),
        ("_a_ b_c_d `_e_` [_f_](g_h_i) $_j_$ \\_k_", "*a* b_c_d `_e_` [*f*](g_h_i) $_j_$ \\_k_"),
        ("", ""),
    ],
)
def test_form(source: str, form: str) -> None:
    assert markdown_form(source).rstrip() == form


def test_a_change_is_shown_in_its_paragraph() -> None:
    difference = MarkdownComparer().compare("# T\n\none\ntwo", "T\n===\n\none three", CompareOptions())
    assert difference is not None
    assert difference.summary == "two became three"
    assert [line.text for line in difference.hunks[0].lines] == ["# T", "one two", "one three"]
    assert difference.expected == "# T\n\none\ntwo"


pieces = [
    "a",
    "_",
    "*",
    "`",
    "```",
    "#",
    "- ",
    "1. ",
    "> ",
    "|",
    "---",
    "=",
    " ",
    "    ",
    "\t",
    "\n",
    "\\",
    "[",
    "](",
    "$",
]


@given(st.lists(st.sampled_from(pieces)).map("".join))
def test_any_text_has_a_form_and_loses_no_word(source: str) -> None:
    assert markdown_form(source).count("a") == source.count("a")


@pytest.mark.parametrize("piece", [*pieces, "_a ", "- \n", "> \n", "|-|\n", "`` ` ", "# #", "a\n"])
def test_forms_take_linear_time(piece: str) -> None:
    markdown_form(piece * 20_000)
