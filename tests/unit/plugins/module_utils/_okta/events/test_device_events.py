# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts that the System Log holds about device records and certificates, newest event first."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    LogFacts,
    RecordEvents,
    summarize_events,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import LogEvent

DEVICE = {"type": "Device", "id": "guo1", "detailEntry": {"serialNumber": "C02XK1ZA"}}
ADA = {"type": "User", "id": "00u1", "alternateId": "ada@acme.com"}


def event(kind: str, *targets: dict[str, t.Any], published: str | None = None) -> LogEvent:
    return LogEvent.from_row({"eventType": kind, "target": list(targets), "published": published})


def facts_of(*events: LogEvent) -> RecordEvents:
    return summarize_events(events).records["guo1"]


@pytest.mark.parametrize(
    "kind, status",
    [
        ("device.enrollment.create", "ACTIVE"),
        ("device.lifecycle.activate", "ACTIVE"),
        ("device.lifecycle.unsuspend", "ACTIVE"),
        ("device.lifecycle.suspend", "SUSPENDED"),
        ("device.lifecycle.deactivate", "DEACTIVATED"),
        ("device.lifecycle.delete", "DELETED"),
    ],
)
def test_a_lifecycle_event_tells_the_status(kind: str, status: str) -> None:
    assert facts_of(event(kind, DEVICE)) == RecordEvents(status)


@pytest.mark.parametrize(
    "kind, bound",
    [
        ("pki.cert.bind", True),
        ("pki.cert.lifecycle.suspend", False),
        ("pki.cert.lifecycle.revoke", False),
        ("pki.cert.lifecycle.delete", False),
    ],
)
def test_a_certificate_event_tells_whether_one_is_bound(kind: str, bound: bool) -> None:
    assert facts_of(event(kind, DEVICE)) == RecordEvents(bound=bound)


def test_of_several_events_the_newest_counts() -> None:
    newest_first = [
        event("device.lifecycle.suspend", DEVICE),
        event("device.lifecycle.activate", DEVICE),
        event("pki.cert.lifecycle.revoke", DEVICE),
        event("pki.cert.bind", DEVICE),
        event("device.user.remove", DEVICE, ADA),
        event("device.user.add", DEVICE, ADA),
    ]
    assert facts_of(*newest_first) == RecordEvents("SUSPENDED", False, {"ada@acme.com": False})


@pytest.mark.parametrize("end", ["device.lifecycle.deactivate", "device.lifecycle.delete"])
def test_what_happened_before_a_records_end_does_not_count(end: str) -> None:
    facts = facts_of(
        event("device.user.add", DEVICE, ADA), event(end, DEVICE), event("pki.cert.bind", DEVICE)
    )
    assert (facts.bound, facts.users) == (None, {"ada@acme.com": True})


def test_a_user_without_a_login_is_left_out() -> None:
    assert facts_of(event("device.user.add", DEVICE, {"type": "User", "id": "00u2"})).users == {}


def test_the_order_of_an_events_targets_does_not_matter() -> None:
    assert facts_of(event("device.user.add", ADA, DEVICE)).users == {"ada@acme.com": True}


def test_an_event_that_names_no_device_record_says_nothing() -> None:
    assert summarize_events([event("device.lifecycle.delete", ADA, {"type": "Device"})]) == (
        LogFacts()
    )


def test_the_serial_and_the_certificates_of_a_record_are_kept() -> None:
    name = "CN=VM+C02XK1,O=Acme (short 7D8A6F)"
    certificate = {"type": "Certificate", "id": "cert77", "alternateId": name}
    facts = summarize_events([event("pki.cert.bind", DEVICE, certificate)])
    assert facts.serials == {"guo1": "C02XK1ZA"}
    # Split with punctuation and without it; words of five letters may be of any text.
    assert facts.certificate_words == {"guo1": {"cert77", "vm+c02xk1", "c02xk1", "7d8a6f"}}


def test_the_oldest_issue_of_a_certificate_is_the_one_that_is_kept() -> None:
    target = {"type": "Certificate", "alternateId": "C02XK1ZA 7D8A"}
    facts = summarize_events(
        [
            event("pki.cert.issue", target, published="2026-11-20T00:00:00.000Z"),
            event("pki.cert.issue", target, published="2026-11-01T00:00:00.000Z"),
            event("pki.cert.issue", target),  # without a timestamp it tells nothing
        ]
    )
    assert facts.issued == {"c02xk1za": "2026-11-01T00:00:00.000Z"}
    assert facts.records == {}


def test_a_certificate_that_another_authority_issued_is_not_the_first_of_its_mac() -> None:
    names = ["C02XK1ZA 5D9E0000", "C02XK1ZA", "C02XK1ZA Device Access"]
    events = [
        event("pki.cert.issue", {"displayName": name}, published=f"2026-11-0{3 - number}")
        for number, name in enumerate(names)
    ]
    facts = summarize_events(events, lambda text: "5D9E" in text)
    assert facts.issued == {"c02xk1za": "2026-11-03", "5d9e0000": "2026-11-03"}


LATER, EARLIER = "2026-11-20T00:00:00.000Z", "2026-11-01T00:00:00.000Z"
CERTIFICATE = {"type": "Certificate", "alternateId": "C02XK1ZA 7D8A"}


def test_the_last_certificate_that_was_issued_is_kept_too() -> None:
    events = [event("pki.cert.issue", CERTIFICATE, published=time) for time in (LATER, EARLIER)]
    facts = summarize_events(events)
    assert (facts.last_issued, facts.issued) == ({"c02xk1za": LATER}, {"c02xk1za": EARLIER})


def test_the_last_revocation_of_a_certificate_that_no_device_had_is_kept() -> None:
    kind = "pki.cert.lifecycle.revoke"
    events = [
        event(kind, CERTIFICATE, DEVICE, published="2026-11-30T00:00:00.000Z"),
        event("pki.cert.lifecycle.suspend", CERTIFICATE, published="2026-11-29T00:00:00.000Z"),
        event(kind, {"displayName": "C02XK1ZA VPN"}, published="2026-11-28T00:00:00.000Z"),
        event(kind, CERTIFICATE, published=LATER),
        event(kind, CERTIFICATE, published=EARLIER),
    ]
    facts = summarize_events(events, lambda text: "VPN" not in text)
    assert facts.last_revoked == {"c02xk1za": LATER}
    assert summarize_events([event(kind, CERTIFICATE)]).last_revoked == {"c02xk1za": ""}


def test_when_a_certificate_was_bound_last_is_kept() -> None:
    bound = [event("pki.cert.bind", DEVICE, published=time) for time in (LATER, EARLIER)]
    assert facts_of(*bound).bound_at == LATER
    revoked = event("pki.cert.lifecycle.revoke", DEVICE, published="2026-11-30")
    assert facts_of(revoked, *bound) == RecordEvents(bound=False, bound_at=LATER, acted_at=LATER)
    assert facts_of(event("pki.cert.bind", DEVICE)).bound_at == ""


def test_when_a_record_was_registered_is_kept_after_its_end() -> None:
    created = event("device.enrollment.create", DEVICE, published=EARLIER)
    facts = facts_of(event("device.lifecycle.delete", DEVICE, published=LATER), created)
    assert facts == RecordEvents("DELETED", registered_at=EARLIER)
    assert facts_of(event("device.enrollment.create", DEVICE)) == RecordEvents("ACTIVE")


@pytest.mark.parametrize("kind", ["pki.cert.bind", "device.user.add", "device.enrollment.create"])
def test_when_okta_verify_on_the_mac_did_something_last_is_kept(kind: str) -> None:
    events = [
        event("device.lifecycle.unsuspend", DEVICE, published="2026-11-04"),
        event("pki.cert.lifecycle.revoke", DEVICE, published="2026-11-03"),
        event(kind, DEVICE, ADA, published="2026-11-02"),
        event("pki.cert.bind", DEVICE, published="2026-11-01"),
    ]
    assert facts_of(*events).acted_at == "2026-11-02"
    ended = [event("device.lifecycle.deactivate", DEVICE, published="2026-11-03"), *events]
    assert facts_of(*ended).acted_at == ""
