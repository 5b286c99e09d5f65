# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renewal: due at latest when a certificate is about to expire, one ring at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.renewal import (
    Pace,
    RingFacts,
    decide,
    estimate_expiry,
    warn_unknowable,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import paces, ring_facts
from tests.support.strategies.values import NOW, datetimes

rings = st.tuples(ring_facts("canary"), ring_facts("sales"), ring_facts("all")).map(list)


@given(rings, paces)
def test_each_ring_is_decided_and_at_most_one_renews(some: list[RingFacts], pace: Pace) -> None:
    decisions = decide(some, NOW, pace)
    assert [each.name for each in decisions] == [ring.name for ring in some]
    assert sum(each.renew for each in decisions) <= 1
    for ring, each in zip(some, decisions, strict=True):
        assert not (each.renew and each.waiting) and each.reason.endswith(".")
        assert set(each.due) <= {mac.serial for mac in ring.macs}
        assert 0 <= each.healthy_percent <= 100
        assert each.macs_to_enroll == (ring.to_enroll if each.renew else 0)
        assert not each.renew or ring.has_profile
        assert not each.renew or pace.rotate or each.due


@given(ring_facts(), paces)
def test_a_proved_certificate_is_due_no_later_than_it_expires(ring: RingFacts, pace: Pace) -> None:
    for mac in ring.macs:
        if mac.expires is not None and mac.is_present:
            decision = decide([ring], mac.expires, replace(pace, rotate=False))[0]
            assert mac.serial in decision.due


@given(ring_facts(), paces, st.integers(0, 60))
def test_time_makes_more_certificates_due_never_fewer(
    ring: RingFacts, pace: Pace, days: int
) -> None:
    pace = replace(pace, rotate=False)
    now, later = (set(decide([ring], at, pace)[0].due) for at in (NOW, NOW + timedelta(days=days)))
    assert now <= later


@given(rings, paces, st.integers(0, 100))
def test_a_higher_demand_for_healthy_macs_never_renews_more(
    some: list[RingFacts], pace: Pace, percent: int
) -> None:
    low, high = sorted((percent, pace.min_healthy_percent))
    loose, strict = (
        [each.renew for each in decide(some, NOW, replace(pace, min_healthy_percent=value))]
        for value in (low, high)
    )
    assert sum(strict) <= sum(loose)


@given(ring_facts(), paces)
def test_what_is_unknown_of_a_ring_never_renews_it(ring: RingFacts, pace: Pace) -> None:
    pace = replace(pace, rotate=False)
    unwritten = replace(ring, written=None)
    undated = replace(ring, macs=tuple(replace(mac, expires=None) for mac in ring.macs))
    assert not decide([unwritten], NOW, pace)[0].renew
    assert not decide([undated], NOW, pace)[0].renew
    assert undated.count_healthy_percent(NOW) in (0, 100)
    assert bool(warn_unknowable(ring)) is bool(ring.unknowable)


@given(st.lists(st.one_of(st.none(), datetimes(400)), max_size=3))
def test_an_estimate_counts_from_the_first_time_that_is_known(times: list) -> None:
    known = [time for time in times if time]
    expiry = estimate_expiry(*times)
    assert expiry == (known[0] + timedelta(days=365) if known else None)
