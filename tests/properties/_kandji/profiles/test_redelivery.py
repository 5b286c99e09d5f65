# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redelivery: a Mac is done only by a new certificate, and every step leads on."""

from __future__ import annotations

from datetime import datetime, timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    Proof,
    Subject,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.redelivery import (
    Mac,
    MacState,
    Plan,
    Reported,
    Selection,
    describe_wait,
    make_unknown,
    next_step,
    with_tag,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
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
)
from tests.support.strategies.values import datetimes

times = st.one_of(st.none(), datetimes())
macs = st.builds(MacState, st.booleans(), st.booleans(), times, st.booleans(), times, st.booleans())


@given(macs, datetimes())
def test_a_mac_is_done_only_with_profile_and_new_certificate(
    mac: MacState, before: datetime
) -> None:
    step = next_step(mac, before)
    assert step.action in ("tag", "untag", "wait", "nothing")
    assert step.state in ("done", "excluding", "delivering", "certifying", "unknown")
    assert (step.state == "done") is mac.is_renewed(before)
    assert (step.action == "untag") <= mac.tagged and (step.action == "tag") <= (not mac.tagged)
    assert step.needs_check_in is not step.is_final
    assert describe_wait({"C02": step}).startswith("waiting for ")


@given(macs)
def test_a_later_date_never_makes_a_mac_done(mac: MacState) -> None:
    for hours in range(-48, 48, 12):
        early = datetime.fromisoformat("2026-11-23T10:00:00+00:00") + timedelta(hours=hours)
        assert mac.is_renewed(early) or not mac.is_renewed(early + timedelta(hours=12))


@given(
    devices(),
    st.lists(installed_profiles(), max_size=3),
    st.lists(certificates(), max_size=3),
    custom_profiles(),
)
def test_a_certificate_of_another_authority_never_counts(
    some: list[KandjiDevice],
    profiles: list[InstalledProfile],
    seen: list[PrismCertificate],
    profile: CustomProfile,
) -> None:
    subject = Subject.of_profile(profile)
    for device in some:
        mac = MacState.of_device(device, False, profiles, seen, subject)
        own = [each for each in profiles if each.device_id == device.device_id]
        known = subject.installed(own)
        rows = [each for each in seen if each.device_id == device.device_id]
        assert mac.has_certificate is bool(known.select(rows, device.serial, Proof.PROVED))
        assert mac.has_profile is bool(own)


@given(
    st.lists(st.sampled_from(("a", "b", "c")), unique=True),
    st.sampled_from(("a", "x")),
    st.booleans(),
)
def test_other_tags_stay(tags: list[str], tag: str, wanted: bool) -> None:
    after = with_tag(tags, tag, wanted)
    assert [each for each in after if each != tag] == [each for each in tags if each != tag]
    assert (tag in after) is wanted and with_tag(after, tag, wanted) == after


@given(
    devices(),
    st.lists(installed_profiles(), max_size=3),
    st.lists(certificates(), max_size=3),
    st.frozensets(st.sampled_from(("b1", "b2", ""))),
    datetimes(),
)
def test_each_mac_has_one_step_and_none_loses_a_profile_that_does_not_come_back(
    some: list[KandjiDevice],
    profiles: list[InstalledProfile],
    seen: list[PrismCertificate],
    unassigned: frozenset[str],
    before: datetime,
) -> None:
    macs = {device.serial: Mac(device, list(device.tags or ())) for device in some}
    named = Selection([*macs, "C99"], macs, {"C99": make_unknown("Kandji has no such Mac.")})
    plan = Plan(Subject(), "x", before, before)
    steps = plan.steps(named, Reported(profiles, seen, unassigned))
    assert [*steps] == [*macs, "C99"]
    for serial, mac in macs.items():
        if mac.device.blueprint_id in unassigned:
            assert not steps[serial].begins
