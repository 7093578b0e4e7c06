# pumpbridge: the first use sets up .venv; needed are Python 3.11 or newer and make.
#
#   make demo    exports, and readings of a simulated programmer, become a chart in a folder, step by step
#   make test    lint, types, imports, unit tests, the wheel, the docs, then a real FHIR server
#   make lint    only ruff, mypy and the import contract
#   make unit    only the tests that need no server
#   make servers only the tests against real servers and peers (needs Java 17, Maven, Node 20 and npm)
#   make engine  the official validator engine for `pumpbridge validate` (needs Java 17 and Maven)
#   make conformance EXTRA_PROFILES=DIR  which profiles of others our charts meet (a folder, file or package .tgz)
#   make bench   the numbers of docs/evidence.md
#   make mutation which changes of the code no test would notice (MUTANTS='bridge.quantity*': only some of them;
#                 SAMPLE=500 SEED=1: so many by chance of each part, in a fraction of the time)
#   make docs    docs/reference, generated again
#   make guide   the implementation guide: definitions, examples and build/pumpbridge.intrathecal.tgz (needs Node and npm)
#   make lock    the requirements*.lock files, made again (UPGRADE=1: with newer versions)
#   make clean   removes what make has made

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
DEMO_READY := $(VENV)/.ready-demo
DEV_READY := $(VENV)/.ready-dev
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help demo test lint format unit docs check-docs guide servers engine conformance bench mutation lock clean
.NOTPARALLEL:

help:
	@sed -n 's/^#   //p' Makefile

$(DEMO_READY): requirements.lock requirements-build.lock pyproject.toml scripts/venv.sh
	@sh scripts/venv.sh $(VENV) requirements.lock requirements-build.lock
	@touch $@

$(DEV_READY): requirements-dev.lock pyproject.toml scripts/venv.sh
	@sh scripts/venv.sh $(VENV) requirements-dev.lock
	@touch $@ $(DEMO_READY)

demo: $(DEMO_READY)
	@$(BIN)/python scripts/demo.py

test: lint unit check-docs servers

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

format: $(DEV_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The wheel is built, installed and run outside the repository by tests/packaging.
unit: $(DEV_READY)
	$(PYTEST) -n 2 --dist loadgroup -m "not server"

docs: $(DEV_READY)
	$(BIN)/python scripts/reference.py write

check-docs: $(DEV_READY)
	$(BIN)/python scripts/reference.py check

guide: $(DEV_READY)
	$(BIN)/python -m scripts.guide write
	$(BIN)/python -m tests.profiles.drawn
	@mkdir -p build
	$(BIN)/python -m scripts.guide package build/pumpbridge.intrathecal.tgz

servers: $(DEV_READY)
	$(PYTEST) -n 0 -m server

engine:
	mvn -q -B -f fhir_profiles/engine/pom.xml process-classes

conformance: $(DEV_READY)
	$(BIN)/python scripts/conformance.py $(or $(EXTRA_PROFILES),$(error name the profiles: EXTRA_PROFILES=DIR))

bench: $(DEV_READY)
	@status=0; for name in help checks simulator report folder one nth mllp mllp_nth nth_message er7 delivered hapi rehearse capture; do \
		$(BIN)/python -m tests.bench.bench_$$name || status=1; done; exit $$status

# Takes a day for all of them; what it makes stays in mutants/, and the next run goes on from there. For a sample,
# mutmut makes the changes and learns which test reaches what (a part must be named: the smallest).
mutation: $(DEV_READY)
ifdef SAMPLE
	$(BIN)/mutmut run 'bridge.fhir_json*'
	$(BIN)/python scripts/mutation.py $(SAMPLE) $(or $(SEED),1) bridge.quantity bridge.fhir_json bridge.course bridge.findings
else
	$(BIN)/mutmut run $(MUTANTS)
	$(BIN)/mutmut results
endif

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate $(if $(UPGRADE),--upgrade)

lock: $(DEV_READY)
	$(COMPILE) pyproject.toml --extra dev -o requirements-dev.lock
	$(COMPILE) pyproject.toml -c requirements-dev.lock -o requirements.lock
	sed -n 's/^requires = \["\(.*\)"\]$$/\1/p' pyproject.toml | $(COMPILE) - -c requirements-dev.lock -o requirements-build.lock

clean:
	rm -rf $(VENV) build dist mutants .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis fhir_profiles/engine/target tests/servers/hapi/target tests/servers/hl7v2/target scripts/sushi/node_modules scripts/sushi/home tests/servers/node_hl7/node_modules tests/servers/ips/node_modules tests/servers/medplum/node_modules
	find bridge adapters fhir_profiles tests scripts -type d -name __pycache__ -prune -exec rm -rf {} +
