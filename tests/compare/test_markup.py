import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbcheck.compare.markup import markup_tokens, parse_markup


@pytest.mark.parametrize(
    ("source", "tokens"),
    [
        ("<p>\n  a  b\n</p>", ["<p>", "a b", "</p>"]),
        ("<a b=\"1\" a='2'>x</a>", ['<a a="2" b="1">', "x", "</a>"]),
        ("a<br/>b<br>c", ["a", "<br>", "b", "<br>", "c"]),
        ("&lt;p&gt; &eacute;", ["&lt;p&gt; \u00e9"]),
        ("<pre>a\n\n  b </pre>", ["<pre>", "a", "", "  b", "</pre>"]),
        ('<p style=" color:red;;margin : 0 ">', ['<p style="color:red; margin : 0">']),
        ("<!-- x --><!DOCTYPE html><?php?>", ["<!DOCTYPE html>", "<?php?>"]),
        ("<b>a</b> <b>b</b>", ["<b>", "a", "</b>", " ", "<b>", "b", "</b>"]),
        ("a\u00a0b", ["a\u00a0b"]),
        ("a < b </ c", ["a &lt; b &lt;/ c"]),
        ("<a b = 'x>' c>", ['<a b="x>" c="">']),
        ("<a b='1' B=2>", ['<a b="1">']),
        ("<script>if (a<b) x</script >y", ["<script>", "if (a&lt;b) x", "</script>", "y"]),
        ("<style>a", ["<style>", "a"]),
        ("<svg/><P/>", ["<svg>", "</svg>", "<p>", "</p>"]),
        ("<b><![CDATA[ <i>&amp; ]]></b>", ["<b>", " &lt;i&gt;&amp;amp; ", "</b>"]),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>&a;", ["<!DOCTYPE x [<!ENTITY a 'b'>]>", "&amp;a;"]),
        ("<![if x]>y<![endif]></>", ["y"]),
        ("<p a='", ['<p a="\'">']),
        ("a<!-- b", ["a"]),
    ],
)
def test_markup_tokens(source: str, tokens: list[str]) -> None:
    assert markup_tokens(source) == tokens


def test_attributes_are_sorted_and_lower_case() -> None:
    (piece,) = parse_markup('<Svg viewBox="0 0" b>')
    assert (piece.kind, piece.text, piece.attributes) == ("start", "svg", (("b", ""), ("viewbox", "0 0")))


@given(
    st.lists(st.sampled_from(["<", ">", "/", "!", "--", "a", "=", '"', "'", " ", "[CDATA[", "]]>", "?"])).map(
        "".join
    )
)
def test_any_text_is_accepted_and_words_between_tags_stay(source: str) -> None:
    markup_tokens(source)
    tokens = markup_tokens(f"<p>one</p>{source}")
    assert tokens[:3] == ["<p>", "one", "</p>"]


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<a ",
        "<a b='",
        '<a b="',
        "<a =",
        "<a b= ",
        "<![CDATA[",
        "<!",
        "</",
        "<?",
        "<script>",
        "<!doctype[",
        "&",
        "<",
    ],
)
def test_what_is_not_closed_takes_linear_time(piece: str) -> None:
    markup_tokens(piece * 20_000)
