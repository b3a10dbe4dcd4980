# `make` alone lists what can be made. Needs make and Python 3.11, 3.12 or 3.13; everything else is
# installed in .venv from requirements.lock. An interpreter of your choice: make PYTHON=/path/to/it …
.DEFAULT_GOAL := help
SHELL := /bin/sh
FITS := -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
# The one that .venv has, else the first that fits.
PYTHON ?= $(shell for one in $(BIN)/python python3.13 python3.12 python3.11 python3; do \
  $$one $(FITS) && echo $$one && break; done)
PORT ?= 8000
T ?=
PROFILE ?= lab
UV := uv==0.13.9
VENV := .venv
BIN = $(VENV)/bin
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11
.DELETE_ON_ERROR:
.PHONY: help env book run test test-lab lab serve notebooks campaign results env-cluster test-slurm lock clean pdf slides test-browser

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

env: $(VENV)/.stamp ## create .venv from requirements.lock

$(VENV)/.stamp: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" && "$(PYTHON)" $(FITS) || \
	  { echo "make: error: $(if $(PYTHON),$(PYTHON) is not,no) Python 3.11, 3.12 or 3.13 with venv; install one or name it: make PYTHON=/path/to/python3.13" >&2; exit 1; }
	@test "$(PYTHON)" = $(BIN)/python || "$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	$(BIN)/uv pip install --no-config --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --no-config --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

book: env ## run the notebooks that changed, build the HTML book; T=0.47 shows that temperature too
	$(BIN)/glasslib book $(if $(T),--temperature $(T) --profile $(PROFILE))

run: env ## run every notebook at a new temperature: make run T=0.47 or T=0.47,0.55 (PROFILE=lab)
	@test -n "$(T)" || { echo "make: error: say at which temperature: make run T=0.47" >&2; exit 1; }
	$(BIN)/glasslib run --all -p temperature=$(T) -p profile=$(PROFILE)

test: env ## run the tests and the style check
	$(BIN)/python -m pytest -n 2 --dist loadfile
	$(BIN)/ruff check .

test-lab: env ## test the lab course alone: its checks, and the student copies with solutions filled in
	$(BIN)/python -m pytest tests/lab

lab: env ## write the student copies of the lab course to lab/
	$(BIN)/glasslib lab student lab

pdf: env ## print the whole book to _build/book.pdf (needs Chromium)
	$(BIN)/glasslib pdf

slides: env ## write a lecture of 45 minutes to _build/slides, to be shown from disk
	$(BIN)/glasslib slides

test-browser: ## open every built page in Chromium: accessibility, no network, keyboard (needs node)
	@mkdir -p _build/browser && cp tests/browser/package.json _build/browser/
	@npm install --prefix _build/browser --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
	node tests/browser/check.mjs

serve: env ## serve the built book on http://127.0.0.1:8000 (PORT=… for another port)
	$(BIN)/glasslib serve --port $(PORT)

notebooks: env ## write the .ipynb beside each MyST notebook
	$(BIN)/glasslib notebooks sync

campaign: env ## continue the simulations that the book stands on (hours to days)
	$(BIN)/glasslib campaign run

results: env ## bring the result tables in data/results up to date (minutes)
	$(BIN)/glasslib results compute

env-cluster: env ## add snakemake and its Slurm plugin to .venv
	$(BIN)/uv pip install --no-config --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-cluster.lock

test-slurm: env-cluster ## run the workflow on a real Slurm on this machine (root, slurm-wlm, munge; 20 to 45 minutes)
	GLASSLIB_TEST_SLURM=1 $(BIN)/python -m pytest tests/workflow -v -s

lock: env ## compile both lock files again from pyproject.toml
	$(COMPILE) --extra test pyproject.toml -o requirements.lock
	$(COMPILE) --extra cluster -c requirements.lock pyproject.toml -o requirements-cluster.lock

clean: ## remove the built book and caches; data and .venv stay
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
	find glasslib tests book -name __pycache__ -type d -prune -exec rm -rf {} +
