# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary over the tenants of a run."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._tenants import (
    LONGEST_MESSAGE,
    PREFLIGHT,
    READS_STAGES,
    REPORT,
    Tenant,
    shorten,
    summarize,
    tenant_of,
)


def test_each_tenant_has_a_line_and_those_that_failed_come_last() -> None:
    tenants = {
        "acme": Tenant(failed=True, message="kandji_api_token: It is refused.\nAnd more."),
        "globex": Tenant(changed=2, stages={"MANAGED": 3, "NOT_REGISTERED": 1}),
        "initech": Tenant(changed=1, waiting="at ring canary"),
        "umbrella": Tenant(),
    }
    assert list(summarize(tenants, False)) == [
        "globex    changed  2 changed       3 of 4 Macs managed.",
        "initech   waits    1 changed       Waiting at ring canary.",
        "umbrella  ok       0 changed",
        "acme      failed   0 changed       kandji_api_token: It is refused. (more above)",
        "4 tenants: 1 changed, 1 failed, 1 ok, 1 waits.",
        "To repeat the run for those that failed: --limit acme",
    ]


def test_lines_name_their_tenant_if_the_play_has_several() -> None:
    assert tenant_of({"ansible_play_hosts_all": ["a", "b"], "inventory_hostname": "a"}) == "a"
    for hosts in (["a"], [], None):
        assert tenant_of({"ansible_play_hosts_all": hosts, "inventory_hostname": "a"}) == ""


def test_check_mode_says_what_would_change() -> None:
    assert next(summarize({"acme": Tenant(changed=2)}, True)) == "acme  changed  2 would change"


@pytest.mark.parametrize("action", READS_STAGES)
def test_the_last_read_of_the_stages_counts(action: str) -> None:
    tenant = Tenant()
    tenant.record(action, {"counts": {"MANAGED": 1}})
    tenant.record(action, {"counts": {"MANAGED": 2, "MIXED": 1}})
    tenant.record("devicetrust.okta_kandji.okta_device", {"counts": {"changed": 5}})
    tenant.record(action, {"counts": None})
    assert tenant.describe() == "2 of 3 Macs managed."


def test_a_preflight_has_the_stages_as_one_of_its_parts() -> None:
    tenant = Tenant()
    tenant.record(PREFLIGHT, {"counts": {"MANAGED": 9}, "stages": {"counts": {"MIXED": 1}}})
    tenant.record(PREFLIGHT, {"stages": None})
    assert tenant.describe() == "0 of 1 Macs managed."


def test_a_tenant_waits_until_a_later_task_ends_it() -> None:
    tenant = Tenant()
    tenant.record("set_fact", {"ansible_facts": {"_device_trust_waiting": "at ring canary"}})
    tenant.record("set_fact", {"ansible_facts": {"other": 1}})
    assert tenant.outcome == "waits"
    tenant.record("set_fact", {"ansible_facts": {"_device_trust_waiting": ""}})
    assert tenant.outcome == "ok"


def test_the_message_of_a_loop_is_that_of_its_first_item_that_failed() -> None:
    tenant = Tenant(failed=True)
    items = [{"msg": "fine"}, {"failed": True, "msg": "first"}, {"failed": True, "msg": "second"}]
    tenant.fail("debug", {"msg": "One or more items failed", "results": items})
    assert tenant.describe() == "first"


@pytest.mark.parametrize("result", [{}, {"msg": None}, {"msg": "", "results": []}])
def test_a_failure_without_a_message_points_to_the_output(result: dict[str, object]) -> None:
    tenant = Tenant(failed=True)
    tenant.fail("debug", result)
    assert tenant.describe() == "See above."


def test_a_long_message_is_cut() -> None:
    assert shorten("x" * 400) == "x" * LONGEST_MESSAGE + " (more above)"
    assert shorten("short.\n \n") == "short."


def test_a_report_that_fails_for_those_who_lose_access_was_written() -> None:
    tenant = Tenant(failed=True)
    files = ["/srv/acme/device-trust.json", "/srv/acme/device-trust.html"]
    tenant.fail(REPORT, {"msg": "2 people.", "files": files, "access": {"losing_people": 2}})
    assert (tenant.report, tenant.losing) == (files[1], 2)
    tenant.record(REPORT, {"files": None, "access": None})
    assert (tenant.report, tenant.losing) == (files[1], 2)
