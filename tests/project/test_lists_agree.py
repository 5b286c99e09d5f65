# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that stand in two files, because each file has another reader, have the same entries."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from pathlib import Path

import yaml
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    ALLOW,
)

from lab.state import Switches
from tools.support.environment import CHECKOUT
from tools.support.git_files import tracked_files


def written(value: object) -> str:
    """Return a default as the table of switches writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def switches_in_the_docs() -> dict[str, str]:
    """Return switch -> first word of its values, which is its default."""
    text = (CHECKOUT / "docs" / "dev" / "lab.md").read_text(encoding="utf-8")
    section = text.partition("\n## Switches\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| `([^`]*)`", section, re.M))


def test_the_docs_have_each_switch_of_the_lab_with_its_default() -> None:
    # A lab that is started by a command lets Macs and people act.
    started = Switches(macs_act=True, people_act=True)
    defaults = {name: written(value) for name, value in dataclasses.asdict(started).items()}
    assert switches_in_the_docs() == defaults


def choices_of(specification: t.Any, name: str) -> list[str]:
    """Return the choices of a variable or option somewhere in a document."""
    if isinstance(specification, list):
        return next((found for each in specification if (found := choices_of(each, name))), [])
    if not isinstance(specification, dict):
        return []
    if specification.get("name") == name:
        return list(specification["choices"])
    if isinstance(specification.get(name), dict):
        return list(specification[name]["choices"])
    return choices_of(list(specification.values()), name)


def test_each_guard_of_a_reset_can_be_lifted_by_role_and_playbook() -> None:
    role = CHECKOUT / "roles" / "device_reset" / "meta" / "argument_specs.yml"
    variables = CHECKOUT / "playbooks" / "meta" / "variables.yml"
    assert choices_of(yaml.safe_load(role.read_text()), "device_reset_allow") == list(ALLOW)
    assert choices_of(yaml.safe_load(variables.read_text()), "device_trust_reset_allow") == list(
        ALLOW
    )


def test_the_docs_have_each_folder_of_the_functional_tests() -> None:
    text = (CHECKOUT / "docs" / "dev" / "contributing.md").read_text(encoding="utf-8")
    section = text.partition("\n## Functional tests\n")[2].partition("\n## ")[0]
    functional = Path("tests/functional")
    files = [file for file in tracked_files() if functional in file.parents]
    folders = {file.relative_to(functional).parts[0] for file in files}
    listed = re.findall(r"^\| `(\w+)/` \|", section, re.M)
    assert listed and sorted(listed) == sorted(folders - {"conftest.py"})
