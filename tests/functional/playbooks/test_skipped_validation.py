# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that skips the first task of a playbook fails with a sentence, and writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tools.support.environment import CHECKOUT

# configure_awx has no variables but those of its role, which validates them.
PLAYBOOKS = [path for path in sorted(CHECKOUT.glob("playbooks/*.yml")) if "awx" not in path.stem]
QUICK = ("site", "reset_devices", "notify")
SENTENCE = "The first task, which validates the variables, did not run. Run the whole playbook"

pytestmark = pytest.mark.lab(macs=3)


def second_task(path: Path) -> str:
    """Return the name of the first task at which a run can start, after the very first."""
    [first, *_others] = yaml.safe_load(path.read_text(encoding="utf-8"))
    task = next(task for task in first["tasks"][1:] if "ansible.builtin.import_tasks" not in task)
    return str(task.get("block", [task])[0]["name"])


@pytest.mark.parametrize("way", ["--skip-tags", "--start-at-task"])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[] if path.stem in QUICK else pytest.mark.long)
        for path in PLAYBOOKS
    ],
)
def test_a_run_without_validated_variables_fails_with_a_sentence(watched, playbook, path, way):
    value = "always" if way == "--skip-tags" else second_task(path)
    variables = {
        "device_trust_rings": watched.ring_variables,
        "device_trust_serials": watched.canary["test_macs"],
        "device_trust_enforce": True,
        "device_trust_notification": "x",
    }
    result = playbook(watched.lab, path, arguments=[way, value], variables=variables)
    assert watched.writes() == []
    if (path.stem, way) == ("renew_certificate_authority", "--skip-tags"):
        # Its first steps read whether anything is due, with settings of the environment alone.
        assert "Nothing is due." in result.output, result.output
        return
    assert result.status != 0, result.output
    assert SENTENCE in " ".join(result.output.split()), result.output
