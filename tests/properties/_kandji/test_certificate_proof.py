# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof of a certificate: only the UUID of this profile proves anything, never a serial."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    Proof,
    Subject,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
    InstalledProfile,
    PrismCertificate,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import (
    SUBJECTS,
    certificates,
    custom_profiles,
    installed_profiles,
    payload,
    profile,
    to_text,
)
from tests.support.strategies.values import SERIALS, UUIDS

serials = st.sampled_from(SERIALS)


@given(st.lists(custom_profiles(), max_size=2), certificates(), serials)
def test_a_name_without_a_uuid_of_the_profile_never_proves(
    profiles: list[CustomProfile], certificate: PrismCertificate, serial: str
) -> None:
    subject = Subject.of_profiles(profiles)
    name = certificate.common_name.lower()
    proof = subject.judge(certificate, serial)
    if not any(uuid in name for uuid in subject.uuids):
        assert proof is not Proof.PROVED
    if serial.lower() not in name and proof is not Proof.NONE:
        assert proof is Proof.PROVED and subject.holds_serial is not True
    if subject.holds_uuid:
        assert proof is not Proof.POSSIBLE


@given(
    st.sampled_from(("1", "okta", "C02XK1ZAJG5J", "-", "a" * 36)),
    st.sampled_from(SUBJECTS),
    certificates(),
    serials,
)
def test_a_payload_uuid_that_is_not_a_uuid_proves_nothing(
    uuid: str, subject: str, certificate: PrismCertificate, serial: str
) -> None:
    """A file that people wrote by hand may hold any text there, such as a word of the name."""
    scep = payload("com.apple.security.scep", "x", PayloadContent={"Subject": [[["CN", subject]]]})
    record = CustomProfile("1", "Okta", to_text(profile(scep, uuid=uuid)))
    assert Subject.of_profile(record).judge(certificate, serial) is not Proof.PROVED
    installed = InstalledProfile("d1", payload_uuid=uuid.lower())
    known = Subject(frozenset(), True, None).installed([installed])
    assert known.judge(certificate, serial) is not Proof.PROVED


@given(st.lists(custom_profiles(), max_size=3), certificates(), serials, installed_profiles())
def test_what_is_unknown_of_one_profile_is_unknown_of_all(
    profiles: list[CustomProfile],
    certificate: PrismCertificate,
    serial: str,
    installed: InstalledProfile,
) -> None:
    subject = Subject.of_profiles(profiles)
    assert Subject.of_profiles(reversed(profiles)) == subject
    each = [Subject.of_profile(one) for one in profiles]
    if any(one.holds_uuid is None for one in each) or not each:
        assert subject.holds_uuid is not True
    more = subject.installed([installed])
    assert subject.uuids <= more.uuids
    if subject.judge(certificate, serial) is Proof.PROVED:
        assert more.judge(certificate, serial) is Proof.PROVED
    assert subject.select([certificate], serial, *Proof) == [certificate]
    assert UUIDS
