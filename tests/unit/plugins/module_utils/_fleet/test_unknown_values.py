# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statuses that this collection does not know are shown as they are, and never taken for another.

A value that a vendor adds later, and a key that a row lacks, are unknown.
"""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    best_record,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.join import (
    Statuses,
    device_record,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    classify,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    ItemStatus,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.device_events import (
    RecordEvents,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    OktaDevice,
)

from tests.unit.plugins.module_utils._fleet.builders import AFTER, BEFORE, mac, record


def test_an_unsuspended_record_works():
    stage = classify(mac(record("UNSUSPENDED", ada="MANAGED")))
    assert (stage.stage, stage.unconfirmed_reason) == ("MANAGED", "")


def test_an_unsuspended_record_is_better_than_an_old_one():
    old = record("DEACTIVATED", record_id="guo0", updated=AFTER)
    works = record("UNSUSPENDED", record_id="guo1", updated=BEFORE, ada="MANAGED")
    assert best_record([old, works]) is works
    assert classify(mac(old, works)).stage == "MANAGED"


def test_an_unsuspend_in_the_log_is_no_news_about_an_unsuspended_record():
    events = {"guo1": RecordEvents(status="ACTIVE")}
    stage = classify(mac(record("UNSUSPENDED", ada="MANAGED"), events=events))
    assert stage.unconfirmed_reason == ""


@pytest.mark.parametrize(("status", "shown"), [("QUARANTINED", "'QUARANTINED'"), ("", "no status")])
def test_a_record_with_an_unknown_status_is_neither_managed_nor_waiting(status, shown):
    stage = classify(mac(record(status, ada="MANAGED")))
    assert stage.stage == "REGISTERED_NOT_MANAGED"
    assert shown in stage.reason and "sign" not in stage.next_step
    assert shown in stage.unconfirmed_reason


@pytest.mark.parametrize(("status", "shown"), [("PENDING", "'PENDING'"), ("", "no status")])
def test_an_unknown_management_status_is_not_taken_for_not_managed(status, shown):
    alone = classify(mac(record(ada=status)))
    assert (alone.stage, shown in alone.reason) == ("REGISTERED_NOT_MANAGED", True)
    mixed = classify(mac(record(ada="MANAGED", bob=status)))
    assert (mixed.stage, shown in mixed.reason) == ("MIXED", True)
    for stage in (alone, mixed):
        assert shown in stage.unconfirmed_reason and "signs in" not in stage.next_step


def test_a_row_without_a_management_status_does_not_say_that_it_is_not_managed():
    users = [{"user": {"id": "00u1", "profile": {"login": "ada"}}}]
    device = OktaDevice.from_row({"id": "guo1", "status": "ACTIVE", "_embedded": {"users": users}})
    assert device_record(device).users == {"ada": ""}


@pytest.mark.parametrize("item", ["profile", "app"])
def test_an_unknown_status_of_an_item_is_shown(item):
    table = Statuses()
    table.add(ItemStatus("d1", status="QUEUED"))
    assert (table.states, table.logs) == ({"d1": "unknown"}, {"d1": "QUEUED"})
    facts = {f"{item}_state": "unknown", f"{item}_log": "QUEUED"}
    if item == "app":
        facts["app_present"] = False
    stage = classify(mac(**facts))
    assert stage.stage == {"profile": "PROFILE_PENDING", "app": "OKTA_VERIFY_MISSING"}[item]
    assert "'QUEUED'" in stage.reason and "'QUEUED'" in stage.unconfirmed_reason
