# Two commands do everything: `make demo` and `make test`. On a fresh Debian/Ubuntu they need Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
JOBS ?= 2
CENTRE ?= demo-centre/centre

# Browsers and real servers starve one another on a busy machine: what failed has to pass when it runs alone.
ALONE = $(BIN)/pytest --last-failed --last-failed-no-failures none $(ARGS)

.PHONY: demo test docs screenshots clean
.DELETE_ON_ERROR:

demo: $(VENV)/.run
	$(BIN)/chainbreak demo $(ARGS)

test: $(VENV)/.dev
	scripts/system-packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(JOBS) --dist worksteal $(ARGS) || $(ALONE)

docs: $(VENV)/.dev
	$(BIN)/python scripts/generate_docs.py

screenshots: $(VENV)/.dev
	$(BIN)/python scripts/screenshots $(CENTRE)

# The environment is built once per lock; installation refuses anything unhashed.
$(VENV)/.run: locks/core.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r locks/core.txt
	$(BIN)/python scripts/install_here
	touch $@

$(VENV)/.dev: locks/dev.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r locks/dev.txt
	$(BIN)/python scripts/install_here
	touch $@ $(VENV)/.run

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("chainbreak needs Python 3.11 or newer, this is " + sys.version) if sys.version_info < (3, 11) else None'
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || scripts/system-packages --run
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) demo-centre
