# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant is verified by reads alone, and a lab made from its answers answers alike."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import pytest

from lab.server import Lab
from lab.state import Options, Switches
from tests.functional.conftest import Watched
from tests.support.write_options import CANARY, MANAGED, OKTA_VERIFY
from tools.support.environment import CHECKOUT

PAGE = CHECKOUT / "docs" / "dev" / "unverified-vendor-behaviour.md"
SIZE = Options(macs=5, limits="high")
FOR_GOOD: t.Mapping[str, t.Any] = MappingProxyType({})  # not in check mode
FREE_RULE = {**MANAGED, "forecast": False, "allow_protected_apps": []}

# Switch -> the positions that a read can see. They are set after the company was prepared.
WHEN_READ: dict[str, tuple[t.Any, ...]] = {
    "ca_certificate_answer": ("der", "pkcs7"),
    "scep_capabilities": ("modern", "old", "none", "missing"),
    "scep_content_types": ("rfc", "generic", "html"),
    "scep_host": ("org", "alternate", "other"),
    "simulation": ("object", "list", "missing"),
    "policy_resource": (True, False),
    "flexible_okta_verify": (False, True),
    "certificate_authorities": ("served", "feature", "forbidden", "missing", "verb"),
    "api_token_reads_authorities": (True, False),
    "profile_flags_listed": (True, False),
    "mixed_case_ids": (False, True),
    "next_links_on_web_host": (True, False),
    "page_rows": (5,),
    "status_of_console_items": (True, False),
    "retry_after": (True, False),
    "too_many_body": ("detail", "empty", "html"),
    "per_second_limit": (50, 20),
}
# The same, set before.
WHEN_WRITTEN: dict[str, tuple[t.Any, ...]] = {
    "certificate_target_field": ("alternateId", "displayName", "detailEntry"),
    "sign_in_touches_record": (True, False),
    "risk_scoring": (True, False),
    "denial_rules": ("all", "one"),
    "deny_access_events": ("all", "unsatisfied"),
    "profile_uuid_variable": ("payload_uuid", "item_id"),
    "profile_uuid_case": ("lower", "upper"),
    "tabs_become_spaces": (False,),
    "top_level_keys_survive": (True,),
    "native_scep_type": ("profile", "scep"),
    "native_scep_identifier": ("item_id", "opaque"),
    "certificate_rows": ("common_name",),
    "rule_numbers": ("gaps",),
}
# Switch -> the positions that the trial shows, whatever there was before.
WHEN_TRIED: dict[str, tuple[t.Any, ...]] = {
    "new_identity_on_every_patch": (True, False),
    "profile_uuid_case": ("lower", "upper"),
    "top_level_keys_survive": (True, False),
    "tabs_become_spaces": (False, True),
    "profile_flags_listed": (True, False),
    "inner_identity_survives": (True, False),
}
# A position that no read can tell from what was never tried.
NOT_SEEN = {
    ("tabs_become_spaces", True),
    ("top_level_keys_survive", False),
    ("certificate_rows", "certificate"),
    ("rule_numbers", "renumbered"),
    ("page_rows", 300),
}


class Tenant:
    """A lab with a rollout, denials and what else answers a point."""

    def __init__(self, lab: Lab, run_module: t.Any, directory: Path) -> None:
        self.watched, self.directory = Watched(lab), directory
        self._run_module = run_module

    def prepare(self, switch: str = "") -> Tenant:
        """Roll out one ring, change its profile, and let people be denied."""
        item = {"type": "scep", "name": "Okta SCEP by hand", "blueprints": ["Canary"]}
        self.watched.control("POST", "/kandji/items", item)
        profile = (
            {**CANARY, "subject": "CN=$SERIAL_NUMBER"} if switch == "certificate_rows" else CANARY
        )
        self._do("kandji_scep_profile", profile)
        self._do("kandji_app_store_item", OKTA_VERIFY)
        for name in ("First", "Second", "Third"):
            self._do("okta_access_policy_rule", {**FREE_RULE, "name": name, "position": "last"})
        self.watched.live(rounds=2)
        self.watched.world.clock.advance(days=20)
        self._do("kandji_scep_profile", {**profile, "retries": 7, "max_reissue": 50})
        self._do("okta_access_policy_rule", {**FREE_RULE, "name": "Second", "state": "absent"})
        self.watched.live(rounds=2)
        user = next(iter(self.watched.world.okta.users.values()))
        denied = {"login": user.login, "app": "Payroll", "times": 2}
        self.watched.control("POST", "/okta/deny", denied)
        return self

    def _do(self, module: str, options: dict[str, t.Any]) -> None:
        done = self._run_module(module, options, lab=self.watched.lab)
        assert not done.get("failed"), done

    def verify(self, how: t.Any = FOR_GOOD, **options: t.Any) -> dict[str, t.Any]:
        """Return the result of the module."""
        given = {"dest": str(self.directory), **options}
        return t.cast(
            "dict[str, t.Any]",
            self._run_module("device_trust_verify", given, lab=self.watched.lab, **how),
        )

    @property
    def phrase(self) -> str:
        """What confirms the trial."""
        return f"WRITE {urlsplit(self.watched.lab.announcement['kandji_url']).netloc}"

    def attempt(self, **options: t.Any) -> dict[str, t.Any]:
        """Return the result of the module with the trial."""
        return self.verify(**{"writes": True, "confirm": self.phrase, **options})

    def point(self, name: str, **options: t.Any) -> t.Any:
        """Return the position that a tenant has of a point, or the state without one."""
        result = self.verify(**options)
        assert not result.get("failed"), result
        [row] = [row for row in result["points"] if row["point"] == name]
        return row["position"] if row["state"] == "answered" else row["state"]


@pytest.fixture(scope="module")
def company() -> t.Iterator[Lab]:
    with Lab(SIZE) as running:
        yield running


@pytest.fixture
def tenant(company, run_module, tmp_path) -> Tenant:
    company.begin(SIZE)
    return Tenant(company, run_module, tmp_path)


THROTTLED = ("retry_after", "too_many_body")


def read_options(tenant: Tenant, switch: str) -> dict[str, t.Any]:
    """Return the options with which a switch can be seen."""
    if switch == "scep_host":
        return {"scep_url": tenant.watched.world.okta.platform.shown_scep_url}
    return {}


@pytest.mark.long
def test_each_switch_that_a_read_can_see_is_answered(tenant):
    """One company: each switch is set, looked at, and set back."""
    tenant.prepare()
    before = tenant.watched.world.switches.as_dict()
    for switch, positions in WHEN_READ.items():
        for position in positions:
            tenant.watched.switch(**{switch: position})
            if switch in THROTTLED:
                tenant.watched.fault("429", "List Devices", seconds=1)
            assert tenant.point(switch, **read_options(tenant, switch)) == position, switch
        tenant.watched.switch(**{switch: before[switch]})


@pytest.mark.parametrize(
    ("switch", "position"),
    [(switch, each) for switch, positions in WHEN_WRITTEN.items() for each in positions],
)
def test_a_switch_that_a_write_shows_is_answered(tenant, switch, position):
    tenant.watched.lab.begin(replace(SIZE, like={"switches": {switch: position}}))
    tenant = Tenant(tenant.watched.lab, tenant._run_module, tenant.directory).prepare(switch)
    assert tenant.point(switch) == position


@pytest.mark.long
def test_a_lab_that_is_made_from_answers_answers_alike(tenant):
    """Each switch that a read or the trial sees is in another position than the lab's default."""
    defaults = Switches().as_dict()
    others = {
        switch: next(each for each in positions if each != defaults[switch])
        for switch, positions in {**WHEN_READ, **WHEN_WRITTEN, **WHEN_TRIED}.items()
        if any(each != defaults[switch] for each in positions)
    }
    # These hide what shows another one.
    hiding = ("certificate_authorities", "api_token_reads_authorities", "certificate_rows")
    wanted = {switch: each for switch, each in others.items() if switch not in hiding}
    limits = {"devices": 4_321, "logs": 5_432}
    tenant.watched.lab.begin(replace(SIZE, like={"switches": wanted, "limits": limits}))
    answers = prepared(tenant).attempt()
    file = json.loads((tenant.directory / "device-trust-answers.json").read_text())
    assert answers["lab"]["switches"].items() >= wanted.items()
    assert file["lab"] == answers["lab"] and answers["lab"]["limits"].items() >= limits.items()
    tenant.watched.lab.begin(replace(SIZE, like=file["lab"]))
    again = prepared(tenant).attempt()
    assert again["lab"] == answers["lab"]
    assert positions(again) == positions(answers)
    assert again["unknown"] == answers["unknown"]
    assert [row["what"] for row in again["unknown"]] == ["value 'scep'"]


def prepared(tenant: Tenant) -> Tenant:
    """Return a tenant of the company that its lab has now, with a throttled request ahead."""
    made = Tenant(tenant.watched.lab, tenant._run_module, tenant.directory).prepare()
    made.watched.fault("429", "List Devices", seconds=1)
    return made


def positions(result: dict[str, t.Any]) -> dict[str, t.Any]:
    return {row["point"]: row.get("position", row["state"]) for row in result["points"]}


# Files


def texts_of(tenant: Tenant) -> str:
    return "".join(path.read_text() for path in sorted(tenant.directory.iterdir()))


def test_it_writes_to_no_tenant_and_a_second_run_leaves_the_files_alone(tenant):
    mark = tenant.watched.mark()
    assert tenant.verify()["changed"]
    calls = tenant.watched.asked(mark)
    assert tenant.watched.writes(mark) == [] and 30 < len(calls) < 80
    before = texts_of(tenant)
    second = tenant.verify()
    assert not second["changed"] and second["changes"] == [] and texts_of(tenant) == before
    tenant.watched.switch(mixed_case_ids=True)
    third = tenant.verify()
    assert [change.split()[0] for change in third["changes"]] == ["update", "update"]
    assert texts_of(tenant) != before


def test_check_mode_predicts_the_files_and_writes_none(tenant, run_module):
    options = {"dest": str(tenant.directory / "new")}
    checked = run_module("device_trust_verify", options, lab=tenant.watched.lab, check=True)
    assert not (tenant.directory / "new").exists()
    written = run_module("device_trust_verify", options, lab=tenant.watched.lab)
    for key in ("changed", "changes", "points", "files"):
        assert checked[key] == written[key], key


def test_the_playbook_writes_the_files_and_shows_no_more(company, playbook, tmp_path):
    company.begin(SIZE)
    path = CHECKOUT / "playbooks" / "verify_tenant.yml"
    variables = {"device_trust_report_dir": str(tmp_path / "answers")}
    for check, changed in ((True, 1), (False, 1), (False, 0)):
        done = playbook(company, path, variables=variables, check=check)
        assert done.status == 0 and done.total("changed") == changed, done.output
    assert "points are answered" in done.output
    assert sorted(each.name for each in (tmp_path / "answers").iterdir()) == [
        "device-trust-answers.html",
        "device-trust-answers.json",
    ]


# What is the tenant's own


def canary(number: int) -> str:
    """Return a text that looks like a key, a serial number or a secret."""
    return f"qXj{number:03d}vWz8Kr{number * 7919 % 997:03d}"


def plant(watched: Watched) -> set[str]:
    """Give everything that has a name, an address or a content a canary. Return them."""
    numbers, planted = iter(range(10_000)), set()

    def new() -> str:
        text = canary(next(numbers))
        planted.add(text)
        return text

    with watched.world.lock:
        plant_in_okta(watched.world.okta, new)
        plant_in_kandji(watched.world.kandji, new)
    return planted


def plant_in_okta(org: t.Any, new: t.Callable[[], str]) -> None:
    for record in org.devices.values():
        record.profile["displayName"] = new()
    for user in org.users.values():
        user.first_name, user.last_name, user.login = new(), new(), f"{new()}@acme.test"
        user.email = user.login
    for policy in org.policies.by_id.values():
        policy.name = new()
        for rule in policy.rules:
            rule.name = new()
    for app in org.directory.apps.values():
        app.label = new()


def plant_in_kandji(tenant: t.Any, new: t.Callable[[], str]) -> None:
    for device in tenant.devices.values():
        device.name, device.asset_tag, device.model = new(), new(), new()
        device.tags = [new()]
        if device.user:
            device.user.name, device.user.email = new(), f"{new()}@acme.test"
    for named in (*tenant.blueprints.values(), *tenant.items.values()):
        named.name = new()
        document = getattr(named, "document", None) or {"PayloadContent": []}
        document["PayloadDescription"] = new()
        for payload in document["PayloadContent"]:
            payload["Password"], payload[new()] = new(), new()
    tenant.changed()


def test_nothing_of_the_tenant_is_in_its_files_or_in_the_result(tenant, printed):
    tenant.prepare()
    world = tenant.watched.world
    planted = plant(tenant.watched)
    tenant.watched.live()
    printed.clear()
    result = tenant.verify()
    assert not result.get("failed"), result
    kept = texts_of(tenant) + json.dumps({**result, "invocation": None, "files": None})
    kept = kept.replace(str(tenant.directory), "").lower()
    ids = {
        *(mac.serial for mac in world.macs),
        *world.okta.devices,
        *world.okta.users,
        *world.okta.policies.by_id,
        *world.kandji.devices,
        *world.kandji.items,
        *world.kandji.blueprints,
        world.okta.org_id,
        "localhost",
        "127.0.0.1",
        "acme.test",
        world.okta.platform.challenge,
        *(str(url) for name, url in tenant.watched.lab.announcement.items() if "url" in name),
    }
    assert len(planted) > 100 and len(ids) > 50
    assert [each for each in {*planted, *ids} if each.lower() in kept] == []
    assert [each for each in planted if each in "".join(printed)] == []
    assert len((tenant.directory / "device-trust-answers.json").read_text()) < 200_000


# Odd tenants


def test_an_empty_tenant_has_open_points_alone(company, run_module, tmp_path):
    company.begin(replace(SIZE, macs=0, consoles=False))
    empty = Tenant(company, run_module, tmp_path)
    result = empty.verify()
    assert not result.get("failed"), result
    states = {row["state"] for row in result["points"]}
    assert states <= {"answered", "unseen"} and result["unknown"] == []


HALF = (
    "listDevices",
    "listPolicies",
    "listAuthenticatorMethods",
    "getUser",
    "List Devices",
    "List Blueprints",
    "Certificates",
)


def test_reads_that_are_refused_leave_their_points_open(tenant):
    for operation in HALF:
        tenant.watched.forbid(operation)
    result = tenant.verify()
    assert not result.get("failed"), result
    rows = {row["point"]: row for row in result["points"]}
    assert "(403" in rows["policy_resource"]["reason"] and rows["risk_scoring"]["state"] == "unread"
    assert rows["login_case"]["state"] == "unseen"
    assert rows["profile_uuid_case"]["state"] == "answered"
    assert rows["flexible_okta_verify"]["state"] == "answered"


def test_a_vendor_that_refuses_everything_is_a_failure_with_its_reason(tenant):
    with tenant.watched.world.lock:
        for name in tenant.watched.world.kandji.permissions:
            tenant.watched.world.kandji.permissions[name] = False
    result = tenant.verify()
    assert result["failed"] and "lacks a permission: List Devices" in result["msg"], result
    assert not list(tenant.directory.iterdir())


def test_a_service_app_without_a_scope_reads_all_else(tenant, run_module):
    made = tenant.watched.control(
        "POST", "/okta/apps", {"scopes": ["okta.devices.read", "okta.policies.read"]}
    )
    key = {
        "okta_client_id": made["client_id"],
        "okta_private_key": made["private_key"],
        "okta_api_token": "",
    }
    result = tenant.verify(**key)
    assert not result.get("failed"), result
    rows = {row["point"]: row for row in result["points"]}
    assert rows["policy_resource"]["state"] == rows["scep_host"]["state"] == "answered"
    assert "invalid_scope" in rows["flexible_okta_verify"]["reason"]
    assert rows["api_token_reads_authorities"]["state"] == "unread"


def test_huge_values_are_read_and_not_shown(tenant):
    with tenant.watched.world.lock:
        for device in tenant.watched.world.kandji.devices.values():
            device.name = "n" * 1_000_000
        for record in tenant.watched.world.okta.devices.values():
            record.profile["displayName"] = "n" * 1_000_000
        tenant.watched.world.kandji.changed()
    result = tenant.verify()
    assert not result.get("failed"), result
    assert "nnnn" not in texts_of(tenant)


def test_each_point_of_the_page_is_read_or_has_a_reason():
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.points import (
        CANNOT_BE_READ,
        POINTS,
    )

    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    listed = [name for line in lines for name in re.findall(r"`(\w+)`", line.split("|")[1])]
    assert sorted(listed) == sorted([*(point.id for point in POINTS), *CANNOT_BE_READ])
    switches = {point.id for point in POINTS if point.is_switch}
    assert switches == {*WHEN_READ, *WHEN_WRITTEN, *WHEN_TRIED, "legacy_okta_verify_listed"}
    assert {each.id for each in POINTS if each.id in Switches().as_dict()} == switches
    assert {switch for switch, _position in NOT_SEEN} <= switches
