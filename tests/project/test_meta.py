# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of itself agrees with what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parent.parent.parent
MODULES = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))
GROUPS = yaml.safe_load((CHECKOUT / "meta" / "runtime.yml").read_text())["action_groups"]
ROLES = sorted(path.name for path in (CHECKOUT / "roles").iterdir())


@pytest.mark.parametrize("vendor", ["okta", "kandji"])
def test_a_module_that_takes_a_vendors_options_is_in_its_action_group(vendor):
    takes = [
        name
        for name in MODULES
        if f"- devicetrust.okta_kandji._{vendor}\n"
        in (CHECKOUT / "plugins" / "modules" / f"{name}.py").read_text()
    ]
    assert takes and sorted(GROUPS[vendor]) == takes


def test_every_module_is_in_the_group_all():
    assert sorted(GROUPS["all"]) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_tried_against_the_lab(name):
    tests = [path.read_text() for path in (CHECKOUT / "tests" / "functional").glob("test_*.py")]
    assert any(f'"{name}"' in text for text in tests)


@pytest.mark.parametrize("name", ROLES)
def test_every_variable_of_a_role_is_specified_with_its_default_and_explained(name):
    role = CHECKOUT / "roles" / name
    options = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"][
        "main"
    ]["options"]
    defaults = yaml.safe_load((role / "defaults" / "main.yml").read_text())
    assert {key for key, option in options.items() if not option.get("required")} == set(defaults)
    assert {key: option["default"] for key, option in options.items() if "default" in option} == {
        key: value for key, value in defaults.items() if "default" in options[key]
    }
    readme = (role / "README.md").read_text()
    assert [key for key in options if f"`{key}`" not in readme] == []
