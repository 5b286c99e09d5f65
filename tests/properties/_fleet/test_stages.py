# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stage of a Mac: exactly one of the known, and MANAGED only if Okta says so of each user."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    MacFacts,
    choose_record,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    ACTORS,
    FLAGS,
    STAGES,
    classify,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs


@given(macs())
def test_a_mac_has_one_known_stage_with_a_reason_and_a_next_step(mac: MacFacts) -> None:
    found = classify(mac, LIMITS)
    assert found.stage in STAGES and ACTORS[found.stage]
    assert found.reason.endswith(".") and found.next_step.endswith(".")
    assert list(found.flags) == [flag for flag in FLAGS if flag in found.flags]


@given(macs())
def test_managed_is_what_okta_says_of_each_user_of_a_working_record(mac: MacFacts) -> None:
    best, found = choose_record(mac.records), classify(mac, LIMITS)
    says_so = (
        mac.in_kandji
        and best is not None
        and best.status in ("ACTIVE", "UNSUSPENDED")
        and bool(best.users)
        and all(status == "MANAGED" for status in best.users.values())
    )
    assert (found.stage == "MANAGED") is says_so


@given(macs(), st.sampled_from(("", "UNKNOWN_TO_US", "managed")))
def test_an_unknown_status_never_makes_a_mac_managed_and_never_is_confirmed(
    mac: MacFacts, word: str
) -> None:
    mac.records = [replace(each, users=dict.fromkeys(each.users, word)) for each in mac.records]
    found = classify(mac, LIMITS)
    assert found.stage not in ("MANAGED", "MIXED")
    best = choose_record(mac.records)
    if best is not None and best.users and mac.in_kandji:
        assert found.unconfirmed_reason


@given(macs(), st.randoms(use_true_random=False))
def test_the_order_of_records_and_certificates_does_not_matter(
    mac: MacFacts, chance: t.Any
) -> None:
    expected = classify(mac, LIMITS)
    records, seen = list(mac.records), list(mac.certificates)
    chance.shuffle(records)
    chance.shuffle(seen)
    mac.records, mac.certificates = records, seen
    found = classify(mac, LIMITS)
    assert (found.stage, found.flags) == (expected.stage, expected.flags)
