"""What the notebook beside this file defines, tested from Python."""

import datetime

import pytest


@pytest.fixture
def nb(notebook):
    nb = notebook("savings_plan.ipynb")
    nb.run(to="functions")
    return nb


@pytest.mark.parametrize(("months", "expected"), [(0, 1000.0), (1, 1110.0), (12, 2395.08)])
def test_balance(nb, months, expected):
    assert nb.call("balance", months, start=1000.0, monthly=100.0, rate=0.12) == expected


def test_time_runs_forwards(nb):
    with pytest.raises(ValueError, match="must not be negative"):
        nb.call("balance", -1, 0, 0, 0)


def test_a_year_of_rent(nb):
    account = nb["Account"]("Ada")
    with nb.patch("date") as clock:
        clock.today.return_value = datetime.date(2026, 11, 24)
        account.pay_in(250).pay_in(100.5)
    assert account.movements[-1] == (datetime.date(2026, 11, 24), 100.5)
    assert repr(account) == "Ada's account, 350.50"


def test_without_interest(nb):
    nb["rate"] = 0
    nb.run("result")
    assert nb.cell("result").text == "64 months, that is 5 years and 4 months"
