# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's page, as far as it can be told without a browser.

Tests/conformance/test_lab_page.py has one.
"""

from __future__ import annotations

import re

import pytest

FILES = ["/", "/page.css", "/page.js"]


@pytest.fixture
def data():
    from lab.page import data

    return data


@pytest.mark.parametrize("path", FILES)
def test_the_files_are_served_without_a_token_and_under_a_strict_policy(control, path):
    control.token = None
    reply = control.send("GET", path)
    policy = reply.headers["content-security-policy"]
    assert reply.status == 200
    assert policy.startswith(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    )
    assert "unsafe" not in policy
    assert (reply.headers["x-content-type-options"], reply.headers["cache-control"]) == (
        "nosniff",
        "no-store",
    )


@pytest.mark.parametrize("path", FILES)
def test_the_files_hold_no_data_and_ask_nobody_else(control, path):
    text = control.send("GET", path).content.decode()
    secrets = [
        value
        for name, value in control.announcement.items()
        if "token" in name or "challenge" in name or "private_key" in name
    ]
    assert not [secret for secret in secrets if secret in text]
    assert not [mac.serial for mac in control.world.macs if mac.serial in text]
    assert set(re.findall(r"https?://[^\s)\"']+", text)) <= {
        "https://www.gnu.org/licenses/gpl-3.0.txt"
    }
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|style=|onclick=", text
    )


@pytest.mark.parametrize("path", ["/fleet", "/news"])
def test_data_takes_the_token(control, path):
    control.token = "wrong"
    assert control.send("GET", path).status == 401


def test_the_announced_address_carries_the_token_where_no_server_sees_it(control):
    told = control.announcement
    assert told["page_url"] == f"{told['control_url']}/#token={told['control_token']}"


# The fleet


def rows(control, kind):
    return control.send("GET", "/fleet").json[kind]


def test_a_mac_on_its_way(control):
    mac, okta = control.world.macs[0], control.world.okta
    row = rows(control, "macs")[0]
    assert (row["serial"], row["blueprint"], row["certificate"], row["managed"]) == (
        mac.serial,
        "Canary",
        "",
        False,
    )
    assert row["why"] == "has no SCEP profile yet"
    hold_certificate(control, mac)
    assert (rows(control, "macs")[0]["certificate"], rows(control, "macs")[0]["why"]) == (
        "ACTIVE",
        "has no Okta Verify yet",
    )
    mac.install_by_hand()
    assert rows(control, "macs")[0]["why"] == "has done nothing yet"
    control.send("POST", "/act/people")
    row = rows(control, "macs")[0]
    assert (row["okta_verify"], row["registered"], row["managed"], row["why"]) == (
        True,
        True,
        True,
        "",
    )
    assert [
        (certificate["bound_to"], certificate["status"])
        for certificate in rows(control, "certificates")
    ] == [(mac.device.name, "ACTIVE")]
    assert [
        (record["serial"], record["managed"])
        for record in rows(control, "records")
        if record["platform"] == "MACOS"
    ] == [(mac.serial, True)]
    assert rows(control, "people")[0]["outcome"] == "signed in by FastPass, the Mac is managed"
    okta.world.clock.advance(days=366)
    assert (
        rows(control, "macs")[0]["certificate"],
        rows(control, "certificates")[0]["status"],
    ) == ("EXPIRED", "EXPIRED")


def hold_certificate(control, mac):
    from lab.actors.enrollment import MacCertificate

    booked = control.world.okta.platform.book(f"{mac.serial} 0A1B")
    mac.certificates.append(
        MacCertificate(
            None,
            booked.common_name,
            booked.serial_number,
            booked.not_before,
            booked.not_after,
            None,
        )
    )


def test_a_mac_that_was_registered_too_early_is_told_from_others(control):
    mac = control.world.macs[0]
    mac.install_by_hand()
    control.send("POST", "/act/people")
    assert rows(control, "macs")[0]["why"] == "has no SCEP profile yet"
    control.world.clock.advance(hours=1)
    hold_certificate(control, mac)
    control.send("POST", "/act/people")
    assert (
        rows(control, "macs")[0]["why"]
        == "was registered before its certificate came; signed in by FastPass, the Mac is not"
        " managed"
    )


def test_a_mac_in_a_drawer_and_a_certificate_that_was_revoked(control):
    first, second = control.world.macs[:2]
    first.device.is_missing = True
    hold_certificate(control, second)
    control.send("POST", "/clock/advance", {"days": 91})
    assert [row["why"] for row in rows(control, "macs")[:2]] == [
        "lies in a drawer and never checks in",
        "its certificate is revoked",
    ]


def test_no_answer_holds_a_secret(control):
    okta, kandji = control.world.okta, control.world.kandji
    hold_certificate(control, control.world.macs[0])
    control.ask_okta("/api/v1/devices?search=hidden")
    told = (
        control.send("GET", "/fleet").content.decode()
        + control.send("GET", "/news").content.decode()
    )
    for secret in (
        okta.platform.challenge,
        okta.api_token,
        kandji.api_token,
        control.token,
        "PRIVATE KEY",
        "BEGIN",
        "hidden",
    ):
        assert secret not in told


# News


def test_news_are_what_is_not_known_yet_newest_first(control):
    for path in ("/api/v1/devices", "/api/v1/logs"):
        control.ask_okta(path)
    told = control.send("GET", "/news").json
    assert [request["operation"] for request in told["requests"]] == [
        "listLogEvents",
        "listDevices",
    ]
    known = {"requests": told["requests_known"], "events": told["events_known"]}
    assert [
        control.send("GET", "/news", **known).json[name] for name in ("requests", "events")
    ] == [[], []]
    control.ask_okta("/api/v1/authenticators")
    control.world.okta.platform.book("C02XK1ZAJG5J")
    told = control.send("GET", "/news", **known).json
    assert [request["number"] for request in told["requests"]] == [3]
    assert [(event["type"], event["target"]) for event in told["events"]] == [
        ("pki.cert.issue", "C02XK1ZAJG5J")
    ]


def test_numbers_begin_anew_when_requests_were_forgotten(control):
    control.ask_okta("/api/v1/devices")
    control.send("DELETE", "/requests")
    control.ask_okta("/api/v1/logs")
    assert [
        request["operation"]
        for request in control.send("GET", "/news", requests=5).json["requests"]
    ] == ["listLogEvents"]


def test_no_answer_has_more_news_than_somebody_reads(control, data):
    for number in range(data.MOST + 1):
        control.world.okta.platform.book(f"C{number:04d}")
    events = control.send("GET", "/news").json["events"]
    assert (len(events), events[0]["target"]) == (data.MOST, f"C{data.MOST:04d}")


@pytest.mark.parametrize("query", [{"requests": "-1"}, {"events": "all"}, {"since": "1"}])
def test_news_since_what(control, query):
    assert control.send("GET", "/news", **query).status == 400


def test_the_fingerprint_changes_when_and_only_when_something_has(control):
    mac, world = control.world.macs[0], control.world

    def fingerprint():
        return control.send("GET", "/news").json["fingerprint"]

    seen = [fingerprint()]
    assert fingerprint() == seen[0] == control.send("GET", "/fleet").json["fingerprint"]
    for change in (
        lambda: control.send("POST", "/clock/advance", {"hours": 1}),
        lambda: control.send("POST", "/act/macs", {"serials": [mac.serial]}),
        mac.install_by_hand,
        lambda: control.send("POST", "/act/people", {"serials": [mac.serial]}),
        lambda: world.okta.registry.step(world.okta.devices[mac.okta_account], "deactivate"),
    ):
        change()
        assert fingerprint() not in seen
        seen.append(fingerprint())
