# On a machine with Python and make, `make demo` and `make test` are enough, each on its own.

PYTHON ?= python3
PORT ?= 5000
VENV ?= .venv

BIN = $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check

# What tests start beside Python, with the name of its package where that is another; the tests of a
# missing program are skipped with the reason.
PROGRAMS = chromium fail2ban-regex:fail2ban hydra nginx psql:postgresql redis-server valgrind

PACKAGE = flask_simplelogin

# The calls whose first argument is a text that visitors read.
KEYWORDS = gettext to_translate simplelogin_text Message StringField PasswordField BooleanField InputRequired

# Tests of one file share servers and browsers, and so stay together.
AT_ONCE = --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: help demo test test-all test-minimum check docs format translations programs clean
.DEFAULT_GOAL := help

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 18

demo: $(VENV)/.demo ## Start the example on http://127.0.0.1:5000; PORT=5001 takes another port.
	@exec $(BIN)/python -m example --port $(PORT)

test: $(VENV)/.test programs ## Run all tests.
	$(BIN)/python -m pytest $(AT_ONCE)

test-all: ## Run them on each Python from 3.10 on, and with the least versions that will do.
	@pyenv=$$(pyenv root 2>/dev/null); first=; failed=; \
	for version in 3.10 3.11 3.12 3.13 3.14 3.15; do \
	    for python in python$$version "$$pyenv"/versions/$$version.*/bin/python; do \
	        "$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
	        echo "On Python $$version:"; \
	        first=$${first:-$$python}; \
	        $(MAKE) test PYTHON="$$python" VENV=.venv-$$version || failed="$$failed $$version"; \
	        break; \
	    done; \
	done; \
	echo "With the least versions:"; \
	$(MAKE) test-minimum PYTHON="$${first:-$(PYTHON)}" VENV=.venv-minimum || failed="$$failed minimum"; \
	[ -z "$$failed" ] || { echo "Failed:$$failed" >&2; exit 1; }

test-minimum: $(VENV)/.minimum programs
	$(BIN)/python -m pytest $(AT_ONCE)

check: $(VENV)/.test docs ## Check style, types and documentation.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.docs ## Build the documentation as docs/_build/index.html.
	$(BIN)/sphinx-build --quiet --fresh-env --nitpicky --fail-on-warning --keep-going docs docs/_build

format: $(VENV)/.test ## Bring the source into the style that `make check` asks for.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

translations: $(VENV)/.test ## Bring the catalogues in step with the texts; then fill in what is empty, and again.
	@$(BIN)/pybabel --quiet extract --mapping=pyproject.toml $(KEYWORDS:%=--keyword=%) --no-wrap \
	    --add-location=file --output=$(VENV)/texts.pot $(PACKAGE)
	@for po in $(PACKAGE)/translations/*/LC_MESSAGES/simplelogin.po; do \
	    $(BIN)/pybabel --quiet update --domain=simplelogin --no-fuzzy-matching --ignore-obsolete \
	        --ignore-pot-creation-date --width=100 --input-file=$(VENV)/texts.pot \
	        --locale="$$(basename "$$(dirname "$$(dirname "$$po")")")" --output-file="$$po"; \
	done
	@$(BIN)/pybabel --quiet compile --domain="simplelogin wtforms" \
	    --directory=$(PACKAGE)/translations

programs: ## Install the programs that tests start, where this user may.
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    missing=; \
	    for program in $(PROGRAMS); do \
	        command -v $${program%:*} >/dev/null || missing="$$missing $${program#*:}"; \
	    done; \
	    [ -z "$$missing" ] || { echo "Installing$$missing"; apt-get update -qq >/dev/null 2>&1; }; \
	    for package in $$missing; do \
	        DEBIAN_FRONTEND=noninteractive apt-get install -yqq $$package </dev/null >/dev/null 2>&1 \
	            || echo "$$package can't be installed: the tests that need it are skipped."; \
	    done; \
	fi

clean: ## Remove what make has built, and the demo's database.
	rm -rf $(VENV) .venv-* docs/_build instance .hypothesis .mypy_cache .pytest_cache .ruff_cache

# Each stamp is newer than the files that say what must be installed.
$(VENV)/.demo: pyproject.toml example/requirements.txt | $(BIN)/pip
	@echo "Installing what the demo needs …"
	@$(PIP_INSTALL) --requirement example/requirements.txt --editable .
	@touch $@

$(VENV)/.test: pyproject.toml example/requirements.txt tests/requirements.txt tests/babel-requirements.txt | $(BIN)/pip
	@echo "Installing what the tests need …"
	@$(PIP_INSTALL) --requirement tests/requirements.txt --editable .
	@$(PIP_INSTALL) --no-deps --upgrade --target $(VENV)/flask-babel --requirement tests/babel-requirements.txt
	@touch $@

$(VENV)/.docs: pyproject.toml example/requirements.txt docs/requirements.txt | $(BIN)/pip
	@echo "Installing what the documentation needs …"
	@$(PIP_INSTALL) --requirement docs/requirements.txt --editable .
	@touch $@

$(VENV)/.minimum: $(VENV)/.test tests/minimum-requirements.txt
	@$(PIP_INSTALL) --no-warn-conflicts --requirement tests/minimum-requirements.txt
	@touch $@

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { \
	    echo "There is no $(PYTHON) here: install Python 3.10 or newer, or name it: PYTHON=python3.12" >&2; \
	    exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	    echo "$(PYTHON) is older than Python 3.10: name a newer one, as in PYTHON=python3.12" >&2; \
	    exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	    echo "$(PYTHON) can't make virtual environments: apt-get install $$package" >&2; \
	    exit 1; }
	@$(PYTHON) -m venv $(VENV)
