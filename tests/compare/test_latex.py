import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.compare import CompareOptions
from nbcheck.compare.latex import LatexComparer, latex_form


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (r"$\alpha  +  b$", r"$\alpha+b$"),
        (r"\( \pi 2 x 3.5 \)", r"\(\pi 2x 3.5\)"),
        ("a  b % c\n d", "a b d"),
        ("a%b\n\nc", "a\n\nc"),
        ("a\n\n%b\n\nc\n", "a\n\nc"),
        (r"$a \text{ if  } b$ and  $c$", r"$a\text{ if }b$ and $c$"),
        (
            r"\begin{tabular} {l} a  & b \\ c \end{tabular} d",
            "\\begin{tabular}\n{l} a&b\\\\\nc\n\\end{tabular}\nd",
        ),
        (r"\begin{align*} a &= b \\ c \end{align*}", "\\begin{align*}\na&=b\\\\\nc\n\\end{align*}"),
        ("\\begin{verbatim} a  %b\n\\end{verbatim}", "\\begin{verbatim}\n a  %b\n\\end{verbatim}"),
        ("\\LaTeX is, \\LaTeX{} is", r"\LaTeX is, \LaTeX{} is"),
        ("100\\% a\\\nb", r"100\% a\ b"),
        (r"} $ \end{x} $$ a b", "} $\n\\end{x}\n$$ab"),
        ("", ""),
    ],
)
def test_form(source: str, form: str) -> None:
    assert latex_form(source) == form


def test_a_change_is_shown_in_the_form() -> None:
    difference = LatexComparer().compare("$x  +  1$", "$x + 2$", CompareOptions())
    assert difference is not None
    assert difference.summary == "1 became 2 (relative error 0.5)"
    assert [line.text for line in difference.hunks[0].lines] == ["$x+1$", "$x+2$"]
    assert (difference.expected, difference.actual) == ("$x  +  1$", "$x + 2$")


pieces = [
    "a",
    "1",
    ".",
    " ",
    "\n",
    "\\",
    "{",
    "}",
    "$",
    "&",
    r"\text",
    r"\begin{align}",
    r"\end{align}",
    r"\begin{verbatim}",
]


@given(st.lists(st.sampled_from(pieces)).map("".join))
def test_a_form_keeps_all_but_white_space(source: str) -> None:
    assert "".join(latex_form(source).split()) == "".join(source.split())


@pytest.mark.parametrize("piece", [*pieces, "%", "\\begin{", "$$ "])
def test_forms_take_linear_time(piece: str) -> None:
    latex_form(piece * 20_000)
