"""The noise that outputs carry from run to run, and the named rules that take it out.

Each rule is a function from text to text with an example in its docstring, listed with its name in
:data:`NORMALISERS`; the order of that table is the order of application. A rule

- changes only what cannot be a result: it asks for the whole shape that a printer gives the noise, not for a part;
- applied twice does what it does once;
- in the stage ``line`` never looks past a line end, so that only lines that differ need be normalised; rules that must
  see more are in the stage ``screen``, which also makes the text that reports show.

Placeholders are in angle brackets: ``<address>``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from nbcheck.compare.base import CompareMode, CompareOptions
from nbcheck.compare.screen import show_on_screen

Rule = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Normaliser:
    """One row of the table."""

    name: str
    """What users switch it off by."""
    rule: Rule
    """The function."""
    needles: tuple[str, ...]
    """The rule can only change a text that contains one of these; spares most texts most rules."""
    stage: str = "line"
    """``screen`` or ``line``, see the module's docstring."""
    scopes: frozenset[str] = frozenset({"text", "html", "svg"})
    """Kinds of text it applies to: ``text``, ``html``, ``svg``."""
    is_optional: bool = False
    """Whether it is only at work when somebody asks for it: what it hides may be a result."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text without noise."""

    text: str
    """The text, noise replaced by placeholders."""
    names: tuple[str, ...] = ()
    """The normalisers that changed it, in order."""


def normalise(
    text: str, options: CompareOptions, *, scope: str = "text", stage: str | None = None
) -> Normalised:
    """Take the noise out of a text.

    Args:
        text: as it stands in the output.
        options: what is switched off, and this run's folders.
        scope: ``text``, ``html`` or ``svg``.
        stage: only the rules of this stage; None for all of them.
    """
    if options.mode is CompareMode.EXACT:
        return Normalised(text)
    names = []
    for normaliser in _selected(options, scope, stage):
        for needle in normaliser.needles:
            if needle in text:
                changed = normaliser.rule(text)
                if changed != text:
                    names.append(normaliser.name)
                    if options.on_normalised is not None:
                        options.on_normalised(normaliser.name, text, changed)
                    text = changed
                break
    return Normalised(text, tuple(names))


def order_names(names: set[str]) -> tuple[str, ...]:
    """Sort normaliser names by their order of application; patterns of the user come first."""
    return tuple(sorted(names, key=lambda name: (_RANKS.get(name, -1), name)))


def _selected(options: CompareOptions, scope: str, stage: str | None) -> tuple[Normaliser, ...]:
    switches = options.disabled_normalisers, options.enabled_normalisers
    return _select(*switches, options.replacements, options.patterns, options.roots, scope, stage)


@lru_cache(maxsize=64)
def _select(
    disabled: frozenset[str],
    enabled: frozenset[str],
    replacements: tuple[tuple[str, str], ...],
    patterns: tuple[str, ...],
    roots: tuple[str, ...],
    scope: str,
    stage: str | None,
) -> tuple[Normaliser, ...]:
    rows = [_replacement_normaliser(number, *pair) for number, pair in enumerate(replacements, start=1)]
    rows += [_pattern_normaliser(number, pattern) for number, pattern in enumerate(patterns, start=1)]
    rows += [roots_normaliser(roots) if row.name == ROOTS_NAME else row for row in NORMALISERS]
    return tuple(
        row
        for row in rows
        if row.name not in disabled
        and (not row.is_optional or row.name in enabled)
        and scope in row.scopes
        and stage in (None, row.stage)
    )


def _replacement_normaliser(number: int, pattern: str, replacement: str) -> Normaliser:
    """Make a rule of a pair of the user's; it sees the whole text."""

    def replace(text: str) -> str:
        return _re(pattern).sub(replacement, text)

    return Normaliser(f"replacement {number}", replace, ("",), stage="screen")


def _pattern_normaliser(number: int, pattern: str) -> Normaliser:
    """Make a rule of a regular expression of the user's; it sees one line at a time."""

    def leave_out(text: str) -> str:
        return "\n".join([_re(pattern).sub("<ignored>", line) for line in text.split("\n")])

    # Every text contains the empty needle: what a pattern needs nobody knows.
    return Normaliser(f"pattern {number}", leave_out, ("",))


@cache
def _re(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern when it is first needed: importing this module compiles none."""
    return re.compile(pattern, flags)


# Screen: what a reader of the output sees


def strip_ansi(text: str) -> str:
    r"""Remove escape sequences: colours, links, titles.

    ``"\x1b[31mred\x1b[0m"`` -> ``"red"``. Also a lone ESC goes, so that nothing left can become a sequence.
    """
    return _re(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])?").sub("", text)


def drop_timing_remarks(text: str) -> str:
    """Remove whole lines that are printed only when the machine was slow.

    ``The slowest run took 5.31 times longer than the fastest. ...`` and ``Compiler : 105 ms`` of %time and %timeit,
    ``Matplotlib is building the font cache; this may take a moment.`` of a first import -> nothing.
    """
    return _re(
        r"^(?:The slowest run took [\d.]+ times longer than the fastest\..*"
        r"|(?:WARNING:matplotlib\.font_manager:)?Matplotlib is building the font cache; this may take a moment\."
        r"|(?:Compiler|Parser  ?) *: [\d.]+ \w?s)(?:\n|\Z)",
        re.MULTILINE,
    ).sub("", text)


# Names of places


def name_cells(text: str) -> str:
    """Replace the file names that kernels give cells.

    ``/tmp/ipykernel_123/456.py:3`` -> ``<cell>:3``; ``<ipython-input-3-abc>``, ``Cell In[3]`` and ``Cell[3]`` ->
    ``<cell>``; ``invalid syntax (3589571888.py, line 1)`` -> ``invalid syntax (<cell>, line 1)``. Line numbers stay.
    """
    text = _re(
        r"(?:[A-Za-z]:)?[/\\][^\s:\"'<>|]*ipykernel_\d+[/\\]\d+\.py|<ipython-input-\d+-[0-9a-f]+>"
    ).sub("<cell>", text)
    text = _re(r"\b(?:Cell|Input) In ?\[\d+\]|\bCell\[\d+\](?=[:,])").sub("<cell>", text)
    return _re(r"\((?:\d{6,10}\.py|Cell\[\d+\]), line (?=\d)").sub("(<cell>, line ", text)


def name_libraries(text: str) -> str:
    """Replace the folder of installed packages and of the standard library.

    ``/home/me/env/lib/python3.11/site-packages/numpy/core.py:7`` -> ``<site-packages>/numpy/core.py:7``;
    ``/usr/lib/python3.11/json/decoder.py`` -> ``<stdlib>/json/decoder.py``.
    """
    start = r"(?<![^\s\"'(<=\[])(?:[A-Za-z]:)?[/\\~]"
    text = _re(start + r"[^\s\"'<>:]*[/\\](?:site|dist)-packages[/\\]").sub("<site-packages>/", text)
    return _re(start + r"[^\s\"'<>:]*[/\\]lib[/\\]python3\.\d+[/\\]").sub("<stdlib>/", text)


def name_temporary(text: str) -> str:
    """Replace the random part of a temporary name.

    ``/tmp/tmpa1b2c3d4/x`` -> ``/tmp/<temporary>/x``; ``/var/folders/zz/abc_1/T/x`` -> ``/tmp/x``;
    ``/tmp/pytest-of-me/pytest-12/`` -> ``/tmp/<temporary>/``.
    """
    text = _re(r"(?:/private)?/var/folders/\w\w/\w+/T(?=/|\b)").sub("/tmp", text)  # noqa: S108 (a name in text)
    text = _re(r"(?<=[/\\])pytest-of-[\w.-]+[/\\]pytest-\d+").sub("<temporary>", text)
    return _re(r"(?<=[/\\])tmp[a-z0-9_]{8}(?![A-Za-z0-9_])").sub("<temporary>", text)


def name_home(text: str) -> str:
    r"""Replace a home folder.

    ``/home/me/data.csv``, ``/Users/me/data.csv``, ``C:\Users\me\data.csv`` -> ``<home>/data.csv`` (the last with its
    backslash).
    """
    return _re(
        r"(?<![\w.~-])(?:/home/|/Users/|[A-Za-z]:\\{1,2}Users\\{1,2})[A-Za-z0-9_][\w.-]*(?![\w.-])|(?<![\w./~-])/root(?=/)"
    ).sub("<home>", text)


def roots_normaliser(roots: Sequence[str]) -> Normaliser:
    """Make the rule that replaces the folders of this run: ``/builds/7/nb/data.csv`` -> ``<root-1>/data.csv``.

    The longest folder is number 1. A text comparison then takes ``<root-1>/data.csv`` for equal with a path of the
    other side that ends in ``/data.csv`` (see :func:`unify_paths`), because where the notebook was when it was saved
    nobody knows any more.
    """
    names: dict[str, str] = {}
    shortened = {root.rstrip("/\\") for root in roots}
    for number, root in enumerate(sorted(shortened, key=lambda root: (-len(root), root)), start=1):
        if len(root) > 1:
            names[root] = names[root.replace("\\", "\\\\")] = f"<root-{number}>"
    longest_first = sorted(names, key=len, reverse=True)
    pattern = r"(?<![\w.~-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w-]|\.\w)"

    def name_roots(text: str) -> str:
        return _re(pattern).sub(lambda match: names[match[0]], text)

    return Normaliser(ROOTS_NAME, name_roots, tuple(longest_first))


# Identity

_VEGA = '"$schema": "https://vega.github.io/'


def hide_addresses(text: str) -> str:
    """Replace memory addresses.

    ``<function f at 0x7f1f2a3b4c5d>`` -> ``<function f at <address>>``; a bare ``0x7f1f2a3b4c5d`` as well, but not
    ``0xdeadbeef``, which may be a result: only what lies where Linux puts heaps, libraries and stacks.
    """
    text = _re(r"\b(at|object|id|address)([ =]+)0x[0-9a-fA-F]{6,16}\b").sub(r"\1\2<address>", text)
    return _re(r"\b0x(?:7f[0-9a-f]{10}|5[56][0-9a-f]{10}|0000[0-9A-F]{12})\b").sub("<address>", text)


def hide_uuids(text: str) -> str:
    """Replace random and time-based UUIDs; those made from a name (versions 3 and 5) are results.

    ``d9b7c1de-8f0b-4d2c-9b6e-0123456789ab`` -> ``<uuid>``.
    """
    return _re(
        r"(?<![0-9a-zA-Z])[0-9a-f]{8}-[0-9a-f]{4}-[1467][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-zA-Z])",
        re.IGNORECASE,
    ).sub("<uuid>", text)


def hide_element_ids(text: str) -> str:
    """Replace ids that libraries make up for their elements from a random UUID (altair, bokeh, plotly, matplotlib).

    ``<div id="altair-viz-6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f">`` -> ``<div id="altair-viz-<id>">``, and
    ``<img id="_anim_img6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f">`` -> ``<img id="_anim_img<id>">``.
    """
    return _re(r"(?<=[-_\"'#=g-z])[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-zA-Z])").sub(
        "<id>", text
    )


def hide_folium_ids(text: str) -> str:
    """Replace the random part of folium's names: the kind of an element and 32 hexadecimal digits.

    ``var tile_layer_352208ac4dba84476b761f0ddaa2f4c3 = L.tileLayer(`` -> ``var tile_layer_<id> = L.tileLayer(``, but
    not in the name of a file, where they may be the hash of its content: ``data_352208ac4dba84476b761f0ddaa2f4c3.csv``.
    """
    return _re(
        r"(?<![\w/.-])([a-z]{2,20}(?:_[a-z]{2,20}){0,4}_)[0-9a-f]{32}(?![0-9a-zA-Z_])(?!\.\w+(?![\w(.\[ =]))"
    ).sub(r"\1<id>", text)


def number_bokeh_ids(text: str) -> str:
    """Replace the running numbers of bokeh's models by their order in the line, so that references stay.

    ``{"id":"p1042","source":{"id":"p1045"}}`` -> ``{"id":"<id-1>","source":{"id":"<id-2>"}}``;
    ``<div data-root-id="p1008">`` -> ``<div data-root-id="<id-1>">``.
    """
    pattern = _re(r"((?:\"id\":|\"roots\":\{|\"root_ids\":\[|\bdata-root-id=)\")(p\d{4,9})(?=\")")
    return "\n".join(
        _number(line, pattern, [name for _, name in pattern.findall(line)], "id") for line in text.split("\n")
    )


def number_altair_names(text: str) -> str:
    """Replace the names that altair makes up in a chart's line, by their order: data sets, parameters and views.

    ``"data": {"name": "data-ef47531a396b70b6d6a37f3747cde7ac"}`` -> ``"data": {"name": "<name-1>"}``; ``param_2``,
    ``view_1`` and ``param_54dd647193d9b3b3`` likewise, where the line holds ``"$schema": "https://vega.github.io/``.
    """
    name = r"(data-[0-9a-f]{32}|(?:param|view)_(?:[0-9a-f]{16}|\d{1,6})(?:_\d{1,4})?)"
    pattern, definition = _re(rf"()(?<![\w-]){name}(?![\w-])"), _re(rf'"name": "{name}"')
    return "\n".join(
        _number(line, pattern, definition.findall(line), "name") if _VEGA in line else line
        for line in text.split("\n")
    )


def _number(line: str, pattern: re.Pattern[str], names: Sequence[str], kind: str) -> str:
    """Number the names among what the second group of a pattern matches, from 1 in their order."""
    numbers = {name: f"<{kind}-{number}>" for number, name in enumerate(dict.fromkeys(names), start=1)}
    return pattern.sub(lambda match: match[1] + numbers.get(match[2], match[2]), line) if names else line


def hide_styler_ids(text: str) -> str:
    """Replace the random part of the ids of a pandas Styler.

    ``<td id="T_1a2b3_row0_col0">`` -> ``<td id="T_<id>_row0_col0">``, and the same in its style sheet.
    """
    return _re(r"(?<=[\"'#])T_[0-9a-f]{5}(?=[\"'_ ,.{])").sub("T_<id>", text)


def hide_sklearn_ids(text: str) -> str:
    """Replace the running number of scikit-learn's estimator diagrams.

    ``<div id="sk-container-id-3">`` -> ``<div id="sk-container-id-<id>">``.
    """
    return _re(r"(sk-(?:container|estimator)-id-)\d+").sub(r"\1<id>", text)


def hide_svg_ids(text: str) -> str:
    """Replace the salted ids of matplotlib's SVG.

    ``<clipPath id="p1a2b3c4d5e">`` -> ``<clipPath id="<id>">``, ``url(#p1a2b3c4d5e)`` -> ``url(#<id>)``.
    """
    return _re(r"(?<=[\"#])[a-zA-Z][0-9a-f]{10}(?=[\")])").sub("<id>", text)


def hide_svg_stamps(text: str) -> str:
    """Replace date and program version in the metadata of an SVG.

    ``<dc:date>2024-05-01T10:00:00.123</dc:date>`` -> ``<dc:date><stamp></dc:date>``.
    """
    return _re(r"(<dc:date>|<dc:title>Matplotlib v|<!-- Created with )[^<>\n]+").sub(r"\1<stamp>", text)


def hide_process_ids(text: str) -> str:
    """Replace process and thread ids where they are named as such.

    ``(pid=1234)`` -> ``(pid=<pid>)``; ``<Thread(Thread-1, started 140092362849152)>`` ->
    ``<Thread(Thread-1, started <thread>)>``.
    """
    text = _re(r"\b(pid=|pid: |PID )\d+\b").sub(r"\1<pid>", text)
    return _re(r"\b((?:started|stopped)(?: daemon)? )\d{5,}(?=\)>)").sub(r"\1<thread>", text)


def hide_prompts(text: str) -> str:
    """Replace the counts in IPython's prompts at the beginning of a line: ``Out[12]:`` -> ``Out[<n>]:``."""
    return _re(r"^(In |Out)\[\d+\]:", re.MULTILINE).sub(r"\1[<n>]:", text)


# Time

# IPython writes the figures with three significant digits: 1e+03 ns is what becomes of 999.6 ns.
_SECONDS = r"\d[\d.,]*(?:e[+-]?\d+)? ?(?:[num\u00b5\u03bc]?s|min|h)(?: \d[\d.]* ?(?:min|m?s))*"


def hide_timings(text: str) -> str:
    """Replace the figures of %time and %timeit.

    ``Wall time: 5.72 ms`` -> ``Wall time: <time>``; ``CPU times: user 3 ms, sys: 1 ms, total: 4 ms`` ->
    ``CPU times: <time>``; ``481 ns +- 290 ns per loop (mean +- std. dev. of 7 runs, 1,000 loops each)`` ->
    ``<time> per loop (mean +- std. dev. of 7 runs, <n> loops each)``.
    """
    text = _re(rf"^(CPU times: )(?:user {_SECONDS}, sys: {_SECONDS}, )?total: {_SECONDS}", re.MULTILINE).sub(
        r"\1<time>", text
    )
    text = _re(rf"^(Wall time: ){_SECONDS}", re.MULTILINE).sub(r"\1<time>", text)
    text = _re(
        rf"{_SECONDS} (?:\u00b1|\+-) {_SECONDS} per loop "
        r"\((mean (?:\u00b1|\+-) std\. dev\. of \d+ runs?), [\d,]+ loops? each\)"
    ).sub(r"<time> per loop (\1, <n> loops each)", text)
    return _re(rf"\b[\d,]+ loops, best of (\d+): {_SECONDS} per loop").sub(
        r"<n> loops, best of \1: <time> per loop", text
    )


def hide_log_times(text: str) -> str:
    """Replace the times that logging and rich write before a message.

    ``2024-05-01 10:00:00,123 WARNING x`` -> ``<time> WARNING x``. Rich leaves out a time that is the same as before, so
    ``[10:00:00] x    cell.py:1`` -> ``           x    cell.py:1``, also in HTML.
    """
    text = _re(r"(?<![\d-])\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}(?!\d)").sub("<time>", text)
    blanks = " " * len("[10:00:00]")
    text = _re(r"^\[\d\d:\d\d:\d\d\](?= [^\n]* [^\s:]+:\d+ *$)", re.MULTILINE).sub(blanks, text)
    return _re(r"(?<=\">)\[\d\d:\d\d:\d\d\](?= </span>)").sub(blanks, text)


def hide_progress(text: str) -> str:
    """Replace timing and bar of tqdm and keras, and drop states that a later state of the same bar follows at once.

    `` 50%|#####     | 1/2 [00:01<00:01,  1.00s/it]100%|##########| 2/2 [00:02<00:00,  1.00it/s, loss=0.3]`` ->
    ``100%|<bar>| 2/2 [<time>, loss=0.3]``; ``313/313 [====] - 1s 2ms/step - loss: 0.1`` ->
    ``313/313 <bar> - <time> - loss: 0.1``. The same for the bars of rich, with their spinner and speed:
    ``Working... ━━━━ 100% 0:00:01 7.7 kB/s`` -> ``Working... <bar> 100% <time> <speed>``.
    """
    rate = r"(?:[\d.]+[kMGT]?|\?) ?[^\s,\]/]{0,20}/[^\s,\]]{1,20}"
    text = _re(
        r"(\d{1,3}%)\|[^|\n]{0,300}\| ([\d.]+[kMGT]?/[\d.]+[kMGT]?) \[[\d:]+<(?:[\d:]+|\?), *"
        + rate
        + r"((?:, [^\]\n]*)?\])"
    ).sub(r"\1|<bar>| \2 [<time>\3", text)
    text = _re(r"(\d+\S{0,20}) \[[\d:]+, *" + rate + r"((?:, [^\]\n]*)?\])").sub(r"\1 [<time>\2", text)
    text = _re(
        r"([^\n%|\[\]]{0,60}?) *\d{1,3}%\|<bar>\| [\d.]+[kMGT]?/([\d.]+[kMGT]?) \[<time>[^\]\n]*\] *"
        r"(?=\1 *\d{1,3}%\|<bar>\| [\d.]+[kMGT]?/\2 \[<time>)"
    ).sub("", text)
    text = _re(
        r"(\d+/\d+) (?:\[[=>. ]+\]|\u2501[\u2501 ]*)(?: - |\s)(?:\d+:)?\d+m?s"
        r"(?: \d+[mu\u00b5\u03bc]?s/(?:step|epoch|sample))?"
    ).sub(r"\1 <bar> - <time>", text)
    return "\n".join(map(_hide_rich_progress, text.split("\n"))) if "\u2501" in text else text


def _hide_rich_progress(line: str) -> str:
    bar = _re(r"[\u2501\u2578\u257a]{3,}")
    time = _re(r"\b\d+:\d\d:\d\d\b|-:--:--")
    first = bar.search(line)
    if first is None or not time.search(line, first.end()):
        return line
    before, after = line[: first.start()], line[first.end() :]
    before = _re(r"^[\u2801-\u28ff](?= )").sub("<spinner>", before)
    after = _re(r"(?<= )(?:\d[\d.,]* (?:bytes|[kMGTPEZY]B)/s|\?$)").sub("<speed>", time.sub("<time>", after))
    return before + "<bar>" + bar.sub("<bar>", after)


def hide_dates(text: str) -> str:
    """Replace dates and times of day; only on request, since they are results as often as not.

    ``2024-05-01T10:00:00.123+02:00`` -> ``<date>``; ``Wed May  1 10:00:00 2024`` -> ``<date>``; ``10:15:32`` ->
    ``<date>``.
    """
    clock = r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2}| ?[AP]M)?"
    day = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,? +(?:\d{1,2} +)?[A-Z][a-z]{2}\w* +\d{1,4}"
    text = _re(rf"\b{day}(?:,? +{clock})?(?: +\d{{4}})?\b").sub("<date>", text)
    text = _re(rf"(?<![\w-])\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]{clock})?(?![\w-])").sub("<date>", text)
    return _re(rf"(?<![\w:]){clock}(?![\w:])").sub("<date>", text)


def hide_sizes(text: str) -> str:
    """Replace amounts of memory; only on request.

    ``memory usage: 1.2+ KB`` -> ``memory usage: <size>``; ``peak memory: 123.45 MiB`` -> ``peak memory: <size>``.
    """
    return _re(r"(?<![\w.])\d[\d.,]*\+? ?(?:[KMGT]i?B|bytes)\b").sub("<size>", text)


# Order and layout


def sort_sets(text: str) -> str:
    """Sort the strings of a printed set: ``{'b', 'a'}`` -> ``{'a', 'b'}``.

    Only strings in plain quotes: their order depends on the hash seed, that of numbers does not.
    """
    return _re(r"\{('[^'\\\n]*'(?:, '[^'\\\n]*')+)\}").sub(_sorted_set, text)


def _sorted_set(match: re.Match[str]) -> str:
    return "{" + ", ".join(sorted(_re(r"'[^'\\\n]*'").findall(match[1]))) + "}"


def strip_line_ends(text: str) -> str:
    r"""Remove blanks at line ends: ``"a  \nb"`` -> ``"a\nb"``."""
    return "\n".join(map(_rstrip_blanks, text.split("\n")))


def _rstrip_blanks(line: str) -> str:
    return line.rstrip(" \t")


ROOTS_NAME = "roots"
"""Name of the rule that needs this run's folders."""

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
    Normaliser("cell-names", name_cells, ("ipykernel_", "<ipython-input-", " In", "Cell[", ".py, line ")),
    Normaliser("libraries", name_libraries, ("-packages", "python3.")),
    Normaliser(ROOTS_NAME, str, ()),  # idle; replaced by what roots_normaliser makes of CompareOptions.roots
    Normaliser("temporary-names", name_temporary, ("/var/folders/", "pytest-of-", "/tmp", "\\tmp")),  # noqa: S108
    Normaliser("home", name_home, ("/home/", "/Users/", "Users\\", "/root")),
    Normaliser("addresses", hide_addresses, ("0x",)),
    Normaliser("uuids", hide_uuids, ("-",)),
    Normaliser("element-ids", hide_element_ids, ("-", "_", '"', "'", "#", "="), scopes=_HTML),
    Normaliser("folium-ids", hide_folium_ids, ("_",), scopes=_HTML),
    Normaliser(
        "bokeh-ids",
        number_bokeh_ids,
        ('"id":"p', '"roots":{"p', '"root_ids":["p', 'data-root-id="p'),
        scopes=_HTML,
    ),
    Normaliser("altair-names", number_altair_names, (_VEGA,), scopes=_HTML),
    Normaliser("styler-ids", hide_styler_ids, ("T_",), scopes=_HTML),
    Normaliser("sklearn-ids", hide_sklearn_ids, ("sk-",), scopes=_HTML),
    Normaliser("svg-ids", hide_svg_ids, ('"', "#"), scopes=_MARKUP),
    Normaliser("svg-stamps", hide_svg_stamps, ("<dc:", "<!-- Created"), scopes=_MARKUP),
    Normaliser("process-ids", hide_process_ids, ("pid=", "pid: ", "PID ", "started ", "stopped ")),
    Normaliser("prompts", hide_prompts, ("In [", "Out["), scopes=_TEXT),
    Normaliser("timings", hide_timings, ("times: ", "Wall time", " per loop")),
    Normaliser("log-times", hide_log_times, (",", "[")),
    Normaliser("progress", hide_progress, (" [", "\u2501")),
    Normaliser("dates", hide_dates, (":", "-", " "), is_optional=True),
    Normaliser("sizes", hide_sizes, ("B", "bytes"), is_optional=True),
    Normaliser("set-order", sort_sets, ("', '",)),
    Normaliser("line-ends", strip_line_ends, (" \n", "\t\n", " ", "\t"), scopes=_TEXT),
)
"""Every rule, in the order of application."""

NORMALISER_NAMES: tuple[str, ...] = tuple(row.name for row in NORMALISERS)
"""Names of all rules, in the order of application."""

_RANKS = {name: rank for rank, name in enumerate(NORMALISER_NAMES)}


# Paths


_PLACE = r"<(?:root-\d+|home)>"


def may_hold_paths(line: str) -> bool:
    """Whether :func:`unify_paths` can change this normalised line or its partner."""
    return "<root-" in line or "<home>" in line


def unify_paths(expected: str, actual: str) -> tuple[str, str]:
    """Make a path under a folder of this run equal to the same path wherever the other side was made.

    Both lines are normalised; their n-th paths belong together. ``<root-1>/data.csv`` and ``/srv/ci/data.csv`` both
    become ``<path>/data.csv``; paths under the same placeholder on both sides, and paths that end differently, stay.
    """
    pattern = _re(rf"(?:{_PLACE}|(?<![\w.~<>/-])(?:/(?=\w)|[A-Za-z]:\\))(?:[^\s\"'<>,;:()\[\]]|<temporary>)*")
    expected_paths, actual_paths = pattern.findall(expected), pattern.findall(actual)
    if len(expected_paths) != len(actual_paths):
        return expected, actual
    shared = [_shared_path(first, second) for first, second in zip(expected_paths, actual_paths, strict=True)]
    return _replace_in_turn(pattern, expected, shared), _replace_in_turn(pattern, actual, shared)


def _shared_path(first: str, second: str) -> str | None:
    """The path that two spellings have in common, ``<path>/data.csv``; None when they are not the same path."""
    places = [match[0] if (match := _re(_PLACE).match(path)) else "" for path in (first, second)]
    if places[0] == places[1]:
        return None
    for place, path, other in ((places[0], first, second), (places[1], second, first)):
        rest = path.removeprefix(place)
        if place and (not rest or rest[0] in "/\\") and other.endswith(rest):
            return "<path>" + rest
    return None


def _replace_in_turn(pattern: re.Pattern[str], text: str, replacements: list[str | None]) -> str:
    turn = iter(replacements)

    def replace(match: re.Match[str]) -> str:
        replacement = next(turn)
        return match[0] if replacement is None else replacement

    return pattern.sub(replace, text)
