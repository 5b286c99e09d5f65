# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate reads of Kandji and Okta, and how it asks for it."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    DeviceTrustError,
    Unauthorized,
    Unreachable,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.polling import Poll
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import gate
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.retry import (
    error_may_pass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    DeviceItem,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    LogEvent,
    OktaDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import device_trust_gate

ITEM, WIFI = "8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b1a", "bbbbbbbb-0000-4000-8000-000000000002"
SERIAL, DEVICE, UUID = "C02XK1ZAJG5J", "d-1", "0f1e2d3c-1111-4111-8111-00000000000a"
CUSTOM = InstalledProfile(DEVICE, SERIAL, "b", f"com.kandji.profile.custom.{ITEM}", UUID)
SCEP = frozenset({"com.apple.security.scep"})
OPAQUE = InstalledProfile(DEVICE, SERIAL, "b", "io.kandji.scep.77", UUID, SCEP)
OF_WIFI = InstalledProfile(DEVICE, SERIAL, "b", f"io.kandji.profile.{WIFI}", UUID, SCEP)
CHECK, KEY = "5a0c7b1e-4d2f-4b6a-9c3e-8f7a6b5c4d3e", "1699E426" * 5
NOT_INSTALLED = "The SCEP profile is not installed yet."
NOW, WRITTEN = 1795600000.0, "2026-11-24T08:00:00Z"  # 2026-11-25


@dataclass
class Tenant:
    """A tenant with one Mac. As Prism does, it compares serials with case."""

    serial: str = SERIAL
    installed: t.Sequence[InstalledProfile] = ()
    status: str | None = None
    certificates: t.Sequence[str] = ()
    check: str = ""  # what the certificate check printed when the profile was written
    profile: CustomProfile = field(default_factory=lambda: CustomProfile(ITEM))
    transport: t.Any = field(default_factory=lambda: SimpleNamespace(now=lambda: NOW))

    def _has_mac(self, row_filter: t.Any) -> bool:
        return self.serial in row_filter["serial_number"]["in"]

    def devices_with_serials(self, _serials: t.Any) -> t.Iterator[KandjiDevice]:
        yield KandjiDevice(DEVICE, self.serial)

    def prism_profiles(
        self, row_filter: t.Any, _blueprint_ids: t.Any = ()
    ) -> t.Iterator[InstalledProfile]:
        like = row_filter.get("payload_identifier", {}).get("like", [""])
        rows = [each for each in self.installed if any(part in each.identifier for part in like)]
        return iter(rows if self._has_mac(row_filter) else ())

    def prism_certificates(self, row_filter: t.Any) -> t.Iterator[PrismCertificate]:
        names = self.certificates if self._has_mac(row_filter) else ()
        return (PrismCertificate(DEVICE, self.serial, name) for name in names)

    def item_statuses(self, *ids: str) -> t.Iterator[ItemStatus]:
        if ids[0] == CHECK:
            return iter([ItemStatus(DEVICE, log=self.check, reported_at=WRITTEN)])
        return iter([ItemStatus(DEVICE, status=self.status)] if self.status else [])

    def device_items(self, _device_id: str) -> t.Iterator[DeviceItem]:
        return iter([DeviceItem(ITEM), DeviceItem(WIFI)])

    def profiles(self) -> t.Iterator[CustomProfile]:
        return iter([self.profile])


class Org:
    """An org that issued certificates of these names, and notes how its log was read.

    :arg created: when its managed record of the Mac was created; None if it has none.
    """

    def __init__(self, *names: str, created: str | None = None) -> None:
        self.names, self.created = names, created
        self.searches: list[tuple[t.Any, ...]] = []

    def log_events(self, *search: t.Any, **how: t.Any) -> t.Iterator[t.Any]:
        self.searches.append((*search, how))
        targets = [{"type": "CERT", "displayName": name} for name in self.names]
        issued = search[0] == gate.ISSUED
        return (LogEvent.from_row({"target": [each]}) for each in targets if issued)

    def devices_with_serials(self, _serials: t.Any) -> t.Iterator[OktaDevice]:
        records = [OktaDevice("guo1", "ACTIVE", created=self.created)] if self.created else []
        return iter(records)

    def device_users(self, _device_id: str) -> list[t.Any]:
        return [SimpleNamespace(is_managed=True, user=SimpleNamespace(id="00uada"))]


def judge(tenant: Tenant, org: Org | None = None, **params: t.Any) -> dict[str, t.Any]:
    options = {
        "library_item_id": ITEM,
        "payload_uuid": None,
        "updated_at": None,
        "certificate_check_item_id": None,
        "state": "present",
        "test_macs": [SERIAL],
        "wait": 0,
        "poll_interval": 1,
        **params,
    }
    ctx: t.Any = SimpleNamespace(
        params=options,
        kandji=tenant,
        okta=org or Org(),
        check_mode=True,
        warn=pytest.fail,
        poll=partial(Poll, pytest.fail, may_pass=error_may_pass),
    )
    (mac,) = device_trust_gate.run(ctx)["test_macs"]
    return t.cast("dict[str, t.Any]", mac)


# A Mac that must not hold the profile any more


@pytest.mark.parametrize(
    "status, met",
    [
        ("EXCLUDED", True),
        ("AVAILABLE", True),
        ("INCOMPATIBLE", True),
        ("PENDING", False),
        ("FAILED", False),
        ("REMOVING", False),
        ("PASS", False),
        (None, False),
    ],
)
def test_a_profile_of_the_console_is_gone_only_by_a_status_that_settles_it(
    status: str | None, met: bool
) -> None:
    tenant = Tenant(installed=[OPAQUE], status=status)
    assert judge(tenant, state="absent")["met"] is met


def test_a_status_of_a_word_that_nobody_documented_is_not_absence() -> None:
    assert not judge(Tenant(status="REMOVING"), state="absent", payload_uuid=UUID)["met"]
    assert judge(Tenant(status="PENDING"), state="absent", payload_uuid=UUID)["met"]


def test_the_profile_of_another_item_does_not_delay_absence() -> None:
    assert judge(Tenant(installed=[OF_WIFI], status="PENDING"), state="absent")["met"]


# A Mac that must hold it


def test_an_installed_profile_of_an_unknown_generation_is_not_an_old_one() -> None:
    nameless = InstalledProfile(DEVICE, SERIAL, "b", f"com.kandji.profile.custom.{ITEM}")
    tenant = Tenant(installed=[nameless], certificates=[f"{SERIAL} {UUID}"])
    with pytest.raises(Unreadable, match="Kandji: a row of Installed profiles has no payload_uuid"):
        judge(tenant, payload_uuid=UUID)
    assert judge(tenant)["reason"] == gate.NOT_SEEN


# Serials


SPELLINGS = [(SERIAL, SERIAL.lower()), (SERIAL.lower(), SERIAL), (SERIAL, SERIAL)]


@pytest.mark.parametrize("option, of_kandji", SPELLINGS)
def test_the_inventory_is_asked_for_the_serial_as_kandji_spells_it(
    option: str, of_kandji: str
) -> None:
    tenant = Tenant(of_kandji, [CUSTOM], certificates=[f"{SERIAL} {UUID}"])
    mac = judge(tenant, test_macs=[option], payload_uuid=UUID)
    assert mac["serial_number"] == option and mac["proof"] == gate.INVENTORY_PROOF


@pytest.mark.parametrize("option, of_kandji", SPELLINGS)
def test_a_profile_is_found_before_its_absence_is_reported(option: str, of_kandji: str) -> None:
    for installed, payload_uuid in ((CUSTOM, UUID), (OPAQUE, None)):
        tenant = Tenant(of_kandji, [installed])
        options = {"test_macs": [option], "payload_uuid": payload_uuid}
        assert not judge(tenant, state="absent", **options)["met"]


@pytest.mark.parametrize("option, of_kandji", SPELLINGS)
def test_a_console_managed_profile_stands_in_whatever_the_spelling(
    option: str, of_kandji: str
) -> None:
    mac = judge(Tenant(of_kandji, [OPAQUE]), test_macs=[option])
    assert mac["reason"] == gate.NOT_SEEN
    mac = judge(Tenant(of_kandji, [OPAQUE]), Org(f"{SERIAL} {UUID}"), test_macs=[option])
    assert mac["proof"] == gate.LOG_PROOF
    installed = Tenant(of_kandji, [OPAQUE], status="PASS")
    assert judge(installed, Org(f"{SERIAL} {UUID}"), test_macs=[option])["proof"] == gate.LOG_PROOF
    mac = judge(Tenant(of_kandji, [OPAQUE]), Org(SERIAL), test_macs=[option])
    assert mac["reason"] == gate.SERIAL_ALONE


OTHER_UUID = "7f7f0000-0000-4000-8000-00000000000f"


@pytest.mark.parametrize("status", [None, "PASS"])
def test_the_certificate_of_another_item_is_no_proof(status: str | None) -> None:
    tenant, org = Tenant(installed=[OF_WIFI], status=status), Org(f"{SERIAL} {UUID}")
    mac = judge(tenant, org)
    assert not mac["met"]
    assert mac["reason"] == (gate.SERIAL_ALONE if status else NOT_INSTALLED)
    # The item's own profile is not one of several then.
    tenant.installed = [OF_WIFI, replace(OPAQUE, payload_uuid=OTHER_UUID)]
    assert not judge(tenant, org)["met"]
    assert judge(tenant, Org(f"{SERIAL} {OTHER_UUID}"))["proof"] == gate.LOG_PROOF


@pytest.mark.parametrize("word", ["EXCLUDED", "AVAILABLE", "INCOMPATIBLE", "PENDING"])
def test_a_status_that_rules_the_item_out_outweighs_a_profile(word: str) -> None:
    mac = judge(Tenant(installed=[OPAQUE], status=word), Org(f"{SERIAL} {UUID}"))
    assert mac["reason"] == NOT_INSTALLED


def test_the_profile_of_another_mac_does_not_stand_in() -> None:
    tenant = Tenant(installed=[replace(OPAQUE, device_id="d-2")])
    assert judge(tenant, Org(f"{SERIAL} {UUID}"))["reason"] == NOT_INSTALLED


@pytest.mark.parametrize("profile", [CUSTOM, replace(OPAQUE, payload_types=None)])
def test_the_items_of_a_mac_are_read_only_for_a_profile_that_may_be_one_of_them(
    profile: InstalledProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tenant, "device_items", lambda *_ids: pytest.fail("nothing to compare"))
    judge(Tenant(installed=[profile]))


# Proof of a certificate


@pytest.mark.parametrize(
    "name, payload_uuid, proof",
    [
        (f"{SERIAL} {UUID}", UUID, gate.LOG_PROOF),
        (f"{SERIAL} Device Access", UUID, None),
        (f"{SERIAL} Device Access", None, None),  # as of a console-managed item
        (f"{SERIAL} {UUID}", None, gate.LOG_PROOF),
    ],
)
def test_a_profile_whose_content_kandji_does_not_show_needs_its_uuid_in_the_log(
    name: str, payload_uuid: str | None, proof: str | None
) -> None:
    mac = judge(
        Tenant(installed=[CUSTOM]), Org(name), payload_uuid=payload_uuid, updated_at=WRITTEN
    )
    assert mac["proof"] == proof


YEAR_BEFORE, SINCE_KANDJI = "2025-11-24T08:00:00.000Z", "2026-11-23T08:00:00Z"
SINCE_ALWAYS = "2026-08-28T09:46:40.000Z"  # as far back as the log is read


@pytest.mark.parametrize(
    "option, of_kandji, since",
    [
        (WRITTEN, SINCE_KANDJI, "2026-11-24T08:00:00.000Z"),
        (None, SINCE_KANDJI, "2026-11-23T08:00:00.000Z"),
        ("", SINCE_KANDJI, "2026-11-23T08:00:00.000Z"),
        (None, None, SINCE_ALWAYS),
        (None, "yesterday", SINCE_ALWAYS),
    ],
)
def test_without_the_time_of_the_write_that_of_the_profile_counts(
    option: str | None, of_kandji: str | None, since: str
) -> None:
    """The answer of Kandji to the write need not have the time."""
    org = Org(f"{SERIAL} Device Access", created=YEAR_BEFORE)
    tenant = Tenant(installed=[CUSTOM], profile=CustomProfile(ITEM, updated_at=of_kandji))
    mac = judge(tenant, org, payload_uuid=UUID, updated_at=option)
    assert mac["reason"] == gate.NOT_SEEN
    assert org.searches[0][1] == since


def test_a_record_that_is_newer_than_the_time_of_the_profile_proves_the_certificate() -> None:
    tenant = Tenant(installed=[CUSTOM], profile=CustomProfile(ITEM, updated_at=SINCE_KANDJI))
    mac = judge(tenant, Org(created=WRITTEN), payload_uuid=UUID)
    assert mac["proof"] == gate.RECORD_PROOF


def test_without_any_time_of_the_write_only_the_uuid_proves_the_certificate() -> None:
    tenant, options = Tenant(installed=[CUSTOM]), {"payload_uuid": UUID}
    assert judge(tenant, Org(f"{SERIAL} {UUID}"), **options)["proof"] == gate.LOG_PROOF
    # The id of the item is in the names of earlier certificates, too.
    assert judge(tenant, Org(f"{SERIAL} {ITEM}"), **options)["reason"] == gate.NOT_SEEN
    tenant.certificates = [f"{SERIAL} {ITEM}"]
    assert judge(tenant, Org(created=WRITTEN), **options)["reason"] == gate.NOT_SEEN
    tenant.certificates = [f"{SERIAL} {UUID}"]
    assert judge(tenant, Org(), **options)["proof"] == gate.INVENTORY_PROOF


def test_of_an_item_of_which_no_identity_is_known_any_managed_record_is_proof() -> None:
    tenant = Tenant(installed=[CUSTOM], profile=CustomProfile(ITEM, updated_at=SINCE_KANDJI))
    assert judge(tenant, Org(created=YEAR_BEFORE))["proof"] == gate.RECORD_PROOF


def test_a_record_of_a_certificate_that_has_expired_is_no_proof() -> None:
    """The profile came a year and a day ago, and nothing shows a newer certificate."""
    written = "2025-11-24T08:00:00Z"
    tenant = Tenant(installed=[CUSTOM], profile=CustomProfile(ITEM, updated_at=written))
    mac = judge(tenant, Org(created="2025-11-24T09:00:00Z"), payload_uuid=UUID)
    assert mac["reason"] == gate.EXPIRED.format("2026-11-24")


@pytest.mark.parametrize(
    ("created_at", "name", "expected"),
    [
        ("2026-11-24T07:59:59Z", SERIAL, gate.CHECK_PROOF),
        (WRITTEN, SERIAL, gate.OLD_REPORT),
        (WRITTEN, f"{SERIAL} {UUID}", gate.CHECK_PROOF),
        (WRITTEN, f"{SERIAL} {ITEM}", gate.CHECK_PROOF),
        (WRITTEN, f"{SERIAL} {OTHER_UUID}", gate.OLD_REPORT),
        (None, SERIAL, gate.NOT_SEEN),
    ],
)
def test_what_the_check_reported_before_the_item_came_is_of_the_profile_before_it(
    created_at: str | None, name: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_trust_gate, "read_key_expiries", lambda _okta: {KEY: None})
    identity = {"cn": name, "aki": KEY, "sha256": "a" * 64, "not_after": "2027-11-01T00:00:00Z"}
    report = {"device_trust_certificates": 1, "count": 1, "identities": [identity]}
    tenant = Tenant(
        installed=[replace(OPAQUE, created_at=created_at)],
        check=json.dumps(report, separators=(",", ":")),
        status="PASS",
    )
    mac = judge(tenant, certificate_check_item_id=CHECK)
    assert (mac["proof"] or mac["reason"]) == expected


# Errors while it waits


class Failing(Tenant):
    """A tenant that fails with these errors, one after the other, once the gate waits."""

    errors: t.ClassVar[list[DeviceTrustError]] = []
    waits = 0

    def wait(self, *_how: t.Any) -> None:
        self.waits += 1

    def daily_check_in(self, _device_id: str) -> bool:
        return True

    def prism_certificates(self, row_filter: t.Any) -> t.Iterator[PrismCertificate]:
        if self.waits and self.errors:
            raise self.errors.pop(0)
        self.certificates = [f"{SERIAL} {UUID}"] if self.waits else []
        return super().prism_certificates(row_filter)


def wait_with(*errors: DeviceTrustError, **params: t.Any) -> tuple[t.Any, list[str]]:
    """Return the result of a gate that waits while these errors happen, and the warnings."""
    tenant, warnings = Failing(installed=[CUSTOM]), list[str]()
    tenant.errors = list(errors)  # type: ignore[misc]  # of this tenant alone
    options = {"certificate_check_item_id": None, "state": "present", "updated_at": None}
    named = {"library_item_id": ITEM, "payload_uuid": UUID, "test_macs": [SERIAL]}
    ctx: t.Any = SimpleNamespace(
        params={**options, **named, "wait": 3600, "poll_interval": 1, **params},
        kandji=tenant,
        okta=Org(),
        check_mode=False,
        warn=warnings.append,
        poll=partial(Poll, tenant.wait, may_pass=error_may_pass),
    )
    return device_trust_gate.run(ctx), warnings


UNAVAILABLE = ApiError("Kandji failed.", status=503)


@pytest.mark.parametrize("error", [UNAVAILABLE, Unreachable("No answer."), Unreadable("A page.")])
def test_an_error_that_may_pass_does_not_end_a_gate(error: DeviceTrustError) -> None:
    result, warnings = wait_with(error, error)
    assert result["met"] and warnings == []


def test_a_gate_that_ends_with_an_error_is_not_met_and_warns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter(range(0, 10000, 20))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    result, warnings = wait_with(*[UNAVAILABLE] * 99, wait=100)
    assert not result["met"] and result["asked_to_check_in"] == [SERIAL]
    (warning,) = warnings
    assert warning.startswith("The last check of a wait failed: Kandji failed.")


def test_a_refused_token_ends_a_gate() -> None:
    with pytest.raises(Unauthorized):
        wait_with(Unauthorized("Bad token.", status=401))
