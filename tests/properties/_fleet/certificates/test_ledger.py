# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: read as it was written, each certificate once, in whatever order events come."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.ledger import (
    Ledger,
    expiry_by_serial,
    merge,
    parse,
    render,
    since,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.strategies.okta import events, hostile_events
from tests.support.strategies.values import NOW, SERIALS, changed_rows, outcome_of

ORG = "https://acme.okta.com"
ROWS = (
    {"ledger": 1, "org": ORG, "read_to": "2026-11-20T21:56:17.822Z"},
    {"at": "2026-11-20T21:56:17.822Z", "uuid": "u1", "names": ["CN=C02XK1ZAJG5J"]},
)


@given(st.lists(events()), st.lists(events()), st.randoms(use_true_random=False))
def test_events_are_merged_once_in_any_order(
    some: list[LogEvent], more: list[LogEvent], chance: t.Any
) -> None:
    ledger = merge(Ledger(ORG), some, 365, NOW)
    assert merge(ledger, some, 365, NOW) is ledger
    both = merge(Ledger(ORG), [*some, *more], 365, NOW)
    assert merge(ledger, more, 365, NOW).issued == both.issued
    chance.shuffle(some)
    assert merge(Ledger(ORG), some, 365, NOW) == ledger
    assert parse(render(both), ORG, "file") == both
    assert {each.uuid for each in both.issued} == {event.uuid for event in (*some, *more)}


@given(st.lists(hostile_events()), st.sampled_from((0, 365, 3650)))
def test_events_of_any_form_are_merged_or_refused(log: list[LogEvent], days: int) -> None:
    try:
        ledger = merge(Ledger(ORG), log, days, NOW)
    except Unreadable:
        assert not all(event.uuid and parse_timestamp(event.published) for event in log)
        return
    since(ledger, NOW)
    expiries = expiry_by_serial(ledger, SERIALS, days)
    assert set(expiries) <= set(SERIALS)
    assert all(parse_timestamp(each) for each in expiries.values())


@given(changed_rows([list(ROWS)]))
@example(["[" * 100_000])
def test_a_file_of_any_form_is_read_or_refused(rows: list[t.Any]) -> None:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    ledger = outcome_of(lambda: parse(text, ORG, "file"))
    if isinstance(ledger, Ledger):
        since(ledger, NOW)
        merge(ledger, [LogEvent("u9", published="2026-11-20T21:56:17.822Z")], 365, NOW)
        expiry_by_serial(ledger, SERIALS, 365)


@given(st.lists(events(), min_size=1))
def test_a_serial_expires_by_its_last_certificate(log: list[LogEvent]) -> None:
    ledger = merge(Ledger(ORG), log, 365, NOW)
    known = expiry_by_serial(ledger, ["C02XK1ZAJG5J", "C02XK1ZAJG5"], 365)
    assert "C02XK1ZAJG5" not in known  # part of another serial
    assert since(ledger, NOW) <= (ledger.read_to or "9")
