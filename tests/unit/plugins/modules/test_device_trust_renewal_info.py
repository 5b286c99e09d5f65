# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the certificates of a fleet expire, by the best source for each Mac."""

from __future__ import annotations

import plistlib
import re
import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.module import (
    ModuleContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import renewal
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificate_check import (
    CheckedExpiry,
    newest_by_serial,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificate_ledger import (
    Expiries,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.renewal import (
    MacCertificate,
    RingFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    UNKNOWN,
    Subject,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    PrismCertificate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.device_integration import (
    RESET_EVENT,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent
from ansible_collections.devicetrust.okta_kandji.plugins.modules import (
    device_trust_renewal_info as module,
)

MAC = KandjiDevice("d1", "C02x", platform="Mac")
WRITTEN = datetime(2026, 11, 20, tzinfo=timezone.utc)
SEEN, YEAR = "2026-11-22T00:00:00Z", timedelta(days=365)


def test_a_key_that_no_mac_can_report_is_refused() -> None:
    assert (module._key_id(None), module._key_id("ab" * 20)) == ("", "AB" * 20)
    with pytest.raises(BadOption, match="^authority_key_id: '1699E4' is not a key identifier"):
        module._key_id("1699E4")


def test_the_check_on_the_mac_counts_more_than_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    by_device = {
        "d1": CheckedExpiry("2027-01-01T00:00:00Z"),
        "gone": CheckedExpiry("2026-01-01T00:00:00Z"),
    }
    asked = []

    def by_ledger(serials: t.Sequence[str], subject: Subject) -> dict[str, str]:
        assert subject is UNKNOWN
        return dict.fromkeys(serials, "2028-01-01T00:00:00Z")

    def known_expiry(*arguments: object) -> object:
        asked.append(arguments)
        return Expiries(by_device, by_ledger)

    monkeypatch.setattr(module, "known_expiry", known_expiry)
    okta = SimpleNamespace(org_url="https://acme.okta.com")
    key_ids = {okta.org_url: {"1699E426"}}
    monkeypatch.setattr(module, "read_key_ids", lambda asked: key_ids[asked.org_url])
    run = SimpleNamespace(
        params={"certificate_check_item_id": "i", "state_dir": "/d"},
        kandji="kandji",
        okta=okta,
        has_okta=True,
    )
    devices = [KandjiDevice("d1", "a"), KandjiDevice("d2", "B")]
    known = module._read_expiry(run, UNKNOWN)
    assert asked == [("kandji", "i", "https://acme.okta.com", "/d", {"1699E426"}, UNKNOWN)]
    checked = newest_by_serial(known.by_device, {"d1": "A", "d2": "B"})
    fleet = module.Fleet([], [], devices, {}, {}, checked, known)
    fleet = fleet.with_ledger(UNKNOWN, devices)
    times = [fleet.known_expiry(serial) for serial in ("a", "B", "c")]
    assert [time and time.year for time in times] == [2027, 2028, None]


@pytest.mark.parametrize(("check_item_id", "has_okta"), [(None, True), ("i", False)])
def test_the_authorities_are_read_for_the_check_alone_and_where_okta_is_configured(
    monkeypatch: pytest.MonkeyPatch, check_item_id: str | None, has_okta: bool
) -> None:
    asked = []

    def known_expiry(*arguments: object) -> object:
        asked.append(arguments)
        return Expiries()

    monkeypatch.setattr(module, "known_expiry", known_expiry)
    params = {"certificate_check_item_id": check_item_id, "state_dir": None}
    run = SimpleNamespace(params=params, kandji="kandji", has_okta=has_okta)
    assert module._read_expiry(run, UNKNOWN) == Expiries()
    assert asked == [("kandji", check_item_id, "", None, (), UNKNOWN)]


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
    fleet = module.Fleet([], [], [MAC], {"d1": certificates}, known)
    read = fleet.certificate_of(MAC, profile(), held)
    assert read == MacCertificate("C02x", present, expires, proof)


@pytest.mark.parametrize("common_name", ["$SERIAL_NUMBER", "$EMAIL"])
def test_without_the_uuid_in_the_subject_a_certificate_is_unknowable(common_name: str) -> None:
    fleet = module.Fleet([], [], [MAC], {"d1": [replace(PROVED, common_name="C02X")]}, {})
    read = fleet.certificate_of(MAC, profile(common_name), [PRESENT])
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
    fleet = module.Fleet([], [], [MAC], {"d1": certificates}, {}, checked)
    expires = fleet.certificate_of(MAC, profile(), held).expires
    assert expires is not None and (expires.year == 2026) is counts
    logged = replace(fleet, logged={"C02X": WRITTEN + timedelta(days=1000)})
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
    assert module._payload(ring, with_url(own), own)["PayloadContent"] == {"URL": own}
    with pytest.raises(
        BadOption, match="'Okta SCEP - canary' of canary holds a SCEP payload of sc"
    ):
        module._payload(ring, with_url(own), "https://acme.okta.com/scep")


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
    fleet = module.Fleet([], [], [MAC], {"d1": certificates}, {"C02X": date})
    fleet = replace(fleet, logged={"C02X": logged})
    read = fleet.certificate_of(MAC, profile(), held)
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
    fleet = module.Fleet([Blueprint("b", "Map", type="map")], [], devices, {}, {})
    ring = RingOptions("canary", ("Map",), assignment_nodes=node)
    macs = module._devices_of(ring, fleet, statuses, {"holder", "elsewhere"})
    assert " ".join(mac.device_id for mac in macs) == names


# The secret of a rotation


RAC = "rac1a2B3c4D5e6F7g8h9"
SCEP_URL = f"https://acme.okta.com/pki/{'AB' * 20}/scep/{RAC}"


def check_challenge(
    *rings: RingFacts, target: str = RAC, unconfirmed: str | None = None
) -> list[str]:
    """Return the warnings of the check, of an org that reset the secret key of target at SEEN."""
    warnings: list[str] = []
    row = {"eventType": RESET_EVENT, "published": SEEN, "target": [{"id": target}]}
    okta = SimpleNamespace(log_events=lambda *_search: iter([LogEvent.from_row(row)]))
    ctx: t.Any = SimpleNamespace(okta=okta, warn=warnings.append, params={"url": SCEP_URL})
    checked = module._check_challenge(ctx, rings, WRITTEN + timedelta(days=9))
    assert checked == unconfirmed
    return warnings


def test_a_reset_of_another_platform_does_not_make_the_secret_old() -> None:
    ring = RingFacts("fleet", True, WRITTEN)
    assert check_challenge(ring, target="racZZZZZZZZZZZZZZZZZ") == []
    (warning,) = check_challenge(ring, target="dmp1", unconfirmed=SEEN)
    assert warning.startswith("challenge: it may be the old secret. The profile of fleet holds it")
    assert warning.endswith(" A test enrolment decides.")


@pytest.mark.parametrize("dated", [(), (RingFacts("fleet", True, WRITTEN + timedelta(days=5)),)])
def test_a_profile_without_a_time_leaves_open_whether_its_secret_is_old(
    dated: tuple[RingFacts, ...],
) -> None:
    undated = [RingFacts("canary", True), RingFacts("pilot", True)]
    assert check_challenge(*undated, *dated) == [
        "challenge: whether Okta reset the secret key since the profiles were written cannot be"
        " read for canary, pilot. Kandji does not list when their profiles were written. Make sure"
        " that the secret is the one of the last reset."
    ]


def test_no_warning_of_a_ring_that_has_no_profile_or_is_to_get_the_secret() -> None:
    rings = [RingFacts("canary", False), RingFacts("pilot", True, has_stale_secret=True)]
    assert check_challenge(*rings) == []


def test_an_old_secret_of_one_ring_is_found_next_to_one_without_a_time() -> None:
    with pytest.raises(BadOption, match="^challenge: it is the old secret. The profile of fleet"):
        check_challenge(RingFacts("canary", True), RingFacts("fleet", True, WRITTEN))


@pytest.mark.parametrize("is_own", [True, False])
def test_a_ring_whose_profile_was_renamed_stops_the_renewal(
    monkeypatch: pytest.MonkeyPatch, is_own: bool
) -> None:
    """Nobody would renew its certificates, and a line in the output would be all that says so."""
    seen = "the custom profile 'Okta SCEP - Wide Macs' (p1) is on 'Sales'"
    monkeypatch.setattr(module, "find_strays", lambda *_arguments: [(seen, is_own)])
    monkeypatch.setattr(module.assignments, "read_items", lambda *_arguments: {})
    warnings: list[str] = []
    params = {"scep_profile_prefix": "Okta SCEP - ", "url": None, "challenge": None}
    run = t.cast(
        ModuleContext, SimpleNamespace(params=params, kandji="kandji", warn=warnings.append)
    )
    fleet = module.Fleet([Blueprint("b", "Sales")], [], [], {}, {})
    ring = RingOptions("wide", ("Sales",))
    expected = rf"rings: wide has no SCEP profile 'Okta SCEP - wide', and {re.escape(seen)}\. Nob"
    if is_own:
        with pytest.raises(BadOption, match=f"^{expected}.* Rename it to 'Okta SCEP - wide' in"):
            module._read_ring(run, ring, fleet)
        return
    assert module._read_ring(run, ring, fleet) == RingFacts("wide", False)
    assert len(warnings) == 1 and re.match(expected, warnings[0])
