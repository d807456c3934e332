import copy
import pickle

import pytest

from nbcheck.document import NotebookNode, from_dict
from nbcheck.document.notebooknode import adopt


def test_keys_are_attributes():
    node = NotebookNode(a=1)
    node.b = {"c": 2}
    node["d"] = {"e": 3}
    del node.a
    assert node == {"b": {"c": 2}, "d": {"e": 3}}
    assert (node.b.c, node.d.e) == (2, 3)
    assert isinstance(node.b, NotebookNode)


@pytest.mark.parametrize("change", [lambda node: node.missing, lambda node: delattr(node, "missing")])
def test_missing_attribute(change):
    with pytest.raises(AttributeError, match=r"^missing$"):
        change(NotebookNode())


def test_methods_cannot_be_hidden():
    with pytest.raises(AttributeError, match=r"^attr items is a protected member of class NotebookNode\.$"):
        NotebookNode().items = 1


def test_mappings_become_nodes():
    node = NotebookNode()
    node.update({"a": {}}, b={})
    node.update([("c", {})])
    assert node.setdefault("d", {}) is node["d"]
    assert node.setdefault("d", 5) == {}
    assert {key: type(value) for key, value in node.items()} == dict.fromkeys("abcd", NotebookNode)


def test_copies():
    node = from_dict({"a": [{"b": 1}], "c": {"d": 1}})
    shallow, deep = node.copy(), copy.deepcopy(node)
    assert (
        type(shallow)
        is type(deep)
        is type(deep.c)
        is type(pickle.loads(pickle.dumps(node)).c)
        is NotebookNode
    )
    node.a[0].b = 2
    assert (shallow.a[0].b, deep.a[0].b) == (2, 1)


def test_merging():
    node = from_dict({"a": 1, "b": "x", "c": "y"})
    node.merge({"a": 2, "b": "z", "d": {}}, {"update": "a", "add_s": ["b"], max: "c"}, c="w")
    assert node == {"a": 2, "b": "x z", "c": "y", "d": {}}
    assert node + {"a": 0, "e": 1} == {**node, "e": 1}
    assert node - ["a", "b", "missing"] == {"c": "y", "d": {}}
    node += {"f": 1}
    node -= {"a": 0}
    assert node == {"b": "x z", "c": "y", "d": {}, "f": 1}
    assert node.dict() is node
    assert (node.hasattr("b"), node.hasattr("items")) == (True, False)


def test_node_that_takes_no_new_keys():
    node = from_dict({"a": 1})
    node.allow_new_attr(False)
    node.a = 2
    with pytest.raises(KeyError, match=r"can't create new attribute b when allow_new_attr\(False\)"):
        node["b"] = 1
    with pytest.raises(AttributeError, match="can't create new attribute b"):
        node.b = 1
    for closed in (copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
        assert closed == {"a": 2}
        with pytest.raises(KeyError):
            closed["b"] = 1
    node.allow_new_attr()
    node.b = 1
    assert (node, type(node)) == ({"a": 2, "b": 1}, NotebookNode)


def test_too_many_arguments_of_update():
    with pytest.raises(TypeError, match=r"^update expected at most 1 arguments, got 2$"):
        NotebookNode().update({}, {})


def test_from_dict_shares_nothing():
    value = {"a": [1, {"b": (2, {"c": 3})}], "d": [1]}
    node = from_dict(value)
    assert node == {"a": [1, {"b": [2, {"c": 3}]}], "d": [1]}
    assert node.a[1].b[1].c == 3
    assert node.d is not value["d"]
    assert type(value["a"][1]) is dict


def test_adopt_has_a_limit():
    assert adopt([[1]], room=2) == [[1]]
    with pytest.raises(RecursionError, match=r"^containers are nested too deeply$"):
        adopt([[1]], room=1)
