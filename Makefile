# Tasks. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help install test fuzz mutants lint types imports seeds record ci

help:  ## list the tasks
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install:  ## install for development, into the active environment
	pip install -e ".[dev,local]"

test:  ## run the tests: offline, no key
	pytest

fuzz:  ## 100,000 examples of any text and any answer: an hour or more
	pytest tests/test_fuzz.py --hypothesis-profile=fuzz --hypothesis-show-statistics

mutants:  ## change the core line by line and see whether a test fails: hours
	pip install -q -e ".[test,mutants]" && mutmut run

lint:  ## check style
	ruff check . && ruff format --check .

types:  ## check types
	mypy

imports:  ## check that imports point down
	lint-imports

seeds:  ## say which briefings of seeds/ are stale
	briefing regenerate seeds --check --model local

record:  ## make stale briefings and record the exchanges, from the local model
	briefing regenerate seeds --record --model local

ci:  ## all that is checked before a change lands
	bash .ci/run
