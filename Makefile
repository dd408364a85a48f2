# Each target makes .venv first when it is missing or older than requirements.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

APP_READY := $(VENV)/.ready-app

.PHONY: run app check test lint lab bench clean

run: $(READY)
	@$(BIN)/python -m movierec run --dataset sample

# The app, with the sample's model, which it makes first when it is missing.
app: $(APP_READY)
	@$(BIN)/python -m movierec app

# What to run after each change: a minute at most on two processors.
check: lint
	@$(BIN)/python -m pytest -q -n auto -m "not slow"

test: $(READY)
	@$(BIN)/python -m pytest -n auto

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lab: $(READY)
	@$(BIN)/jupyter lab notebooks

bench: $(READY)
	@$(BIN)/python tests/benchmarks/bench.py
	@$(BIN)/python tests/benchmarks/growth.py

clean:
	rm -rf $(VENV) data/.cache data/sample data/benchmark artifacts/*/ reports/*/ reports/index.html reports/.runs.json

# The stamp is written last, so an installation that was cut short is taken up again.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(APP_READY): $(READY) requirements-app.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-app.txt
	@touch $@
