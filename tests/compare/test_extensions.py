"""Comparers and normalisers of users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nbcheck.compare import CompareOptions, Difference, DifferenceKind, Normaliser, compare_outputs
from nbcheck.compare.explain import explain_outputs
from nbcheck.compare.extensions import Extension, Extensions
from nbcheck.errors import CompareError


class Lenient:
    """Takes anything for equal that has one first letter."""

    mimetypes = ("text/*", "application/x-acme")
    priority = 1

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Difference | None:
        if expected[0] == actual[0]:
            return None
        return Difference(kind=DifferenceKind.CHANGED, place="nowhere", summary="other letters")


class Answering:
    """A comparer that answers what it was told to."""

    mimetypes = ("text/plain",)
    priority = 50

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def compare(self, expected: Any, actual: Any, options: CompareOptions) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def rich(text: str, mimetype: str = "text/plain") -> list[dict[str, Any]]:
    return [{"output_type": "display_data", "metadata": {}, "data": {mimetype: text}}]


def printed(text: str) -> list[dict[str, Any]]:
    return [{"output_type": "stream", "name": "stdout", "text": text}]


def with_comparers(*comparers: object) -> CompareOptions:
    found = [Extension.ready("", "acme 1.0", comparer) for comparer in comparers]
    return CompareOptions(extensions=Extensions(lambda: found))


def with_normalisers(**rules: object) -> CompareOptions:
    found = [Extension.ready(name.replace("__", "."), "acme 1.0", rule) for name, rule in rules.items()]
    return CompareOptions(extensions=Extensions(find_normalisers=lambda: found))


def drop_first_x(text: str) -> str:
    return text.removeprefix("x")


def test_a_comparer_judges_its_types_and_wins_over_ours() -> None:
    for comparer in (Lenient(), Lenient):
        options = with_comparers(comparer)
        assert compare_outputs(rich("ab"), rich("ac"), options) == ()
        (difference,) = compare_outputs(rich("ab"), rich("cb"), options)
        assert (difference.summary, difference.place) == ("other letters", "output 1, text/plain")
        assert (difference.expected, difference.actual) == ("ab", "cb")
    assert compare_outputs(rich("ab"), rich("ac"), with_comparers()) != ()


def test_of_equals_the_later_wins() -> None:
    answer = Difference(kind=DifferenceKind.CHANGED, place="", summary="the later")
    strict = Answering(answer)
    strict.priority = Lenient.priority
    assert compare_outputs(rich("ab"), rich("ac"), with_comparers(strict, Lenient())) == ()
    (difference,) = compare_outputs(rich("ab"), rich("ac"), with_comparers(Lenient(), strict))
    assert difference.summary == "the later"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (True, "failed with TypeError: compare() must return a Difference or None, not True"),
        (False, "failed with TypeError: compare() must return a Difference or None, not False"),
        (KeyError("k"), "failed with KeyError: 'k'"),
    ],
)
def test_a_comparer_that_fails_is_named(answer: object, told: str) -> None:
    (difference,) = compare_outputs(rich("a"), rich("b"), with_comparers(Answering(answer)))
    assert difference.summary == f"not judged: Answering of acme 1.0 {told}"


def fails_to_load() -> object:
    raise ImportError("no acme")


@pytest.mark.parametrize(
    ("comparer", "told"),
    [
        (
            Extension("a", "acme 1.0", fails_to_load),
            "comparer a of acme 1.0 cannot be loaded: ImportError: no acme",
        ),
        (Extension.ready("", "acme 1.0", 5), "comparer int of acme 1.0 is none: it needs mimetypes"),
        (
            Extension.ready(
                "", "acme 1.0", type("C", (), {"mimetypes": "text/plain", "priority": 1, "compare": print})
            ),
            "comparer C of acme 1.0 is none: it needs mimetypes (a list or tuple of text)",
        ),
    ],
)
def test_what_is_no_comparer_is_named(comparer: Extension, told: str) -> None:
    options = CompareOptions(extensions=Extensions(lambda: [comparer]))
    with pytest.raises(CompareError) as caught:
        compare_outputs(rich("a"), rich("b"), options)
    assert str(caught.value).startswith(told)


def test_a_normaliser_is_applied_once_and_told_of() -> None:
    options = with_normalisers(acme__x=drop_first_x)
    for make in (rich, printed):
        assert compare_outputs(make("xa"), make("a"), options) == ()
        (difference,) = compare_outputs(make("xxa"), make("a"), options)
        assert "acme.x" in difference.hidden
    explained = explain_outputs(printed("xa"), printed("a"), options)
    assert [step.name for step in explained.comparisons[0].normalised] == ["acme.x"]


def test_a_normaliser_can_be_switched_off_and_may_wait_to_be_switched_on() -> None:
    options = with_normalisers(acme__x=Normaliser("", drop_first_x, ("x",), is_optional=True))
    assert compare_outputs(rich("xa"), rich("a"), options) != ()
    extensions = options.extensions
    on = CompareOptions(extensions=extensions, enabled_normalisers=frozenset({"acme.x"}))
    assert compare_outputs(rich("xa"), rich("a"), on) == ()
    off = CompareOptions(
        extensions=with_normalisers(acme__x=drop_first_x).extensions,
        disabled_normalisers=frozenset({"acme.x"}),
    )
    assert compare_outputs(rich("xa"), rich("a"), off) != ()


def raises(text: str) -> str:
    raise ValueError(f"cannot {text}")


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (raises, "not judged: normaliser acme.x of acme 1.0 failed with ValueError: cannot a"),
        (len, "not judged: normaliser acme.x of acme 1.0 must return text, not 1"),
        (5, "not judged: normaliser acme.x of acme 1.0 is none: it needs a function from text to text"),
        (
            Normaliser("", lambda text: text + "\n", ("",), stage="line"),
            "not judged: normaliser acme.x of acme 1.0 is of the stage 'line' and must keep the number of lines",
        ),
        (
            Normaliser("", drop_first_x, ("",), stage="word"),
            "not judged: normaliser acme.x of acme 1.0: its stage must be one of screen, line",
        ),
    ],
)
@pytest.mark.parametrize("make", [rich, printed])
def test_a_normaliser_that_fails_is_named(
    rule: object, told: str, make: Callable[[str], list[dict[str, Any]]]
) -> None:
    (difference,) = compare_outputs(make("a"), make("b"), with_normalisers(acme__x=rule))
    assert difference.summary == told


def test_the_name_of_a_normaliser_needs_a_point() -> None:
    (difference,) = compare_outputs(rich("a"), rich("b"), with_normalisers(stamps=drop_first_x))
    needs = "its name needs a point in it and no blanks, such as 'project.stamps'"
    assert difference.summary == f"not judged: normaliser stamps of acme 1.0: {needs}"


def test_equal_outputs_ask_for_nothing() -> None:
    def fail() -> list[Extension]:
        raise AssertionError("asked")

    options = CompareOptions(extensions=Extensions(fail, fail))
    assert compare_outputs(rich("a"), rich("a"), options) == ()
    with pytest.raises(AssertionError):
        compare_outputs(rich("a"), rich("b"), options)
