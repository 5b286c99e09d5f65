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
from ansible_collections.devicetrust.okta_kandji.plugins.doc_fragments._rule import (
    ModuleDocFragment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    JUDGED_CONDITIONS,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules import options
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import (
    REMOVABLE_CONDITIONS,
    RULE,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.guards import (
    ALLOW,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta import rule_schema

from lab.okta.policies.access_policies import CONDITIONS
from lab.okta.policies.engine import CHECKS
from lab.okta.policies.session_and_signal import JUDGED
from lab.state import Switches
from tools.support.environment import CHECKOUT
from tools.support.git_files import tracked_files


def test_the_preflight_looks_for_the_certificate_check_by_the_name_that_the_role_gives_it() -> None:
    defaults = CHECKOUT / "roles" / "managed_status" / "defaults" / "main.yml"
    name = yaml.safe_load(defaults.read_text())["managed_status_certificate_check_name"]
    preflight = (CHECKOUT / "playbooks" / "tasks" / "preflight.yml").read_text()
    assert f"managed_status_certificate_check_name | default('{name}')" in preflight


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


def test_each_kind_of_condition_of_rules_is_known_everywhere() -> None:
    kinds = set(rule_schema.CONDITIONS)
    by_option = {**options.CONDITIONS, "platforms": ("platform", "include")}
    assert {path[0] for path in by_option.values()} == kinds
    assert by_option.keys() <= RULE.keys()
    assert set(REMOVABLE_CONDITIONS.values()) == kinds
    documented = choices_of(yaml.safe_load(ModuleDocFragment.DOCUMENTATION), "remove_conditions")
    assert documented == list(REMOVABLE_CONDITIONS)
    assert set(CHECKS) == set(CONDITIONS) == kinds, "the lab takes and judges each"
    assert set(JUDGED) < kinds, "those of global session policies are some of them"


def test_the_forecast_judges_each_condition_or_leaves_it_to_the_sign_in() -> None:
    settled_by_the_sign_in = {"network", "riskScore"}
    assert JUDGED_CONDITIONS.keys() == rule_schema.CONDITIONS.keys() - settled_by_the_sign_in
    for kind, keys in JUDGED_CONDITIONS.items():
        form = rule_schema.CONDITIONS[kind]
        assert isinstance(form, dict) and set(keys) == set(form), kind
