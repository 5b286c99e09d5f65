# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ring goes, which waits, and why."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._status.renewal import (
    MacCertificate,
    Pace,
    RingFacts,
    decide,
    reckoned_end,
)

NOW = datetime(2027, 10, 25, 3, tzinfo=timezone.utc)


def mac(days, present=True, serial="A"):
    return MacCertificate(serial, present, None if days is None else NOW + timedelta(days=days))


def ring(*macs, name="canary", written=335, **more):
    return RingFacts(name, True, NOW - timedelta(days=written), "1", list(macs), len(macs), **more)


@pytest.mark.parametrize(
    "facts, renew, said",
    [
        (ring(mac(30)), True, "1 certificates end within 30 days; 1 Macs enrol."),
        (ring(mac(31)), False, "No certificate ends within 30 days."),
        (ring(mac(-5)), True, "1 certificates end"),
        (ring(mac(None)), False, "No certificate ends"),
        (
            ring(mac(-5, present=False), mac(200)),
            False,
            "1 did not pick up the present generation yet, which is no reason for another",
        ),
        (
            ring(mac(10), written=59),
            False,
            "written 59 days ago; at most one generation in 60 days",
        ),
        (ring(mac(10), written=60), True, "1 certificates"),
        (ring(), False, "No certificate"),
        (RingFacts("canary", False), False, "no SCEP profile yet"),
        (RingFacts("canary", True, None, "1", [mac(1)], 1), False, "does not say when"),
    ],
)
def test_one_ring(facts, renew, said):
    [decision] = decide([facts], NOW, Pace())
    assert decision.renew is renew and said in decision.reason
    assert decision.generation == ("renewed-2027-10-25" if renew else facts.generation)
    assert decision.macs_to_enrol == (facts.to_enrol if renew else 0)


def test_one_ring_goes_at_a_time():
    first, second = decide([ring(mac(10)), ring(mac(10), name="wide")], NOW, Pace())
    assert (
        first.renew
        and not second.renew
        and second.held
        and "waits for the ring canary" in second.reason
    )


@pytest.mark.parametrize(
    "macs, percent, renew",
    [([mac(300)] * 9 + [mac(None)], 90, True), ([mac(300)] * 8 + [mac(9, False)] * 2, 90, False)],
)
def test_the_next_ring_waits_until_the_one_before_is_healthy(macs, percent, renew):
    before = ring(*macs, written=1)
    decision = decide([before, ring(mac(10), name="wide")], NOW, Pace(min_healthy_percent=percent))[
        1
    ]
    assert decision.renew is renew and decision.held is not renew


@pytest.mark.parametrize("limit, renew", [(None, True), (3, True), (2, False)])
def test_the_pace_counts_what_enrols_in_this_hour(limit, renew):
    before = ring(mac(300), mac(300), written=0)
    decision = decide(
        [before, ring(mac(10), name="wide")], NOW, Pace(max_enrolments_per_hour=limit)
    )[1]
    assert decision.renew is renew


def test_a_ring_above_the_pace_goes_alone():
    assert decide([ring(mac(10), mac(10))], NOW, Pace(max_enrolments_per_hour=1))[0].renew


def test_after_a_reset_of_the_secret_rings_go_by_what_they_hold():
    stale, wide = (
        ring(mac(300), written=3, stale_secret=True),
        ring(mac(300), name="wide", written=3, stale_secret=True),
    )
    first, second = decide([stale, wide], NOW, Pace(rotate=True))
    assert (
        first.renew
        and first.generation == "1"
        and "1 Macs enrol with the new one" in first.reason
        and second.held
    )
    done = decide([ring(mac(300), written=0), wide], NOW, Pace(rotate=True))
    assert not done[0].renew and "holds this secret already" in done[0].reason and done[1].renew


def test_an_end_that_nobody_read_is_reckoned():
    assert (
        reckoned_end(NOW, NOW - timedelta(days=9))
        == NOW + timedelta(days=365)
        == reckoned_end(None, NOW)
    )
    assert reckoned_end(None, None) is None
