# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both sides of the fleet joined by serial.

Which certificates are asked for, and what becomes of each row.
"""

from __future__ import annotations

import plistlib
import typing as t
from dataclasses import replace
from datetime import datetime, timezone
from unittest import mock

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
    Forbidden,
    NotFound,
    Unauthorized,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import join, reader
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    DeviceRecord,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import (
    reader as rings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    Ring,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
    RowUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    rows as rows_of,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profile_holders import (
    ProfileItem,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    PrismApp,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    LogEvent,
    OktaDevice,
)

SERIAL = "C02XK1ZAJG5J"
NOW = datetime(2026, 12, 1, tzinfo=timezone.utc)
IDENTITIES = {"identity_certificate": {"eq": True}}


def uuid_of(beginning: str) -> str:
    """Return a UUID in the case of its beginning."""
    ending = "6f3c-1111-4111-8111-00000000000a"
    return beginning + (ending.upper() if beginning.isupper() else ending)


UUID = uuid_of("7D8A")


def profile(
    uuid: str | None = uuid_of("7d8A"),
    common_name: str = "$SERIAL_NUMBER $PROFILE_UUID",
    item_id: str = uuid_of("abcd"),
) -> CustomProfile:
    content = {"Subject": [[["CN", common_name]]]}
    plist: dict[str, t.Any] = {
        "PayloadContent": [{"PayloadType": "com.apple.security.scep", "PayloadContent": content}]
    }
    document = plistlib.dumps({**plist, "PayloadUUID": uuid} if uuid else plist).decode()
    return CustomProfile(item_id, mobileconfig=document)


@pytest.mark.parametrize(
    "profiles, wanted",
    [
        # The UUID of the profile and the id of its item, in either case
        (
            [profile()],
            {
                **IDENTITIES,
                "common_name": {
                    "like": [
                        uuid_of("7D8A"),
                        uuid_of("7d8a"),
                        uuid_of("ABCD"),
                        uuid_of("abcd"),
                    ]
                },
            },
        ),
        (
            [profile(), profile(uuid_of("00FF"))],
            {
                **IDENTITIES,
                "common_name": {
                    "like": [
                        uuid_of("00FF"),
                        uuid_of("00ff"),
                        uuid_of("7D8A"),
                        uuid_of("7d8a"),
                        uuid_of("ABCD"),
                        uuid_of("abcd"),
                    ]
                },
            },
        ),
        ([profile(common_name="$SERIAL_NUMBER")], IDENTITIES),
        ([profile(), profile(common_name="$SERIAL_NUMBER")], IDENTITIES),
        (
            [profile(None)],
            {
                **IDENTITIES,
                "common_name": {
                    "like": [
                        uuid_of("ABCD"),
                        uuid_of("abcd"),
                    ]
                },
            },
        ),
        ([CustomProfile("1", mobileconfig="signed")], IDENTITIES),
    ],
)
def test_certificates_are_narrowed_to_the_profiles_where_their_names_tell(
    profiles: t.Any, wanted: dict[str, t.Any]
) -> None:
    assert rings.certificate_filter(profiles) == wanted


@pytest.mark.parametrize(
    "users, states",
    [
        ([], {}),
        (
            [{"managementStatus": "MANAGED", "user": {"id": "00u1", "profile": {"login": "ada"}}}],
            {"ada": "MANAGED"},
        ),
        ([{"managementStatus": "NOT_MANAGED", "summary": {"id": "00u1"}}], {"00u1": "NOT_MANAGED"}),
        (
            [{"user": {"profile": {"login": "ada"}}}, {"managementStatus": None, "user": None}],
            {"ada": "", "unknown user 2": ""},
        ),
    ],
)
def test_a_record_has_its_users_by_login_else_id(users: t.Any, states: dict[str, str]) -> None:
    row = {
        "id": "guo1",
        "status": "ACTIVE",
        "created": "2026-11-01T10:00:00.000Z",
        "lastUpdated": None,
    }
    record = join.build_device_record(OktaDevice.from_row({**row, "_embedded": {"users": users}}))
    assert record == DeviceRecord("guo1", "ACTIVE", "2026-11-01T10:00:00.000Z", "", states)


def test_records_are_gathered_by_serial() -> None:
    rows = [
        {
            "id": "1",
            "status": "ACTIVE",
            "profile": {"serialNumber": SERIAL},
            "_embedded": {"users": None},
        },
        {"id": "2", "status": "DEACTIVATED", "profile": {"serialNumber": SERIAL}},
        {"id": "3", "status": "ACTIVE", "profile": None, "_embedded": None},
    ]
    found = reader.read_records(
        mock.Mock(devices=mock.Mock(return_value=map(OktaDevice.from_row, rows)))
    )
    assert {serial: [one.id for one in group] for serial, group in found.by_serial.items()} == {
        SERIAL.lower(): ["1", "2"]
    }
    assert [(udid, one.id, one.serial) for udid, one in found.unnamed] == [("", "3", "")]


def test_of_two_items_on_a_mac_the_installed_one_counts() -> None:
    rows = {
        "item-1": [
            {"computer": {"id": "A"}, "status": "FAILED"},
            {"computer": {"id": "b"}, "status": "PASS"},
            {"computer": {"id": "c"}, "status": "ERROR"},
        ],
        "item-2": [
            {"computer": {"id": "a"}, "status": "PASS"},
            {"computer": {"id": "B"}, "status": "PASS"},
            {"computer": {"id": "C"}, "status": "PENDING"},
        ],
    }
    found = reader.read_statuses(
        mock.Mock(item_statuses=lambda item_id: map(ItemStatus.from_row, rows[item_id])),
        ["item-1", "item-2"],
    )
    assert found.states == {
        "a": "installed",
        "b": "installed",
        "c": "failed",
    } and found.several == {"b"}


# The whole of it


def kandji(**answers: t.Any) -> mock.Mock:
    device = {
        "device_id": "DEV-1",
        "serial_number": SERIAL,
        "device_name": "Ada's Mac",
        "platform": "Mac",
        "is_removed": False,
        "blueprint_id": "B-CANARY",
        "user": {"email": "ada@acme.com"},
    }
    there: dict[str, t.Any] = {
        "devices": lambda **_filters: [
            device,
            {**device, "device_id": "dev-2", "serial_number": "PAD", "platform": "iPad"},
        ],
        "item_statuses": lambda item_id: [
            {"computer": {"id": "dev-1"}, "status": "success" if item_id == "item-1" else "PASS"}
        ],
        "prism_certificates": lambda _filter: [
            {
                "device_id": "dev-1",
                "common_name": f"{SERIAL} {uuid_of('7D8A')}",
                "created_at": "2026-11-10T10:00:00Z",
            },
            {
                "device_id": "dev-1",
                "common_name": f"VM{SERIAL} {uuid_of('7D8A')}",
                "created_at": "2026-11-09T10:00:00Z",
            },
            {
                "device_id": "dev-9",
                "common_name": f"{SERIAL} {uuid_of('7D8A')}",
                "created_at": "2026-11-08T10:00:00Z",
            },
        ],
        "prism_apps": lambda _filter: [{"device_id": "DEV-1"}],
        "prism_profiles": lambda _filter: [],
        "device": mock.Mock(side_effect=NotFound("Not found.")),
        **answers,
    }
    records = {
        "devices": KandjiDevice,
        "device": KandjiDevice,
        "item_statuses": ItemStatus,
        "prism_certificates": PrismCertificate,
        "prism_apps": PrismApp,
        "prism_profiles": InstalledProfile,
    }
    return mock.Mock(**{name: _as_records(there[name], kind) for name, kind in records.items()})


def _as_records(read_rows: t.Callable[..., t.Any], kind: t.Any) -> t.Callable[..., t.Any]:
    """The client's method that reads these rows."""

    def read_records(*arguments: t.Any, **filters: t.Any) -> t.Any:
        rows = read_rows(*arguments, **filters)
        return kind.from_row(rows) if isinstance(rows, dict) else map(kind.from_row, rows)

    return read_records


def okta(**answers: t.Any) -> mock.Mock:
    """Return an org with one device record, as its client answers."""
    users = [{"managementStatus": "NOT_MANAGED", "user": {"profile": {"login": "ada"}}}]
    row = {
        "id": "guo1",
        "status": "ACTIVE",
        "created": "2026-11-11T10:00:00.000Z",
        "profile": {"serialNumber": SERIAL},
        "_embedded": {"users": users},
    }
    return mock.Mock(
        **{
            "devices": lambda *_search, **_how: [OktaDevice.from_row(row)],
            "log_events": lambda *_filter, **_how: [],
            **answers,
        }
    )


def read(
    org: t.Any, tenant: t.Any, of_rings: t.Sequence[Ring], app_ids: t.Sequence[str]
) -> list[MacRow]:
    """Return the rows of a reader."""
    query = reader.FleetQuery(of_rings, app_ids, now=NOW)
    return list(rows_of(reader.read_fleet(org, tenant, query)))


def test_a_mac_is_joined_from_all_that_is_known_of_it() -> None:
    (row,) = read(okta(), kandji(), [Ring("canary", {"b-canary"}, profile())], ["app-1"])
    assert (
        row.serial_number,
        row.device_name,
        row.device_id,
        row.person,
        row.ring,
    ) == (SERIAL, "Ada's Mac", "dev-1", "ada@acme.com", "canary")
    assert row.certificates == 1 and row.certificate_first_seen == "2026-11-10T10:00:00Z"
    assert (row.certificate_expires, row.certificate_expiry_source) == (
        "2027-11-10T10:00:00Z",
        "estimated",
    )
    assert row.okta_device_ids == ["guo1"] and row.users == [RowUser("ada", "NOT_MANAGED")]
    assert (row.stage, row.unconfirmed) == ("REGISTERED_NOT_MANAGED", False)


@pytest.mark.parametrize(
    "name, stage, unconfirmed",
    [
        # $PROFILE_UUID stands for something else: known by its serial alone
        (f"{SERIAL} 7f7f0000-0000-4000-8000-00000000000f", "REGISTERED_NOT_MANAGED", True),
        # Of another authority
        (f"{SERIAL}.wifi.acme.com", "CERTIFICATE_ABSENT", True),
    ],
)
def test_where_macs_hold_certificates_that_the_narrow_search_misses_all_are_read(
    name: str, stage: str, unconfirmed: bool
) -> None:
    there = [
        {
            "device_id": "dev-1",
            "serial_number": SERIAL,
            "common_name": name,
            "created_at": "2026-11-10T10:00:00Z",
        }
    ]
    asked: list[t.Any] = []
    tenant = kandji(
        prism_certificates=lambda row_filter: (
            asked.append(row_filter) or ([] if "common_name" in row_filter else there)
        )
    )
    (row,) = read(okta(), tenant, [Ring("canary", {"b-canary"}, profile())], ["app-1"])
    assert (row.certificates, row.stage, row.unconfirmed) == (0, stage, unconfirmed)
    assert [("common_name" in one) for one in asked] == [True, False]


def test_a_record_that_kandji_does_not_know_is_a_row_too() -> None:
    (row,) = read(
        okta(),
        kandji(devices=lambda **_filters: [], prism_certificates=lambda _filter: []),
        [Ring("canary", {"b-canary"}, profile())],
        ["app-1"],
    )
    assert (row.stage, row.serial_number, row.device_id, row.unconfirmed) == (
        "KANDJI_MISSING",
        SERIAL,
        "",
        False,
    )


def test_a_record_that_kandji_lost_between_two_pages_is_unconfirmed() -> None:
    (row,) = read(
        okta(),
        kandji(devices=lambda **_filters: []),
        [Ring("canary", {"b-canary"}, profile())],
        ["app-1"],
    )
    assert (row.stage, row.unconfirmed) == ("KANDJI_MISSING", True)


@pytest.mark.parametrize(
    "answer, found",
    [
        (
            {
                "device_id": "dev-1",
                "serial_number": SERIAL,
                "platform": "Mac",
                "blueprint_id": "B-CANARY",
            },
            [(SERIAL, "canary", False)],
        ),
        (
            {"device_id": "dev-1", "serial_number": SERIAL, "platform": "Mac", "is_removed": True},
            [(SERIAL, None, True)],
        ),
        (NotFound("gone"), [(SERIAL, None, True)]),
    ],
)
def test_a_mac_that_slipped_through_the_list_is_read_by_its_id(answer: t.Any, found: t.Any) -> None:
    one = mock.Mock(
        side_effect=[answer] if isinstance(answer, Exception) else None, return_value=answer
    )
    only = [
        {
            "device_id": "dev-1",
            "common_name": f"{SERIAL} {uuid_of('7D8A')}",
            "created_at": "2026-11-10T10:00:00Z",
        }
    ]
    tenant = kandji(
        devices=lambda **_filters: [], device=one, prism_certificates=lambda _filter: only
    )
    rows = read(okta(), tenant, [Ring("canary", {"b-canary"}, profile())], ["app-1"])
    assert [(row.serial_number, row.ring, row.stage == "KANDJI_MISSING") for row in rows] == found
    one.assert_called_once_with("dev-1")


@pytest.mark.parametrize(
    "item_id, stage",
    [(uuid_of("abcd"), "PROFILE_PENDING"), ("app-1", "OKTA_VERIFY_MISSING")],
)
def test_a_mac_that_slipped_through_a_list_of_statuses_is_unconfirmed(
    item_id: str, stage: str
) -> None:
    def device(number: int, blueprint: str) -> dict[str, t.Any]:
        return {
            "device_id": f"dev-{number}",
            "serial_number": f"C{number}",
            "platform": "Mac",
            "is_removed": False,
            "user": "",
            "blueprint_id": blueprint,
        }

    devices = [device(1, "b-canary"), device(2, "b-canary"), device(3, "b-late")]
    tenant = kandji(
        devices=lambda **_filters: devices,
        item_statuses=lambda asked: [
            {"computer": {"id": f"dev-{number}"}, "status": "PASS"}
            for number in ((1,) if asked == item_id else (1, 2))
        ],
        prism_certificates=lambda _filter: [
            {
                "device_id": f"dev-{number}",
                "common_name": f"C{number} {uuid_of('7D8A')}",
                "created_at": "2026-11-10T10:00:00Z",
            }
            for number in (1, 2)
        ],
    )
    rows = read(
        okta(devices=lambda *_search, **_how: []),
        tenant,
        [Ring("canary", {"b-canary", "b-late"}, profile())],
        ["app-1"],
    )
    assert [(row.stage, row.unconfirmed) for row in rows] == [
        ("NOT_REGISTERED", False),
        (stage, True),
        ("PROFILE_PENDING", False),
    ]


def unnamed(udid: str = "") -> OktaDevice:
    users = [{"managementStatus": "NOT_MANAGED", "user": {"profile": {"login": "ada@acme.com"}}}]
    return OktaDevice.from_row(
        {
            "id": "guo1",
            "status": "ACTIVE",
            "created": "2026-11-11T10:00:00.000Z",
            "profile": {"udid": udid},
            "_embedded": {"users": users},
        }
    )


def test_a_record_without_a_serial_is_joined_by_the_hardware_uuid_that_a_certificate_names() -> (
    None
):
    names = [
        {
            "device_id": "dev-1",
            "serial_number": SERIAL,
            "common_name": f"{SERIAL} 00008103-001A2B3C4D5E001E",
            "created_at": "2026-11-10T10:00:00Z",
        }
    ]
    org = okta(devices=lambda *_search, **_how: [unnamed("00008103-001A2B3C4D5E001E")])
    (row,) = read(
        org,
        kandji(prism_certificates=lambda _filter: names),
        [Ring("canary", {"b-canary"}, profile())],
        ["app-1"],
    )
    assert row.okta_device_ids == ["guo1"] and row.flags == ("SERIAL_EMPTY",)


def test_a_record_without_a_serial_is_joined_by_the_certificate_that_was_bound_to_it() -> None:
    targets = [
        {
            "type": "Certificate",
            "alternateId": f"{SERIAL} {uuid_of('7D8A')}",
            "id": "1",
        },
        {"type": "Device", "id": "guo1"},
    ]
    org = okta(
        devices=lambda *_search, **_how: [unnamed()],
        log_events=lambda *_filter, **_how: [
            LogEvent.from_row({"eventType": "pki.cert.bind", "target": targets})
        ],
    )
    (row,) = read(org, kandji(), [Ring("canary", {"b-canary"}, profile())], ["app-1"])
    assert row.okta_device_ids == ["guo1"]
    assert row.unconfirmed, "a certificate was bound, and the search shows nobody managed"


def test_a_record_that_no_mac_can_be_told_of_makes_its_persons_mac_unconfirmed() -> None:
    found = read(
        okta(devices=lambda *_search, **_how: [unnamed()]),
        kandji(),
        [Ring("canary", {"b-canary"}, profile())],
        ["app-1"],
    )
    assert [(row.stage, row.unconfirmed) for row in found] == [
        ("KANDJI_MISSING", True),
        ("NOT_REGISTERED", True),
    ]


@pytest.mark.parametrize(
    "user, person",
    [
        ("", ""),
        (None, ""),
        ({}, ""),
        ({"name": "Ada"}, "Ada"),
        ({"email": "", "name": "Ada"}, "Ada"),
        ({"email": "a@x", "name": "Ada"}, "a@x"),
    ],
)
def test_a_mac_has_a_person_or_none(user: t.Any, person: str) -> None:
    device = {
        "device_id": "d",
        "serial_number": "S",
        "device_name": "N",
        "platform": "Mac",
        "blueprint_id": None,
        "user": user,
    }
    found = read(
        okta(devices=lambda *_search, **_how: []),
        kandji(devices=lambda **_filters: [device]),
        [],
        [],
    )
    assert [(row.person, row.ring, row.stage) for row in found] == [(person, None, "NOT_IN_SCOPE")]


def log_event(kind: str, published: str) -> LogEvent:
    targets = [{"type": "Device", "id": "guo1"}, {"alternateId": f"{SERIAL} {UUID}"}]
    return LogEvent.from_row(
        {
            "eventType": kind,
            "published": published,
            "target": targets[1:] if kind == "pki.cert.issue" else targets,
        }
    )


class Log:
    """A System Log that notes what is asked of it, and answers one read after the other."""

    def __init__(self, *answers: list[LogEvent]) -> None:
        self.reads: list[tuple[t.Any, ...]] = []
        self._answers = list(answers)

    def __call__(
        self,
        log_filter: str,
        since: str | None = None,
        until: str | None = None,
        newest_first: bool = False,
        at_most: int | None = None,
    ) -> list[LogEvent]:
        assert newest_first
        self.reads.append((log_filter, since, until, at_most))
        return self._answers.pop(0)


def renewed_fleet(log: Log, **query: t.Any) -> t.Any:
    """Return the fleet of a Mac whose old record is managed and whose certificate is younger."""
    row = {"id": "guo1", "status": "ACTIVE", "created": "2026-01-01T00:00:00.000Z"}
    users = [{"managementStatus": "MANAGED", "user": {"profile": {"login": "ada"}}}]
    device = {**row, "profile": {"serialNumber": SERIAL}, "_embedded": {"users": users}}
    seen = {
        "device_id": "dev-1",
        "serial_number": SERIAL,
        "common_name": f"{SERIAL} {UUID}",
        "created_at": "2026-10-02T00:00:00Z",
    }
    org = okta(devices=lambda *_search, **_how: [OktaDevice.from_row(device)], log_events=log)
    tenant = kandji(prism_certificates=lambda *_criteria: [seen])
    asked = reader.FleetQuery([Ring("canary", {"b-canary"}, profile())], ["app-1"], now=NOW)
    return reader.read_fleet(org, tenant, replace(asked, **query))


def test_the_log_is_read_farther_back_if_the_use_of_a_certificate_is_unknown() -> None:
    log = Log(
        [log_event("device.user.add", "2026-11-20T00:00:00.000Z")],
        [
            log_event("pki.cert.bind", "2026-10-03T00:00:00.000Z"),
            log_event("pki.cert.issue", "2026-10-01T12:00:00.000Z"),
        ],
    )
    fleet = renewed_fleet(log, with_use=True)
    assert log.reads == [
        (reader.EVENTS, "2026-11-01T00:00:00.000Z", None, 12000),
        (
            'eventType sw "pki.cert."',
            "2026-10-01T00:00:00.000Z",
            "2026-11-01T00:00:00.000Z",
            None,
        ),
    ]
    assert fleet.limits.log_since == datetime(2026, 10, 1, tzinfo=timezone.utc)
    (mac,) = fleet.macs
    assert (mac.last_bound, mac.last_issued) == (
        "2026-10-03T00:00:00.000Z",
        "2026-10-01T12:00:00.000Z",
    )


def test_the_log_is_read_back_to_an_enrollment_after_which_the_account_may_be_gone() -> None:
    row = {"id": "guo1", "status": "ACTIVE", "created": "2026-01-01T00:00:00.000Z"}
    users = [{"managementStatus": "MANAGED", "user": {"profile": {"login": "ada"}}}]
    record = {**row, "profile": {"serialNumber": SERIAL}, "_embedded": {"users": users}}
    device = {"device_id": "dev-1", "serial_number": SERIAL, "platform": "Mac"}
    device["last_enrollment"] = "2026-09-20 10:00:00.5+00:00"
    log = Log([], [log_event("pki.cert.bind", "2026-09-20T11:00:00.000Z")])
    fleet = reader.read_fleet(
        okta(devices=lambda *_search, **_how: [OktaDevice.from_row(record)], log_events=log),
        kandji(devices=lambda **_filters: [device], prism_certificates=lambda *_criteria: []),
        reader.FleetQuery([Ring("canary", {"b-canary"}, profile())], now=NOW, with_use=True),
    )
    assert log.reads[1][1:3] == ("2026-09-20T10:00:00.500Z", "2026-11-01T00:00:00.000Z")
    (mac,) = fleet.macs
    assert (mac.enrolled, mac.last_bound) == (
        "2026-09-20 10:00:00.5+00:00",
        "2026-09-20T11:00:00.000Z",
    )


@pytest.mark.parametrize("query", [{}, {"with_use": True, "log_days": 0}])
def test_the_log_is_read_once_if_nobody_asks_or_it_is_left_out(query: dict[str, t.Any]) -> None:
    log = Log([])
    fleet = renewed_fleet(log, **query)
    assert len(log.reads) == (not query)
    assert fleet.limits.log_since == (None if query else datetime(2026, 11, 1, tzinfo=timezone.utc))


def test_a_use_that_the_log_shows_is_enough() -> None:
    log = Log([log_event("pki.cert.bind", "2026-11-20T00:00:00.000Z")])
    assert renewed_fleet(log, with_use=True).macs[0].last_bound == "2026-11-20T00:00:00.000Z"


@pytest.mark.parametrize("at_most, oldest", [(2, "2026-11-19"), (3, "2026-11-01")])
def test_a_read_of_the_log_that_was_cut_goes_on(at_most: int, oldest: str) -> None:
    events = [log_event("device.user.add", f"2026-11-{day}T00:00:00.000Z") for day in (20, 19)]
    log = Log(events, [])
    renewed_fleet(log, with_use=True, log_events=at_most)
    assert log.reads[1][2] == f"{oldest}T00:00:00.000Z"


def test_a_read_of_the_log_that_was_cut_without_a_time_goes_on_from_now() -> None:
    log = Log([LogEvent.from_row({"eventType": "device.user.add"})], [])
    renewed_fleet(log, with_use=True, log_events=1)
    assert log.reads[1][2] == "2026-12-01T00:00:00.000Z"


def test_what_is_wrong_on_both_sides_is_told_at_once() -> None:
    refused = kandji(
        prism_apps=mock.Mock(side_effect=Forbidden("No permission for apps.")),
        devices=mock.Mock(side_effect=Forbidden("No permission for devices.")),
    )
    with pytest.raises(DeviceTrustError) as raised:
        reader.read_fleet(
            okta(devices=mock.Mock(side_effect=Unauthorized("The token of Okta is wrong."))),
            refused,
            reader.FleetQuery(now=NOW),
        )
    assert all(
        text in raised.value.message
        for text in (
            "No permission for devices.",
            "No permission for apps.",
            "The token of Okta is wrong.",
        )
    )


def test_another_custom_profile_with_the_same_scep_url_competes() -> None:
    def scep(item_id: str, url: str, active: bool = True) -> CustomProfile:
        plist = {
            "PayloadContent": [
                {"PayloadType": "com.apple.security.scep", "PayloadContent": {"URL": url}}
            ]
        }
        document = plistlib.dumps(plist).decode()
        return CustomProfile(item_id, mobileconfig=document, flags={"active": active})

    ours, theirs = "https://acme.okta.com/pki/1/scep/rac1", "https://other.example/scep"
    of_rings = [Ring("canary", set(), scep("a", ours))]
    assert rings.find_competitors(
        of_rings,
        [scep("a", ours), scep("b", ours), scep("c", theirs), scep("d", ours, active=False)],
    ) == [ProfileItem("b")]


def test_competing_profiles_are_found_by_item_in_either_case_and_kandjis_own_by_identifier() -> (
    None
):
    item_id = "7d8a6f3c-1111-4111-8111-00000000000b"
    there = {
        "in": [{"device_id": "dev-own", "payload_identifier": "io.kandji.okta.device-trust.scep"}],
        "like": [
            {"device_id": "dev-1", "payload_identifier": f"com.kandji.profile.{item_id.upper()}"},
            {"device_id": "dev-2", "payload_identifier": "com.example.another"},
        ],
    }
    tenant = kandji(
        prism_profiles=lambda row_filter, *_blueprints: [
            row for how in row_filter["payload_identifier"] for row in there[how]
        ]
    )
    assert reader.read_competing(tenant, [ProfileItem(item_id)]) == {"dev-own", "dev-1"}
    assert reader.read_competing(tenant, []) == {"dev-own"}
