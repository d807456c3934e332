"""What tests that look at pages in a browser share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Visit:
    """A page in the browser, and what it did."""

    page: Any  # playwright's, which is not imported where there is no browser
    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Visit]
"""Opens a file of this machine; keyword arguments are those of a browser context."""


def see_everything(made: Visit) -> None:
    """Scroll to the end and open what is folded, so that whatever is lazy has loaded."""
    made.page.evaluate(
        """async () => {
            for (const part of document.querySelectorAll("details")) part.open = true;
            for (const frame of document.querySelectorAll("iframe")) { frame.loading = "eager"; }
            const frames = [...document.querySelectorAll("iframe")];
            for (const frame of frames) frame.scrollIntoView();
            await new Promise(requestAnimationFrame);
        }"""
    )
    for frame in made.page.query_selector_all("iframe"):
        frame.scroll_into_view_if_needed()
        frame.content_frame().wait_for_load_state()


def list_low_contrasts(made: Visit) -> list[str]:
    """Return texts that stand out from what is painted behind them by less than WCAG's AA, with their ratio."""
    return list(made.page.evaluate(_CONTRASTS))


_CONTRASTS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const parse = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
    const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const light = (colour) => {
        const [r, g, b] = colour.slice(0, 3).map((value) => linear(value / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const low = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        const box = element.getBoundingClientRect();
        if (!own || box.width < 2 || box.height < 2 || element.closest(".sr, .skip-link, script, style")) continue;
        const layers = [];
        for (let node = element; node; node = node.parentElement) {
            layers.unshift(parse(getComputedStyle(node).backgroundColor));
        }
        const background = layers.reduce((under, top) => over(top, under), [255, 255, 255, 1]);
        const colour = over(parse(getComputedStyle(element).color), background);
        const [a, b] = [light(colour), light(background)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        const name = element.className || element.tagName;
        if (ratio < 4.5) low.push(`${name} ${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 30)}`);
    }
    return [...new Set(low)];
}"""
