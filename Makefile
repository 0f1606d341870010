# Three commands: demo, test, bench. They need python3 (3.11+) and make; everything else they fetch themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RESIDENTS ?= 20000
PORT ?= 8000
UNTIL ?= 2026-07-15

.PHONY: demo demo-stop demo-reset test test-long bench check dev lint

# The lists name every package with its digest, so nothing is left to resolve (`--no-deps`): older pips go looking for
# a newer release of a package that another one asks for with extras, and then miss its digest.
$(VENV)/ready: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev-ready: $(VENV)/ready requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@$(BIN)/pip check --disable-pip-version-check >/dev/null
	@touch $@

demo: $(VENV)/ready
	@RESIDENTS=$(RESIDENTS) PORT=$(PORT) UNTIL=$(UNTIL) DETACH=$(DETACH) $(BIN)/kaigo demo start

demo-stop: $(VENV)/ready
	@$(BIN)/kaigo demo stop

demo-reset: $(VENV)/ready
	@$(BIN)/kaigo demo reset

dev: $(VENV)/dev-ready

test: $(VENV)/dev-ready
	@bash checks/packages.sh
	@sh checks/test.sh

test-long: $(VENV)/dev-ready
	@bash checks/packages.sh
	@KAIGO_LONG=1 sh checks/test.sh

bench: $(VENV)/dev-ready
	@$(BIN)/python -m benchmarks.run $(STEPS)

lint: $(VENV)/dev-ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --no-cache
