# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries of event hooks: read as Okta sends them, or refused in one sentence."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.hooks import (
    EVENT_TYPE,
    Delivery,
    answer_to,
    is_authorized,
    read,
)
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.strategies.okta import EVENT_ROWS
from tests.support.strategies.values import Json, assert_sentence, changed_rows

DELIVERY: Json = {
    "eventType": EVENT_TYPE,
    "eventId": "b5a188b9-5ece-4636-b041-482ffda96311",
    "data": {"events": [EVENT_ROWS[0]]},
}


def read_or_refuse(body: bytes) -> Delivery | None:
    try:
        return read(body)
    except ValueError as error:
        assert_sentence(str(error))
        assert error.__class__ is ValueError
        return None


@given(changed_rows([DELIVERY]))
def test_a_delivery_of_any_form_is_read_or_refused(row: Json) -> None:
    delivery = read_or_refuse(json.dumps(row).encode())
    if delivery is not None:
        assert delivery.events == json.loads(json.dumps(row))["data"]["events"]
        assert delivery.event_id


@given(st.binary())
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"9" * 5000)
@example(b"\xff\xfe")
def test_bytes_of_any_form_are_read_or_refused(body: bytes) -> None:
    assert read_or_refuse(body) is None


@given(st.one_of(st.none(), st.text(max_size=2000)), st.text())
@example("\ud800", "secret")
@example("secret", "\ud800")
def test_only_the_secret_itself_is_authorized(header: t.Any, secret: str) -> None:
    assert is_authorized(header, secret) is (bool(secret) and header == secret)
    assert is_authorized(secret, secret) is bool(secret)
    answer = answer_to(header)
    assert answer is None or answer == {"verification": header}
