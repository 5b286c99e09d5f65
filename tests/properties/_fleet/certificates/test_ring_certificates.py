# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of a ring: whatever Kandji reports, each Mac of the ring has one answer."""

from __future__ import annotations

from datetime import datetime

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.ring_certificates import (
    RingProfile,
    TenantFacts,
    okta_payload,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rings.reader import (
    RingOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    ItemStatus,
    KandjiDevice,
    PrismCertificate,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import (
    certificates,
    custom_profiles,
    devices,
    installed_profiles,
    statuses,
)
from tests.support.strategies.values import assert_sentence, datetimes, outcome_of

RING = RingOptions("canary", ("Canary",))


@given(
    devices(),
    custom_profiles(),
    st.lists(installed_profiles(), max_size=3),
    statuses(),
    st.lists(certificates(), max_size=3),
)
def test_the_macs_of_a_ring_are_those_of_its_blueprints_each_once(
    macs: list[KandjiDevice],
    profile: CustomProfile,
    installed: list[InstalledProfile],
    seen: list[ItemStatus],
    rows: list[PrismCertificate],
) -> None:
    blueprints = [Blueprint(macs[0].blueprint_id if macs else "b", "Canary")]
    by_device = {row.device_id: [row] for row in rows}
    tenant = TenantFacts(blueprints, [profile], macs, by_device, {})
    payload = outcome_of(lambda: okta_payload(RING, profile, ""))
    if isinstance(payload, DeviceTrustError):
        assert_sentence(payload.message)
        return
    facts = RingProfile(RING, profile, payload, installed, seen).facts(tenant, None)
    serials = [mac.serial for mac in facts.macs]
    places = {"", *(blueprint.id for blueprint in blueprints)}
    assert set(serials) <= {mac.serial for mac in macs if mac.blueprint_id in places}
    assert len(serials) <= len(macs) and not facts.has_stale_secret
    assert facts.to_enroll >= len({row.device_id for row in installed})


@given(devices(), custom_profiles(), datetimes(), datetimes())
def test_what_the_options_state_counts_unless_the_certificate_came_later(
    macs: list[KandjiDevice], profile: CustomProfile, stated: datetime, came: datetime
) -> None:
    for mac in macs:
        tenant = TenantFacts([], [profile], macs, {}, {mac.serial.upper(): stated})
        expected = None if stated <= came else stated
        assert tenant.known_expiry(mac.serial, came) == expected
        assert tenant.is_stated_before(mac.serial, came) is (stated <= came)
