# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets of a reset, the guards of its options, and the evidence that was read for it."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.guards import (
    ALLOW,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    Evidence,
    GuardOptions,
    Guards,
    Mac,
    RecordTarget,
)
from hypothesis import strategies as st

from tests.support.strategies.okta import (
    DEVICE_IDS,
    USER_IDS,
    device_users,
    devices,
    enrollments,
)
from tests.support.strategies.values import NOW, datetimes

WEAK = ("okta_password", "okta_email", "security_question")
STRICT = GuardOptions((), "skip", 24.0, ("MACOS",), WEAK)
SERIALS = ("C02XK1ZAJG5J", "c02xk1zajg5j", "FVFXC2ABCDEF", "Z1A-2.3/b", "")


@st.composite
def macs(draw: st.DrawFn, serial: str) -> Mac:
    """Return what Kandji knows of a Mac."""
    some = st.lists(datetimes(), max_size=2).map(tuple)
    return Mac(
        serial, "Mac", "Ada", draw(st.booleans()), draw(some), draw(some), draw(st.booleans())
    )


@st.composite
def targets(draw: st.DrawFn) -> list[RecordTarget]:
    """Return up to four targets: records with an id each, and serials without a record."""
    chosen: list[RecordTarget] = []
    for device_id in draw(st.lists(st.sampled_from(DEVICE_IDS), max_size=4, unique=True)):
        serial = draw(st.sampled_from(SERIALS))
        mac = draw(st.one_of(macs(serial), macs(serial), st.none())) if serial else None
        if serial and draw(st.sampled_from((False, False, False, True))):
            chosen.append(RecordTarget(f"{serial}-{device_id}", mac=mac))
            continue
        device = draw(devices(device_id, serial))
        by_id = draw(st.sampled_from((False, False, True)))
        chosen.append(RecordTarget(serial or device_id, device, draw(device_users()), mac, by_id))
    return chosen


@st.composite
def guards(draw: st.DrawFn, allow: bool = True) -> Guards:
    """Return guards, of which some are lifted if ``allow`` is set."""
    reasons: st.SearchStrategy[list[t.Any]] = st.lists(st.sampled_from(ALLOW), unique=True)
    return Guards(
        NOW,
        NOW - timedelta(hours=draw(st.integers(0, 48))),
        GuardOptions(
            draw(reasons) if allow else (),
            draw(st.sampled_from(("skip", "each", "clean_up"))),
            float(draw(st.sampled_from((0, 24, 10_000)))),
            ("MACOS", "IOS"),
            WEAK,
        ),
    )


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    """Return evidence on some of the users and records."""
    records = st.lists(st.sampled_from((*DEVICE_IDS, "guo9")), unique=True)
    ids, people = st.sampled_from(DEVICE_IDS), st.sampled_from(USER_IDS)
    return Evidence(
        draw(st.dictionaries(ids, datetimes())),
        draw(st.dictionaries(people, enrollments())),
        draw(st.dictionaries(people, records)),
        draw(st.dictionaries(ids, datetimes())),
    )
