# Everything runs in .venv, installed from the locked requirements; nothing else on the machine is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Files that are run at once. What starts the whole product or a browser, or kills brokers, runs one after the other.
JOBS ?= 2
AT_ONCE := tests/unit tests/property tests/contract $(addprefix tests/integration/,client emulator local quota \
	$(addprefix control_plane/,cache database events test_openapi.py)) \
	$(addprefix tests/acceptance/,official_client test_commands.py test_google_by_name.py test_rclone.py)
ONE_BY_ONE := tests/integration/kafka tests/integration/control_plane tests/acceptance $(addprefix --ignore=,$(AT_ONCE))
SOURCES := src lib/clustera-integration-toolkit/src emulator/src
PROJECTS := pyproject.toml lib/clustera-integration-toolkit/pyproject.toml emulator/pyproject.toml

.PHONY: help demo test lint bench soak lock clean install
.DEFAULT_GOAL := help

help: ## Show this help
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

install: $(STAMP) ## Make .venv from the locked requirements (the other targets do it too)

$(STAMP): requirements/dev.txt $(PROJECTS)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 ...")'
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		-e lib/clustera-integration-toolkit -e emulator -e .
	@touch $@

demo: $(STAMP) ## The whole product on an emulated Drive, in one process; prints where its dashboard is (ARGS=--once, ARGS="--once --root DIR")
	@$(BIN)/python -m drive_demo $(ARGS)

test: $(STAMP) lint ## Lint, types, import contracts and all tests (Apache Kafka where Java 17 and Maven are installed)
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(AT_ONCE)
	@$(BIN)/python -m pytest $(ONE_BY_ONE) || { echo "Once more, what failed (whole processes; the first time is above):"; \
		$(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(ONE_BY_ONE); }
else
	@$(BIN)/python -m pytest $(ARGS)
endif

lint: $(STAMP) ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy $(SOURCES) tests benchmarks
	@$(BIN)/lint-imports

bench: $(STAMP) ## Benchmarks, with their baselines in the same run (ONLY=full_sync)
	@$(BIN)/python -m benchmarks $(if $(ONLY),--only $(ONLY)) $(ARGS)

soak: $(STAMP) ## Random histories against the engine for an hour (ARGS="--minutes 20 --seed 7"); prints seeds that fail
	@$(BIN)/python -m tests.soak --minutes 60 $(ARGS)

lock: ## Pin all requirements again (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-package google-drive-worker \
		--no-emit-package clustera-integration-toolkit --no-emit-package google-drive-emulator --upgrade \
		--custom-compile-command "make lock" --extra emulator --extra control-plane pyproject.toml -o requirements/base.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-package google-drive-worker \
		--no-emit-package clustera-integration-toolkit --no-emit-package google-drive-emulator -c requirements/base.txt \
		--custom-compile-command "make lock" --extra emulator --extra control-plane --group test --group lint --group bench --group build pyproject.toml -o requirements/dev.txt

clean: ## Remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache .cache
