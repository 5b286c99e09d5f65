# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of an event hook: its secret, the one-time challenge, and deliveries."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events import (
    hooks as event_hooks,
)

EVENTS = [{"uuid": "e1"}, {"uuid": "e2"}]


@pytest.mark.parametrize(
    "header, authorized",
    [("s3cret", True), ("s3cre", False), ("S3CRET", False), ("", False), (None, False)],
)
def test_a_request_holds_the_secret_of_the_hook(header: str | None, authorized: bool) -> None:
    assert event_hooks.is_authorized(header, "s3cret") is authorized


def test_a_header_of_any_bytes_is_compared() -> None:
    assert event_hooks.is_authorized("gr\udcfc\udcdf", "grüß") is False
    assert event_hooks.is_authorized("grüß", "grüß") is True


@pytest.mark.parametrize("header", [None, "", "s3cret"])
def test_nobody_is_authorized_by_an_empty_secret(header: str | None) -> None:
    assert event_hooks.is_authorized(header, "") is False


@pytest.mark.parametrize(
    "challenge, answer",
    [
        ("abc", {"verification": "abc"}),
        ("x" * 1024, {"verification": "x" * 1024}),
        ("x" * 1025, None),
        ("", None),
        (None, None),
    ],
)
def test_the_challenge_of_the_one_time_request_is_answered(
    challenge: str | None, answer: dict[str, str] | None
) -> None:
    assert event_hooks.answer_to(challenge) == answer


def body(**values: t.Any) -> bytes:
    delivery = {"eventType": "com.okta.event_hook", "eventId": 7, "data": {"events": EVENTS}}
    return json.dumps({**delivery, **values}).encode()


def test_a_delivery_has_an_id_and_events() -> None:
    assert event_hooks.read(body()) == event_hooks.Delivery("7", EVENTS)
    assert event_hooks.read(body(data={"events": []})).events == []


NOT_A_DELIVERY = "The body is not a delivery of an event hook: "


@pytest.mark.parametrize(
    "text, problem",
    [
        (b"{", "The body is not JSON, or is nested too deeply."),
        (b"[]", f"{NOT_A_DELIVERY}its eventType is not com.okta.event_hook."),
        (body(eventType="other"), f"{NOT_A_DELIVERY}its eventType is not com.okta.event_hook."),
        (body(data=None), f"{NOT_A_DELIVERY}data.events is not a list of events."),
        (body(data={"events": {}}), f"{NOT_A_DELIVERY}data.events is not a list of events."),
        (body(data={"events": [{}, 1]}), f"{NOT_A_DELIVERY}data.events is not a list of events."),
        (body(eventId=""), f"{NOT_A_DELIVERY}it has no eventId."),
    ],
)
def test_what_is_not_a_delivery_is_refused(text: bytes, problem: str) -> None:
    with pytest.raises(ValueError) as raised:
        event_hooks.read(text)
    assert str(raised.value) == problem


@pytest.mark.parametrize("body", [b"[" * 100_000, b"9" * 5000])
def test_a_body_that_is_nested_too_deeply_or_a_huge_number_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="^The body is not"):
        event_hooks.read(body)


def test_a_secret_with_a_lone_surrogate_is_compared() -> None:
    assert event_hooks.is_authorized("\ud800", "\ud800")
    assert not event_hooks.is_authorized("\ud800", "secret")
