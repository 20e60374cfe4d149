# make demo, make test: each does all its own set-up on a machine with Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READERS := .venv-readers
DATA := .venv-data

.PHONY: demo test lint lock egg clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	$(BIN)/scrapy demo

test: $(VENV)/installed-dev $(READERS)/installed $(DATA)/installed lint
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Broadsheet needs Python 3.11 or later, and $(PYTHON) is " + sys.version.split()[0] + ": run make PYTHON=python3.12, or whichever you have")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.lock | $(VENV)/bin/python
	@echo "Installing what requirements.lock lists into $(VENV); this happens once."
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "Installing what requirements-dev.lock lists into $(VENV); this happens once."
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@touch $@ $(VENV)/installed

# cdxj-indexer, wacz and pywb, with which the tests read what was written.
$(READERS)/installed: requirements-readers.lock | $(VENV)/bin/python
	@echo "Installing what requirements-readers.lock lists into $(READERS); this happens once."
	$(BIN)/python -m venv $(READERS)
	$(READERS)/bin/python -m pip install --disable-pip-version-check --require-hashes --requirement requirements-readers.lock
	@touch $@

# pandas, Polars, DuckDB, datasets and Spark, with which the tests run the recipes of docs/data.md.
$(DATA)/installed: requirements-data.lock | $(VENV)/bin/python
	@echo "Installing what requirements-data.lock lists into $(DATA); this happens once."
	$(BIN)/python -m venv $(DATA)
	$(DATA)/bin/python -m pip install --disable-pip-version-check --require-hashes --requirement requirements-data.lock
	@touch $@

# dist/*.egg for scrapyd. setuptools is asked itself: no front end builds eggs any more.
egg: $(VENV)/installed-dev
	rm -rf build
	$(BIN)/python -c 'import setuptools; setuptools.setup()' --quiet bdist_egg --dist-dir dist

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet

# After a change of pyproject.toml. Needs uv.
lock:
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --all-extras --group dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml --all-extras -o requirements-extras.lock
	$(COMPILE) --group data -o requirements-data.lock
	$(COMPILE) --group readers -o requirements-readers.lock

clean:
	rm -rf $(VENV) $(READERS) $(DATA) build dist *.egg-info demo-archive .mypy_cache .ruff_cache .pytest_cache
