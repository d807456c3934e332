from __future__ import annotations

from nbcheck.report.lcov import BEGINS, render_lcov


def test_lines_are_in_order_and_counted() -> None:
    report = render_lcov({"b.ipynb": {3: False, 1: True}, "a/\ud800.ipynb": {}})
    assert report.decode().splitlines() == [
        "TN:nbcheck",
        *("SF:a/?.ipynb", "LF:0", "LH:0", "end_of_record"),
        *("SF:b.ipynb", "DA:1,1", "DA:3,0", "LF:2", "LH:1", "end_of_record"),
    ]
    assert BEGINS.match(report)
