"""What the tests of the pytest layer share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

import pytest_nbcheck.kernels
from helpers.example import Example, FakeKernels
from helpers.fake_kernel import Step

Files = Mapping[str, bytes | str]


@pytest.fixture(autouse=True)
def outside_of_ci(require: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide that these tests may run in CI, where pytest and nbcheck do some things otherwise; `require` knows it."""
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def example(pytester: pytest.Pytester) -> Callable[[Files], Example]:
    """A function that makes a project whose notebooks run in real kernels."""
    return lambda files: Example(pytester, files)


@pytest.fixture
def fake_example(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Example]:
    """A function that makes a project whose notebooks run in kernels that play a script."""

    def make(files: Files, script: Mapping[str, Sequence[Step]] | None = None) -> Example:
        fakes = FakeKernels(script or {})
        monkeypatch.setattr(pytest_nbcheck.kernels, "Kernels", lambda: fakes)
        return Example(pytester, files, fakes)

    return make
