# `make` lists the targets. Every other target sets up first, which is quick when nothing changed.
.DEFAULT_GOAL := help
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup demo test check e2e coverage bench docs format clean

help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv from the lock; see to a Kafka and a Redis.
	@:

$(READY): pyproject.toml uv.lock ops/setup
	@ops/setup
	@touch $@

demo: setup ## A year of 25 households through the whole chain, and what came out.
	@$(BIN)/penstock demo

test: setup ## All tests, with a real Kafka and a real Redis.
	@ops/test

check: setup ## What to run before a commit: lint, types, architecture, docs, contract, digests.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/pytest -m "not stack" tests/test_architecture.py tests/test_docs.py tests/test_compose.py tests/test_golden_digests.py tests/contract

e2e: setup ## Only the tests that need Kafka and Redis.
	@$(BIN)/pytest -m stack

coverage: setup ## Which branches of the hot path the tests of it take; fails below 95 %.
	@rm -rf .coverage && mkdir .coverage
	@$(BIN)/coverage run -m pytest tests/streams tests/simulator tests/end_to_end/test_lifecycle.py --seeds 100 --timeout=0
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report

bench: setup ## How long the fold takes; benchmarks/ holds more.
	@$(BIN)/python -m benchmarks.throughput --part core

docs: setup ## Write the generated documents anew.
	@$(BIN)/penstock schemas export

format: setup ## Format the code; repair what ruff can repair.
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

clean: ## Remove .venv and all caches of this checkout.
	rm -rf .venv .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
