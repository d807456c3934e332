"""Hypothesis strategies for outputs and the noise in them."""

from typing import Any

from hypothesis import strategies as st

ROOT = "/root"
"""The one home folder that has no name of its own."""

FRAGMENTS = [
    *" \t\n\r\b.,:;-_/\\'\"<>[](){}|%0123456789eExaA",
    "\x1b",
    "\x1b[31m",
    "\x1b[0m",
    "\x1b[A",
    "\x1b[K",
    "\x1b[2K",
    "\x1b]8;;http://x\x07",
    "0x7f1f2a3b4c5d",
    "at 0x7f1f2a3b4c5d",
    "d9b7c1de-8f0b-4d2c-9b6e-0123456789ab",
    "6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f",
    "T_1a2b3_row0",
    "sk-container-id-3",
    "/tmp/ipykernel_12/345.py:3",
    "<ipython-input-3-abc123>",
    "Cell In[3], line 1",
    "Cell[3]:",
    "(3589571888.py, line 1)",
    "/home/me/x.csv",
    "/Users/me/x",
    "C:\\Users\\me\\x",
    f"{ROOT}/x",
    "/data/nb/data.csv",
    "/tmp/tmpa1b2c3d4/",
    "/var/folders/zz/abc_1/T/x",
    "/a/lib/python3.11/site-packages/numpy/x.py",
    "/usr/lib/python3.11/json/x.py",
    "CPU times: user 3 ms, sys: 1 ms, total: 4 ms",
    "Wall time: 5.72 ms",
    "481 ns \u00b1 290 ns per loop (mean \u00b1 std. dev. of 7 runs, 1,000 loops each)",
    "The slowest run took 5.31 times longer than the fastest. X",
    "Compiler : 105 ms",
    "100%|###| 3/3 [00:00<00:00, 25115.59it/s]",
    " 50%|# | 1/2 [00:00<?, ?it/s, loss=0.3]",
    "17it [00:00, 5042.32it/s]",
    "lab \u2501\u2501\u2578\u257a 50% 0:00:01 -:--:-- 7.7 kB/s",
    "\u280b ",
    "2024-05-01 10:00:00,123 ",
    "[10:00:00] ",
    " x.py:1",
    "map_352208ac4dba84476b761f0ddaa2f4c3",
    '"id":"p1042"',
    'data-root-id="p1042"',
    '"$schema": "https://vega.github.io/"',
    '"name": "view_1"',
    "view_1",
    "313/313 [====] - 1s 2ms/step - loss: 0.1",
    "{'b', 'a'}",
    "{('b', 1), 'a'}",
    "<style>.dataframe thead th { text-align: right; }</style>",
    "Out[3]: ",
    "In [3]: ",
    "(pid=12)",
    "started 140092362849152)>",
    'id="p1a2b3c4d5e"',
    "<dc:date>2024-05-01T10:00:00</dc:date>",
    "0.30000000000000004",
    "1.2246468e-16",
    "13002700.0",
    "1,234,567.891",
    "3.11.7",
    "12:30:45.123456789",
    "array([1., 2.])",
    "float32",
    "\u00e9",
    "\u2028",
    "\u202e",
    "\u4e2d",
]
"""Pieces that the rules of comparison look at, in any order."""

texts = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)
"""Short texts full of noise, also in broken forms."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.sampled_from(FRAGMENTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)

streams = st.builds(
    lambda name, text: {"output_type": "stream", "name": name, "text": text},
    st.sampled_from(["stdout", "stderr"]),
    texts,
)
errors = st.builds(
    lambda name, value: {"output_type": "error", "ename": name, "evalue": value, "traceback": []},
    st.sampled_from(["ValueError", "KeyError"]),
    texts,
)


def _rich(kind: str, data: dict[str, Any], metadata: Any) -> dict[str, Any]:
    return {"output_type": kind, "data": data, "metadata": {"m": metadata} if metadata else {}}


rich_outputs = st.builds(
    _rich,
    st.sampled_from(["display_data", "execute_result"]),
    st.fixed_dictionaries(
        {"text/plain": texts},
        optional={
            "text/html": texts.map(lambda text: f"<table><tr><td>{text}</td></tr></table>"),
            "application/json": json_values,
            "image/png": st.sampled_from(["", "aGk=", "?"]),
        },
    ),
    st.sampled_from([None, 1, True]),
)

outputs = st.lists(streams | streams | rich_outputs | errors, max_size=5)
"""Outputs of a cell."""
