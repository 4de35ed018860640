# Everything a contributor runs. `make help` lists it; the first target that needs it creates .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help build check test test-live test-rest test-fast unit real fmt format-check lint types arch docs drift bench

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; \
		do printf '  %-13s %s\n' "$$name" "$$text"; done

build: $(STAMP) ## install into .venv, then compile slo-specs/ to rules/
	$(BIN)/promgen build

check: format-check lint types arch unit drift ## all that is quick: style, types, imports, unit tests, outputs up to date

test: $(STAMP) ## every test, the slow ones and those on real servers too
	$(MAKE) --jobs 2 test-live test-rest

test-live: $(STAMP) real ## a quarter of an hour of live servers, which mostly wait
	$(BIN)/pytest tests/live

test-rest: $(STAMP) real ## every other test, side by side
	$(BIN)/pytest --ignore tests/live --numprocesses auto --dist worksteal

test-fast: $(STAMP) real ## every test but the slow ones
	$(BIN)/pytest -m "not slow" --numprocesses auto --dist worksteal

unit: $(STAMP) ## the tests that need nothing but Python
	$(BIN)/pytest -m "not real and not slow"

real: $(STAMP) ## fetch the real Prometheus the tests need, into .cache/real
	@$(BIN)/python tests/real/fetch.py

fmt: $(STAMP) ## format, and repair what can be repaired
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

format-check: $(STAMP)
	$(BIN)/ruff format --check

lint: $(STAMP) ## ruff
	$(BIN)/ruff check

types: $(STAMP) ## mypy
	$(BIN)/mypy

arch: $(STAMP) ## who may import whom
	$(BIN)/lint-imports --cache-dir .cache/imports

docs: $(STAMP) ## write the reference pages and the schema of specifications
	$(BIN)/python docs/generate.py
	$(BIN)/promgen schema --output slo-specs/promgen.schema.json

drift: $(STAMP) ## are the committed outputs what the specifications give?
	$(BIN)/promgen check

bench: $(STAMP) ## print the figures of every benchmark
	@set -e; for file in benchmarks/*.py; do $(BIN)/python "$$file"; done

$(STAMP): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "promgen needs Python 3.11 or newer with venv: apt install python3-venv, or name one with make PYTHON=..." >&2; \
		exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt hatchling editables
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		--no-build-isolation --editable '.[dev]'
	@touch $(STAMP)
