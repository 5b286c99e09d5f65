# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that a playbook does not have, and inventories that Ansible did not read."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._invocation import (
    Invocation,
    explain_inventory,
    find_unknown_tags,
)

TAGS = ("scep_profile", "managed_status")


@pytest.mark.parametrize("path", ["playbooks/site.yml", "devicetrust.okta_kandji.site"])
def test_a_misspelt_tag_is_refused_before_it_selects_nothing(path: str) -> None:
    invocation = Invocation((path,), tags=("scpe", "scep_profile"), skip_tags=("managed_stauts",))
    assert find_unknown_tags(invocation, "site", TAGS) == [
        "--tags: the playbook has no tag 'scpe'. Use scep_profile, managed_status.",
        "--skip-tags: the playbook has no tag 'managed_stauts'. Use scep_profile, managed_status.",
    ]


def test_tags_of_a_playbook_without_any_are_refused() -> None:
    invocation = Invocation(("devicetrust.okta_kandji.report",), tags=("managed_status",))
    assert find_unknown_tags(invocation, "report", ()) == [
        "--tags: the playbook has no tag 'managed_status'. Leave it out: this playbook has no tags."
    ]


def test_tags_with_a_meaning_in_ansible_are_known() -> None:
    assert find_unknown_tags(Invocation(("site.yml",), ("all",), ("never",)), "site", TAGS) == []


def test_a_playbook_that_imports_this_one_may_have_its_own_tags() -> None:
    assert find_unknown_tags(Invocation(("friday.yml",), tags=("monthly",)), "site", TAGS) == []


def test_an_inventory_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "inventroy.yml"
    assert explain_inventory(Invocation(inventory=[str(path)], has_hosts=False)) == [
        f"-i: {path} does not exist. Correct the path."
    ]
    path.write_text("all:\n\thosts:\n", encoding="utf-8")
    assert explain_inventory(Invocation(inventory=[str(path)], has_hosts=False)) == [
        f"-i: {path} has no host that Ansible could read. Correct the file; the warnings at the"
        " beginning of the run name the line."
    ]


def test_without_an_inventory_the_run_asks_for_one() -> None:
    assert explain_inventory(Invocation(inventory=["/etc/ansible/hosts"], has_hosts=False)) == [
        "-i: no inventory was read. Name yours, like -i inventory.yml."
    ]


def test_an_inventory_with_hosts_is_not_the_cause() -> None:
    assert explain_inventory(Invocation(inventory=["/nowhere"], has_hosts=True)) == []
