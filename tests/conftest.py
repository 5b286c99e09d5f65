# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of all tests: a lab, modules in this process, playbooks, and a search for secrets.

def test_a_second_run_changes_nothing(fresh_lab, run_module):
    wanted = {"name": "Okta", ...}
    run_module("kandji_scep_profile", wanted, lab=fresh_lab)
    assert not run_module("kandji_scep_profile", wanted, lab=fresh_lab)["changed"]
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import hypothesis
import pytest

from lab.server import Lab
from lab.state import Options
from tests.support import module_runs
from tests.support.secret_search import traces
from tools.support.environment import without_tenants
from tools.support.playbook import SITE, PlayResult, lab_environment, run_playbook

pytest_plugins = ["lab.contract.findings"]

# The machine is shared, and a slow run is not a failure. `make test` draws the same values each time;
# `make test-all` draws more of them, and others each time (--hypothesis-profile=long).
UNHURRIED = hypothesis.settings(
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.data_too_large,
    ],
)
hypothesis.settings.register_profile("checkout", UNHURRIED, derandomize=True, max_examples=30)
hypothesis.settings.register_profile("long", UNHURRIED, max_examples=200)
hypothesis.settings.load_profile("checkout")


@pytest.fixture(autouse=True)
def _no_real_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's own OKTA_* and KANDJI_* variables away from tests.

    Deletes these alone: writing the whole environment takes longer than most unit tests.
    """
    for name in os.environ.keys() - without_tenants(dict(os.environ)).keys():
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def lab() -> t.Iterator[Lab]:
    """Start one lab for all tests of this process that only read, or undo what they do."""
    with Lab(Options(macs=25, limits="high")) as running:
        yield running


@pytest.fixture
def fresh_lab(request: pytest.FixtureRequest) -> t.Iterator[Lab]:
    """Start a lab for this test alone. Options by marker: @pytest.mark.lab(macs=3, seed=7).

    Okta's limits are high, unless the marker says limits="recorded": no test waits for a minute.
    """
    marker = request.node.get_closest_marker("lab")
    with Lab(Options(**{"limits": "high", **(marker.kwargs if marker else {})})) as running:
        yield running


@pytest.fixture
def printed() -> list[str]:
    """Return the list of all output of this test, to search for what must not be there."""
    return []


@pytest.fixture
def run_module(printed: list[str]) -> t.Callable[..., dict[str, t.Any]]:
    """Return a function that calls a module's main() and returns its result.

    A failure is a result too (``failed`` is true).
    """

    def run(
        name: str,
        args: dict[str, t.Any],
        *,
        lab: Lab | None = None,
        check: bool = False,
        diff: bool = False,
    ) -> dict[str, t.Any]:
        environment = lab_environment(lab.announcement) if lab else {}
        done = module_runs.run_module(name, args, environment, check, diff)
        printed.extend([done.output, *done.warnings])
        return {**done.result, "warnings": done.warnings}

    return run


@pytest.fixture
def playbook(printed: list[str]) -> t.Callable[..., PlayResult]:
    """Return a function that runs a playbook (default: site.yml) with a lab's variables.

    See tools.support.playbook.run_playbook.
    """

    def run(lab: Lab, path: Path = SITE, **options: t.Any) -> PlayResult:
        result = run_playbook(path, lab.announcement, **options)
        printed.append(result.output)
        return result

    return run


@pytest.fixture
def shown(printed: list[str]) -> t.Callable[[str], list[str]]:
    """Return a function that lists the encodings in which a secret was printed by this test."""
    return lambda secret: traces(secret, *printed)
