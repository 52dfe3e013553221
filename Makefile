# Two commands matter: `make run` starts everything, `make test` proves it.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:

BIN := .venv/bin
STAMP := .venv/.set-up
CLIENTS := .venv/.set-up-clients
# The interpreter that .venv is made with, once: PYTHON=… chooses another.
PYTHON ?=
# What is handed on: make run ARGS="--data-dir …", make test ARGS="-k kubectl", make bench ARGS=engine
ARGS ?=
# Tests of one file stay together: many start a simulator of their own for the whole file. On two
# cores three files at once: who starts services or kubectl waits for them a third of the time.
WORKERS ?= 3
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder
# Property tests try the same examples in every run of these targets; a bare pytest searches on.
REPEATABLE := --hypothesis-profile=ci

.PHONY: help setup web run dev test check lint every-test bench conformance fidelity schemas lock images format clean

help: ## list the targets (this)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with the locked dependencies and ecp itself; instant the second time

$(STAMP): requirements.lock pyproject.toml tools/setup.sh
	@PYTHON='$(PYTHON)' sh tools/setup.sh
	@touch $@

$(CLIENTS): requirements-clients.lock $(STAMP)
	@sh tools/setup.sh clients
	@touch $@

web: ## install what the consoles are built with, build them; instant the second time
	@sh tools/web.sh

run: setup ## start everything on embedded defaults; Ctrl-C stops it
	@sh tools/web.sh run
	@exec $(BIN)/ecp up $(ARGS)

dev: setup ## start everything and start it anew when a source file changes
	@exec $(BIN)/ecp up --reload $(ARGS)

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports
	@sh tools/web.sh packages && cd web && npm run --silent lint

check: lint ## format, lint, types, doors, unit and golden tests: under two minutes
	$(BIN)/pytest $(REPEATABLE) $(PARALLEL) $(wildcard tests/unit tests/golden) $(ARGS)

# Lint has one core's work, and the tests wait now and then: they go side by side. What fails of the
# two fails both; lint's complaints, long gone by when the last test ends, are then said again.
test: setup $(CLIENTS) ## install what the tests need, then run everything; CI runs this
	@$(BIN)/python tools/test_prereqs.py
	@sh tools/web.sh
	@$(BIN)/python -m compileall -q src/ecp
	@$(MAKE) --no-print-directory -j 2 lint every-test || \
		{ mkdir -p .cache; $(MAKE) lint >.cache/lint 2>&1 || cat .cache/lint; exit 1; }

every-test: setup
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest $(REPEATABLE) $(PARALLEL) $(ARGS)

bench: setup ## measure what bench/ measures; ARGS names one of them
	$(BIN)/python -m bench $(ARGS)

conformance: setup ## replay recorded HTTP sequences and kubectl blocks: make conformance DATA=FOLDER
	@test -n "$(DATA)" || { echo "make conformance DATA=FOLDER: which recordings?" >&2; exit 2; }
	@PYTHONPATH=tests $(BIN)/python -m conformance "$(DATA)" $(ARGS)

fidelity: setup ## replay recorded control planes, print what differs: make fidelity TRACES=FOLDER
	@test -n "$(TRACES)" || { echo "make fidelity TRACES=FOLDER: which recordings?" >&2; exit 2; }
	@PYTHONPATH=tests/fidelity $(BIN)/python -m replay "$(TRACES)" $(ARGS)

schemas: setup ## regenerate the committed Kubernetes schemas
	$(BIN)/python tools/make_schemas.py $(ARGS)

lock: ## resolve the dependencies anew into requirements.lock
	@sh tools/lock.sh

images: ## build both container images with buildah and start what is in them; needs root
	@sh tools/images.sh

format: setup ## format and mend what can be mended without thinking
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what make made: the environment and all caches
	rm -rf .venv .cache web/node_modules src/ecp/web .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
