# Everything a contributor runs. `make help` lists it.
#
# Tools are called as modules of the environment's Python, never by their scripts: the first line of a script holds a path, and a path
# with a space in it does not work there.

SHELL := /bin/sh
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
JOBS ?= 2
SAMPLE ?= 0
OTHER_VERSIONS ?= 3.11 3.12 3.13 3.14
INSTALL := -m pip install --quiet --quiet --disable-pip-version-check -c constraints.txt
DECLARED := pyproject.toml constraints.txt

# `find_python NAME...` prints the full path of the first interpreter of these names that really runs and is new enough. A name on the
# PATH is not proof of that: pyenv puts a stand-in there for every version it has, and it refuses to run those that are not selected.
# So each name is tried as it is, and then again with the newest version of that name which pyenv holds.
define FIND_PYTHON
full_path='import sys; print(sys.executable) if sys.version_info >= (3, 11) else sys.exit(1)'
find_python() (
    for name in "$$@"; do
        "$$name" -c "$$full_path" 2>/dev/null && exit 0
    done
    command -v pyenv >/dev/null || exit 1
    for name in "$$@"; do
        version=$$(pyenv versions --bare 2>/dev/null | grep -E "^$${name#python}\.[0-9]+$$" | sort -t. -k3,3n | tail -n 1)
        [ -n "$$version" ] && PYENV_VERSION="$$version" "$$name" -c "$$full_path" 2>/dev/null && exit 0
    done
    exit 1
)
endef
export FIND_PYTHON

.PHONY: help demo test check fix docs bench mutate torture test-others clean

help:  ## say what can be run
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: .venv/.has-cli  ## install what the command line needs, and show a handful of decisions
	@$(PYTHON) -m empower demo

test: check  ## everything a change has to pass: `check`, then all tests
	@$(PYTHON) -m pytest -n $(JOBS)

check: .venv/.has-dev  ## style, types and the directions of imports, without running a test
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@$(PYTHON) .venv/bin/lint-imports --no-logo

fix: .venv/.has-dev  ## mend what a machine can mend: style and layout
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m ruff format

docs: .venv/.has-docs  ## make a site of docs/, to be read without a network: build/docs/index.html
	@$(PYTHON) -m sphinx --quiet --nitpicky --fail-on-warning --keep-going -b html -d build/doctrees docs build/docs
	@echo "the site: build/docs/index.html"

bench: .venv/.has-bench  ## measure speed against a hand-written function and other engines
	@$(PYTHON) -m benchmarks

mutate: .venv/.has-dev  ## change the core in small ways, and fail if no test notices one; SAMPLE=40 tries so many of a module
	@$(PYTHON) -m mutation --sample $(SAMPLE) --jobs $(JOBS)

torture: .venv/.has-dev  ## kill ledgers and everything around them, for 200,000 answered calls on each store
	@$(PYTHON) -m torture broken
	@$(PYTHON) -m torture sqlite --calls 200000 --seconds 30
	@$(PYTHON) -m torture postgresql --calls 200000 --seconds 60

test-others:  ## run the tests on every other supported Python that is here
	@eval "$$FIND_PYTHON"; ran=""; absent=""; \
	own=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none); \
	for version in $(OTHER_VERSIONS); do \
		if [ "$$version" = "$$own" ]; then continue; fi; \
		if ! find_python "python$$version" >/dev/null; then absent="$$absent $$version"; continue; fi; \
		echo "Python $$version:"; \
		$(MAKE) --no-print-directory ".venv-$$version/.has-dev" || exit 1; \
		".venv-$$version/bin/python" -m pytest -n $(JOBS) || exit 1; \
		ran="$$ran $$version"; \
	done; \
	echo "tested on other Pythons:$${ran:- none}; not on this machine:$${absent:- none}"

clean:  ## remove the environments and what the tools left behind
	@rm -rf .venv .venv-* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist

# An environment is made once; a stamp in it says what is installed, and is out of date when the declared dependencies change.

.venv/.made:
	@eval "$$FIND_PYTHON"; \
	python=$$(find_python python3.13 python3.12 python3.11 python3) || { echo "empower needs Python 3.11 or newer, and none was found" >&2; exit 1; }; \
	rm -rf .venv && "$$python" -m venv .venv && touch $@

.venv/.has-cli: .venv/.made $(DECLARED)
	@$(PYTHON) $(INSTALL) -e '.[cli]'
	@touch $@

.venv/.has-dev: .venv/.made $(DECLARED)
	@$(PYTHON) $(INSTALL) -e '.[dev]'
	@touch .venv/.has-cli $@

.venv/.has-bench: .venv/.has-dev
	@$(PYTHON) $(INSTALL) -e '.[dev,bench]'
	@touch $@

.venv/.has-docs: .venv/.made $(DECLARED)
	@$(PYTHON) $(INSTALL) -e '.[docs]'
	@touch $@

.PRECIOUS: .venv-%/.made

.venv-%/.made:
	@eval "$$FIND_PYTHON"; \
	python=$$(find_python python$*) || { echo "Python $* was not found" >&2; exit 1; }; \
	rm -rf .venv-$* && "$$python" -m venv .venv-$* && touch $@

.venv-%/.has-dev: .venv-%/.made $(DECLARED)
	@.venv-$*/bin/python $(INSTALL) -e '.[dev]'
	@touch $@
