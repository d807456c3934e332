"""Values from outside that a notebook finds as variables: those of pytest's fixtures."""

from __future__ import annotations

import base64
import pickle

from nbcheck.errors import UsageError
from nbcheck.execution.foreign_markers import AfterCode
from nbcheck.execution.parameters import check_language
from nbcheck.execution.plan import NotebookPlan

_LASTING = ("session", "package", "module")


def check_fixture(plan: NotebookPlan, name: str, scope: str | None) -> None:
    """Find out whether a notebook can be given the value of a fixture.

    Args:
        plan: of the notebook.
        name: of the fixture.
        scope: of the fixture, in pytest's words; None when there is no fixture of that name.

    Raises:
        UsageError: it cannot; the text says why.
    """
    check_language(plan, "fixtures can be given to")
    if scope is None:
        raise UsageError(
            f"{plan.path}: there is no fixture {name!r}; define it in a conftest.py, or take it out of 'fixtures'"
        )
    if scope not in _LASTING:
        raise UsageError(
            f"{plan.path}: the fixture {name!r} has the scope {scope!r} and would end with the first cell; "
            "give one to the notebook that lasts as long as its kernel, with the scope 'module' or 'session'"
        )


def assign_value(name: str, value: object) -> AfterCode:
    """Return code that assigns a copy of a value to a variable of a Python notebook.

    Args:
        name: of the fixture, and of the variable.
        value: of the fixture.

    Raises:
        UsageError: it cannot be copied.
    """
    try:
        data = pickle.dumps(value, 5)
    # A __reduce__ of the user's may raise anything.
    except Exception as error:
        raise UsageError(
            f"the value of the fixture {name!r}, a {type(value).__name__}, cannot be copied into the notebook's kernel "
            f"({type(error).__name__}: {error}); give it what to make one from, such as a path or an address"
        ) from error
    text = base64.b64encode(data).decode("ascii")
    load = f"__import__('pickle').loads(__import__('base64').b64decode('{text}'))"
    # IPython's namespace, and no statement of assignment: the name may be one that Python does not take.
    source = f"__import__('IPython').get_ipython().user_ns.update({{{name!r}: {load}}})"
    return AfterCode(source, f"the fixture {name!r}")
