# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A boolean may come as text: by -e name=false, from a survey, or from the environment.

Where a playbook or role decides by one, it converts it first. What a module takes, it converts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tools.support.environment import CHECKOUT

FILES = sorted(
    path
    for part in ("playbooks/*.yml", "playbooks/tasks/*.yml", "roles/*/tasks/*.yml")
    for path in CHECKOUT.glob(part)
)
# Booleans of the playbooks, which have no argument specification.
PLAYBOOK_BOOLEANS = {
    "device_trust_certificate_check",
    "device_trust_enforce",
    "device_trust_okta_verify_login_item",
    "device_trust_okta_verify_settings",
    "device_trust_okta_verify_sso_extension",
    "device_trust_renewal_rotates",
    "device_trust_reset_approved_only",
    "device_trust_test_enrollment",
}
CONDITIONS = ("when", "changed_when", "failed_when", "until", "that")


def role_booleans() -> set[str]:
    names = set()
    for path in CHECKOUT.glob("roles/*/meta/argument_specs.yml"):
        for spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            names |= {name for name, option in spec["options"].items() if option["type"] == "bool"}
    return names


BOOLEANS = PLAYBOOK_BOOLEANS | role_booleans()


def unconverted(expression: str) -> set[str]:
    """Return the booleans of an expression that are compared or combined as they came."""
    found = set()
    for match in re.finditer(r"\w+", expression):
        rest = re.sub(r"^\s*\|\s*default\([^()]*\)", "", expression[match.end() :])
        if match.group() in BOOLEANS and not re.match(r"\s*\)*\s*\|\s*bool\b|\s*=", rest):
            found.add(match.group())
    return found


def decisions(node: object, key: str = "") -> Iterator[str]:
    """Yield the conditions, and the templates that combine values, of a YAML document."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from decisions(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from decisions(value, key)
    elif isinstance(node, str) and key in CONDITIONS:
        yield node
    elif isinstance(node, str):
        for template in re.findall(r"{{(.*?)}}", node, flags=re.DOTALL):
            if re.search(r"\b(and|or|not|if|ternary)\b", template):
                yield template


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_a_boolean_is_converted_before_it_decides(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    problems = {name for text in decisions(document) for name in unconverted(text)}
    assert not problems, f"Append `| bool` to {', '.join(sorted(problems))}."


@pytest.mark.parametrize(
    "expression, names",
    [
        ("device_trust_enforce", {"device_trust_enforce"}),
        ("device_trust_enforce | default(false)", {"device_trust_enforce"}),
        ("not device_trust_enforce and x", {"device_trust_enforce"}),
        ("device_trust_enforce | bool", set()),
        ("device_trust_enforce | default(false) | bool", set()),
        ("x or (device_trust_enforce | default(false)) | bool", set()),
        ("device_trust_enforcement", set()),
    ],
)
def test_the_check_finds_what_is_not_converted(expression: str, names: set[str]) -> None:
    assert unconverted(expression) == names


@pytest.mark.parametrize(
    "path", sorted(CHECKOUT.glob("playbooks/*.yml")), ids=lambda path: path.stem
)
def test_every_playbook_resolves_its_variables_first(path: Path) -> None:
    """In a task of its own where ansible-rulebook copies the playbook alone."""
    for play in yaml.safe_load(path.read_text(encoding="utf-8")):
        if play.get("hosts"):
            first = play["tasks"][0]
            assert "unresolved_variables" in str(first) or "tasks/variables.yml" in str(first)
            assert first["tags"] == ["always"]
            break
    else:
        pytest.fail("The playbook has no play with tasks.")


def test_every_playbook_and_role_is_read() -> None:
    assert len(FILES) > 30 and len(BOOLEANS) > 20
