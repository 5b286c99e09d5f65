# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ladder as a table: what both systems say of a Mac, and where it then stands."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status import (
    stages as ladder,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status.stages import (
    DeviceRecord,
    MacFacts,
    RecordEvents,
)

SERIAL = "C02XK1ZAJG5J"
ISSUED = "2026-11-10T10:00:00.000Z"
BEFORE, AFTER = "2026-11-01T10:00:00.000Z", "2026-11-11T10:00:00.000Z"


NOW = ladder.Rules(datetime(2026, 12, 1, tzinfo=timezone.utc))


def record(
    status: str = "ACTIVE",
    *,
    created: str = AFTER,
    updated: str = AFTER,
    record_id: str = "guo1",
    **users: str,
) -> DeviceRecord:
    return DeviceRecord(record_id, status, created, updated, users)


def mac(*records: DeviceRecord, **facts: t.Any) -> MacFacts:
    """A Mac with profile, certificate and Okta Verify; a test says what is otherwise."""
    there: dict[str, t.Any] = {
        "ring": "canary",
        "profile_state": "installed",
        "certificates": [ISSUED],
        "app_state": "installed",
        "app_present": True,
    }
    return MacFacts(SERIAL, records=list(records), **{**there, **facts})


@pytest.mark.parametrize(
    "facts, stage, said",
    [
        # What Kandji has still to deliver
        (mac(ring=None), "NOT_IN_SCOPE", "no ring"),
        (
            mac(profile_state="failed", profile_log="wrong challenge"),
            "PROFILE_FAILED",
            "wrong challenge",
        ),
        (mac(profile_state="failed"), "PROFILE_FAILED", "no reason"),
        (mac(profile_state="pending"), "PROFILE_PENDING", "not installed yet"),
        (mac(profile_state=None), "PROFILE_PENDING", "not installed yet"),
        (mac(profile_state="unknown"), "PROFILE_PENDING", "not installed yet"),
        (mac(profile_state="excluded"), "PROFILE_PENDING", "not installed yet"),
        (mac(certificates=[]), "CERTIFICATE_ABSENT", "no certificate"),
        (mac(app_present=False, app_state="no_licence"), "NO_LICENCE", "licence"),
        (mac(app_present=False, app_state="pending"), "OKTA_VERIFY_MISSING", "not installed yet"),
        (mac(app_present=False, app_state=None), "OKTA_VERIFY_MISSING", "not installed yet"),
        (
            mac(app_present=False, app_state="failed"),
            "OKTA_VERIFY_MISSING",
            "could not be installed",
        ),
        (
            mac(app_present=False, app_state="self_service_only"),
            "OKTA_VERIFY_MISSING",
            "Install and Continuously Enforce",
        ),
        # What is there in one way or the other
        (mac(app_present=False, app_state="installed"), "NOT_REGISTERED", "nobody has registered"),
        (mac(app_present=True, app_state="no_licence"), "NOT_REGISTERED", "nobody has registered"),
        (mac(app_present=True, app_state=None), "NOT_REGISTERED", "nobody has registered"),
        # What Kandji does not know, and what ended
        (mac(record(ada="MANAGED"), in_kandji=False), "KANDJI_MISSING", "knows no Mac"),
        (mac(ends=BEFORE, ends_from="mac"), "CERTIFICATE_EXPIRED", "2026-11-01"),
        # What the Mac's user has still to do, or an administrator
        (mac(record("SUSPENDED", ada="NOT_MANAGED")), "SUSPENDED", "suspended"),
        (mac(record("SUSPENDED", ada="MANAGED")), "SUSPENDED", "suspended"),
        (mac(record("DEACTIVATED")), "DEACTIVATED", "deactivated"),
        (
            mac(record(ada="NOT_MANAGED", created=BEFORE)),
            "REGISTERED_BEFORE_CERTIFICATE",
            "before its first certificate",
        ),
        (
            mac(record(ada="NOT_MANAGED", created=BEFORE), certificates=[AFTER, ISSUED]),
            "REGISTERED_BEFORE_CERTIFICATE",
            "before its first certificate",
        ),
        (
            mac(record(ada="NOT_MANAGED"), certificates=["2026-11-20T10:00:00.000Z", ISSUED]),
            "REGISTERED_NOT_MANAGED",
            "no FastPass sign-in",
        ),
        (mac(record(ada="NOT_MANAGED")), "REGISTERED_NOT_MANAGED", "no FastPass sign-in"),
        (
            mac(record(ada="NOT_MANAGED", created="")),
            "REGISTERED_NOT_MANAGED",
            "no FastPass sign-in",
        ),
        (
            mac(record(ada="NOT_MANAGED", created=BEFORE), certificates=[""]),
            "REGISTERED_NOT_MANAGED",
            "no FastPass sign-in",
        ),
        (mac(record()), "REGISTERED_NOT_MANAGED", "no FastPass sign-in"),
        # What Okta says outweighs all that Kandji does not know
        (mac(record(ada="MANAGED", bob="NOT_MANAGED")), "MIXED", "not for bob"),
        (
            mac(record(ada="MANAGED", bob="NOT_MANAGED", eve="NOT_MANAGED")),
            "MIXED",
            "not for bob, eve",
        ),
        (mac(record(ada="MANAGED")), "MANAGED", "managed"),
        (mac(record(ada="MANAGED", bob="MANAGED")), "MANAGED", "managed"),
        (
            mac(record(ada="MANAGED"), certificates=[], app_present=False, app_state=None),
            "MANAGED",
            "managed",
        ),
        (mac(record(ada="MANAGED"), ring=None, profile_state=None), "MANAGED", "managed"),
        (mac(record(ada="MANAGED"), profile_state="failed"), "MANAGED", "managed"),
        # The first thing that is missing counts
        (
            mac(record(ada="NOT_MANAGED"), profile_state="pending"),
            "PROFILE_PENDING",
            "not installed yet",
        ),
        (
            mac(record("SUSPENDED", ada="MANAGED"), certificates=[]),
            "CERTIFICATE_ABSENT",
            "no certificate",
        ),
        (
            mac(profile_state="failed", certificates=[], app_present=False),
            "PROFILE_FAILED",
            "could not be installed",
        ),
        # Several records for one serial: the working one counts, else the newest
        (
            mac(
                record("DEACTIVATED", updated=AFTER),
                record(ada="MANAGED", updated=BEFORE, record_id="guo2"),
            ),
            "MANAGED",
            "managed",
        ),
        (
            mac(
                record(ada="MANAGED", updated=BEFORE),
                record(ada="NOT_MANAGED", updated=AFTER, record_id="guo2"),
            ),
            "MANAGED",
            "managed",
        ),
        (
            mac(
                record("DEACTIVATED", updated=AFTER),
                record(ada="NOT_MANAGED", updated=BEFORE, record_id="guo2"),
            ),
            "REGISTERED_NOT_MANAGED",
            "no FastPass",
        ),
        (
            mac(record("SUSPENDED", ada="MANAGED"), record(ada="NOT_MANAGED", record_id="guo2")),
            "REGISTERED_NOT_MANAGED",
            "no FastPass",
        ),
        (
            mac(
                record("DEACTIVATED", updated=BEFORE),
                record("SUSPENDED", updated=AFTER, record_id="guo2"),
            ),
            "SUSPENDED",
            "suspended",
        ),
        (
            mac(
                record(ada="NOT_MANAGED", created=BEFORE, updated=BEFORE),
                record(ada="NOT_MANAGED", record_id="guo2"),
            ),
            "REGISTERED_NOT_MANAGED",
            "no FastPass",
        ),
    ],
)
def test_where_a_mac_stands(facts: MacFacts, stage: str, said: str) -> None:
    standing = ladder.stand(facts, NOW)
    assert standing.stage == stage
    assert said in standing.reason
    assert standing.next_step.endswith(".")


def test_the_table_above_has_every_stage() -> None:
    (marker,) = (mark for mark in test_where_a_mac_stands.pytestmark if mark.name == "parametrize")
    assert {case[1] for case in marker.args[1]} == set(ladder.STAGES)


def test_stages_that_people_leave_behind_are_stages() -> None:
    assert set(ladder.PEOPLE_STAGES) < set(ladder.STAGES)


@pytest.mark.parametrize(
    "records, flags",
    [
        ([], []),
        ([record(ada="MANAGED")], []),
        ([record()], ["ORPHAN"]),
        ([record(ada="MANAGED", bob="NOT_MANAGED")], ["SHARED_DEVICE"]),
        (
            [record(ada="MANAGED"), record(ada="NOT_MANAGED", record_id="guo2")],
            ["DUPLICATE_RECORD"],
        ),
        (
            [record(ada="MANAGED", bob="MANAGED"), record("DEACTIVATED", record_id="guo2")],
            ["DUPLICATE_RECORD", "ORPHAN", "SHARED_DEVICE"],
        ),
    ],
)
def test_flags_stand_beside_the_stage(records: list[DeviceRecord], flags: list[str]) -> None:
    assert ladder.stand(mac(*records)).flags == flags


@pytest.mark.parametrize(
    "facts, flag",
    [
        (mac(record(ada="MANAGED", updated="2026-08-01T10:00:00.000Z")), "STALE"),
        (mac(record(ada="MANAGED"), competing=True), "COMPETING_CONFIGURATION"),
        (mac(record(ada="MANAGED"), copied=True), "CERTIFICATE_DUPLICATE"),
        (mac(record(ada="MANAGED"), certificates=[ISSUED, AFTER]), "CERTIFICATE_DUPLICATE"),
        (
            mac(record(ada="MANAGED"), ends="2026-12-20T10:00:00Z", ends_from="mac"),
            "CERTIFICATE_EXPIRING",
        ),
        (mac(record(ada="MANAGED"), certificates=["2025-11-20T10:00:00Z"]), "CERTIFICATE_EXPIRED"),
        (
            mac(DeviceRecord("guo1", "ACTIVE", AFTER, AFTER, {"ada": "MANAGED"}, has_serial=False)),
            "SERIAL_EMPTY",
        ),
    ],
)
def test_flags_of_time_certificates_and_configuration(facts: MacFacts, flag: str) -> None:
    assert ladder.stand(facts, NOW).flags == [flag]


@pytest.mark.parametrize(
    "facts, stage, doubted",
    [
        (mac(record(ada="MANAGED")), "MANAGED", False),
        (mac(record(ada="MANAGED", updated="2026-11-30T23:58:00.000Z")), "MANAGED", True),
        (mac(record(ada="MANAGED"), certificates=[]), "MANAGED", True),
        (mac(record(ada="MANAGED"), certificates=[], ring=None), "MANAGED", False),
        (
            mac(record(ada="MANAGED"), certificates=[], events={"guo1": RecordEvents(bound=True)}),
            "MANAGED",
            False,
        ),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents(bound=False)}), "MANAGED", True),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents("DEACTIVATED")}), "MANAGED", True),
        (mac(record(ada="MANAGED"), events={"guo1": RecordEvents("DELETED")}), "MANAGED", True),
        (
            mac(record(ada="MANAGED"), events={"guo1": RecordEvents(users={"bob": True})}),
            "MANAGED",
            True,
        ),
        (mac(record(ada="MANAGED"), events={"guo0": RecordEvents("DELETED")}), "MANAGED", False),
        (mac(record(ada="MANAGED", bob="NOT_MANAGED")), "MIXED", True),
        (mac(), "NOT_REGISTERED", False),
        (mac(events={"guo1": RecordEvents("ACTIVE")}), "NOT_REGISTERED", True),
        (
            mac(record(ada="NOT_MANAGED"), events={"guo1": RecordEvents(bound=True)}),
            "REGISTERED_NOT_MANAGED",
            True,
        ),
        (mac(record(ada="NOT_MANAGED")), "REGISTERED_NOT_MANAGED", False),
        (mac(record()), "REGISTERED_NOT_MANAGED", True),
        (
            mac(record(ada="NOT_MANAGED", created="2026-11-10T10:00:05.000Z")),
            "REGISTERED_NOT_MANAGED",
            True,
        ),
        (mac(record(ada="NOT_MANAGED", created=BEFORE)), "REGISTERED_BEFORE_CERTIFICATE", False),
        (
            mac(record(ada="NOT_MANAGED", created="2026-11-10T02:00:00.000Z")),
            "REGISTERED_BEFORE_CERTIFICATE",
            True,
        ),
        (
            mac(
                record(ada="NOT_MANAGED", created="2026-11-10T02:00:00.000Z"),
                issued="2026-11-10T01:00:00.000Z",
            ),
            "REGISTERED_NOT_MANAGED",
            False,
        ),
        (mac(record("DEACTIVATED"), events={"guo1": RecordEvents("ACTIVE")}), "DEACTIVATED", True),
        (mac(certificates=[]), "CERTIFICATE_ABSENT", True),
        (mac(profile_state=None), "PROFILE_PENDING", False),
        (mac(profile_state=None, unlisted=("profile",)), "PROFILE_PENDING", True),
        (mac(profile_state="pending", app_state=None, unlisted=("app",)), "PROFILE_PENDING", False),
        (mac(app_present=False, app_state=None, unlisted=("app",)), "OKTA_VERIFY_MISSING", True),
        (mac(certificates=[], issued=ISSUED), "CERTIFICATE_ABSENT", True),
        (mac(certificates=["2025-11-20T10:00:00Z"]), "CERTIFICATE_EXPIRED", True),
        (mac(ends=BEFORE, ends_from="mac"), "CERTIFICATE_EXPIRED", False),
    ],
)
def test_what_only_a_read_by_id_would_settle_is_doubted(
    facts: MacFacts, stage: str, doubted: bool
) -> None:
    standing = ladder.stand(facts, NOW)
    assert (standing.stage, bool(standing.doubt)) == (stage, doubted), standing.doubt


def test_stages_are_counted_from_the_top() -> None:
    assert list(
        ladder.in_order({"NOT_IN_SCOPE": 1, "MIXED": 1, "MANAGED": 2, "NO_LICENCE": 0}).items()
    ) == [("MANAGED", 2), ("MIXED", 1), ("NOT_IN_SCOPE", 1)]
    assert ladder.in_order({}) == {}


# The table at the end of a run


def row(
    number: int,
    stage: str = "PROFILE_PENDING",
    person: str = "ada@acme.com",
    reason: str = "Reason.",
) -> dict[str, t.Any]:
    return {
        "serial_number": f"C{number}",
        "device_name": f"Mac {number}",
        "person": person,
        "stage": stage,
        "reason": reason,
        "next_step": "Wait.",
    }


def test_the_table_says_how_many_stand_where_who_needs_what_and_what_renews_when() -> None:
    rows = [row(1), row(2, "NO_LICENCE", person=""), row(3), row(4, reason="Another.")]
    assert ladder.table(
        rows, {"MANAGED": 120, "PROFILE_PENDING": 3}, {"canary": "2027-10-24", "wide": None}
    ) == [
        "stage                          Macs",
        "MANAGED                         120",
        "PROFILE_PENDING                   3",
        "",
        "Who needs what:",
        "  PROFILE_PENDING: Reason. Wait.",
        "    C1 Mac 1 (ada@acme.com)",
        "    C3 Mac 3 (ada@acme.com)",
        "  NO_LICENCE: Reason. Wait.",
        "    C2 Mac 2 (no user)",
        "  PROFILE_PENDING: Another. Wait.",
        "    C4 Mac 4 (ada@acme.com)",
        "",
        "What renews when:",
        "  ring canary: certificates are to be issued anew by 2027-10-24",
        "  ring wide: certificates are to be issued anew by unknown",
    ]


def test_of_a_large_group_some_are_named_and_the_others_counted() -> None:
    lines = ladder.table([row(number) for number in range(25)], {}, {}, names=3)
    assert lines[-4:] == [
        "    C0 Mac 0 (ada@acme.com)",
        "    C1 Mac 1 (ada@acme.com)",
        "    C2 Mac 2 (ada@acme.com)",
        "    ... and 22 more",
    ]


@pytest.mark.parametrize("macs, more", [(3, False), (4, True)])
def test_a_group_that_fits_is_named_whole(macs: int, more: bool) -> None:
    assert (
        ladder.table([row(number) for number in range(macs)], {}, {}, names=3)[-1].endswith("more")
        is more
    )


def test_where_all_is_well_the_table_is_the_counts_alone() -> None:
    assert ladder.table([], {"MANAGED": 2}, {}) == [
        "stage                          Macs",
        "MANAGED                           2",
    ]
