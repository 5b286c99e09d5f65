# Needs make and Python 3.11 or newer, nothing else. Another Python than the one found first: make PYTHON=/path/to/python3.12 test
# Written for every make (macOS has GNU make 3.81) and every sh.

SHELL = /bin/sh
PY = .venv/bin/python
.PHONY: help demo test test-all bench ee docs matrix release-check lab lint setup lock clean

help:
	@echo "make demo   see it work: a lab with 25 Macs, and the site playbook taking them from nothing to managed"
	@echo "make test   everything that must hold: linters, sanity, unit and integration tests, molecule"
	@echo "make test-all  the same, what takes minutes, and what needs programs of others: it installs them first (Debian packages, as root)"
	@echo "make bench  how much it asks of the vendors, beside other ways; writes docs/dev/benchmarks.md (an hour or so)"
	@echo "make ee     the execution environment, built with podman, and the site playbook run in it (docs/awx.md)"
	@echo "make docs   the documentation as a site, in .cache/docs/html"
	@echo "make matrix  sanity and unit tests on each ansible-core that is promised, with each Python that is here; writes docs/dev/matrix.md"
	@echo "make release-check  what a release would be: built, looked at, installed and run; it is left in .cache/release"
	@echo "make lab    the lab alone, in the foreground; prints one line of JSON with its addresses and secrets"
	@echo "make lint   the linters"
	@echo "make clean  remove what the others made"

demo: setup
	@$(PY) -m tools.demo

test: setup
	@$(PY) -m tools.check

test-all: setup
	@$(PY) -m tools.check --all

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

lint: setup
	@$(PY) -m tools.lint

setup:
	@sh tools/setup.sh

# After a change of the dependencies in pyproject.toml. Needs uv.
lock:
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate --group dev --output-file requirements.lock
	for group in events docs mutate; do \
	  uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate --group $$group --output-file requirements-$$group.lock; \
	done

clean:
	rm -rf .venv .cache .ansible
