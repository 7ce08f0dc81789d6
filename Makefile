# Everything a developer types. `make help` lists it.

PYTHON ?= python3
ARCHITECTURE ?= arm64
# Files in their order, which begins with the longest: the last to be taken are then short.
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder
SEEDS ?= 1-100
STEPS ?= 2000

# The environments below come from this repository's locks alone: nothing that is installed on the machine is on the path.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export SAM_CLI_TELEMETRY := 0

VENVS := .venvs
APP := $(VENVS)/app/.installed
DEV := $(VENVS)/dev/.installed
AWS := $(VENVS)/aws/.installed
SAM := $(VENVS)/sam/.installed
APP_PYTHON := $(VENVS)/app/bin/python
DEV_PYTHON := $(VENVS)/dev/bin/python
SAM_PYTHON := $(VENVS)/sam/bin/python

# One word each, for the progress lines.
SECONDS_app := 30
SECONDS_dev := 60
SECONDS_aws := 30
SECONDS_sam := 60

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup test lint types validate pytest simulate format demo serve bench build lock clean

help:  ## Show this list
	@echo "Variables: PYTHON (now $(PYTHON)), ARCHITECTURE (now $(ARCHITECTURE)), PYTEST_ARGS, PORT and FRESH=1 for serve"
	@grep -hE '^[a-z]+:.*  ## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*  ## (.*)/  make \1\t\2/' | expand -t 18

setup: $(APP) $(DEV) $(AWS) $(SAM)  ## Make the four virtual environments under .venvs/ from the locks in requirements/
	@echo "environments are ready: app dev aws sam"

test: lint pytest  ## Everything CI runs: style, types, tests (of template and builds too); makes the environments first

lint: $(DEV)  ## Check style (ruff) and types (mypy --strict)
	@echo "ruff check"
	@$(DEV_PYTHON) -m ruff check --quiet .
	@echo "ruff format --check"
	@$(DEV_PYTHON) -m ruff format --quiet --check .
	@echo "mypy"
	@$(DEV_PYTHON) -m mypy

validate: $(SAM)  ## Check template.yaml with sam validate --lint and cfn-lint, as the tests do
	@echo "sam validate --lint"
	@$(SAM_PYTHON) -m samcli validate --lint --template-file template.yaml >/dev/null
	@echo "cfn-lint"
	@$(VENVS)/sam/bin/cfn-lint template.yaml

simulate: $(DEV)  ## Simulate workflows under faults by seeds (SEEDS=100-200 STEPS=5000); a failing seed is printed
	@$(DEV_PYTHON) -m tests.simulation --seeds $(SEEDS) --steps $(STEPS)

pytest: $(APP) $(DEV) $(AWS) $(SAM)  ## Run the tests only (PYTEST_ARGS="-k resume" chooses some)
	@echo "pytest"
	@$(DEV_PYTHON) -m pytest $(PYTEST_ARGS)

format: $(DEV)  ## Rewrite the code as ruff formats it
	@$(DEV_PYTHON) -m ruff check --fix .
	@$(DEV_PYTHON) -m ruff format .

bench: $(APP) $(DEV) $(AWS)  ## Measure cost, overhead, cold starts, growth and load (BENCH="cost growth", BENCH=--check)
	@$(DEV_PYTHON) -m benchmarks $(BENCH)

demo: $(APP) $(AWS)  ## Run the purchase approval from definition to completion and watch it
	@$(APP_PYTHON) -m local.demo

serve: $(APP) $(AWS)  ## Serve the API on http://127.0.0.1:8080/api/v1 (PORT=N, FRESH=1 forgets yesterday's instances)
	@$(APP_PYTHON) -m local

build: $(APP) $(SAM)  ## Build for deployment into .aws-sam/ (ARCHITECTURE=x86_64 for such machines)
	@find functions -name __pycache__ -type d -prune -exec rm -rf {} +
	@ARCHITECTURE=$(ARCHITECTURE) PYTHON=$(abspath $(APP_PYTHON)) \
	  $(SAM_PYTHON) -m samcli build --parameter-overrides Architecture=$(ARCHITECTURE)
	@$(APP_PYTHON) layers/stamp.py .aws-sam/build
	@echo "deploy with: $(VENVS)/sam/bin/sam deploy --parameter-overrides Architecture=$(ARCHITECTURE)"

lock: $(DEV)  ## Renew the locks from requirements/*.in with the newest releases
	@cd requirements && for name in app dev aws sam; do \
	  echo "locking $$name"; \
	  $(LOCK) --output-file $$name.txt $$name.in || exit 1; \
	done
	@echo "locking layers/dependencies"
	@cd requirements && $(LOCK) -c app.txt --output-file ../layers/dependencies/requirements.txt layer.in

LOCK = ../$(DEV_PYTHON) -m uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

clean:  ## Remove everything that was made here: environments, builds, caches, the local run's state
	rm -rf $(VENVS) .aws-sam .local .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is remade when its lock is newer than it: pip leaves what a lock no longer names. The locks are
# complete, so pip has nothing to resolve; tests/deploy asks `pip check` whether they are.
$(VENVS)/%/.installed: requirements/%.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or newer, and '$(PYTHON)' is not: set PYTHON, as in: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; \
	  exit 1; }
	@echo "installing the $* environment (about $(SECONDS_$*) s) ..."
	@$(PYTHON) -m venv --clear $(VENVS)/$*
	@$(VENVS)/$*/bin/python -m pip install --quiet --require-hashes --no-deps --only-binary :all: -r requirements/$*.txt
	@case $* in app|dev) $(VENVS)/$*/bin/python -c "$$ENGINE_ON_PATH" ;; esac
	@touch $@

# Puts the engine's source on the environment's path, as the Lambda layer does on /opt/python. A .pth file needs no
# build backend, and a path relative to it survives moving the checkout.
define ENGINE_ON_PATH
import os, sysconfig
site_packages = sysconfig.get_path("purelib")
with open(os.path.join(site_packages, "interactor.pth"), "w") as file:
    file.write(os.path.relpath("layers/engine", site_packages))
endef
export ENGINE_ON_PATH
