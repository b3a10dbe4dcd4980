# `make` alone lists what can be made. Needs Python 3.11 and make; everything else is installed
# in .venv from requirements.lock. Another interpreter: make PYTHON=/path/to/python3.11 …
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3.11
PORT ?= 8000
UV := uv==0.13.9
BIN := .venv/bin
.DELETE_ON_ERROR:
.PHONY: help env book test serve notebooks campaign lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

env: .venv/.stamp ## create .venv from requirements.lock

.venv/.stamp: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null 2>&1 && $(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
	  { echo "make: error: $(PYTHON) is not Python 3.11; install it or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

book: env ## run the notebooks that changed, build the HTML book, print the page to open
	$(BIN)/glasslib book

test: env ## run the tests and the style check
	$(BIN)/python -m pytest
	$(BIN)/ruff check .

serve: env ## serve the built book on http://127.0.0.1:8000 (PORT=… for another port)
	$(BIN)/glasslib serve --port $(PORT)

notebooks: env ## write the .ipynb beside each MyST notebook
	$(BIN)/glasslib notebooks sync

campaign: env ## continue the simulations that the book stands on (hours to days)
	$(BIN)/glasslib campaign run

lock: env ## compile requirements.lock again from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --extra test --python-version 3.11 pyproject.toml -o requirements.lock

clean: ## remove the built book and caches; data and .venv stay
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
	find glasslib tests -name __pycache__ -type d -prune -exec rm -rf {} +
