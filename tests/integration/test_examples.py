# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each example of a module's documentation, run against the lab as it stands there: predicted, done, and left alone the second time.

What an example needs is in tests/examples.py.
"""

from __future__ import annotations

import pytest

from tests import examples

EXAMPLES = examples.tasks()


@pytest.fixture
def stage(watched, run_module, tmp_path):
    return examples.Stage(watched, run_module, tmp_path)


@pytest.mark.lab(macs=14)
@pytest.mark.parametrize(("name", "module", "options"), EXAMPLES, ids=[f"{module}: {name}" for name, module, _options in EXAMPLES])
def test_an_example_of_the_documentation_runs(stage, watched, run_module, name, module, options):
    examples.SCENES.get(name, examples.rolled_out)(stage)
    wanted = examples.without_patience(module, stage.as_in_the_lab(options))
    mark = watched.mark()
    predicted = run_module(module, wanted, lab=watched.lab, check=True)
    assert not predicted.get("failed"), predicted
    assert watched.writes(mark) == []
    done = run_module(module, wanted, lab=watched.lab)
    assert not done.get("failed"), done
    again = run_module(module, wanted, lab=watched.lab)
    assert not again.get("failed"), again
    assert again["changed"] is (name in examples.CHANGES_EACH_TIME), again


def test_examples_have_names_of_their_own_and_scenes_have_examples():
    names = [name for name, _module, _options in EXAMPLES]
    assert sorted(names) == sorted(set(names))
    assert set(examples.SCENES) | examples.CHANGES_EACH_TIME <= set(names)
