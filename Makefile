# The commands of the project. `make` lists them. Everything they install goes into .venv and .bench.
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help samples test lint types bench test-all foreign wheel-check floor-check clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

# PYTHON=/path/to/python chooses the interpreter; otherwise the newest usable one is taken.
$(STAMP): pyproject.toml
	@test -x $(PY) || { python=$$(.ci/pythons --best) && "$$python" -m venv $(VENV); }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "The Python of $(VENV) is missing or older than 3.11; remove that folder and run make again." >&2; exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

samples: $(STAMP) ## run the sample notebooks as tests
	$(PY) -m pytest --nbcheck sample_notebooks

test: $(STAMP) ## run the tests
	$(PY) -m pytest -n 2 --dist loadfile -m "not foreign" tests

lint: $(STAMP) ## check format and style
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .

# The pyright of PyPI runs on Node.js and takes the rest from the npm registry, so it may be out of reach; CI insists.
types: $(STAMP) ## check types
	$(PY) -m mypy
	@if $(PY) -m pyright --version >/dev/null 2>&1; then $(PY) -m pyright; \
	elif [ "$$CI" = true ]; then echo "pyright does not start: it needs Node.js and the npm registry." >&2; exit 1; \
	else echo "pyright left out: it does not start here (it needs Node.js and the npm registry)."; fi

bench: $(STAMP) ## measure speed and verdicts beside other notebook testers, nbformat and difflib
	$(PY) benchmarks/run.py
	$(PY) benchmarks/document.py
	$(PY) benchmarks/compare.py
	$(PY) benchmarks/verdicts.py

test-all: test foreign wheel-check floor-check ## everything: tests, foreign kernels, wheels on each Python, oldest dependencies

foreign: $(STAMP)
	$(PY) -m pytest -n 2 --dist loadfile -m foreign tests || test $$? = 5  # 5: no such test

wheel-check: $(STAMP) ## install the wheel into new environments of each Python found and run a sample
	.ci/wheel-check $(PY)

floor-check: $(STAMP) ## run the samples with the oldest dependencies that pyproject.toml allows
	.ci/floor-check $(PY)

clean: ## remove what the other targets made, except .venv
	rm -rf .bench .coverage .hypothesis .mypy_cache .nbcheck .pytest_cache .ruff_cache build dist docs/failures.actual.md
	find benchmarks pytest_plugin src tests -name __pycache__ -type d -prune -exec rm -rf {} +
