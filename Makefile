# `make` lists what there is. Everything runs with the project's own tools, which `make setup` provides.
.DEFAULT_GOAL := help
.PHONY: help setup test stories demo bench gates soak check lint types layers format clean

SHELL := /bin/sh
run := eval "$$(tools/env)" &&
# Three processes fill two cores: the longest tests wait for engines and servers much of the time.
jobs ?= 3
# A file's tests stay together: what they share is made once. The order is that of tests/conftest.py.
pytest = pytest -n $(jobs) --dist loadfile --no-loadscope-reorder
# Python keeps what it compiled, whatever the environment says: else every `pulumi up` compiles the program.
export PYTHONDONTWRITEBYTECODE :=

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Provide Python packages and Pulumi (minutes the first time, then a moment)
	@tools/setup

test: setup ## Run the everyday tests (arguments in T=, for example T="tests/decide -x")
	@$(run) $(pytest) -m "not story" $(T)

stories: setup ## Run the tests of many real `pulumi up`s, which the everyday ones leave out (arguments in T=)
	@$(run) $(pytest) -m story $(T)

demo: setup ## Watch a release go out and a bad one come back, with no subscription (KEEP=1 leaves all running)
	@$(run) python -m demo

bench: setup ## Measure a no-op `pulumi up` against a bare program, and the local Azure
	@$(run) python -m benchmarks.up && python -m benchmarks.localazure

gates: setup ## Judge made-up traffic with known truth, beside other tools (30 minutes; G=--quick is CI's minute)
	@$(run) python -m benchmarks.gates $(or $(G),--seed 88231 --write)

soak: setup ## Kill, race, break and torment real rollouts, into docs/reliability.md (hours)
	@$(run) python -m tests.soak $(or $(S),--write)

check: lint types layers ## Lint, types and layers

lint: setup ## Ruff, all rules, and formatting; zizmor for the workflows and actions
	@$(run) ruff check . && ruff format --check . && zizmor --offline --quiet .github action.yml

types: setup ## Pyright, strict (needs Node.js)
	@$(run) pyright

layers: setup ## Which package may import which
	@$(run) lint-imports

format: setup ## Format and mend what ruff can
	@$(run) ruff format . && ruff check --fix .

clean: ## Remove what tests and linters leave behind; .venv and the caches stay
	@rm -rf .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
	@find . -name __pycache__ -type d -not -path './.venv/*' -not -path './.local/*' -prune -exec rm -rf {} +
