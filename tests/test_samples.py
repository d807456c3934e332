"""The sample notebooks pass as they are, and a change in one stored output makes its cell fail and no other."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

FOLDER = Path(__file__).parents[1] / "sample_notebooks"
SAMPLES = sorted(FOLDER.glob("*.ipynb"))
NEEDS = {
    "beam_deflection": ["sympy"],
    "bike_counter": ["plotly", "nbformat"],
    "coffee_sales": ["pandas"],
    "coin_flips_colab": ["matplotlib"],
    "damped_waves": ["matplotlib"],
    "exam_results": ["pandas", "jinja2", "matplotlib"],
    "garden_plan": ["matplotlib"],
    "loan_calculator": ["ipywidgets"],
    "photo_thumbnails": ["tqdm", "ipywidgets"],
    "temperature_slider": ["ipywidgets"],
}
"""What samples import besides the standard library and what nbcheck itself needs."""
KERNELS = {("python3", "python"), ("nbcheck-bash", "bash")}
"""Kernelspecs of samples, each with the name of its language."""
TESTS = 6
"""Tests in Python that stand beside the samples."""
STRIPPED = {"rabbit_population"}
"""Samples without outputs."""


def by_name(path: Path) -> str:
    return path.name


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    cells = notebook["cells"] if notebook["nbformat"] >= 4 else notebook["worksheets"][0]["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def run_nbcheck(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest --nbcheck in a folder that has no configuration of its own."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbcheck",
        "-v",
        "-p",
        "no:cacheprovider",
        "--nbcheck-no-twice",
    ]
    command += arguments
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


def test_there_are_samples():
    assert len(SAMPLES) >= 16


@pytest.mark.parametrize("path", SAMPLES, ids=by_name)
def test_a_sample_is_what_a_user_would_save(path: Path, require: Callable[[str], Any]):
    nbformat = require("nbformat")
    stored = json.loads(path.read_text("utf-8"))
    nbformat.validate(nbformat.from_dict(stored), relax_add_props=False)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook, relax_add_props=False)
    assert any(cell["source"].lstrip().startswith("# ") for cell in notebook["cells"][:2])
    if stored["nbformat"] > 3:
        metadata = notebook["metadata"]
        assert (metadata["kernelspec"]["name"], metadata["language_info"]["name"]) in KERNELS
    cells = code_cells(notebook)
    if path.stem in STRIPPED:
        assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells)
    else:
        counts = [cell["execution_count"] for cell in cells]
        assert counts == sorted(set(counts))
        assert any(cell["outputs"] for cell in cells)
    assert path.stat().st_size < 150_000


def test_a_sample_has_the_habits_of_vs_code():
    # github.com/microsoft/vscode, extensions/ipynb: one blank, keys sorted, a line end, base64 in one piece.
    for name in ("access_log", "weather_station"):
        text = (FOLDER / f"{name}.ipynb").read_text("utf-8")
        notebook = json.loads(text)
        assert text == json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        assert notebook["nbformat_minor"] == 2
        assert not any("id" in cell for cell in notebook["cells"])
    assert '"languageId": "shellscript"' in (FOLDER / "access_log.ipynb").read_text("utf-8")


def test_a_sample_has_the_habits_of_colab():
    text = (FOLDER / "coin_flips_colab.ipynb").read_text("utf-8")
    notebook = json.loads(text)
    assert text == json.dumps(notebook, indent=2, ensure_ascii=False)
    assert [*notebook] == ["nbformat", "nbformat_minor", "metadata", "cells"]
    assert notebook["nbformat_minor"] == 0
    assert notebook["metadata"]["accelerator"] == "GPU"
    assert all(("outputId" in cell["metadata"]) == bool(cell["outputs"]) for cell in code_cells(notebook))
    pictures = [
        output["data"]["image/png"]
        for cell in code_cells(notebook)
        for output in cell["outputs"]
        if "image/png" in output.get("data", {})
    ]
    assert [picture[-1] for picture in pictures] == ["\n"]


def test_a_sample_is_of_format_3():
    notebook = json.loads((FOLDER / "library_loans_2013.ipynb").read_text("utf-8"))
    assert (notebook["nbformat"], [*notebook["worksheets"][0]]) == (3, ["cells", "metadata"])
    assert {output["output_type"] for cell in code_cells(notebook) for output in cell["outputs"]} == {
        "stream",
        "pyout",
        "pyerr",
    }


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("--nbcheck-cold",)], ids=["forked", "cold"])
def test_all_samples_pass(arguments: tuple[str, ...], tmp_path: Path, require: Callable[[str], Any]):
    for module in chain(*NEEDS.values()):
        require(module)
    # The samples that fail on purpose are copied as well: conftest.py has to keep them out.
    shutil.copytree(FOLDER, tmp_path / "samples")
    finished = run_nbcheck(tmp_path / "samples", *arguments)
    cells = {path.stem: len(code_cells(json.loads(path.read_text("utf-8")))) for path in SAMPLES}
    assert finished.returncode == 0, finished.stdout
    assert f" {sum(cells.values()) + TESTS} passed" in finished.stdout
    unjudged = sum(cells[name] for name in STRIPPED)
    assert f"{unjudged} cells not compared: no stored outputs" in finished.stdout


@dataclass(frozen=True)
class Change:
    """A change in what a sample stores, as when the code had produced something else when it was saved."""

    sample: str
    """Name of the notebook."""
    marker: str
    """Text in the source of the cell to be changed; the first such cell counts."""
    apply: Callable[[list[dict[str, Any]]], None]
    """Changes the cell's outputs in place."""
    shown: tuple[str, ...] = ()
    """Texts that the report must contain."""


def replace_text(old: str, new: str) -> Callable[[list[dict[str, Any]]], None]:
    """A change of one text wherever it stands in the outputs."""

    def change(outputs: list[dict[str, Any]]) -> None:
        text = json.dumps(outputs)
        assert old in text
        outputs[:] = json.loads(text.replace(old, new))

    return change


def redraw(edit: Callable[[ImageDraw.ImageDraw], object]) -> Callable[[list[dict[str, Any]]], None]:
    """A change in the pixels of the outputs' PNG pictures; without one they are only encoded anew."""

    def change(outputs: list[dict[str, Any]]) -> None:
        for output in outputs:
            stored = output.get("data", {}).get("image/png")
            if stored is None:
                continue
            image = Image.open(io.BytesIO(base64.b64decode("".join(stored))))
            edit(ImageDraw.Draw(image))
            encoded = io.BytesIO()
            image.save(encoded, format="PNG", compress_level=1)
            output["data"]["image/png"] = base64.b64encode(encoded.getvalue()).decode("ascii")

    return change


CHANGES = {
    "digit": Change("first_steps", "len(words)", replace_text('"24"', '"25"'), ("25", "24")),
    "digit-in-table": Change(
        "coffee_sales", "sales.describe()", replace_text("52.000000", "53.000000"), ("53.000000", "52.000000")
    ),
    "word": Change(
        "errors_on_purpose",
        "caught:",
        replace_text("division by zero", "division by nothing"),
        ("nothing", "zero"),
    ),
    "label": Change(
        "coffee_sales", "by_drink\n", replace_text("espresso", "ristretto"), ("ristretto", "espresso")
    ),
    "figure": Change(
        "damped_waves", "plt.bar", redraw(lambda draw: draw.text((20, 5), "Enerji", "black")), ("image/png",)
    ),
    "error": Change(
        "errors_on_purpose", "kelvin(-300)", replace_text("-300 degrees", "-400 degrees"), ("-400", "-300")
    ),
    "formula": Change(
        "beam_deflection", "table = ", replace_text("6.13 & 4.31", "6.31 & 4.31"), ("6.31", "6.13")
    ),
    "chart": Change("bike_counter", "Bicycles by hour", replace_text("318", "381"), ("381 became 318",)),
    "drawing": Change(
        "garden_plan", "draw(beds)", replace_text("carrots", "parsley"), ("parsley", "carrots")
    ),
    "plot-as-svg": Change("garden_plan", "barh", replace_text("#c9b27c", "#c9b27d"), ("#c9b27d",)),
    "styled-table": Change(
        "exam_results", "background_gradient", replace_text(">48<", ">47<"), ("47 became 48",)
    ),
    "colour-of-a-styled-table": Change(
        "exam_results", "mark_failed", replace_text("firebrick", "red"), ("firebrick",)
    ),
    "line-of-hundreds": Change(
        "sunrise_table", "while day.year", replace_text("03:54  20:16", "03:54  20:17"), ("20:17", "20:16")
    ),
    "format-3": Change("library_loans_2013", "%7d", replace_text("49460", "49461"), ("49461", "49460")),
    "colab": Change("coin_flips_colab", "#@title", replace_text("485 heads", "486 heads"), ("486", "485")),
    "log": Change(
        "weather_station", "len(measurements)", replace_text("humidity 158", "humidity 157"), ("157",)
    ),
    "warning": Change("weather_station", "len(measurements)", replace_text("at 3.4 V", "at 3.2 V"), ("3.2",)),
    "bash": Change("shell_housekeeping", "awk", replace_text("milk 2", "milk 3"), ("milk 3", "milk 2")),
    "thread": Change(
        "parallel_downloads", "def worker", replace_text("fetched oslo", "fetched bonn"), ("bonn",)
    ),
    "progress": Change("photo_thumbnails", '"drawing"', replace_text("24/24", "23/24"), ("23/24", "24/24")),
    "widget": Change("loan_calculator", "currency = ", lambda outputs: outputs.pop(), ("Tab",)),
    "deleted-output": Change("first_steps", "radius", lambda outputs: outputs.pop(), ("19.634954084936208",)),
    "added-output": Change(
        "first_steps",
        "harmonic",
        lambda outputs: outputs.append(
            {"output_type": "stream", "name": "stdout", "text": ["no longer said\n"]}
        ),
        ("no longer said",),
    ),
}


HARMLESS = {
    "picture-encoded-anew": Change("damped_waves", "plt.bar", redraw(lambda draw: None)),
    "order-of-a-set": Change(
        "first_steps",
        "print({",
        replace_text("{'b', 'f', 'i', 't', 'w', 'o', 'a'}", "{'a', 'b', 'f', 'i', 'o', 't', 'w'}"),
    ),
    "time": Change("magics_and_shell", "%time sum", replace_text("Wall time: ", "Wall time: 1min ")),
    "process-in-a-warning": Change(
        "processes_and_warnings", "area(3)", replace_text("ipykernel_", "ipykernel_1")
    ),
    "ids-of-a-styled-table": Change("exam_results", "mark_failed", replace_text("T_10a8b", "T_0b2e5")),
    "date-in-svg": Change("garden_plan", "barh", replace_text("<dc:date>2026", "<dc:date>2025")),
    "ids-in-svg": Change("garden_plan", "barh", replace_text("p60e2f737d6", "p71f30848e7")),
    "speed-of-a-loop": Change("photo_thumbnails", '"drawing"', replace_text("144.21it/s", "987.65it/s")),
    "number-of-a-thread": Change(
        "parallel_downloads", "def worker", replace_text("139933498984128", "140000000000001")
    ),
    "last-digit": Change("first_steps", "radius", replace_text("19.634954084936208", "19.63495408493621")),
}


def change_sample(change: Change, folder: Path, require: Callable[[str], Any]) -> tuple[Path, int, int]:
    """Copy a sample and change what the copy stores; return its path, the cell's number and how many cells it has."""
    for module in NEEDS.get(change.sample, ()):
        require(module)
    for source in FOLDER.glob(f"{change.sample}.*"):
        shutil.copy(source, folder)
    path = folder / f"{change.sample}.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    cells = code_cells(notebook)
    number, cell = next(
        (number, cell)
        for number, cell in enumerate(cells, 1)
        if change.marker in "".join(cell.get("source", cell.get("input"))) + "\n" and cell["outputs"]
    )
    before = json.dumps(cell["outputs"])
    change.apply(cell["outputs"])
    assert json.dumps(cell["outputs"]) != before
    path.write_text(json.dumps(notebook, indent=1), "utf-8")
    return path, number, len(cells)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_output_fails_its_cell_alone(name: str, tmp_path: Path, require: Callable[[str], Any]):
    path, number, count = change_sample(CHANGES[name], tmp_path, require)
    finished = run_nbcheck(tmp_path, "-ra")
    assert finished.returncode == 1, finished.stdout
    failed = re.findall(r"^FAILED (\S+)", finished.stdout, flags=re.MULTILINE)
    assert failed == [f"{path.name}::cell-{number}"]
    assert f"1 failed, {count - 1} passed" in finished.stdout
    assert [text for text in CHANGES[name].shown if text not in finished.stdout] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", HARMLESS)
def test_a_change_that_means_nothing_passes(name: str, tmp_path: Path, require: Callable[[str], Any]):
    _, _, count = change_sample(HARMLESS[name], tmp_path, require)
    finished = run_nbcheck(tmp_path)
    assert finished.returncode == 0, finished.stdout
    assert f" {count} passed" in finished.stdout
