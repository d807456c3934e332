"""References: objects that stay in the notebook's kernel, used from a test as if they were here."""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from nbcheck.errors import KernelError

if TYPE_CHECKING:
    from nbcheck.testing.link import Link

_BINARY = (
    *("lt", "le", "eq", "ne", "gt", "ge"),
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor"),
)
_UNARY = ("neg", "pos", "abs", "invert", "index")


# Any: a remote method takes and returns whatever the object's own does
def _forward(function: Callable[..., Any], *, way: str = "auto") -> Callable[..., Any]:
    def method(self: Reference, *args: Any) -> Any:
        __tracebackhide__ = True
        return self._nbcheck_link.apply(function, (self, *args), way=way)

    return method


class Reference:
    """Stands for an object of the notebook: a function, a class, a module, or what cannot be copied into the test.

    Attributes, items, calls, iteration, operators and ``repr()`` are those of the object. What they return comes as a
    copy where that can be made, else as another reference. ``isinstance`` sees a reference: ask it in the notebook,
    ``nb.eval("isinstance(model, Model)")``.
    """

    __slots__ = ("__weakref__", "_nbcheck_class", "_nbcheck_handle", "_nbcheck_link")

    _nbcheck_link: Link
    _nbcheck_handle: int
    _nbcheck_class: str

    def __init__(self, link: Link, handle: int, class_name: str) -> None:
        """Take what :class:`~nbcheck.testing.link.Link` knows of the object.

        Args:
            link: to its kernel.
            handle: the agent's number of it.
            class_name: of the object, for texts when its kernel is gone.
        """
        object.__setattr__(self, "_nbcheck_link", link)
        object.__setattr__(self, "_nbcheck_handle", handle)
        object.__setattr__(self, "_nbcheck_class", class_name)

    def __del__(self) -> None:
        # Told with the next request: a garbage collector may call this in the middle of one.
        self._nbcheck_link.released.append(self._nbcheck_handle)

    # Any: it has the attributes of the object, of whatever type
    def __getattr__(self, name: str) -> Any:
        __tracebackhide__ = True
        return self._nbcheck_link.apply(getattr, (self, name))

    def __setattr__(self, name: str, value: object) -> None:
        __tracebackhide__ = True
        self._nbcheck_link.apply(setattr, (self, name, value))

    def __delattr__(self, name: str) -> None:
        __tracebackhide__ = True
        self._nbcheck_link.apply(delattr, (self, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object in the notebook."""
        __tracebackhide__ = True
        return self._nbcheck_link.apply(self, args, kwargs)

    def __enter__(self) -> Any:
        __tracebackhide__ = True
        return self._nbcheck_link.apply(operator.methodcaller("__enter__"), (self,))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # The test's exception may be of a class that the kernel does not know; that there is none it does.
        self._nbcheck_link.apply(operator.methodcaller("__exit__", None, None, None), (self,))

    def __repr__(self) -> str:
        try:
            return str(self._nbcheck_link.apply(repr, (self,)))
        except KernelError:
            return f"<{self._nbcheck_class} of {self._nbcheck_link.name}, whose kernel has ended>"

    def __copy__(self) -> Self:
        return self

    __str__ = _forward(str)
    __len__ = _forward(len)
    __bool__ = _forward(bool)
    __int__ = _forward(int)
    __float__ = _forward(float)
    __hash__ = _forward(hash)
    __iter__ = _forward(iter, way="reference")
    __next__ = _forward(next)
    __reversed__ = _forward(reversed, way="reference")
    __contains__ = _forward(operator.contains)
    __getitem__ = _forward(operator.getitem)
    __setitem__ = _forward(operator.setitem)
    __delitem__ = _forward(operator.delitem)
    __dir__ = _forward(dir)


for _name in (*_BINARY, *_UNARY):
    setattr(Reference, f"__{_name.rstrip('_')}__", _forward(getattr(operator, _name)))
