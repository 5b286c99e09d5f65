# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each example of a module's documentation, run against the lab as it stands there.

Predicted, done, and left alone the second time.

What writes has something to write, so that none of this holds for want of work. What an example
needs is in tests/functional/helpers/examples.py.
"""

from __future__ import annotations

import typing as t

import pytest

from lab.server import Lab
from lab.state import Options
from tests.functional.conftest import Watched
from tests.functional.helpers import examples

EXAMPLES = examples.tasks()
SIZE = Options(macs=14, limits="high")


@pytest.fixture(scope="module")
def shared() -> t.Iterator[Watched]:
    """What examples share that only read and need no scene of their own."""
    with Lab(SIZE) as running:
        yield Watched(running)


@pytest.fixture(scope="module")
def addresses() -> t.Iterator[Lab]:
    """Where the companies of all other examples are, one after the other."""
    with Lab(SIZE) as running:
        yield running


@pytest.fixture
def watched(request, name, module):
    if examples.only_reads(module, name) and name not in examples.SCENES:
        return request.getfixturevalue("shared")
    running = request.getfixturevalue("addresses")
    running.begin(SIZE)
    return Watched(running)


@pytest.fixture
def stage(watched, run_module, tmp_path):
    return examples.Stage(watched, run_module, tmp_path)


@pytest.mark.parametrize(
    ("name", "module", "options"),
    EXAMPLES,
    ids=[f"{module}: {name}" for name, module, _options in EXAMPLES],
)
def test_an_example_of_the_documentation_runs(stage, watched, run_module, name, module, options):
    examples.SCENES.get(name, examples.rolled_out)(stage)
    wanted = examples.without_patience(module, stage.as_in_the_lab(options))
    mark = watched.mark()
    predicted = run_module(module, wanted, lab=watched.lab, check=True)
    assert not predicted.get("failed"), predicted
    assert watched.writes(mark) == []
    done = run_module(module, wanted, lab=watched.lab)
    assert not done.get("failed"), done
    assert done["changed"] is examples.changes_something(module, name), done
    assert predicted["changed"] is (done["changed"] and name not in examples.NOT_IN_CHECK_MODE), (
        predicted
    )
    again = run_module(module, wanted, lab=watched.lab)
    if name in examples.DONE_ONCE:
        assert examples.DONE_ONCE[name] in again["msg"]
        return
    assert not again.get("failed"), again
    assert again["changed"] is (name in examples.CHANGES_EACH_TIME), again
    assert watched.writes(mark) == [] or not examples.only_reads(module, name)


def test_examples_have_names_of_their_own_and_scenes_have_examples():
    names = [name for name, _module, _options in EXAMPLES]
    assert sorted(names) == sorted(set(names))
    assert set(examples.SCENES) | examples.CHANGES_EACH_TIME | set(
        examples.DONE_ONCE
    ) | examples.CHANGES_NOTHING <= set(names)
