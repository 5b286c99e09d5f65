# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of Macs, joined of both vendors, as the stages are decided from."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.renewal import (
    MacCertificate,
    Pace,
    RingFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    AgeLimits,
    DeviceRecord,
    MacFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import STATES
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    RecordEvents,
)
from hypothesis import strategies as st

from tests.support.strategies.okta import DEVICE_IDS
from tests.support.strategies.values import (
    NOW,
    SERIALS,
    any_time,
    datetimes,
    serials,
    texts,
    unknown_words,
)

LIMITS = AgeLimits(NOW)
words = st.sampled_from(("MANAGED", "MANAGED", "NOT_MANAGED", "", "UNKNOWN_TO_US"))
states = st.one_of(st.sampled_from((*STATES, None)), st.just("installed"))
record_statuses = st.sampled_from(
    ("ACTIVE", "ACTIVE", "UNSUSPENDED", "SUSPENDED", "DEACTIVATED", "", "UNKNOWN_TO_US")
)


def as_text(value: object) -> str:
    """Return a timestamp as a reader passes it on: a text, "" for none."""
    return "" if value is None else str(value)


@st.composite
def records(draw: st.DrawFn, record_id: str) -> DeviceRecord:
    """Return a device record with up to two users."""
    return DeviceRecord(
        record_id,
        draw(record_statuses),
        as_text(draw(any_time())),
        as_text(draw(any_time())),
        draw(st.dictionaries(st.sampled_from(("ada@acme.com", "bob@acme.com")), words)),
        draw(st.sampled_from(("C02XK1ZAJG5J", ""))),
    )


@st.composite
def macs(draw: st.DrawFn) -> MacFacts:
    """Return the facts of a Mac."""
    seen = st.lists(any_time().map(as_text), max_size=2)
    ids = draw(st.lists(st.sampled_from(DEVICE_IDS[:2]), unique=True))
    expires = as_text(draw(any_time(500))) if draw(st.booleans()) else ""
    events = st.builds(
        RecordEvents,
        st.sampled_from((None, "ACTIVE", "SUSPENDED", "DELETED")),
        st.sampled_from((None, True, False)),
        st.dictionaries(st.just("ada@acme.com"), st.booleans()),
    )
    return MacFacts(
        str(draw(serials) or ""),
        draw(texts),
        "d1",
        "ada@acme.com",
        draw(st.sampled_from(("canary", "all", None))),
        draw(states),
        draw(st.sampled_from(("", "boom"))),
        draw(seen),
        draw(seen),
        draw(states),
        "",
        draw(st.booleans()),
        [draw(records(each)) for each in ids],
        draw(st.sampled_from((True, True, False))),
        issued=as_text(draw(any_time())),
        last_issued=as_text(draw(any_time())),
        last_bound=as_text(draw(any_time())),
        last_revoked=as_text(draw(any_time())),
        expires=expires,
        expiry_source=draw(st.sampled_from(("mac", "ledger"))) if expires else "",
        not_after=draw(st.sampled_from(("", "2031-01-01T00:00:00Z"))) if expires else "",
        events=draw(st.one_of(st.none(), st.dictionaries(st.sampled_from(DEVICE_IDS), events))),
        status_gaps=draw(st.sampled_from(((), ("profile",), ("app",)))),
        rolled_out=draw(st.booleans()),
        competing=draw(st.booleans()),
        tags=draw(st.lists(texts, max_size=2)),
    )


@st.composite
def ring_facts(draw: st.DrawFn, name: str = "canary") -> RingFacts:
    """Return what is known of a ring."""
    mac = st.builds(
        MacCertificate,
        st.sampled_from(SERIALS),
        st.booleans(),
        st.one_of(st.none(), datetimes(400)),
        st.sampled_from(("proved", "missing", "unknowable")),
    )
    found: list[t.Any] = draw(st.lists(mac, max_size=4))
    return RingFacts(
        name,
        draw(st.sampled_from((True, True, False))),
        draw(st.one_of(st.none(), datetimes(400))),
        draw(st.sampled_from((None, "1"))),
        tuple(found),
        draw(st.integers(0, 5)),
        draw(st.booleans()),
    )


paces = st.builds(
    Pace,
    st.integers(0, 90),
    st.integers(0, 90),
    st.integers(0, 100),
    st.one_of(st.none(), st.integers(0, 9)),
    st.sampled_from((False, False, True)),
)
hours = st.integers(-3, 3).map(lambda number: timedelta(hours=number))
words_of_nobody = unknown_words
