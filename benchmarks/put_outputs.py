"""Put out the stored outputs of a pair again: what the cells of ``verdicts.py``'s notebooks call.

Lies beside the notebook, together with ``actual.json``: a list of outputs for each cell.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

ACTUAL = json.loads((Path(__file__).parent / "actual.json").read_text("utf-8"))


class Result:
    """The value of a cell, with the representations that it is given."""

    def __init__(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Keep them."""
        self._bundle = data, metadata

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        return self._bundle


def put(number: int) -> Result | None:
    """Write to the streams, display, raise, and return what is the value of the cell."""
    result = None
    for output in ACTUAL[number]:
        match output["output_type"]:
            case "stream":
                stream = getattr(sys, output["name"])
                stream.write(output["text"])
                stream.flush()
            case "display_data":
                get_ipython().display_pub.publish(output["data"], output.get("metadata"))
            case "execute_result":
                result = Result(output["data"], output.get("metadata", {}))
            case "error":
                raise type(output["ename"], (Exception,), {})(output["evalue"])
    return result
