# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's event hooks, as far as they are values.

The one-time challenge, the header that every request bears, and what a delivery holds. Pure.
"""

from __future__ import annotations

import hmac
import typing as t

from ..._core.json_fields import Row, parse_json

CHALLENGE = "x-okta-verification-challenge"
LONGEST_CHALLENGE = 1024
EVENT_TYPE = "com.okta.event_hook"


class Delivery(t.NamedTuple):
    """``event_id`` is the delivery's own id, by which one that came twice is known.

    ``events`` are LogEvents.
    """

    event_id: str
    events: list[Row]


def is_authorized(header: str | None, wanted: str) -> bool:
    """Return whether a header is the secret, in a time that does not depend on its content.

    Nothing is authorized by an empty secret.
    """
    received, expected = (text.encode("utf-8", "surrogatepass") for text in (header or "", wanted))
    return hmac.compare_digest(received, expected) and bool(expected)


def answer_to(challenge: str | None) -> dict[str, str] | None:
    """Return the answer to the one-time request, or None if it is not one of Okta's."""
    if not challenge or len(challenge) > LONGEST_CHALLENGE:
        return None
    return {"verification": challenge}


def read(body: bytes) -> Delivery:
    """Return a delivery from the body of a request.

    Raises ValueError, with one sentence, if it is not a delivery as Okta documents it.
    """
    try:
        parsed = parse_json(body)
    except ValueError:
        raise ValueError("The body is not JSON, or is nested too deeply.") from None
    if not isinstance(parsed, dict) or parsed.get("eventType") != EVENT_TYPE:
        raise ValueError(
            f"The body is not a delivery of an event hook: its eventType is not {EVENT_TYPE}."
        )
    data = parsed.get("data")
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise ValueError(
            "The body is not a delivery of an event hook: data.events is not a list of events."
        )
    if not parsed.get("eventId"):
        raise ValueError("The body is not a delivery of an event hook: it has no eventId.")
    return Delivery(str(parsed["eventId"]), events)
