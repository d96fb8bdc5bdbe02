# What is done with this repository, by people and by machines. `make` alone lists it.
# A fresh machine needs Python 3.11 or later, make and git; node is fetched if there is none.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
STAMPS := $(VENV)/stamps
# Bytecode is written when a module is first used: compiling all of it would take longer than installing.
PIP := $(PY) -m pip -qq --disable-pip-version-check install --no-compile
HASHED := $(PIP) --require-hashes -r

PO := $(wildcard src/tillkeeper/locale/*/LC_MESSAGES/*.po)
MO := $(PO:.po=.mo)
ASSETS := $(wildcard assets/*.py assets/*.js assets/*.json)
BUILT := src/tillkeeper/web/static/vendor/stamp.txt

.PHONY: help setup assets messages lock run demo test check lint format docs bench clean

help: ## List what make can do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

setup: $(STAMPS)/package ## Make .venv and install Tillkeeper with its pinned, hashed requirements

assets: $(BUILT) ## Build the console's front end (needs node 20, fetched from PyPI if missing)
	@:

messages: $(MO) ## Compile the translations
	@:

run: setup assets messages ## Bring the database up to date and run console and worker
	@$(BIN)/tillkeeper migrate
	@$(BIN)/tillkeeper up

demo: setup assets messages ## Load the demonstration estate, print what came of it, run the console (ONCE=1: do not run)
	@$(BIN)/tillkeeper demo $(if $(ONCE),--once)

test: $(STAMPS)/dev assets messages ## Run all tests, on SQLite and on PostgreSQL if one answers (ARGS="..." goes to pytest)
	@$(PY) scripts/run_tests.py $(ARGS)

check: $(STAMPS)/dev assets messages ## Run every check that is not a test (ONLY="mypy ruff" runs some)
	@$(PY) scripts/run_checks.py $(ONLY)

lint: $(STAMPS)/dev ## Run the quick checks only: ruff, layers, templates
	@$(PY) scripts/run_checks.py ruff format layers templates

format: $(STAMPS)/dev ## Put the code into the one format
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

docs: $(STAMPS)/dev ## Build the documentation into site/
	@$(BIN)/mkdocs build --strict --quiet --site-dir site
	@echo "docs: site/index.html"

bench: $(STAMPS)/dev assets messages ## Run every measurement of bench/, one JSON line each
	@for script in bench/*.py; do $(PY) "$$script" || exit 1; done

lock: $(STAMPS)/lock ## Compile requirements/*.in to *.txt (UPGRADE=1: take the newest versions)
	@$(PY) scripts/lock_requirements.py $(if $(UPGRADE),--upgrade)

clean: ## Remove everything that was made here, except var/ (your data)
	rm -rf $(VENV) build dist site assets/node_modules src/tillkeeper/web/static/vendor src/*.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache $(MO)
	find src tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# --- stamps: what is done once, and again when its cause changes

$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; '$(PYTHON)' is not (set PYTHON=...)."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python cannot make virtual environments. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements/build.txt requirements/runtime.txt | $(STAMPS)/venv
	@echo "installing requirements (once; some minutes without a package cache)"
	@$(HASHED) requirements/build.txt
	@$(HASHED) requirements/runtime.txt
	@touch $@

$(STAMPS)/package: pyproject.toml $(STAMPS)/runtime
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/package
	@echo "installing what tests and checks need"
	@$(HASHED) requirements/dev.txt
	@touch $@

$(STAMPS)/lock: requirements/lock.txt | $(STAMPS)/venv
	@$(HASHED) requirements/lock.txt
	@touch $@

$(BUILT): $(ASSETS) | $(STAMPS)/package
	@$(PY) assets/build_assets.py
	@touch $@

%.mo: %.po | $(STAMPS)/package
	@$(PY) scripts/compile_messages.py $<
