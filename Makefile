PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DATA ?= $(or $(ALLOCAST_DATA),../shared/data)
export ALLOCAST_DATA := $(DATA)

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show the targets and what they do
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

$(VENV)/installed: pyproject.toml requirements/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements/constraints.txt -e '.[dev]'
	touch $@

.PHONY: install
install: $(VENV)/installed ## Create .venv and install everything in the locked versions

.venv-peers/installed: requirements/peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/peers.txt
	# stockpyl declares Sphinx and some forty packages of documentation tools as dependencies; it runs without them.
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps stockpyl==1.0.2
	touch $@

.PHONY: peers
peers: .venv-peers/installed ## Create .venv-peers, what the figures compare with

.PHONY: demo
demo: install ## Set up and run the main job on the generated demo world
	$(BIN)/allocast run configs/demo.yaml --out out/demo/orders.csv

.PHONY: test
test: install ## Set up and run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile

.PHONY: lint
lint: install ## Check style with ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: types
types: install ## Check types with mypy --strict
	$(BIN)/mypy

.PHONY: layers
layers: install ## Check that imports point from the rim to the core
	$(BIN)/lint-imports

.PHONY: check
check: lint types layers test ## Everything that must hold: style, types, layers, tests
	@echo "all checks passed"

.PHONY: bench
bench: install ## Measure what tracking costs a run
	$(BIN)/python tests/benchmarks/tracking_overhead.py

.PHONY: figures
figures: install $(if $(NAME),peers) ## List the named figures, or measure one: make figures NAME=vn2_windows
	$(BIN)/python -m training.figures $(NAME)

.PHONY: tables
tables: install ## Write the figures' tables into the README
	$(BIN)/python -m training.tables

.PHONY: clean
clean: ## Remove results and caches; models and runs stay
	rm -rf out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
