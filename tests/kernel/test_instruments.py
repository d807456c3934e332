"""Instruments: what the owner of a kernel puts into its process."""

from __future__ import annotations

import pytest

from helpers.executor import ExecutorProcess
from nbcheck.kernel.python.instruments.registry import install_instruments


@pytest.mark.slow
def test_random_numbers_are_the_same_in_every_kernel() -> None:
    drawn = []
    for _ in range(2):
        with ExecutorProcess(instruments={"seeds": 7}) as executor:
            drawn.append(executor.run("import random; random.random()").brief)
    assert drawn == [[("execute_result", "0.32383276483316237")]] * 2


def test_an_instrument_that_is_none() -> None:
    with pytest.raises(KeyError, match="nosuch"):
        install_instruments({"nosuch": None})
