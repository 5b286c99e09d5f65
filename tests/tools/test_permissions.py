# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented permissions are those that the modules declare, and every operation of the clients
is declared by somebody.
"""

from __future__ import annotations

import re
import types

import pytest

from tests.support.client_operations import client_operations
from tools.generate import permissions
from tools.support.environment import CHECKOUT


def test_the_page_is_what_the_code_says() -> None:
    assert permissions.PAGE.read_text() == permissions.page(), (
        "docs/permissions.md is old; run: python -m tools.generate.permissions"
    )


def test_the_modules_of_a_playbook_are_those_of_its_tasks_files_and_roles() -> None:
    used = permissions.modules_of(CHECKOUT / "playbooks" / "reset_devices.yml")
    assert {"okta_device_reset", "validate_variables", "kandji_library_item_info"} <= used
    assert "kandji_scep_profile" not in used


def test_a_report_needs_no_permission_that_writes() -> None:
    assert not any(one.writes for one in permissions.operations_of_playbook("report"))
    assert any(one.writes for one in permissions.operations_of_playbook("renew_certificates"))


def test_each_playbook_has_an_entry_unless_it_sends_nothing_to_the_vendors() -> None:
    page = permissions.page()
    stems = {path.stem for path in (CHECKOUT / "playbooks").glob("*.yml")}
    assert {stem for stem in stems if f"`{stem}.yml`" not in page} == set(permissions.ELSEWHERE)
    for stem in permissions.ELSEWHERE:
        assert permissions.operations_of_playbook(stem) == []


def test_a_clean_up_needs_the_log_and_ends_no_sessions() -> None:
    """Its modules need the log, and may end sessions, for some options alone."""
    sent = {one.name: one for one in permissions.operations_of_playbook("clean_up_records")}
    assert not sent["listLogEvents"].optional and "revokeUserSessions" not in sent


def test_what_a_playbook_always_or_never_sends_is_optional_for_its_modules() -> None:
    for sent in (permissions.ALWAYS_SENT, permissions.NEVER_SENT):
        for stem, chosen in sent.items():
            used = permissions.modules_of(CHECKOUT / "playbooks" / f"{stem}.yml")
            declared = [
                one
                for name in used & set(permissions.names())
                for one in permissions.operations(name)
            ]
            assert {*chosen} <= {one.name for one in declared if one.optional}, stem


def test_an_imported_playbook_counts() -> None:
    rotation = permissions.modules_of(CHECKOUT / "playbooks" / "rotate_scep_challenge.yml")
    assert rotation <= permissions.modules_of(
        CHECKOUT / "playbooks" / "on_scep_challenge_reset.yml"
    )


def test_what_writes_is_set_apart() -> None:
    used = [
        types.SimpleNamespace(permission=name, writes=writes, optional=optional)
        for name, writes, optional in (
            ("okta.devices.read", False, False),
            ("okta.devices.manage", True, False),
            ("okta.certificateAuthorities.read", False, True),
            ("List Devices", False, False),
            ("", False, False),
        )
    ]
    assert permissions.entry("`one`", used) == (
        "- `one`. Okta: *`okta.certificateAuthorities.read`*, **`okta.devices.manage`**,"
        " `okta.devices.read`. Kandji: List Devices."
    )


@pytest.mark.parametrize(
    ("uses", "mark"),
    [
        ([(False, False), (False, True)], ""),
        ([(False, True), (False, False)], ""),
        ([(False, True), (True, False)], "**"),
        ([(True, False), (False, False)], ""),
        ([(True, True)], "***"),
        ([(False, True), (False, True)], "*"),
    ],
)
def test_a_permission_is_as_needed_as_by_the_operation_that_needs_it_most(
    uses: list[tuple[bool, bool]], mark: str
) -> None:
    used = [
        types.SimpleNamespace(permission="okta.users.read", writes=writes, optional=optional)
        for writes, optional in uses
    ]
    assert permissions.entry("`one`", used) == f"- `one`. Okta: {mark}`okta.users.read`{mark}."


def test_the_entry_of_the_site_playbook_has_all_of_its_modules() -> None:
    used = permissions.modules_of(CHECKOUT / "playbooks" / "site.yml") & set(permissions.names())
    assert used <= set(permissions.SITE)


def test_titles_with_the_same_permissions_share_a_line() -> None:
    listed, read = (
        types.SimpleNamespace(permission=name, writes=False, optional=False)
        for name in ("List Devices", "okta.logs.read")
    )
    assert permissions.entries({"`one`": [listed], "`two`": [read], "`three`": [listed]}) == [
        "- `one`, `three`. Kandji: List Devices.",
        "- `two`. Okta: `okta.logs.read`.",
    ]


def test_no_operation_of_a_client_is_left_over() -> None:
    declared = {used.name for name in permissions.names() for used in permissions.operations(name)}
    assert len(declared) > 40
    assert {used.name for used in client_operations()} <= declared


@pytest.mark.parametrize("name", permissions.names())
def test_a_module_declares_an_operation_in_one_way(name: str) -> None:
    """Optional or not, since one declaration decides for all requests of the module."""
    declared = set(permissions.operations(name))
    assert len({used.name for used in declared}) == len(declared)


@pytest.mark.parametrize("name", ["_okta", "_kandji"])
def test_every_operation_that_a_client_defines_is_collected(name: str) -> None:
    client = CHECKOUT / "plugins" / "module_utils" / name / "client.py"
    text = client.read_text()
    defined = len(re.findall(r"^[A-Z_]+ = (?:Operation|replace)\(", text, re.MULTILINE))
    assert defined > 20
    assert len(client_operations(name)) == defined
