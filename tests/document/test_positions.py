import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.notebook_strategies import json_values, slowly, texts
from nbcheck.document.positions import Position, Positions, Span, deepest, join_pointer, split_pointer


@st.composite
def rendered(draw):
    """A JSON text with odd white space and repeated names, and the span of every value by its pointer."""
    space = st.sampled_from(["", " ", "\n", "\r\n", "\t \n"])
    spans = {}
    text = ""

    def put(piece):
        nonlocal text
        text += draw(space) + piece

    def render(value, pointer):
        nonlocal text
        text += draw(space)
        start = len(text.encode())
        if isinstance(value, dict):
            text += "{"
            # Of equal names the last one counts, so what stands at its pointer is overwritten by it.
            repeated = draw(st.lists(st.sampled_from(sorted(value)), max_size=1)) if value else []
            members = [(key, draw(json_values())) for key in repeated] + list(value.items())
            for number, (key, item) in enumerate(members):
                put("," if number else "")
                put(json.dumps(key, ensure_ascii=draw(st.booleans())))
                put(":")
                render(item, join_pointer(pointer, key))
            put("}")
        elif isinstance(value, list):
            text += "["
            for number, item in enumerate(value):
                put("," if number else "")
                render(item, join_pointer(pointer, number))
            put("]")
        else:
            text += json.dumps(value, ensure_ascii=draw(st.booleans()))
        spans[pointer] = Span(start, len(text.encode()))

    render(draw(json_values()), "")
    return (text + draw(space)).encode(), spans


def leads_somewhere(tree, pointer):
    for token in split_pointer(pointer):
        if isinstance(tree, dict) and token in tree:
            tree = tree[token]
        elif isinstance(tree, list) and token.isascii() and token.isdigit() and int(token) < len(tree):
            tree = tree[int(token)]
        else:
            return False
    return True


@pytest.mark.slow
@slowly
@given(rendered())
def test_every_value_is_found(case):
    raw, spans = case
    tree = json.loads(raw)
    positions = Positions(raw)
    for pointer, span in spans.items():
        if not leads_somewhere(tree, pointer):
            # inside the first value of a repeated name
            assert positions.span(pointer) is None
            continue
        assert positions.span(pointer) == span
        assert positions.offset(pointer) == span.start
        before = raw[: span.start].decode()
        assert positions.find(pointer) == (before.count("\n") + 1, len(before) - before.rfind("\n"))


RAW = '{\n "a": [1, "é\\"[", {"b/~": [[], {}, [2]]}],\r\n "c": NaN, "a2": "\\\\"\n}\n'.encode()


@pytest.mark.parametrize(
    ("pointer", "line", "column"),
    [
        ("", 1, 1),
        ("/a", 2, 7),
        ("/a/1", 2, 11),
        ("/a/2", 2, 19),
        ("/a/2/b~1~0/2/0", 2, 37),
        ("/c", 3, 7),
        ("/a2", 3, 18),
        # Where nothing stands, the last container on the way does.
        ("/missing", 1, 1),
        ("/a/3", 2, 7),
        ("/a/-1", 2, 7),
        ("/a/" + "9" * 5000, 2, 7),
        ("/c/d", 3, 7),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_find(pointer, line, column, mark):
    assert Positions(mark + RAW).find(pointer) == Position(line, column)


def test_last_of_equal_keys_wins():
    assert Positions(b'{"a": 1,\n"a": 2}').find("/a") == Position(2, 6)


@pytest.mark.parametrize("nan", [b"1", b"NaN"], ids=["plain", "refused by msgspec"])
def test_members_are_listed_in_order_with_repeated_names(nan):
    raw = b'{"a" : 1,"a":12 ,"b\\u00e9":' + nan + b',\n"a": [ 2 ]}'
    positions = Positions(raw)
    found = [
        (member.name, raw[slice(*member.key)], raw[slice(*member.value)])
        for member in positions.members(positions.root)
    ]
    assert found == [
        ("a", b'"a"', b"1"),
        ("a", b'"a"', b"12"),
        ("b\u00e9", b'"b\\u00e9"', nan),
        ("a", b'"a"', b"[ 2 ]"),
    ]
    assert raw[slice(*positions.members(0)[0].span)] == b'"a" : 1'
    assert positions.members(positions.offset("/a")) == positions.spans(positions.root) == []
    assert positions.span("/a/1") is None


def test_a_value_that_was_not_passed_on_the_way():
    positions = Positions(b'[[1, [2]], "\\"]"]')
    assert positions.stop(5) == 8
    assert positions.stop(11) == 16


def test_items_and_string():
    positions = Positions(RAW)
    items = positions.items(positions.offset("/a"))
    assert [positions.position(offset).column for offset in items] == [8, 11, 19]
    assert positions.string(items[1]) == 'é"['
    assert positions.items(positions.offset("/c")) == []


@pytest.mark.parametrize(
    ("raw", "offset", "depth"),
    [
        (b"", 0, 0),
        (b'{"[[[": [1, {}]}', 12, 3),
        (b'["\\"[[[["', 0, 1),
        (b'[[ "never ends [[[', 1, 2),
        (b"[" * 5000, 4999, 5000),
    ],
)
def test_deepest(raw, offset, depth):
    assert deepest(raw) == (offset, depth)


@given(st.lists(texts()))
def test_pointers_join_and_split(tokens):
    assert split_pointer(join_pointer("", *tokens)) == tokens
