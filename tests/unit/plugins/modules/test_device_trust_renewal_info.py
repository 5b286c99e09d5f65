# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the decision on renewals reads."""

from __future__ import annotations

import re
import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.module import (
    ModuleContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_report import (
    NO_KEYS,
    CheckedExpiry,
    newest_by_serial,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.ledger import (
    Expiries,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.renewal import (
    RingFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.ring_certificates import (
    TenantFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    UNKNOWN,
    Subject,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    KandjiDevice,
)
from ansible_collections.devicetrust.okta_kandji.plugins.modules import (
    device_trust_renewal_info as module,
)


def test_the_check_on_the_mac_counts_more_than_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    by_device = {
        "d1": CheckedExpiry("2027-01-01T00:00:00Z"),
        "gone": CheckedExpiry("2026-01-01T00:00:00Z"),
    }
    asked = []

    def by_ledger(serials: t.Sequence[str], subject: Subject, _others: t.Any) -> dict[str, str]:
        assert subject is UNKNOWN
        return dict.fromkeys(serials, "2028-01-01T00:00:00Z")

    def known_expiry(*arguments: object) -> object:
        asked.append(arguments)
        return Expiries(by_device, by_ledger)

    monkeypatch.setattr(module, "known_expiry", known_expiry)
    okta = SimpleNamespace(org_url="https://acme.okta.com")
    keys = {(okta.org_url, "https://scep"): {"1699E426": None}}
    monkeypatch.setattr(module, "read_authorities", lambda asked: asked.org_url)
    monkeypatch.setattr(module, "superseded_expiries", lambda *asked: keys[asked])
    run = SimpleNamespace(
        params={"certificate_check_item_id": "i", "state_dir": "/d", "url": "https://scep"},
        kandji="kandji",
        okta=okta,
        has_okta=True,
    )
    devices = [KandjiDevice("d1", "a"), KandjiDevice("d2", "B")]
    known = module._read_expiry(run, UNKNOWN)
    assert asked == [("kandji", "i", "https://acme.okta.com", "/d", {"1699E426": None}, UNKNOWN)]
    checked = newest_by_serial(known.by_device, {"d1": "A", "d2": "B"})
    tenant = TenantFacts([], [], devices, {}, {}, checked, known)
    tenant = tenant.with_ledger(UNKNOWN, devices)
    times = [tenant.known_expiry(serial) for serial in ("a", "B", "c")]
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
    assert asked == [("kandji", check_item_id, "", None, NO_KEYS, UNKNOWN)]


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
    tenant = TenantFacts([Blueprint("b", "Sales")], [], [], {}, {})
    ring = RingOptions("wide", ("Sales",))
    expected = rf"rings: wide has no SCEP profile 'Okta SCEP - wide', and {re.escape(seen)}\. Nob"
    if is_own:
        with pytest.raises(BadOption, match=f"^{expected}.* Rename it to 'Okta SCEP - wide' in"):
            module._read_ring(run, ring, tenant)
        return
    assert module._read_ring(run, ring, tenant) == RingFacts("wide", False)
    assert len(warnings) == 1 and re.match(expected, warnings[0])
