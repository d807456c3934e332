"""What is measured: durations, times of day, progress, memory."""

from __future__ import annotations

import re

from nbcheck.compare.normalise.base import compiled

# Repetitions have bounds: a search would otherwise try each of ten thousand digits or blanks from each of them.
# IPython writes the figures with three significant digits: 1e+03 ns is what becomes of 999.6 ns.
_SECONDS = r"\d[\d.,]{0,20}(?:e[+-]?\d+)? ?(?:[num\u00b5\u03bc]?s|min|h)(?: \d[\d.]* ?(?:min|m?s))*"


def hide_timings(text: str) -> str:
    """Replace the figures of %time and %timeit.

    ``Wall time: 5.72 ms`` -> ``Wall time: <time>``; ``CPU times: user 3 ms, sys: 1 ms, total: 4 ms`` ->
    ``CPU times: <time>``; ``481 ns +- 290 ns per loop (mean +- std. dev. of 7 runs, 1,000 loops each)`` ->
    ``<time> per loop (mean +- std. dev. of 7 runs, <n> loops each)``.
    """
    text = compiled(
        rf"^(CPU times: )(?:user {_SECONDS}, sys: {_SECONDS}, )?total: {_SECONDS}", re.MULTILINE
    ).sub(r"\1<time>", text)
    text = compiled(rf"^(Wall time: ){_SECONDS}", re.MULTILINE).sub(r"\1<time>", text)
    text = compiled(
        rf"{_SECONDS} (?:\u00b1|\+-) {_SECONDS} per loop "
        r"\((mean (?:\u00b1|\+-) std\. dev\. of \d+ runs?), [\d,]+ loops? each\)"
    ).sub(r"<time> per loop (\1, <n> loops each)", text)
    return compiled(rf"\b[\d,]{{1,20}} loops, best of (\d+): {_SECONDS} per loop").sub(
        r"<n> loops, best of \1: <time> per loop", text
    )


def hide_log_times(text: str) -> str:
    """Replace the times that logging and rich write before a message.

    ``2024-05-01 10:00:00,123 WARNING x`` -> ``<time> WARNING x``. Rich leaves out a time that is the same as before, so
    ``[10:00:00] x    cell.py:1`` -> ``           x    cell.py:1``, also in HTML. Loguru's
    ``2024-05-01 10:00:00.123 | INFO     | x`` -> ``<time> | INFO     | x``; structlog's
    ``2024-05-01 10:00:00 [info     ] x`` -> ``<time> [info     ] x``.
    """
    text = compiled(r"(?<![\d-])\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}(?!\d)").sub("<time>", text)
    text = compiled(
        r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3}(?= \| [A-Z]+ *\| )"
        r"|(?:\.\d{6}Z?)?(?= \[(?:debug|info|warning|error|critical|exception) *\] ))",
        re.MULTILINE,
    ).sub("<time>", text)
    blanks = " " * len("[10:00:00]")
    text = compiled(r"^\[\d\d:\d\d:\d\d\](?= [^\n]* [^\s:]+:\d+ *$)", re.MULTILINE).sub(blanks, text)
    return compiled(r"(?<=\">)\[\d\d:\d\d:\d\d\](?= </span>)").sub(blanks, text)


def hide_progress(text: str) -> str:
    """Replace timing and bar of tqdm and keras, and drop states that a later state of the same bar follows at once.

    `` 50%|#####     | 1/2 [00:01<00:01,  1.00s/it]100%|##########| 2/2 [00:02<00:00,  1.00it/s, loss=0.3]`` ->
    ``100%|<bar>| 2/2 [<time>, loss=0.3]``; ``313/313 [====] - 1s 2ms/step - loss: 0.1`` ->
    ``313/313 <bar> - <time> - loss: 0.1``. The same for the bars of rich, with their spinner and speed:
    ``Working... ━━━━ 100% 0:00:01 7.7 kB/s`` -> ``Working... <bar> 100% <time> <speed>``.
    """
    rate = r"(?:[\d.]{1,20}[kMGT]?|\?) ?[^\s,\]/]{0,20}/[^\s,\]]{1,20}"
    text = compiled(
        r"(\d{1,3}%)\|[^|\n]{0,300}\| ([\d.]{1,20}[kMGT]?/[\d.]{1,20}[kMGT]?) \[[\d:]+<(?:[\d:]+|\?), *"
        + rate
        + r"((?:, [^\]\n]*)?\])"
    ).sub(r"\1|<bar>| \2 [<time>\3", text)
    # As a widget, where the bar is another one, and blanks are as wide as figures.
    text = compiled(
        r"([\d.]{1,20}[kMGT]?/[\d.]{1,20}[kMGT]?)[ \u2007]\[[\d:]+(?:<|&lt;)(?:[\d:]+|\?),[ \u2007]*"
        + rate
        + r"((?:,[ \u2007][^\]\n]*)?\])"
    ).sub(r"\1 [<time>\2", text)
    text = compiled(r"(\d{1,20}\S{0,20}) \[[\d:]+, *" + rate + r"((?:, [^\]\n]*)?\])").sub(
        r"\1 [<time>\2", text
    )
    if "%|<bar>| " in text:
        text = _drop_earlier_states(text)
    text = compiled(
        r"(\d{1,12}/\d{1,12}) (?:\[[=>. ]+\]|\u2501[\u2501 ]*)(?: - |\s)(?:\d+:)?\d+m?s"
        r"(?: \d+[mu\u00b5\u03bc]?s/(?:step|epoch|sample))?"
    ).sub(r"\1 <bar> - <time>", text)
    return "\n".join(map(_hide_rich_progress, text.split("\n"))) if "\u2501" in text else text


def _drop_earlier_states(text: str) -> str:
    earlier = compiled(
        r"([^\n%|\[\]]{0,60}?) {0,40}\d{1,3}%\|<bar>\| [\d.]{1,20}[kMGT]?/([\d.]{1,20}[kMGT]?) \[<time>[^\]\n]*\] *"
        r"(?=\1 {0,40}\d{1,3}%\|<bar>\| [\d.]{1,20}[kMGT]?/\2 \[<time>)"
    )
    # A state that is dropped may bring two others together.
    while (left := earlier.sub("", text)) != text:
        text = left
    return text


def _hide_rich_progress(line: str) -> str:
    bar = compiled(r"[\u2501\u2578\u257a]{3,}")
    time = compiled(r"\b\d+:\d\d:\d\d\b|-:--:--")
    first = bar.search(line)
    if first is None or not time.search(line, first.end()):
        return line
    before, after = line[: first.start()], line[first.end() :]
    before = compiled(r"^[\u2801-\u28ff](?= )").sub("<spinner>", before)
    after = compiled(r"(?<= )(?:\d[\d.,]* (?:bytes|[kMGTPEZY]B)/s|\?$)").sub(
        "<speed>", time.sub("<time>", after)
    )
    return before + "<bar>" + bar.sub("<bar>", after)


def hide_dates(text: str) -> str:
    """Replace dates and times of day; only on request, since they are results as often as not.

    ``2024-05-01T10:00:00.123+02:00`` -> ``<date>``; ``Wed May  1 10:00:00 2024`` -> ``<date>``; ``10:15:32`` ->
    ``<date>``.
    """
    clock = r"\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:?\d{2}| ?[AP]M)?"
    day = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,? +(?:\d{1,2} +)?[A-Z][a-z]{2}\w* +\d{1,4}"
    text = compiled(rf"\b{day}(?:,? +{clock})?(?: +\d{{4}})?\b").sub("<date>", text)
    text = compiled(rf"(?<![\w-])\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]{clock})?(?![\w-])").sub("<date>", text)
    return compiled(rf"(?<![\w:]){clock}(?![\w:])").sub("<date>", text)


def hide_sizes(text: str) -> str:
    """Replace amounts of memory; only on request.

    ``memory usage: 1.2+ KB`` -> ``memory usage: <size>``; ``peak memory: 123.45 MiB`` -> ``peak memory: <size>``.
    """
    return compiled(r"(?<![\w.])\d[\d.,]{0,20}\+? ?(?:[KMGT]i?B|bytes)\b").sub("<size>", text)
