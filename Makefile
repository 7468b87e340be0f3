# One verb a chore. Needs Python 3.11+, pip and make; everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: study test coverage slow check format bench docs calibrate clean

study: $(READY)  ## run the main study: plan, train, judge, report
	$(BIN)/vistab study studies/gan_stability.yaml

test: $(READY)  ## all tests but the slow ones
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m "not slow"

coverage: $(READY)  ## the same with line coverage, which takes a fifth longer
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m "not slow" --cov --cov-report=term --cov-fail-under=90

slow: $(READY)  ## the slow tests
	OMP_NUM_THREADS=1 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile -m slow

check: $(READY)  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)  ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## packs against one run per process; evidence against training
	$(BIN)/python benchmarks/packs.py
	$(BIN)/python benchmarks/evidence.py

docs: $(READY)  ## make the theory's page and the README's pictures again (pictures need chromium)
	$(BIN)/python docs/make_theory.py
	$(BIN)/python docs/make_pictures.py

calibrate: $(READY)  ## make the pages again: the detector's benchmark, 2,000 simulated studies a row
	OMP_NUM_THREADS=1 $(BIN)/python docs/make_detector_benchmark.py
	OMP_NUM_THREADS=1 $(BIN)/python docs/make_calibration.py

clean:
	rm -rf $(VENV) dist build .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@
