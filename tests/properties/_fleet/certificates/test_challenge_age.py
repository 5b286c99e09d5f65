# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secret of a rotation: only a reset after a profile was written can make it old."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.challenge_age import (
    SecretAges,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.renewal import (
    RingFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.device_integration import (
    RESET_EVENT,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import ring_facts
from tests.support.strategies.okta import events
from tests.support.strategies.values import assert_sentence, outcome_of, times

URL = "https://acme.okta.com/pki/scep/rac1a2B3c4D5e6F7g8h9"
TARGETS = ("rac1a2B3c4D5e6F7g8h9", "racZZZZZZZZZZZZZZZZZ", "dmp1")
rings = st.tuples(ring_facts("canary"), ring_facts("all")).map(list)
resets = st.builds(
    lambda time, target: LogEvent.from_row(
        {"eventType": RESET_EVENT, "published": time, "target": [{"id": target}]}
    ),
    times(),
    st.sampled_from(TARGETS),
)


@given(rings, st.lists(st.one_of(resets, events()), max_size=3))
def test_only_a_reset_after_a_write_makes_a_secret_old(
    some: list[RingFacts], log: list[LogEvent]
) -> None:
    ages = SecretAges.of_rings(some)
    holding = {ring.name for ring in some if ring.has_profile and not ring.has_stale_secret}
    assert {*ages.dated, *ages.undated} == holding
    assert bool(ages.warn_undated()) is bool(ages.undated)
    outcome = outcome_of(lambda: ages.find_possible_reset(log, URL))
    published = [parse_timestamp(each.published) for each in log if each.event_type == RESET_EVENT]
    later = any(
        time is not None and time > written for time in published for written in ages.dated.values()
    )
    if isinstance(outcome, BadOption):
        assert later
        assert_sentence(outcome.message)
    elif not isinstance(outcome, Exception):
        assert (outcome[0] is not None) is bool(outcome[1])
        assert later or outcome[0] is None


@given(rings, resets)
def test_a_later_write_never_makes_a_secret_old(some: list[RingFacts], reset: LogEvent) -> None:
    ages = SecretAges.of_rings(some)
    later = SecretAges({name: time + timedelta(days=1) for name, time in ages.dated.items()})
    before, after = (
        outcome_of(lambda each=each: each.find_possible_reset([reset], URL))
        for each in (ages, later)
    )
    assert not isinstance(after, BadOption) or isinstance(before, BadOption)
