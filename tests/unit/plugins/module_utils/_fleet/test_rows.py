# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The row of a Mac, as results and reports show it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    TIMELESS,
    Fleet,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
    RowUser,
    row_of,
    rows,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import classify

from tests.unit.plugins.module_utils._fleet.builders import NOW, SERIAL, mac, record


def test_a_row_holds_what_is_known_of_a_mac() -> None:
    best = record(updated="2026-11-12T00:00:00.000Z", ada="MANAGED")
    old = record("SUSPENDED", record_id="guo2", ada="NOT_MANAGED", ben="NOT_MANAGED")
    facts = mac(
        *(old, best),
        name="Ada's Mac",
        device_id="d1",
        person="ada@acme.com",
        blueprint="IT",
        blueprint_id="b1",
        os_version="26.1",
        model="MacBook Air",
        tags=["a"],
        last_check_in="2026-06-01T00:00:00Z",
        certificates=["2026-11-10T00:00:00Z"],
        issued="2026-11-08T00:00:00Z",
    )
    stage = classify(facts, NOW)
    assert row_of(facts, NOW) == MacRow(
        serial_number=SERIAL,
        device_name="Ada's Mac",
        device_id="d1",
        person="ada@acme.com",
        ring="canary",
        blueprint="IT",
        blueprint_id="b1",
        os_version="26.1",
        model="MacBook Air",
        tags=["a"],
        last_check_in="2026-06-01T00:00:00Z",
        stage="MANAGED",
        reason=stage.reason,
        next_step=stage.next_step,
        flags=("DUPLICATE_RECORD", "SHARED_DEVICE"),
        # Of a person with several records the best one counts.
        users=[RowUser("ada", "MANAGED"), RowUser("ben", "NOT_MANAGED")],
        okta_device_ids=["guo2", "guo1"],
        okta_status="ACTIVE",
        last_seen_by_okta="2026-11-12T00:00:00.000Z",
        certificates=1,
        certificate_first_seen="2026-11-08T00:00:00Z",
        certificate_expires="2027-11-10T00:00:00Z",
        certificate_expiry_source="estimated",
        managed_until="2027-11-09T00:00:00Z",
        managed_until_reason=(
            f"The certificate of {SERIAL} expires on 2027-11-09, or within a day of it, and nothing"
            " renews it before. It last checked in on 2026-06-01."
        ),
    )


def test_a_mac_without_record_and_certificate_has_empty_columns() -> None:
    row = row_of(mac(certificates=[]), NOW)
    assert (row.okta_status, row.last_seen_by_okta, row.okta_device_ids, row.users) == (
        *("", ""),
        *([], []),
    )
    assert (row.certificates, row.certificate_first_seen) == (0, "")
    assert (row.certificate_expires, row.certificate_expiry_source) == (None, "")
    assert (row.managed_until, row.managed_until_reason) == (None, "")


def test_a_stage_that_is_not_certain_has_its_reason() -> None:
    certain = row_of(mac(record(ada="MANAGED")), NOW)
    assert not certain.unconfirmed and certain.unconfirmed_reason == ""
    unknown = row_of(mac(record("LOST")), NOW)
    assert unknown.unconfirmed and unknown.unconfirmed_reason == (
        "Okta shows the status 'LOST' for its record, which is unknown."
    )


def test_a_certificate_is_expired_by_the_time_of_the_limits() -> None:
    facts = mac(record(ada="MANAGED"), expires="2026-11-30T00:00:00Z", expiry_source="mac")
    assert row_of(facts, NOW).flags == ("CERTIFICATE_EXPIRED",)
    assert row_of(facts, TIMELESS).flags == ()


def test_each_mac_of_a_fleet_has_a_row() -> None:
    fleet = Fleet([mac(), mac(record(ada="MANAGED"))], NOW)
    assert list(rows(fleet)) == [row_of(each, NOW) for each in fleet.macs]


def test_a_mac_without_a_serial_is_named_by_its_ids() -> None:
    assert MacRow(device_id="d1", okta_device_ids=["guo1"]).fallback_id == "d1"
    assert MacRow(okta_device_ids=["guo1", "guo2"]).fallback_id == "guo1-guo2"


def test_a_result_has_each_column_of_its_row() -> None:
    row = MacRow("C1", tags=("a",), users=(RowUser("ada", "MANAGED"),), okta_device_ids=("guo1",))
    result = row.as_result()
    assert list(result) == list(MacRow.__dataclass_fields__)
    assert result["users"] == [{"login": "ada", "managementStatus": "MANAGED"}]
    assert (result["tags"], result["flags"], result["okta_device_ids"]) == (["a"], [], ["guo1"])


def test_a_row_without_a_known_expiry_does_not_change_with_the_time_of_the_run() -> None:
    """A report whose rows hold the time of the run would change in each run."""
    facts = mac(
        record(ada="MANAGED"),
        expires="",
        certificates=[],
        unproved=["2026-11-10T00:00:00Z"],
    )
    row = row_of(facts, NOW)
    assert row.managed_until is None
    later = replace(NOW, now=NOW.now and NOW.now + timedelta(hours=1))
    assert row_of(facts, later) == row
