"""Every rule with its name, in the order of application."""

from __future__ import annotations

from nbcheck.compare.base import Normaliser
from nbcheck.compare.normalise.identity import (
    VEGA,
    hide_addresses,
    hide_element_ids,
    hide_folium_ids,
    hide_process_ids,
    hide_prompts,
    hide_sklearn_ids,
    hide_styler_ids,
    hide_svg_ids,
    hide_svg_stamps,
    hide_uuids,
    number_altair_names,
    number_bokeh_ids,
    rank_threads,
)
from nbcheck.compare.normalise.layout import (
    drop_pandas_style,
    sort_lines,
    sort_sets,
    sort_words,
    strip_line_ends,
)
from nbcheck.compare.normalise.libraries import (
    hide_fit_times,
    hide_library_timings,
    hide_summary_times,
    hide_table_ids,
)
from nbcheck.compare.normalise.measured import (
    hide_dates,
    hide_log_times,
    hide_progress,
    hide_sizes,
    hide_timings,
)
from nbcheck.compare.normalise.places import ROOTS_NAME, name_cells, name_home, name_libraries, name_temporary
from nbcheck.compare.normalise.terminal import drop_timing_remarks, strip_ansi
from nbcheck.compare.screen import show_on_screen

_HTML = frozenset({"html"})
_SVG = frozenset({"svg"})
_MARKUP = frozenset({"html", "svg"})
_TEXT = frozenset({"text"})

NORMALISERS: tuple[Normaliser, ...] = (
    Normaliser("terminal", show_on_screen, ("\r", "\b", "\x1b["), stage="screen", scopes=_TEXT),
    Normaliser("ansi", strip_ansi, ("\x1b",), stage="screen"),
    Normaliser(
        "timing-remarks",
        drop_timing_remarks,
        ("The slowest run", "Compiler", "Parser", "font cache"),
        stage="screen",
        scopes=_TEXT,
    ),
    Normaliser("pandas-style", drop_pandas_style, (".dataframe t",), stage="screen", scopes=_HTML),
    Normaliser("thread-names", rank_threads, ("Thread-",), stage="screen", scopes=_TEXT),
    Normaliser("fit-times", hide_fit_times, ("fitted-att-type",), stage="screen", scopes=_HTML),
    Normaliser(
        "table-ids", hide_table_ids, ("gt_table", 'id="table', "itables_"), stage="screen", scopes=_HTML
    ),
    Normaliser("cell-names", name_cells, ("ipykernel_", "<ipython-input-", " In", "Cell[", ".py, line ")),
    Normaliser("libraries", name_libraries, ("-packages", "python3.")),
    Normaliser(ROOTS_NAME, str, ()),  # idle; replaced by what roots_normaliser makes of CompareOptions.roots
    Normaliser("temporary-names", name_temporary, ("/var/folders/", "pytest-of-", "/tmp", "\\tmp")),  # noqa: S108
    Normaliser("home", name_home, ("/home/", "/Users/", "Users\\", "/root")),
    Normaliser("addresses", hide_addresses, ("0x",)),
    Normaliser("uuids", hide_uuids, ("-",)),
    Normaliser("element-ids", hide_element_ids, ("4",), scopes=_HTML),
    Normaliser("folium-ids", hide_folium_ids, ("_",), scopes=_HTML),
    Normaliser(
        "bokeh-ids",
        number_bokeh_ids,
        ('"id":"p', '"roots":{"p', '"root_ids":["p', 'data-root-id="p', '"attributes":{"name":"'),
        scopes=_HTML,
    ),
    Normaliser("altair-names", number_altair_names, (VEGA,), scopes=_HTML),
    Normaliser("styler-ids", hide_styler_ids, ("T_",), scopes=_HTML),
    Normaliser("sklearn-ids", hide_sklearn_ids, ("sk-",), scopes=_HTML),
    Normaliser("svg-ids", hide_svg_ids, ('"', "#"), scopes=_MARKUP),
    Normaliser("svg-stamps", hide_svg_stamps, ("<dc:", "<!-- Created"), scopes=_MARKUP),
    Normaliser(
        "process-ids",
        hide_process_ids,
        ("pid=", "pid: ", "PID ", "started ", "stopped ", " parent=", "<Task ", " fd="),
    ),
    Normaliser("prompts", hide_prompts, ("In [", "Out["), scopes=_TEXT),
    Normaliser("timings", hide_timings, ("times: ", "Wall time", " per loop")),
    Normaliser("log-times", hide_log_times, (",", "[", " | ")),
    Normaliser(
        "library-timings",
        hide_library_timings,
        ("elapsed:", "remaining:", " total", "overhead of testing", "Ran ", " in "),
    ),
    Normaliser("summary-times", hide_summary_times, ("Date:", "Time:")),
    Normaliser("progress", hide_progress, (" [", "\u2007[", "\u2501")),
    Normaliser("dates", hide_dates, (":", "-", " "), is_optional=True),
    Normaliser("sizes", hide_sizes, ("B", "bytes"), is_optional=True),
    Normaliser("set-order", sort_sets, (", '", "', ", "('", ', "', '", ', '("')),
    Normaliser("word-order", sort_words, ("",), scopes=_TEXT, is_optional=True),
    Normaliser("line-order", sort_lines, ("\n",), stage="screen", scopes=_TEXT, is_optional=True),
    Normaliser("line-ends", strip_line_ends, (" \n", "\t\n", " ", "\t"), scopes=_TEXT),
)
"""Every rule, in the order of application."""

NORMALISER_NAMES: tuple[str, ...] = tuple(row.name for row in NORMALISERS)
"""Names of all rules, in the order of application."""
