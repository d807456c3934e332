"""Identity: addresses, UUIDs, ids and names that libraries make up, processes, prompts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbcheck.compare.normalise.base import compiled

VEGA = '"$schema": "https://vega.github.io/'
"""What a chart of altair has in its line."""


def hide_addresses(text: str) -> str:
    """Replace memory addresses.

    ``<function f at 0x7f1f2a3b4c5d>`` -> ``<function f at <address>>``; a bare ``0x7f1f2a3b4c5d`` as well, but not
    ``0xdeadbeef``, which may be a result: only what lies where Linux puts heaps, libraries and stacks. ctypes has
    ``<CDLL 'x', handle 7f28414b52e0 at 0x7f27b387b090>`` -> ``<CDLL 'x', handle <address> at <address>>``.
    """
    text = compiled(r"(?<=, handle )[0-9a-f]{5,16}(?= at 0x)").sub("<address>", text)
    text = compiled(r"\b(at|object|id|address)([ =]+)0x[0-9a-fA-F]{6,16}\b").sub(r"\1\2<address>", text)
    return compiled(r"\b0x(?:7f[0-9a-f]{10}|5[56][0-9a-f]{10}|0000[0-9A-F]{12})\b").sub("<address>", text)


def hide_uuids(text: str) -> str:
    """Replace random and time-based UUIDs; those made from a name (versions 3 and 5) are results.

    ``d9b7c1de-8f0b-4d2c-9b6e-0123456789ab`` -> ``<uuid>``.
    """
    return compiled(
        r"(?<![0-9a-zA-Z])[0-9a-f]{8}-[0-9a-f]{4}-[1467][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![0-9a-zA-Z])",
        re.IGNORECASE,
    ).sub("<uuid>", text)


def hide_element_ids(text: str) -> str:
    """Replace ids that libraries make up for their elements from a random UUID (altair, bokeh, plotly, matplotlib).

    ``<div id="altair-viz-6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f">`` -> ``<div id="altair-viz-<id>">``, and
    ``<img id="_anim_img6c9f1d3e2a4b4c5d8e9f0a1b2c3d4e5f">`` -> ``<img id="_anim_img<id>">``. So are UUIDs glued to a
    name, as arviz has them: ``"idata_posteriorf3084db7-3a97-4b98-970f-494ae59c0f4e"`` -> ``"idata_posterior<id>"``.
    """
    text = compiled(r"(?<=[-_\"'#=g-z])[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}(?![0-9a-zA-Z])").sub(
        "<id>", text
    )
    return compiled(
        r"(?<=[a-z_])(?:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})+(?![0-9a-zA-Z])"
    ).sub("<id>", text)


def hide_folium_ids(text: str) -> str:
    """Replace the random part of folium's names: the kind of an element and 32 hexadecimal digits.

    ``var tile_layer_352208ac4dba84476b761f0ddaa2f4c3 = L.tileLayer(`` -> ``var tile_layer_<id> = L.tileLayer(``, but
    not in the name of a file, where they may be the hash of its content: ``data_352208ac4dba84476b761f0ddaa2f4c3.csv``.
    """
    return compiled(
        r"(?<![\w/.-])([a-z]{2,20}(?:_[a-z]{2,20}){0,4}_)[0-9a-f]{32}(?![0-9a-zA-Z_])(?!\.\w+(?![\w(.\[ =]))"
    ).sub(r"\1<id>", text)


def number_bokeh_ids(text: str) -> str:
    """Replace the running numbers of bokeh's models by their order in the line, so that references stay.

    ``{"id":"p1042","source":{"id":"p1045"}}`` -> ``{"id":"<id-1>","source":{"id":"<id-2>"}}``;
    ``<div data-root-id="p1008">`` -> ``<div data-root-id="<id-1>">``. Panel and HoloViews name their models so, too:
    ``"attributes":{"name":"Row00280"`` -> ``"attributes":{"name":"Row<n>"``.
    """
    text = compiled(r"(?<=\"attributes\":\{\"name\":\")([A-Z][A-Za-z]*)\d{5}(?=\")").sub(r"\1<n>", text)
    pattern = compiled(r"((?:\"id\":|\"roots\":\{|\"root_ids\":\[|\bdata-root-id=)\")(p\d{4,9})(?=\")")
    return "\n".join(
        _number(line, pattern, [name for _, name in pattern.findall(line)], "id") for line in text.split("\n")
    )


def number_altair_names(text: str) -> str:
    """Replace the names that altair makes up in a chart's line, by their order: data sets, parameters and views.

    ``"data": {"name": "data-ef47531a396b70b6d6a37f3747cde7ac"}`` -> ``"data": {"name": "<name-1>"}``; ``param_2``,
    ``view_1`` and ``param_54dd647193d9b3b3`` likewise, where the line holds ``"$schema": "https://vega.github.io/``.
    """
    name = r"(data-[0-9a-f]{32}|(?:param|view)_(?:[0-9a-f]{16}|\d{1,6})(?:_\d{1,4})?)"
    pattern, definition = compiled(rf"()(?<![\w-]){name}(?![\w-])"), compiled(rf'"name": "{name}"')
    return "\n".join(
        _number(line, pattern, definition.findall(line), "name") if VEGA in line else line
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
    return compiled(r"(?<=[\"'#])T_[0-9a-f]{5}(?=[\"'_ ,.{])").sub("T_<id>", text)


def hide_sklearn_ids(text: str) -> str:
    """Replace the running number of scikit-learn's estimator diagrams.

    ``<div id="sk-container-id-3">`` -> ``<div id="sk-container-id-<id>">``.
    """
    return compiled(r"(sk-(?:container|estimator)-id-)\d+").sub(r"\1<id>", text)


def hide_svg_ids(text: str) -> str:
    """Replace the salted ids of matplotlib's SVG.

    ``<clipPath id="p1a2b3c4d5e">`` -> ``<clipPath id="<id>">``, ``url(#p1a2b3c4d5e)`` -> ``url(#<id>)``.
    """
    return compiled(r"(?<=[\"#])[a-zA-Z][0-9a-f]{10}(?=[\")])").sub("<id>", text)


def hide_svg_stamps(text: str) -> str:
    """Replace date and program version in the metadata of an SVG.

    ``<dc:date>2024-05-01T10:00:00.123</dc:date>`` -> ``<dc:date><stamp></dc:date>``.
    """
    return compiled(r"(<dc:date>|<dc:title>Matplotlib v|<!-- Created with )[^<>\n]+").sub(r"\1<stamp>", text)


def hide_process_ids(text: str) -> str:
    """Replace numbers of processes, threads, tasks and file descriptors where they are named as such.

    ``(pid=1234)`` -> ``(pid=<pid>)``; ``<Thread(Thread-1, started 140092362849152)>`` ->
    ``<Thread(Thread-1, started <thread>)>``; ``<Process name='Process-1' parent=1234 initial>`` ->
    ``<Process name='Process-1' parent=<pid> initial>``; ``<Task pending name='Task-18' coro=`` ->
    ``<Task pending name='Task-<n>' coro=``; ``<socket.socket fd=63, family=`` -> ``<socket.socket fd=<n>, family=``.
    """
    text = compiled(r"\b(pid=|pid: |PID )\d+\b").sub(r"\1<pid>", text)
    text = compiled(r"(<\w*Process name='[^'\n]*'(?: pid=<pid>)? parent=)\d+\b").sub(r"\1<pid>", text)
    text = compiled(r"(<Task \w+ name='Task-)\d+(?=')").sub(r"\1<n>", text)
    text = compiled(r"(socket fd=)\d+(?=, family=)").sub(r"\1<n>", text)
    return compiled(r"\b((?:started|stopped)(?: daemon)? )\d{5,}(?=\)>)").sub(r"\1<thread>", text)


def rank_threads(text: str) -> str:
    """Number the threads without a name of their own from 1, in their order: kernels start some before the first cell.

    ``Thread-5 (work) and Thread-8 (work)`` -> ``<thread-1> (work) and <thread-2> (work)``.
    """
    pattern = compiled(r"\bThread-(\d{1,6})\b")
    numbers = sorted({int(number) for number in pattern.findall(text)})
    ranks = {number: rank for rank, number in enumerate(numbers, start=1)}
    return pattern.sub(lambda match: f"<thread-{ranks[int(match[1])]}>", text)


def hide_prompts(text: str) -> str:
    """Replace the counts in IPython's prompts at the beginning of a line: ``Out[12]:`` -> ``Out[<n>]:``."""
    return compiled(r"^(In |Out)\[\d+\]:", re.MULTILINE).sub(r"\1[<n>]:", text)
