import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.compare_strategies import ROOT, texts
from nbcheck.compare import CompareMode, CompareOptions
from nbcheck.compare.normalise import (
    NORMALISER_NAMES,
    NORMALISERS,
    Normaliser,
    normalise,
    order_names,
    roots_normaliser,
    unify_paths,
)

ROOTS = roots_normaliser(("/data/nb", "/data", "C:\\ci\\nb", "/"))
RULES = [ROOTS if row.name == "roots" else row for row in NORMALISERS]


OPTIONS = CompareOptions(roots=("/data/nb", "/data"))

VEGA = '"$schema": "https://vega.github.io/schema/vega-lite/v6.json"'
EXAMPLES = [
    ("terminal", "10%\r100%\n", "100%\n"),
    ("ansi", "\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07", "red link"),
    ("timing-remarks", "The slowest run took 5.31 times longer than the fastest. This\nx\n", "x\n"),
    ("timing-remarks", "Compiler : 105 ms\nParser   : 130 ms\nx\n", "x\n"),
    ("timing-remarks", "Compiler : 105 ms \t\nx\n", "x\n"),
    ("timing-remarks", "Compiler: gcc\n", "Compiler: gcc\n"),
    ("timing-remarks", "Matplotlib is building the font cache; this may take a moment.\nx\n", "x\n"),
    (
        "timing-remarks",
        "WARNING:matplotlib.font_manager:Matplotlib is building the font cache; this may take a moment.\n",
        "",
    ),
    ("timing-remarks", "The font cache is full\n", "The font cache is full\n"),
    ("cell-names", "/tmp/ipykernel_1/23.py:3: W", "<cell>:3: W"),
    ("cell-names", "C:\\T\\ipykernel_1\\23.py:3: W", "<cell>:3: W"),
    ("cell-names", "<ipython-input-3-0a1b>:1", "<cell>:1"),
    ("cell-names", "Cell In[3], line 1", "<cell>, line 1"),
    ("cell-names", "Input In [3], line 1", "<cell>, line 1"),
    ("cell-names", "Cell[3]:2: W", "<cell>:2: W"),
    ("cell-names", "bad (3589571888.py, line 1)", "bad (<cell>, line 1)"),
    ("cell-names", "bad (module.py, line 1)", "bad (module.py, line 1)"),
    ("libraries", "/home/me/env/lib/python3.11/site-packages/a/b.py:7", "<site-packages>/a/b.py:7"),
    ("libraries", "('/usr/lib/python3.11/json/x.py')", "('<stdlib>/json/x.py')"),
    ("libraries", "lib/python3.11/x", "lib/python3.11/x"),
    ("roots", "/data/nb/data.csv and /data/x", "<root-1>/data.csv and <root-3>/x"),
    ("roots", "/data/nb-old /datas /mnt/data", "<root-3>/nb-old /datas /mnt/data"),
    ("roots", "file:///data/nb", "file://<root-1>"),
    ("roots", "C:\\ci\\nb\\x 'C:\\\\ci\\\\nb\\\\x'", "<root-2>\\x '<root-2>\\\\x'"),
    ("temporary-names", "/tmp/tmpa1b2c3d4/x", "/tmp/<temporary>/x"),
    ("temporary-names", "/tmp/tmp1/x", "/tmp/tmp1/x"),
    ("temporary-names", "/private/var/folders/zz/ab_1/T/x", "/tmp/x"),
    ("temporary-names", "/tmp/pytest-of-me/pytest-12/x", "/tmp/<temporary>/x"),
    ("home", f"/home/me/x /Users/me/x C:\\Users\\me\\x {ROOT}/x", "<home>/x <home>/x <home>\\x <home>/x"),
    ("home", "/srv/home/me /root1/x", "/srv/home/me /root1/x"),
    ("addresses", "<function f at 0x7f1f2a3b4c5d>", "<function f at <address>>"),
    (
        "addresses",
        "<CDLL 'x', handle 7f28414b52e0 at 0x7f27b387b090>",
        "<CDLL 'x', handle <address> at <address>>",
    ),
    ("addresses", "0x7f1f2a3b4c5d 0xdeadbeef", "<address> 0xdeadbeef"),
    ("uuids", "d9b7c1de-8f0b-4d2c-9b6e-0123456789ab", "<uuid>"),
    ("uuids", "2ed6657d-e927-568b-95e1-2665a8aea6a2", "2ed6657d-e927-568b-95e1-2665a8aea6a2"),
    ("element-ids", '<div id="altair-viz-6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f">', '<div id="altair-viz-<id>">'),
    ("element-ids", 'id="_anim_img6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f"', 'id="_anim_img<id>"'),
    ("element-ids", '"idata_posteriorf3084db7-3a97-4b98-970f-494ae59c0f4e"', '"idata_posterior<id>"'),
    ("element-ids", "<td>6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f</td>", "<td>6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f</td>"),
    ("folium-ids", "#map_352208ac4dba84476b761f0ddaa2f4c3 {", "#map_<id> {"),
    (
        "folium-ids",
        "tile_layer_352208ac4dba84476b761f0ddaa2f4c3.addTo(map_7f43281aee753b3a7a726369a1ba6bcd)",
        "tile_layer_<id>.addTo(map_<id>)",
    ),
    (
        "folium-ids",
        "data_352208ac4dba84476b761f0ddaa2f4c3.csv",
        "data_352208ac4dba84476b761f0ddaa2f4c3.csv",
    ),
    ("folium-ids", "352208ac4dba84476b761f0ddaa2f4c3", "352208ac4dba84476b761f0ddaa2f4c3"),
    (
        "bokeh-ids",
        '"id":"p1042" "id":"p1045" "roots":{"p1042":1} "root_ids":["p1042"]\n data-root-id="p1045" p1042',
        '"id":"<id-1>" "id":"<id-2>" "roots":{"<id-1>":1} "root_ids":["<id-1>"]\n data-root-id="<id-1>" p1042',
    ),
    ("bokeh-ids", '"attributes":{"name":"Row00280"', '"attributes":{"name":"Row<n>"'),
    ("bokeh-ids", '"label":"p1042"', '"label":"p1042"'),
    (
        "altair-names",
        f'{VEGA} "name": "data-{"0a" * 16}", "name": "view_1", ["view_1", "param_7"], "{"0a" * 16}"',
        f'{VEGA} "name": "<name-1>", "name": "<name-2>", ["<name-2>", "param_7"], "{"0a" * 16}"',
    ),
    (
        "altair-names",
        f'{VEGA} "name": "param_54dd647193d9b3b3", "expr": "2 * param_54dd647193d9b3b3.x"',
        f'{VEGA} "name": "<name-1>", "expr": "2 * <name-1>.x"',
    ),
    ("altair-names", '"name": "view_1"', '"name": "view_1"'),
    ("styler-ids", '<td id="T_1a2b3_row0"> #T_1a2b3 td', '<td id="T_<id>_row0"> #T_<id> td'),
    ("styler-ids", "T_1a2b3", "T_1a2b3"),
    ("sklearn-ids", "#sk-container-id-3 sk-estimator-id-12", "#sk-container-id-<id> sk-estimator-id-<id>"),
    ("svg-ids", '<clipPath id="p1a2b3c4d5e"> url(#p1a2b3c4d5e)', '<clipPath id="<id>"> url(#<id>)'),
    ("svg-ids", "url(#hbefafffdcd)", "url(#<id>)"),
    ("svg-stamps", "<dc:date>2024-05-01T10:00:00</dc:date>", "<dc:date><stamp></dc:date>"),
    ("process-ids", "(pid=1234)", "(pid=<pid>)"),
    (
        "process-ids",
        "<Thread(T-1, started daemon 140092362849152)>",
        "<Thread(T-1, started daemon <thread>)>",
    ),
    (
        "process-ids",
        "<Process name='P-1' parent=12 initial> parent=12",
        "<Process name='P-1' parent=<pid> initial> parent=12",
    ),
    (
        "process-ids",
        "<ForkProcess name='F-1' pid=3 parent=12>",
        "<ForkProcess name='F-1' pid=<pid> parent=<pid>>",
    ),
    (
        "process-ids",
        "<Task pending name='Task-18' coro=f> Task-18",
        "<Task pending name='Task-<n>' coro=f> Task-18",
    ),
    ("process-ids", "<socket.socket fd=63, family=2> fd=63", "<socket.socket fd=<n>, family=2> fd=63"),
    ("thread-names", "Thread-5 (f), Thread-8 (f)\nThread-5", "<thread-1> (f), <thread-2> (f)\n<thread-1>"),
    ("thread-names", "MyThread-5, Thread-x, Thread-5_0", "MyThread-5, Thread-x, Thread-5_0"),
    ("prompts", "Out[12]: 5\nIn [3]: x", "Out[<n>]: 5\nIn [<n>]: x"),
    (
        "timings",
        "CPU times: user 3 ms, sys: 1.5 us, total: 4 ms\nWall time: 1min 2s",
        "CPU times: <time>\nWall time: <time>",
    ),
    ("timings", "CPU times: total: 15.6 ms", "CPU times: <time>"),
    (
        "timings",
        "481 ns \u00b1 2.5 \u03bcs per loop (mean \u00b1 std. dev. of 7 runs, 1,000 loops each)",
        "<time> per loop (mean \u00b1 std. dev. of 7 runs, <n> loops each)",
    ),
    ("timings", "1000 loops, best of 3: 2.1 us per loop", "<n> loops, best of 3: <time> per loop"),
    ("log-times", "2024-05-01 10:00:00,123 WARNING x", "<time> WARNING x"),
    ("log-times", "2024-05-01 10:00:00.123 x", "2024-05-01 10:00:00.123 x"),
    ("log-times", "2024-05-01 10:00:00.123 | INFO     | m:f:1 - x", "<time> | INFO     | m:f:1 - x"),
    ("log-times", "2024-05-01 10:00:00 [info     ] x", "<time> [info     ] x"),
    ("log-times", "2024-05-01T10:00:00 [x] y", "2024-05-01T10:00:00 [x] y"),
    ("log-times", "[10:00:00] x    cell.py:1 \n[10:00:00] y", "           x    cell.py:1 \n[10:00:00] y"),
    ("log-times", '<span style="a">[10:00:00] </span>', '<span style="a">           </span>'),
    (
        "progress",
        "a: 50%|#  | 1/2 [00:01<00:01,  1.00s/it]a: 100%|##| 2/2 [00:02<00:00, 1.0it/s]",
        "a: 100%|<bar>| 2/2 [<time>]",
    ),
    ("progress", "\u20073/3\u2007[00:00&lt;00:00,\u2007512.34it/s]", "\u20073/3 [<time>]"),
    ("progress", " 3/3 [00:00<00:00, 512.34it/s, loss=2]", " 3/3 [<time>, loss=2]"),
    ("progress", "3/3 [00:00<00:00]", "3/3 [00:00<00:00]"),
    ("progress", "  0%|   | 0/3 [00:00<?, ?it/s]", "  0%|<bar>| 0/3 [<time>]"),
    (
        "progress",
        "100%|##| 1.2M/1.2M [01:00:00<00:00, 3.4MB/s, loss=0.3]",
        "100%|<bar>| 1.2M/1.2M [<time>, loss=0.3]",
    ),
    ("progress", "17it [00:00, 5042.32it/s]", "17it [<time>]"),
    ("progress", "313/313 [====] - 1s 2ms/step - loss: 0.1", "313/313 <bar> - <time> - loss: 0.1"),
    ("progress", "3/4 \u2501\u2501\u2501 0s 12ms/step", "3/4 <bar> - <time>"),
    ("progress", "Working... \u2501\u2501\u2501 100% 0:00:01", "Working... <bar> 100% <time>"),
    (
        "progress",
        "\u280b dl \u2501\u2578\u2501 1/3 0:00:01 -:--:-- 1.0/3.0 kB 7.7 kB/s",
        "<spinner> dl <bar> 1/3 <time> <time> 1.0/3.0 kB <speed>",
    ),
    ("progress", "x \u2501\u2501\u257a  50% -:--:-- ?", "x <bar>  50% <time> <speed>"),
    (
        "progress",
        "<b>\u2501\u2501\u2501</b> <b>100%</b> <b>0:00:01</b>",
        "<b><bar></b> <b>100%</b> <b><time></b>",
    ),
    ("progress", "\u250f\u2501\u2501\u2501\u2513 0:00", "\u250f\u2501\u2501\u2501\u2513 0:00"),
    ("summary-times", f"Date:{' ' * 16}Tue, 24 Nov 2026   Prob: 1", f"Date:{' ' * 16}<time>   Prob: 1"),
    ("summary-times", f"Time:{' ' * 24}13:47:16   Log: 1", f"Time:{' ' * 24}<time>   Log: 1"),
    ("summary-times", f"Time:{' ' * 24}13:47:16", f"Time:{' ' * 24}13:47:16"),
    ("summary-times", "<th>Time:</th>   <td>13:47:16</td>", "<th>Time:</th>   <td><time></td>"),
    ("summary-times", "<td>Time:</td>   <td>13:47:16</td>", "<td>Time:</td>   <td>13:47:16</td>"),
    ("summary-times", "\\textbf{Date:}   & Tue, 24 Nov 2026 & x", "\\textbf{Date:}   & <time> & x"),
    (
        "library-timings",
        "Done   6 out of   6 | elapsed:    0.1s finished",
        "Done   6 out of   6 | elapsed: <time> finished",
    ),
    (
        "library-timings",
        "[CV 1/2] END .max_depth=1;, score=0.667 total time=   0.0s\n[Pipeline] . Processing s, total=   1.2min",
        "[CV 1/2] END .max_depth=1;, score=0.667 total time=<time>\n[Pipeline] . Processing s, total=<time>",
    ),
    (
        "library-timings",
        "the overhead of testing was 2.1e-05 seconds.",
        "the overhead of testing was <time>.",
    ),
    (
        "library-timings",
        "Ran 3 tests in 0.001s\n2 passed in 0.01s",
        "Ran 3 tests in <time>\n2 passed in <time>",
    ),
    ("library-timings", "total= 3.5s, passed in 0.01s", "total= 3.5s, passed in 0.01s"),
    (
        "fit-times",
        '<td class="fitted-att-type">Tree</td><td>&lt;sklearn.tree...x7f27f3eefec0&gt;</td>',
        '<td class="fitted-att-type">Tree</td><td>&lt;sklearn.tree...<address>&gt;</td>',
    ),
    (
        "fit-times",
        'refit_time_: float</a></td>\n<td class="fitted-att-type">float</td>\n<td>0.0008</td></tr>',
        'refit_time_: float</a></td>\n<td class="fitted-att-type">float</td>\n<td><time></td></tr>',
    ),
    (
        "fit-times",
        "&#x27;me...me&#x27;: array([0.0100..., 0.00258219]), &#x27;me...re&#x27;: array([0.6]) fitted-att-type",
        "&#x27;me...me&#x27;: <times>, &#x27;me...re&#x27;: array([0.6]) fitted-att-type",
    ),
    ("fit-times", "refit_time_: float <td>0.5</td>", "refit_time_: float <td>0.5</td>"),
    (
        "table-ids",
        '<div id="bnafhgmjwz" style="padding-left:0px"> #bnafhgmjwz .gt_table { #navigation p {',
        '<div id="<id>" style="padding-left:0px"> #<id> .gt_table { #navigation p {',
    ),
    (
        "table-ids",
        '<div id="navigation" style="padding-left:0px">',
        '<div id="navigation" style="padding-left:0px">',
    ),
    ("table-ids", '<table id="table139809589619216" x>', '<table id="table<id>" x>'),
    ("table-ids", '"#itables_eeea49fb_7df6_4f9b_80d7_2dcaec955938:not"', '"#itables_<id>:not"'),
    ("set-order", "{'b', 'a'} {'a': 1} {'b'} {2, 1}", "{'a', 'b'} {'a': 1} {'b'} {2, 1}"),
    ("line-ends", "a \t\n b\n", "a\n b\n"),
    ("dates", "at 2024-05-01T10:00:00.123+02:00.", "at <date>."),
    ("dates", "Wed May  1 10:00:00 2024", "<date>"),
    ("dates", "on Wed, 01 May 2024", "on <date>"),
    ("dates", "2024-05-01 and 10:15:32", "<date> and <date>"),
    ("dates", "1-2024-05-01-3 in 12:30", "1-2024-05-01-3 in 12:30"),
    (
        "pandas-style",
        "<div>\n<style scoped>\n    .dataframe tbody tr th:only-of-type {\n        vertical-align: middle;\n    }\n\n"
        "    .dataframe thead th {\n        text-align: right;\n    }\n</style>\n<table>",
        "<div>\n<table>",
    ),
    (
        "pandas-style",
        "<style>.dataframe td { color: red; }</style>",
        "<style>.dataframe td { color: red; }</style>",
    ),
    ("set-order", "{('b', 2), ('a', 1)}", "{('a', 1), ('b', 2)}"),
    ("set-order", "{'b', 2, None, \"it's\"}", "{\"it's\", 'b', 2, None}"),
    ("set-order", "{'b': 1, 'a': 2} {2, 1} {(2, 1), (1, 2)}", "{'b': 1, 'a': 2} {2, 1} {(2, 1), (1, 2)}"),
    ("sizes", "memory usage: 1.2+ KB, peak 123.45 MiB", "memory usage: <size>, peak <size>"),
    ("word-order", "tags: ['b', 'a']", "'a' ['b', tags:]"),
    ("word-order", "tags: ['a', 'b']", "'a' ['b', tags:]"),
    ("line-order", "b\na\n", "a\nb\n"),
    ("sizes", "3 Bytes in B2B", "3 Bytes in B2B"),
]


@pytest.mark.parametrize(("name", "before", "after"), EXAMPLES)
def test_example(name: str, before: str, after: str) -> None:
    row = next(row for row in RULES if row.name == name)
    assert row.rule(before) == after
    assert before == after or any(needle in before for needle in row.needles)


def test_every_rule_has_a_name_an_example_and_a_docstring() -> None:
    assert len(set(NORMALISER_NAMES)) == len(NORMALISER_NAMES)
    assert {name for name, before, after in EXAMPLES if before != after} == set(NORMALISER_NAMES)
    assert all(row.rule.__doc__ for row in NORMALISERS)


@pytest.mark.parametrize("row", RULES, ids=lambda row: row.name)
@given(text=texts)
def test_twice_is_once(row: Normaliser, text: str) -> None:
    once = row.rule(text)
    assert row.rule(once) == once


@pytest.mark.slow
@settings(max_examples=300)
@given(
    text=texts,
    scope=st.sampled_from(["text", "html", "svg"]),
    # Not line-order: the order of lines is that of their texts before the rules for lines have changed these.
    enabled=st.sampled_from([(), ("dates", "sizes"), ("word-order",)]),
)
def test_all_rules_twice_are_all_rules_once(text: str, scope: str, enabled: tuple[str, ...]) -> None:
    options = replace(OPTIONS, enabled_normalisers=frozenset(enabled))

    def clean(text: str) -> str:
        screen = normalise(text, options, scope=scope, stage="screen").text
        return normalise(screen, options, scope=scope, stage="line").text

    once = clean(text)
    assert clean(once) == once
    whole = normalise(text, options, scope=scope).text
    assert normalise(whole, options, scope=scope).text == whole


def test_a_rule_sees_what_is_glued_to_the_placeholder_of_a_later_one() -> None:
    done = normalise(f"0x7f1f2a3b4c5d{ROOT}/x (pid=12)", OPTIONS)
    assert done.text == "<address><home>/x (pid=<pid>)"
    assert done.names == ("addresses", "process-ids", "home")


@pytest.mark.parametrize("row", RULES, ids=lambda row: row.name)
@given(text=texts)
def test_needles_spare_no_text_that_the_rule_changes(row: Normaliser, text: str) -> None:
    if row.rule(text) != text:
        assert any(needle in text for needle in row.needles)


@given(text=texts, scope=st.sampled_from(["text", "html", "svg"]))
def test_line_rules_never_look_past_a_line_end(text: str, scope: str) -> None:
    whole = normalise(text, OPTIONS, scope=scope, stage="line").text.split("\n")
    assert whole == [normalise(line, OPTIONS, scope=scope, stage="line").text for line in text.split("\n")]


def test_names_are_told_in_order_of_application() -> None:
    done = normalise("\x1b[1m<f at 0x7f1f2a3b4c5d> (pid=3) \n", CompareOptions())
    assert done.text == "<f at <address>> (pid=<pid>)\n"
    assert done.names == ("ansi", "addresses", "process-ids", "line-ends")
    assert order_names({"line-ends", "ansi"}) == ("ansi", "line-ends")


def test_an_optional_rule_must_be_switched_on() -> None:
    text = "done at 2024-05-01 10:00:00"
    assert normalise(text, CompareOptions()).text == text
    done = normalise(text, CompareOptions(enabled_normalisers=frozenset({"dates"})))
    assert (done.text, done.names) == ("done at <date>", ("dates",))


def test_patterns_leave_out_what_matches_line_by_line() -> None:
    options = CompareOptions(patterns=(r"\d+ ms$", r"^job .*?(?= )"))
    done = normalise("job 7 took 5 ms\nin 5 ms or so\n", options)
    assert done.text == "<ignored> took <ignored>\nin 5 ms or so\n"
    assert done.names == ("pattern 1", "pattern 2")
    assert order_names({"ansi", "pattern 2", "pattern 1"}) == ("pattern 1", "pattern 2", "ansi")


def test_replacements_are_made_first_in_their_order_and_see_the_whole_text() -> None:
    pairs = ((r"^a\n(\w)", r"\1\1"), ("bb", "0x7f1f2a3b4c5d"), ("none", "x"))
    done = normalise("a\nb\na\nb", CompareOptions(replacements=pairs))
    assert done.text == "<address>\na\nb"
    assert done.names == ("replacement 1", "replacement 2", "addresses")
    exact = CompareOptions(replacements=pairs, mode=CompareMode.EXACT)
    assert normalise("bb", exact).text == "bb"


def test_a_rule_can_be_switched_off() -> None:
    options = CompareOptions(disabled_normalisers=frozenset({"addresses"}))
    assert normalise("<f at 0x7f1f2a3b4c5d> (pid=3)", options).text == "<f at 0x7f1f2a3b4c5d> (pid=<pid>)"


def test_mode_exact_normalises_nothing() -> None:
    options = replace(CompareOptions(), mode=CompareMode.EXACT)
    assert normalise("<f at 0x7f1f2a3b4c5d>", options).text == "<f at 0x7f1f2a3b4c5d>"


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("/srv/a/x.csv", "<root-1>/x.csv", True),
        ("<root-1>/x.csv", "/srv/a/x.csv", True),
        ("<home>/nb/x.csv", "<root-1>/x.csv", True),
        ("<root-2>/work1/x.csv", "<root-1>/x.csv", True),
        ("read '/srv/a/x.csv', wrote /srv/a/y.csv", "read '<root-1>/x.csv', wrote <root-1>/y.csv", True),
        ("/tmp/<temporary>/ci/tmp/<temporary>/x.csv", "<root-1>/<temporary>/x.csv", True),
        ("/tmp/<temporary>/x.csv", "<root-1>/<temporary>/y.csv", False),
        ("<root-1>/a/x.csv", "<root-1>/x.csv", False),
        ("/srv/a/x.csv", "<root-1>/y.csv", False),
        ("/srv/xx.csv", "<root-1>x.csv", False),
        ("/srv/x.csv /srv/x.csv", "<root-1>/x.csv", False),
    ],
)
def test_unify_paths(expected: str, actual: str, same: bool) -> None:
    one, other = unify_paths(expected, actual)
    assert (one == other) is same


ASKS_FOR_RULES = (
    " [ per loop times: 3/3 [<time>] , ' {' at 0x - _ T_ /tmp /home/ python3. ipykernel_ In [ pid= \u2501"
)
"""With this in a line no rule is spared."""


@pytest.mark.slow
def test_rules_stay_linear_on_hostile_lines() -> None:
    for piece in (
        "a",
        "1",
        "/",
        " ",
        "%",
        "[",
        "'a', ",
        "0x",
        "1/1 ",
        "\x1b",
        "\x1b[",
        "-",
        "T_",
        "1it [",
        "|",
        "\u2501",
        "\u2501\u2501\u2501 ",
        "0:00:00 ",
        "[10:00:00] ",
        "2024-",
        "a_",
        "map_352208ac4dba84476b761f0ddaa2f4c3",
        '"id":"p1001"',
        f'{VEGA} "name": "view_1" ',
        "1.5/",
        "1,",
        "('a', 1), ",
        "{('a', ",
        "<style> .dataframe thead th { ",
        ".dataframe thead th { text-align: right; } ",
    ):
        normalise(piece * 20_000, OPTIONS)
        normalise("{'" + piece * 20_000, OPTIONS, scope="html")
        normalise(ASKS_FOR_RULES + piece * 5_000, OPTIONS, scope="html")


def test_placeholders_are_in_angle_brackets() -> None:
    placeholder = re.compile(r"<[a-z]+(?:-[0-9a-z]+)?>")
    for _, before, after in EXAMPLES:
        for word in re.findall(r"<[^<> ]*>", after):
            assert word in before or placeholder.fullmatch(word)
