# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the certificates of a ring expire, by the best source for each Mac."""

from __future__ import annotations

import plistlib
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates import (
    renewal,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_report import (
    CheckedExpiry,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.ledger import (
    Expiries,
    Issued,
    Ledger,
    expiry_by_serial,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.renewal import (
    MacCertificate,
    RingFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.ring_certificates import (
    RingProfile,
    TenantFacts,
    check_stray,
    group_by_device,
    okta_payload,
    ring_devices,
    ring_profiles,
    warn_stray,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    UnattestedNames,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    PrismCertificate,
)

MAC = KandjiDevice("d1", "C02x", platform="Mac")
WRITTEN = datetime(2026, 11, 20, tzinfo=timezone.utc)
SEEN, YEAR = "2026-11-22T00:00:00Z", timedelta(days=365)

UUID = "0a1b0000-0000-4000-8000-00000000000a"
PRESENT = InstalledProfile("d1", "C02x", payload_uuid=UUID, created_at="2026-11-21T00:00:00Z")
BEFORE = replace(PRESENT, payload_uuid="7f7f0000-0000-4000-8000-00000000000f")
PROVED = PrismCertificate("d1", common_name=f"C02X {UUID}", created_at=SEEN)


def profile(common_name: str = "$SERIAL_NUMBER $PROFILE_UUID") -> CustomProfile:
    payload = {
        "PayloadType": "com.apple.security.scep",
        "PayloadContent": {"Subject": [[["CN", common_name]]]},
    }
    plist = {"PayloadUUID": UUID.upper(), "PayloadContent": [payload]}
    text = plistlib.dumps(plist).decode()
    return CustomProfile("item-1", mobileconfig=text, updated_at=WRITTEN.isoformat())


@pytest.mark.parametrize(
    "known, held, certificates, present, expires, proof",
    [
        # Reported
        ({"C02X": WRITTEN + YEAR}, [PRESENT], [PROVED], True, WRITTEN + YEAR, "proved"),
        ({"C02X": WRITTEN}, [], [], False, WRITTEN, "proved"),
        # Estimated from the newest certificate with the UUID
        ({}, [PRESENT], [PROVED], True, WRITTEN + timedelta(days=2) + YEAR, "proved"),
        (
            {},
            [PRESENT],
            [PROVED, replace(PROVED, created_at="2026-11-20T12:00:00Z")],
            True,
            WRITTEN + timedelta(days=2) + YEAR,
            "proved",
        ),
        ({}, [], [replace(PROVED, created_at=None)], False, WRITTEN + YEAR, "proved"),
        # Those of an earlier generation count by the UUID that is installed
        (
            {},
            [BEFORE],
            [replace(PROVED, common_name=f"C02X {BEFORE.payload_uuid}")],
            False,
            WRITTEN + timedelta(days=2) + YEAR,
            "proved",
        ),
        # Those of other authorities never count; the profile requested one when it came
        (
            {},
            [PRESENT],
            [replace(PROVED, common_name="C02X.wifi.acme.com")],
            True,
            WRITTEN + timedelta(days=1) + YEAR,
            "missing",
        ),
        ({}, [], [replace(PROVED, common_name=f"VMC02X {UUID}")], False, None, "missing"),
        ({}, [], [], False, None, "missing"),
    ],
)
def test_a_certificate_expires_as_reported_else_by_the_best_estimate(
    known: dict[str, datetime],
    held: list[InstalledProfile],
    certificates: list[PrismCertificate],
    present: bool,
    expires: datetime | None,
    proof: str,
) -> None:
    tenant = TenantFacts([], [], [MAC], {"d1": certificates}, known)
    read = tenant.certificate_of(MAC, profile(), held)
    assert read == MacCertificate("C02x", present, expires, proof)


@pytest.mark.parametrize(
    ("device", "held", "certificates", "is_unknown"),
    [
        (MAC, [PRESENT], [PROVED], False),
        (MAC, [], [], False),
        (MAC, [BEFORE], [replace(PROVED, common_name="C02X.wifi.acme.com")], False),
        (replace(MAC, serial=""), [PRESENT], [PROVED], True),
        (MAC, [replace(PRESENT, payload_uuid="")], [PROVED], True),
        (MAC, [PRESENT, replace(BEFORE, payload_uuid="")], [PROVED], False),
        (MAC, [PRESENT], [replace(PROVED, common_name="")], True),
        (MAC, [PRESENT], [PROVED, replace(PROVED, common_name="")], False),
    ],
)
def test_a_mac_of_which_kandji_shows_too_little_is_unknown(
    device: KandjiDevice,
    held: list[InstalledProfile],
    certificates: list[PrismCertificate],
    is_unknown: bool,
) -> None:
    tenant = TenantFacts([], [], [device], {"d1": certificates}, {})
    read = tenant.certificate_of(device, profile(), held)
    assert read.is_unknown is is_unknown


def test_a_mac_without_any_date_is_unknown() -> None:
    tenant = TenantFacts([], [], [MAC], {"d1": [replace(PROVED, created_at=None)]}, {})
    undated = replace(profile(), updated_at=None)
    read = tenant.certificate_of(MAC, undated, [replace(PRESENT, created_at=None)])
    assert (read.expires, read.is_unknown) == (None, True)


@pytest.mark.parametrize("common_name", ["$SERIAL_NUMBER", "$EMAIL"])
def test_without_the_uuid_in_the_subject_a_certificate_is_unknowable(common_name: str) -> None:
    tenant = TenantFacts([], [], [MAC], {"d1": [replace(PROVED, common_name="C02X")]}, {})
    read = tenant.certificate_of(MAC, profile(common_name), [PRESENT])
    expires = WRITTEN + timedelta(days=1) + YEAR
    assert read == MacCertificate("C02x", True, expires, "unknowable")


@pytest.mark.parametrize(
    ("reported", "held", "certificates", "counts"),
    [
        (timedelta(days=2), [PRESENT], [PROVED], True),
        # The Mac reports once a day, and not at the same time as its inventory.
        (timedelta(days=1), [PRESENT], [PROVED], True),
        (timedelta(hours=23), [PRESENT], [PROVED], False),
        # The profile came after the report
        (timedelta(days=1, hours=1), [PRESENT], [], True),
        (timedelta(days=-0.1), [PRESENT], [], False),
        (timedelta(days=-1.1), [replace(PRESENT, created_at=None)], [], False),
        # It has not come yet, or nothing says when the report was made
        (timedelta(days=-70), [], [], True),
        (timedelta(days=-70), [BEFORE], [], True),
        (None, [PRESENT], [PROVED], True),
    ],
)
def test_a_report_from_before_the_certificate_came_does_not_count(
    reported: timedelta | None,
    held: list[InstalledProfile],
    certificates: list[PrismCertificate],
    counts: bool,
) -> None:
    """A Mac that was off gets a certificate, and its report is of the old one until the next. It
    must not make its whole ring due again."""
    at = None if reported is None else WRITTEN + reported
    checked = {"C02X": CheckedExpiry("2026-12-01T00:00:00Z", at)}
    tenant = TenantFacts([], [], [MAC], {"d1": certificates}, {}, checked)
    expires = tenant.certificate_of(MAC, profile(), held).expires
    assert expires is not None and (expires.year == 2026) is counts
    logged = replace(tenant, logged={"C02X": WRITTEN + timedelta(days=1000)})
    expires = logged.certificate_of(MAC, profile(), held).expires
    assert expires is not None and expires.year == (2026 if counts else 2029)
    stated = replace(logged, expiry={"C02X": WRITTEN + timedelta(days=500)})
    assert stated.certificate_of(MAC, profile(), held).expires == WRITTEN + timedelta(days=500)


def test_a_profile_of_another_authority_is_refused() -> None:
    def with_url(url: str) -> CustomProfile:
        content = {"URL": url}
        payload = {"PayloadType": "com.apple.security.scep", "PayloadContent": content}
        text = plistlib.dumps({"PayloadContent": [payload]}).decode()
        return CustomProfile("item-1", "Okta SCEP - canary", mobileconfig=text)

    ring, own = RingOptions("canary", ("Canary",)), "https://scep.acme.com/unusual"
    assert okta_payload(ring, with_url(own), own)["PayloadContent"] == {"URL": own}
    with pytest.raises(BadOption) as refused:
        okta_payload(ring, with_url(own), "https://acme.okta.com/scep")
    assert refused.value.message == (
        "rings: the profile 'Okta SCEP - canary' of canary holds a SCEP payload of scep.acme.com,"
        " which is not Okta's. Rename it in Kandji, or choose another name for the ring."
    )


def test_of_several_scep_payloads_it_has_to_be_clear_which_is_oktas() -> None:
    def with_urls(*urls: str) -> CustomProfile:
        payloads = [
            {"PayloadType": "com.apple.security.scep", "PayloadContent": {"URL": url}}
            for url in urls
        ]
        text = plistlib.dumps({"PayloadContent": payloads}).decode()
        return CustomProfile("item-1", "Okta SCEP - canary", mobileconfig=text)

    ring, url = RingOptions("canary", ("Canary",)), "https://acme.okta.com/pki/AB/scep/rac1"
    both = with_urls("https://ca.acme.com/scep", url)
    assert okta_payload(ring, both, url)["PayloadContent"] == {"URL": url}
    assert okta_payload(ring, with_urls(), url) == {}
    with pytest.raises(BadOption) as refused:
        okta_payload(ring, with_urls("https://ca.acme.com/scep", "https://ca.acme.com/2"), url)
    assert refused.value.message == (
        "rings: the profile 'Okta SCEP - canary' of canary holds 2 SCEP payloads (payload 1"
        " (com.apple.security.scep) and payload 2 (com.apple.security.scep)), and which of them is"
        " Okta's is not clear. Move the others into a profile of their own."
    )


@pytest.mark.parametrize(
    ("stated", "held", "certificates", "counts"),
    [
        # The certificate came on the 22nd, the profile on the 21st, its write was on the 20th.
        (timedelta(days=2), [PRESENT], [PROVED], False),
        (timedelta(days=2, seconds=1), [PRESENT], [PROVED], True),
        (timedelta(days=1), [PRESENT], [], False),
        (timedelta(days=1, seconds=1), [PRESENT], [], True),
        (timedelta(0), [replace(PRESENT, created_at=None)], [], False),
        # The write alone does not give a Mac that is off a new certificate.
        (timedelta(0), [BEFORE], [], True),
        (timedelta(days=-70), [], [], True),
    ],
)
def test_a_stated_date_of_the_certificate_before_is_ignored_with_a_warning(
    stated: timedelta,
    held: list[InstalledProfile],
    certificates: list[PrismCertificate],
    counts: bool,
) -> None:
    """A line that somebody forgot would make the ring due again after each of its renewals."""
    date, logged = WRITTEN + stated, WRITTEN + timedelta(days=300)
    tenant = TenantFacts([], [], [MAC], {"d1": certificates}, {"C02X": date})
    tenant = replace(tenant, logged={"C02X": logged})
    read = tenant.certificate_of(MAC, profile(), held)
    assert read.expires == (date if counts else logged)
    warning = renewal.warn_outdated_option([RingFacts("canary", True, macs=(read,))])
    assert ("certificate_expiry: the date of C02x is older" in warning) is not counts


NODE = "6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1"


@pytest.mark.parametrize(
    ("node", "names"),
    [({}, "listed excluded holder unlisted"), ({"b": NODE}, "listed holder")],
)
def test_on_a_node_of_a_map_the_macs_count_that_kandji_lists_for_the_profile(
    node: dict[str, str], names: str
) -> None:
    devices = [
        KandjiDevice(name, name, blueprint_id=place)
        for name, place in (
            *(("listed", "b"), ("excluded", "b"), ("holder", "b"), ("unlisted", "b")),
            ("elsewhere", "c"),
        )
    ]
    statuses = [
        ItemStatus("listed", status="PENDING"),
        ItemStatus("excluded", status="EXCLUDED", reported_at=SEEN),
        ItemStatus("excluded", status="SUCCESS", reported_at="2026-11-01T00:00:00Z"),
        ItemStatus("elsewhere", status="SUCCESS"),
    ]
    tenant = TenantFacts([Blueprint("b", "Map", type="map")], [], devices, {}, {})
    ring = RingOptions("canary", ("Map",), assignment_nodes=node)
    macs = ring_devices(ring, tenant, statuses, {"holder", "elsewhere"})
    assert " ".join(mac.device_id for mac in macs) == names


def test_the_facts_of_a_ring_count_each_device_that_holds_its_profile_or_may() -> None:
    ring, away = RingOptions("canary", ("Canary",)), replace(MAC, device_id="d2", blueprint_id="c")
    tenant = TenantFacts(
        [Blueprint("b", "Canary")], [], [replace(MAC, blueprint_id="b"), away], {"d1": [PROVED]}, {}
    )
    content = {"Challenge": "old", "URL": "https://acme.okta.com/scep"}
    statuses = [ItemStatus("d2", status="PENDING"), ItemStatus("d3", status="A new word")]
    read = RingProfile(ring, profile(), {"PayloadContent": content}, [PRESENT], statuses)
    facts = read.facts(tenant, "new")
    assert [mac.serial for mac in facts.macs] == ["C02x"] and facts.macs[0].proof == "proved"
    assert (facts.to_enroll, facts.has_stale_secret, facts.written) == (2, True, WRITTEN)
    assert facts.url == content["URL"] and facts.has_profile
    for challenge in (None, "old"):
        assert not read.facts(tenant, challenge).has_stale_secret


def test_a_stray_profile_of_this_collection_stops_the_renewal() -> None:
    ring = RingOptions("wide", ("Sales",))
    text = "the custom profile 'Old' (p1) is on 'Sales'"
    with pytest.raises(BadOption) as caught:
        check_stray(ring, "SCEP ", text, is_own=True)
    about = (
        f"rings: wide has no SCEP profile 'SCEP wide', and {text}. Nobody renews its certificates,"
        " or gives it a new challenge."
    )
    assert caught.value.message == (
        f"{about} It is one of this collection. Rename it to 'SCEP wide' in Kandji, or remove it"
        " from there."
    )
    check_stray(ring, "SCEP ", text, is_own=False)
    assert warn_stray(ring, "SCEP ", text) == (
        f"{about} Remove it from there, then run site.yml, which creates the profile."
    )


def test_the_profiles_of_rings_are_found_by_their_names() -> None:
    profiles = [CustomProfile("p1", "SCEP canary"), CustomProfile("p2", "SCEP sales")]
    rings = [RingOptions(name, ("Canary",)) for name in ("canary", "all")]
    assert ring_profiles(rings, profiles, "SCEP ") == profiles[:1]


def test_rows_are_grouped_by_device() -> None:
    other = replace(PROVED, device_id="d2")
    assert group_by_device([PROVED, other, PROVED]) == {"d1": [PROVED, PROVED], "d2": [other]}


@pytest.mark.parametrize(("is_reported", "percent"), [(False, 100), (True, 0)])
def test_a_ring_is_not_healthy_by_what_the_ledger_knows_of_another_authoritys_certificate(
    is_reported: bool, percent: int
) -> None:
    name = f"C02x {UUID}"
    ledger = Ledger("https://acme.okta.com", None, (Issued(SEEN, "e1", (name,)),))
    others = UnattestedNames(frozenset({name.lower()}), WRITTEN + timedelta(days=3))
    known = Expiries(
        {},
        lambda serials, subject, unattested: expiry_by_serial(
            ledger, serials, 365, subject, unattested
        ),
        {"d1": others} if is_reported else {},
    )
    mac = replace(MAC, blueprint_id="b")
    tenant = TenantFacts([Blueprint("b", "Canary")], [profile()], [mac], {}, {}, known=known)
    ring = RingOptions("canary", ("Canary",))
    facts = RingProfile(ring, profile(), {}, [PRESENT], []).facts(tenant, None)
    assert facts.count_healthy_percent(WRITTEN + timedelta(days=4)) == percent
