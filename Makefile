# Needs make and Python 3.11 or newer. To choose the Python: make PYTHON=/path/to/python3.12 test
# Works with every make (macOS has GNU make 3.81) and every sh.

SHELL = /bin/sh
PY = .venv/bin/python
.PHONY: help demo test test-all lint faults mutate bench ee docs matrix release-check lab generate setup lock clean

help:
	@echo "make demo           run the site playbook against a lab with 25 Macs"
	@echo "make test           run the linters, the sanity tests, all pytest suites and the molecule scenario default"
	@echo "make test-all       also run the slow tests, all scenarios and the conformance tests (installs Debian packages as root)"
	@echo "make lint           run the linters"
	@echo "make faults         run every module against every faulty answer; for some of them: make faults MODULES=\"okta_device_reset\""
	@echo "make mutate         run mutation tests of the plans; for some of them: make mutate PLANS=\"gate device_records\""
	@echo "make bench          count the API calls of this collection and of other clients; writes docs/dev/benchmarks.md (an hour)"
	@echo "make ee             build the execution environment with podman and run the site playbook in it"
	@echo "make docs           build the documentation site in .cache/docs/html"
	@echo "make matrix         run sanity and unit tests on each supported ansible-core and Python; writes docs/dev/matrix.md"
	@echo "make release-check  build a release in .cache/release, check it, install it and run it"
	@echo "make lab            start the lab in the foreground; prints its addresses, and one line of JSON with its secrets"
	@echo "make generate       write the files that are generated from others"
	@echo "make lock           update the requirements*.lock files (needs uv)"
	@echo "make clean          remove .venv, .cache and .ansible"

# The first line comes before the set-up, which may take a minute or two.
demo:
	@echo "The demonstration takes about a minute. Starting the lab ..."
	@sh tools/setup.sh
	@$(PY) -m tools.demo

test: setup
	@$(PY) -m tools.check

test-all: setup
	@$(PY) -m tools.check --all

lint: setup
	@$(PY) -m tools.lint

faults: setup
	@$(PY) -m tests.faults $(MODULES)

mutate: setup
	@$(PY) -m tools.mutate $(PLANS)

bench: setup
	@$(PY) -m tools.bench

ee: setup
	@$(PY) -m tools.ee

docs: setup
	@$(PY) -m tools.docs

matrix: setup
	@$(PY) -m tools.matrix $(CORES)

release-check: setup
	@$(PY) -m tools.release

lab: setup
	@exec $(PY) -m lab

generate: setup
	@$(PY) -m tools.generate.permissions
	@$(PY) -m tools.generate.report_page
	@$(PY) -m tools.generate.role_pages
	@$(PY) -m tools.generate.variables
	@$(PY) -m lab.contract.accepted_deviations

setup:
	@sh tools/setup.sh

# After a change of the dependency groups in pyproject.toml.
lock:
	uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --group dev --output-file requirements.lock
	for group in events oldest docs mutate; do \
	  uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --group $$group --output-file requirements-$$group.lock; \
	done

clean:
	rm -rf .venv .cache .ansible
