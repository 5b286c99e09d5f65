# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Custom Profile that no device gets shows what a tenant rewrites, and none is left of it."""

from __future__ import annotations

import json
import typing as t

import pytest

from lab.kandji.profiles import parse
from lab.server import Lab
from tests.functional.helpers.interleaving import before_request
from tests.functional.vendor_behaviour.test_verify_tenant import (
    SIZE,
    WHEN_TRIED,
    Tenant,
    positions,
    texts_of,
)
from tools.support.environment import CHECKOUT

NAMES = (
    "Trial of devicetrust.okta_kandji, may be deleted",
    "Renamed trial of devicetrust.okta_kandji, may be deleted",
)
WRITES = ["Create Custom Profile", "Update Custom Profile", "Delete Custom Profile"]
STEPS = [
    f"create profile '{NAMES[0]}'",
    f"update profile '{NAMES[0]}': name",
    f"delete profile '{NAMES[1]}'",
]
LIST = "List Custom Profiles"


@pytest.fixture(scope="module")
def company() -> t.Iterator[Lab]:
    with Lab(SIZE) as running:
        yield running


@pytest.fixture
def tenant(company, run_module, tmp_path) -> Tenant:
    company.begin(SIZE)
    return Tenant(company, run_module, tmp_path)


def content() -> dict[str, t.Any]:
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.trial import (
        CONTENT,
    )

    return parse(CONTENT)


def left(tenant: Tenant) -> list[str]:
    """Return the names of the trial's profiles that the tenant has."""
    return [
        each.name for each in tenant.watched.world.kandji.library.profiles() if "rial" in each.name
    ]


def leave(tenant: Tenant, name: str = NAMES[0], **values: t.Any) -> t.Any:
    """Let the tenant have what an interrupted run left, or something like it."""
    given = {"document": content(), "runs_on": {"Mac"}, "active": False, **values}
    with tenant.watched.world.lock:
        return tenant.watched.world.kandji.library.create_profile(name=name, **given)


# What it shows


@pytest.mark.long
def test_each_switch_that_the_trial_can_see_is_answered(tenant):
    before = tenant.watched.world.switches.as_dict()
    for switch, known in WHEN_TRIED.items():
        for position in known:
            tenant.watched.switch(**{switch: position})
            result = tenant.attempt()
            assert not result.get("failed"), result
            assert positions(result)[switch] == result["lab"]["switches"][switch] == position
            assert all(row["copes"] for row in result["points"] if row["state"] == "answered")
        tenant.watched.switch(**{switch: before[switch]})
    assert positions(result)["list_after_write"] is True and left(tenant) == []


def test_without_the_trial_its_points_say_how_to_make_it(tenant):
    rows = {row["point"]: row for row in tenant.verify()["points"]}
    for name in ("new_identity_on_every_patch", "inner_identity_survives", "list_after_write"):
        assert rows[name]["state"] == "unseen"
        assert "Set device_trust_verify_writes: true." in rows[name]["reason"]


def test_a_list_that_is_behind_is_an_answer(tenant, monkeypatch):
    library = tenant.watched.world.kandji.library
    before = library.profiles()
    monkeypatch.setattr(library, "profiles", lambda: before)
    result = tenant.attempt()
    monkeypatch.undo()
    assert not result.get("failed"), result
    assert positions(result)["list_after_write"] is False and left(tenant) == []
    assert positions(result)["new_identity_on_every_patch"] is True


# What it writes


def test_it_writes_one_profile_that_nothing_has_and_deletes_it(tenant):
    mark = tenant.watched.mark()
    result = tenant.attempt()
    assert result["changed"] and tenant.watched.writes(mark) == WRITES
    assert result["changes"][:3] == STEPS and left(tenant) == []
    [created] = [one for one in tenant.watched.asked(mark) if one.operation == WRITES[0]]
    assert "Assign Library Item" not in tenant.watched.writes() and created.status == 201
    kept = texts_of(tenant)
    again = tenant.attempt()
    assert again["changed"] and again["changes"] == STEPS and texts_of(tenant) == kept
    assert not [name for name in NAMES if name in kept]


def test_the_profile_is_inactive_while_it_is_there(tenant):
    seen: list[t.Any] = []

    def look() -> None:
        tenancy = tenant.watched.world.kandji
        for each in tenancy.library.profiles():
            if each.name in NAMES:
                places = [one for one in tenancy.blueprints.values() if each.id in one.item_ids]
                seen.append((each.active, each.runs_on, places))

    with before_request(None, lambda: None) as plain:
        tenant.attempt()
    number = [name for _writes, name in plain.sent].index(WRITES[1])
    with before_request(number, look):
        tenant.attempt()
    assert seen == [(False, {"Mac"}, [])]


def test_a_run_that_is_not_confirmed_sends_nothing(tenant):
    for confirm in (None, "", "WRITE acme.api.kandji.io", tenant.phrase.lower()):
        mark = tenant.watched.mark()
        result = tenant.attempt(confirm=confirm)
        assert result["failed"] and result["confirm"] == tenant.phrase
        assert f"set confirm: {tenant.phrase}" in result["msg"]
        assert tenant.watched.asked(mark) == []


def test_check_mode_predicts_the_run_and_writes_nothing(tenant):
    checking = {"check": True}
    for _round in range(2):  # the files are new, then they are there
        mark = tenant.watched.mark()
        checked = tenant.attempt(how=checking, confirm=None)
        assert tenant.watched.writes(mark) == [] and checked["confirm"] == tenant.phrase
        done = tenant.attempt()
        for key in ("changed", "changes", "files", "confirm"):
            assert checked[key] == done[key], key
    assert tenant.verify()["changes"], "the answers of the trial are missing"
    checked = tenant.attempt(how=checking)
    assert checked["changes"] == tenant.attempt()["changes"] and len(checked["changes"]) == 5
    tenant.watched.switch(mixed_case_ids=True)
    checked = tenant.attempt(how=checking)
    assert checked["changes"] == tenant.attempt()["changes"] and len(checked["changes"]) == 5


def test_nothing_is_written_if_the_files_cannot_be(tenant):
    (tenant.directory / "device-trust-answers.html").mkdir()
    mark = tenant.watched.mark()
    result = tenant.attempt()
    assert "dest: " in result["msg"] and tenant.watched.writes(mark) == []


# What an interrupted run left


@pytest.mark.parametrize("name", NAMES)
def test_what_a_run_left_is_deleted_by_the_next(tenant, name):
    tenant.watched.switch(inner_identity_survives=False)
    profile = leave(tenant, name)
    warned = tenant.verify()
    assert profile.id in "".join(map(str, warned["warnings"])) and left(tenant) == [name]
    checked = tenant.attempt(how={"check": True})
    mark = tenant.watched.mark()
    result = tenant.attempt()
    assert not result.get("failed"), result
    deletion = f"delete profile '{name}' ({profile.id})"
    assert result["changes"][0] == checked["changes"][0] == deletion
    assert tenant.watched.writes(mark) == [WRITES[2], *WRITES] and left(tenant) == []


def another_content(profile: t.Any) -> None:
    profile.document["PayloadContent"][0]["PayloadType"] = "com.apple.wifi.managed"


def two_payloads(profile: t.Any) -> None:
    profile.document["PayloadContent"] *= 2


@pytest.mark.parametrize("change", [another_content, two_payloads])
def test_a_profile_of_others_is_refused_before_a_write(tenant, change):
    document = content()
    holder = type("Holder", (), {"document": document})
    change(holder)
    profile = leave(tenant, document=document)
    for how in ({"check": True}, {}):
        mark = tenant.watched.mark()
        result = tenant.attempt(how=how)
        assert profile.id in result["msg"] and "Rename or delete it" in result["msg"]
        assert tenant.watched.writes(mark) == [] and left(tenant) == [NAMES[0]]


def test_a_profile_that_somebody_assigned_is_refused_before_a_write(tenant):
    profile = leave(tenant)
    blueprint = next(each for each in tenant.watched.world.kandji.blueprints.values())
    blueprint.nodes[0].item_ids.append(profile.id)
    tenant.watched.world.kandji.changed()
    for how in ({"check": True}, {}):
        mark = tenant.watched.mark()
        result = tenant.attempt(how=how)
        assert f"is on the blueprint {blueprint.name!r}" in result["msg"], result
        assert tenant.watched.writes(mark) == [] and left(tenant) == [NAMES[0]]


def test_a_similar_name_is_anothers_and_left_alone(tenant):
    others = [NAMES[0].replace("Trial", "Trials"), f" {NAMES[0]}", "Trial"]
    for name in others:
        leave(tenant, name)
    assert not tenant.attempt().get("failed") and left(tenant) == others


# Failures


FAULTS = ("drop", "5xx", "truncate", "html", "429")


@pytest.mark.parametrize("operation", WRITES[:2])
@pytest.mark.parametrize(
    "fault",
    [pytest.param(each, marks=[] if each == "drop" else pytest.mark.long) for each in FAULTS],
)
def test_a_step_that_fails_leaves_nothing(tenant, operation, fault):
    tenant.watched.fault(fault, operation, times=None)
    result = tenant.attempt(api_retries=1)
    assert result["failed"] and left(tenant) == [], result
    tenant.watched.world.faults.clear()
    assert not tenant.attempt().get("failed") and left(tenant) == []


def test_a_missing_permission_is_named(tenant):
    tenant.watched.forbid(WRITES[0])
    result = tenant.attempt()
    assert result["failed"] and WRITES[0] in result["msg"] and left(tenant) == []


def test_a_profile_that_cannot_be_deleted_is_named_and_the_next_run_deletes_it(tenant):
    tenant.watched.forbid(WRITES[2])
    result = tenant.attempt()
    [profile] = [
        each for each in tenant.watched.world.kandji.library.profiles() if each.name == NAMES[1]
    ]
    assert result["failed"] and result["changed"] and left(tenant) == [NAMES[1]]
    assert (
        profile.id in result["msg"] and "Delete it in Kandji, or set writes: true" in result["msg"]
    )
    tenant.watched.control("PATCH", "/kandji/permissions", {WRITES[2]: True})
    assert not tenant.attempt().get("failed") and left(tenant) == []


def test_a_failed_step_and_a_failed_deletion_are_both_named(tenant):
    tenant.watched.forbid(WRITES[1])
    tenant.watched.forbid(WRITES[2])
    result = tenant.attempt()
    assert result["failed"] and f"permission: {WRITES[1]}" in result["msg"], result
    assert "is left, inactive and on no blueprint" in result["msg"] and left(tenant) == [NAMES[0]]


def test_a_lost_creation_whose_list_fails_may_be_left(tenant):
    tenant.watched.fault("drop", WRITES[0], times=None)
    with before_request(None, lambda: None) as plain:
        tenant.attempt(api_retries=0)
    number = [name for _writes, name in plain.sent].index(WRITES[0]) + 1
    with before_request(number, lambda: tenant.watched.forbid(LIST)):
        result = tenant.attempt(api_retries=0)
    assert "may be left in Kandji" in result["msg"] and LIST in result["msg"], result


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(each, marks=pytest.mark.long if each == LIST else [])
        for each in (*WRITES, LIST)
    ],
)
def test_a_run_that_meets_another_leaves_nothing(tenant, operation):
    with before_request(None, lambda: None) as plain:
        tenant.attempt()
    names = [name for _writes, name in plain.sent]
    for number in [number for number, name in enumerate(names) if name == operation][-3:]:
        other: list[t.Any] = []
        with before_request(number, lambda: other.append(tenant.attempt())):  # noqa: B023 - called in this loop
            result = tenant.attempt()
        assert not other[0].get("failed"), other[0]
        if result.get("failed"):
            assert "another run or person deleted the Custom Profile" in result["msg"]
        assert left(tenant) == []


@pytest.mark.parametrize(("operation", "which"), [(LIST, -3), (LIST, -2), (WRITES[1], -1)])
def test_what_somebody_edits_meanwhile_is_left(tenant, operation, which):
    with before_request(None, lambda: None) as plain:
        tenant.attempt()
    names = [name for _writes, name in plain.sent]
    number = [number for number, name in enumerate(names) if name == operation][which]

    def edit() -> None:
        [profile] = [
            each for each in tenant.watched.world.kandji.library.profiles() if each.name in NAMES
        ]
        profile.active = True

    with before_request(number, edit):
        result = tenant.attempt()
    assert "changed the Custom Profile of the trial" in result["msg"], result
    assert "meanwhile: active. It is left as it is." in result["msg"] and len(left(tenant)) == 1
    again = tenant.attempt()
    assert "is active, and no run of this module leaves it so" in again["msg"], again
    assert len(left(tenant)) == 1


# The playbook


def test_the_playbook_writes_only_if_it_is_confirmed(company, tenant, playbook):
    path = CHECKOUT / "playbooks" / "verify_tenant.yml"
    values = {"device_trust_report_dir": str(tenant.directory), "device_trust_verify_writes": True}
    refused = playbook(company, path, variables=values)
    assert refused.status != 0 and left(tenant) == []
    assert f"set device_trust_verify_confirm: {tenant.phrase}" in refused.output
    checked = playbook(company, path, variables=values, check=True)
    assert checked.status == 0 and tenant.phrase in checked.output, checked.output
    assert tenant.watched.writes() == []
    done = playbook(
        company, path, variables={**values, "device_trust_verify_confirm": tenant.phrase}
    )
    assert done.status == 0 and tenant.watched.writes() == WRITES, done.output
    file = json.loads((tenant.directory / "device-trust-answers.json").read_text())
    assert file["lab"]["switches"]["new_identity_on_every_patch"] is True
