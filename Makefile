# Tasks. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help install hooks test distributed providers browser fuzz mutants format lint types imports check lowest pythons seeds record build clean instructions ci

help:  ## list the tasks
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install:  ## install for development, into the active environment
	pip install -e ".[dev,local]"

hooks:  ## check style, types and import rules before each commit
	pre-commit install

test:  ## run the tests: offline, no key
	pytest

distributed:  ## run the tests that start Ray clusters (needs the extra ray)
	pytest -n 0 -m distributed

providers:  ## run the whole fault matrix of each provider's protocol (needs the extras of the providers)
	pytest -n auto --maxprocesses 4 -m providers tests/llm

browser:  ## run the tests of the HTML report in headless Chromium (needs chromium, chromium-driver, npm)
	pip install -q -e ".[test,browser]" && npm install --no-save --silent axe-core@4 && pytest -n 0 -m browser

fuzz:  ## run 100,000 examples of random texts and answers: an hour or more
	pytest tests/test_fuzz.py --hypothesis-profile=fuzz --hypothesis-show-statistics

mutants:  ## change the core line by line and see whether a test fails: hours
	pip install -q -e ".[test,mutants]" && mutmut run

format:  ## format the code and sort imports
	ruff check --select I --fix . && ruff format .

lint:  ## check style
	ruff check . && ruff format --check .

types:  ## check types
	mypy

imports:  ## check the layers: imports point down
	lint-imports

check: lint types imports  ## check style, types and layers

lowest:  ## run the tests with the lowest versions that pyproject.toml allows
	uv venv --clear .venv-lowest && uv pip install --python .venv-lowest --resolution lowest-direct ".[test]"
	.venv-lowest/bin/python -m pytest -q

pythons:  ## run the tests with each supported Python
	for version in 3.11 3.12 3.13 3.14; do \
		uv venv --clear --python $$version .venv-$$version && uv pip install --python .venv-$$version ".[test]" \
		&& .venv-$$version/bin/python -m pytest -q || exit 1; done

seeds:  ## list the stale briefings of seeds/
	briefing regenerate seeds --check --model local

record:  ## make stale briefings with the local model and record the exchanges
	briefing regenerate seeds --record --model local

instructions:  ## count the instructions of reading and briefing: has the core become slower? (needs valgrind)
	python benchmarks/instructions.py --check

build:  ## build the sdist and the wheel into dist/
	python -m build

clean:  ## remove build results and caches
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .grimp_cache

ci:  ## run everything that must pass before a change is merged
	bash .ci/run
