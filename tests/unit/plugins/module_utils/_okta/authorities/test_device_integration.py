# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of Okta's Desktop platform without the Certificate Authorities API.

Hosts, links, the SCEP URL, a stale challenge, expiry, the pin.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    TRY_AGAIN,
    BadOption,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities import (
    device_integration as integration,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    LogEntity,
    LogEvent,
    Org,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep.client import (
    CaCertificate,
    ScepService,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._scep.endpoint import (
    parse_scep_url,
)

ORG = "https://acme.okta.com"
CUSTOM = "https://login.acme.com"
PATH = "/pki/0123456789ABCDEF0123456789ABCDEF01234567/scep/rac1a2B3c4D5e6F7g8h9"
NOW = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


# The org


@pytest.mark.parametrize(
    "org, console",
    [
        ("https://acme.okta.com", "https://acme-admin.okta.com"),
        ("https://acme.oktapreview.com", "https://acme-admin.oktapreview.com"),
        ("https://acme.okta-emea.com", "https://acme-admin.okta-emea.com"),
        ("https://acme.okta-gov.com", "https://acme-admin.okta-gov.com"),
        ("https://acme.okta.mil", "https://acme-admin.okta.mil"),
        ("https://login.acme.com", ""),
        ("https://notokta.com", ""),
        ("https://localhost:8443", ""),
    ],
)
def test_the_steps_link_to_the_orgs_own_admin_console(org: str, console: str) -> None:
    assert integration.find_admin_console(org) == console
    login = integration.list_console_steps(org)[0]
    place = f"at {console}" if console else f"of {org}"
    assert login == f"Log in to the Okta Admin Console {place}."


def test_the_steps_are_those_of_the_guide() -> None:
    buttons = [
        "Endpoint management",
        "Add platform",
        "Desktop",
        "Use Okta as certificate authority",
        "Static SCEP URL",
        "Generate",
        "Secret key",
        "Save",
    ]
    _login, *steps = integration.list_console_steps(ORG)
    assert all(button in step for button, step in zip(buttons, steps, strict=True))


@pytest.mark.parametrize(
    "organization, pipeline",
    [({"pipeline": "v1"}, "'v1'"), ({"pipeline": None}, "None"), ({}, "None")],
)
def test_an_org_that_is_not_identity_engine_is_refused(
    organization: dict[str, t.Any], pipeline: str
) -> None:
    with pytest.raises(Refused) as raised:
        integration.check_identity_engine(Org.from_row(organization), ORG)
    assert raised.value.message == (
        f"okta_org_url: https://acme.okta.com is a Classic Engine org (pipeline {pipeline}). Device"
        " integrations and FastPass need Okta Identity Engine. Upgrade the org first."
    )


def test_an_identity_engine_org_is_fine() -> None:
    integration.check_identity_engine(Org(pipeline="idx"), ORG)


# The SCEP URL


@pytest.mark.parametrize(
    "url",
    [
        ORG + PATH,
        "https://login.acme.com" + PATH,
        "http://127.0.0.1:8443" + PATH,
        "http://localhost:8443" + PATH,
        ORG + "/pki/other/",
    ],
)
def test_a_usable_scep_url_is_taken_as_it_is(url: str) -> None:
    assert parse_scep_url(url) == url


@pytest.mark.parametrize(
    "url, said",
    [
        ("", "not a URL"),
        ("acme.okta.com" + PATH, "not a URL"),
        (ORG + PATH + "/", "ends with a slash. Remove it."),
        (" " + ORG + PATH, "begins or ends with a blank"),
        (ORG + PATH + "\n", "begins or ends with a blank or a line break. Remove it."),
        (ORG + PATH + "\u00a0", "begins or ends with a blank"),
        (ORG + PATH[:9] + "\n" + PATH[9:], "holds a blank, a line break"),
        (ORG + PATH[:9] + " " + PATH[9:], "holds a blank"),
        (ORG + PATH + "\x00", "another control character"),
        (ORG + PATH + "?operation=GetCACert", "has a query or a fragment. Copy it as Okta shows"),
        (ORG + PATH + "?", "has a query or a fragment"),
        (ORG + PATH + "#top", "has a query or a fragment"),
        ("https://[", "not a URL"),
        ("ftp://acme.okta.com" + PATH, "not a URL"),
        ("https://", "not a URL"),
        ("http://acme.okta.com" + PATH, "not https"),
        ("http://127.0.0.1.example.com" + PATH, "not https"),
        (ORG, "no path"),
        (ORG + "/", "no path"),
        ("https://acme-admin.okta.com" + PATH, "the host of the Admin Console"),
        ("https://acme-ADMIN.oktapreview.com" + PATH, "the host of the Admin Console"),
        ("https://acme.okta.com@evil.test" + PATH, "user name"),
        ("https://:x@acme.okta.com" + PATH, "user name"),
        (
            ORG + "/api/v1/certificateAuthorities/0123ABCD/registrationAuthorities/rac1/challenge",
            "Static SCEP URL",
        ),
        (
            ORG + "/api/v1/certificateAuthorities/0123ABCD/registrationAuthorities/rac1/challenge/",
            "(Security > Device integrations > Endpoint management)",
        ),
        (
            ORG + "/API/V1/CERTIFICATEAUTHORITIES/0123ABCD/REGISTRATIONAUTHORITIES/rac1/challenge",
            "(Security > Device integrations > Endpoint management)",
        ),
    ],
)
def test_a_scep_url_that_cannot_serve_all_macs_is_refused(url: str, said: str) -> None:
    with pytest.raises(BadOption) as raised:
        parse_scep_url(url)
    assert said in raised.value.message


def test_a_secret_key_in_the_place_of_the_scep_url_is_not_shown() -> None:
    with pytest.raises(BadOption) as raised:
        parse_scep_url("HqMh1xwY10lWB549UzkUTVyAerqhxtC")
    assert raised.value.message.startswith("scep_url: it is not a URL. Copy it whole")


@pytest.mark.parametrize(
    "url, org, listed",
    [
        (ORG + PATH, ORG, []),
        ("https://ACME.okta.com" + PATH, ORG, []),
        ("https://acme.okta.com:443" + PATH, ORG, []),
        (ORG + PATH, CUSTOM, ["acme.okta.com"]),
        (ORG + PATH, CUSTOM, ["other", "ACME.okta.com"]),
        ("https://other.okta.com" + PATH, ORG, ["other.okta.com"]),
        ("https://localhost:8443" + PATH, "https://localhost:8443", []),
        ("https://localhost:9999" + PATH, "https://localhost:8443", ["localhost"]),
    ],
)
def test_the_scep_url_may_be_the_orgs_own_or_a_listed_one(
    url: str, org: str, listed: list[str]
) -> None:
    assert integration.find_host_warnings(url, org, Org(), listed) == []


@pytest.mark.parametrize(
    "org, url",
    [(ORG, CUSTOM + PATH), (CUSTOM, ORG + PATH), (CUSTOM, "https://LOGIN.acme.com:443" + PATH)],
)
def test_the_names_that_okta_tells_of_the_org_are_its_own(org: str, url: str) -> None:
    assert integration.find_host_warnings(url, org, Org(linked_urls=(ORG, CUSTOM)), []) == []


@pytest.mark.parametrize(
    "links",
    [
        {},
        {"_links": None},
        {"_links": {"alternate": CUSTOM}},
        {"_links": {"alternate": {}, "organization": {"href": None}}},
    ],
)
def test_what_may_be_a_name_of_the_org_is_a_warning(links: dict[str, t.Any]) -> None:
    loopback = ("https://127.0.0.1:8443/s", "https://localhost:8443")
    for url, org in (
        (ORG + PATH, CUSTOM),
        (CUSTOM + PATH, ORG),
        ("https://id.acme.com" + PATH, CUSTOM),
        loopback,
    ):
        [warning] = integration.find_host_warnings(url, org, Org.from_row(links), ["okta.com"])
        assert "scep_hosts" in warning and org.removeprefix("https://") in warning


@pytest.mark.parametrize("listed", ["localhost:9999", "localhost", "LOCALHOST:9999"])
def test_a_host_is_listed_as_the_message_shows_it(listed: str) -> None:
    url = "https://localhost:9999" + PATH
    assert integration.find_host_warnings(url, "https://localhost:8443", Org(), [listed]) == []


@pytest.mark.parametrize(
    "url, org, linked",
    [
        ("https://other.okta.com" + PATH, ORG, CUSTOM),
        ("https://other.oktapreview.com" + PATH, ORG, CUSTOM),
        ("https://other.okta.com" + PATH, CUSTOM, ORG),
        ("https://acme.okta.com.evil.test" + PATH, ORG, CUSTOM),
        ("https://acme.okta.com.evil.test" + PATH, CUSTOM, CUSTOM),
        ("https://localhost:9999" + PATH, "https://localhost:8443", "https://localhost:8443"),
        (ORG + PATH, "https://localhost:8443", "https://localhost:8443"),
        ("https://localhost:8443" + PATH, ORG, CUSTOM),
    ],
)
def test_the_scep_url_of_another_org_is_refused(url: str, org: str, linked: str) -> None:
    with pytest.raises(BadOption, match="scep_url: .*scep_hosts"):
        integration.find_host_warnings(url, org, Org(linked_urls=(linked,)), ["okta.com"])


def test_the_names_that_are_known_of_the_org_are_in_the_message_once() -> None:
    org = Org(linked_urls=(ORG, CUSTOM, "", "https://LOGIN.acme.com:443/"))
    known = "acme.okta.com or login.acme.com"
    with pytest.raises(BadOption) as raised:
        integration.find_host_warnings("https://other.okta.com:8443" + PATH, ORG, org, [])
    assert raised.value.message == (
        f"scep_url: its host is other.okta.com:8443, and the org is {known}. Copy the SCEP URL of"
        " this org. If the org has a custom domain and this host is its own, list it in scep_hosts."
    )
    assert integration.find_host_warnings("https://id.acme.com" + PATH, ORG, org, []) == [
        f"scep_url: its host id.acme.com is not a name that Okta shows for the org ({known}). If it"
        " is a custom domain of the org, list it in scep_hosts. Otherwise copy the SCEP URL of this"
        " org."
    ]


def test_a_url_without_a_host_is_refused() -> None:
    with pytest.raises(BadOption) as raised:
        integration.find_host_warnings(PATH, ORG, Org(), [])
    assert raised.value.message == (
        "scep_url: it is not a URL with a host. Copy the SCEP URL of this org."
    )


@pytest.mark.parametrize(
    "path, warned",
    [
        (PATH, 0),
        (PATH.lower(), 1),
        (PATH + "/", 1),
        ("/pki/x/scep/y", 1),
        ("/scep", 1),
        (PATH[:-1], 1),
    ],
)
def test_an_unknown_shape_is_a_warning_and_no_more(path: str, warned: int) -> None:
    warning = (
        "scep_url: it does not look like the known SCEP URLs (…/pki/<40 digits>/scep/rac…). Check"
        " that it was copied completely; if so, ignore this."
    )
    assert integration.describe_shape(ORG + path) == [warning] * warned


@pytest.mark.parametrize(("capabilities", "warned"), [(["AES"], 0), ([], 0), (None, 1)])
def test_unknown_capabilities_are_said(capabilities: list[str] | None, warned: int) -> None:
    texts = integration.describe_capabilities(ScepService(capabilities, []))
    assert len(texts) == warned
    assert all(
        text
        == "The SCEP endpoint answered GetCACaps with an error or with no list of capabilities, so"
        f" that they are unknown. {TRY_AGAIN}"
        for text in texts
    )


# The authority's certificates


def certificate(
    days: float = 1000, *, name: str = "CN=Authority", digit: str = "a"
) -> CaCertificate:
    return CaCertificate(
        name,
        "CN=Root",
        NOW - timedelta(days=100),
        NOW + timedelta(days=days),
        digit * 40,
        digit * 64,
        b"",
        True,
    )


OWN_ORG, OTHER_ORG = "00o1n8sbwArJ7OQRw406", "00oZZsbwArJ7OQRw4066"


@pytest.mark.parametrize(
    ("name", "is_other"),
    [
        (f"DC=com, DC=okta, DC=acme, OU={OWN_ORG}, CN=Authority", False),
        (f"DC=com, DC=okta, DC=acme-labs, OU={OTHER_ORG}, CN=Authority", True),
        (f"OU={OTHER_ORG}", True),
        # Names that say nothing of an org
        ("DC=com, DC=okta, DC=acme, CN=Authority", False),
        ("OU=Security, CN=Authority", False),
        (f"OU={OTHER_ORG}1", False),
        (f"CN=OU of {OTHER_ORG}", False),
        (f"OU={OTHER_ORG.lower()[:10]}", False),
    ],
)
def test_an_authority_of_another_org_is_refused(name: str, is_other: bool) -> None:
    org = Org.from_row({"id": OWN_ORG, "pipeline": "idx"})
    unknown = Org.from_row({"pipeline": "idx"})
    integration.check_organization([certificate(name=name)], unknown)
    integration.check_organization([certificate(name=f"OU={OWN_ORG}"), certificate(name=name)], org)
    if not is_other:
        integration.check_organization([certificate(name=name)], org)
        return
    with pytest.raises(BadOption) as refused:
        integration.check_organization([certificate(), certificate(name=name)], org)
    assert refused.value.message == (
        f"scep_url: the certificates of its authority are of the org {OTHER_ORG}, and okta_org_url"
        f" is the org {OWN_ORG}. Copy the SCEP URL of this org, or correct okta_org_url."
    )


@pytest.mark.parametrize("fingerprint", [None, bytes.fromhex("aa" * 20), bytes.fromhex("BB" * 32)])
def test_a_pin_that_is_one_of_the_certificates_or_none_is_fine(fingerprint: bytes | None) -> None:
    integration.check_pin([certificate(), certificate(digit="b")], fingerprint)


def test_a_pin_that_is_none_of_the_certificates_is_refused_and_they_are_named() -> None:
    with pytest.raises(Refused) as raised:
        integration.check_pin([certificate(), certificate(digit="b")], b"\xcc" * 20)
    assert raised.value.message == (
        "ca_fingerprint: it matches none of the certificates that the SCEP endpoint returns. The"
        " authority may have been renewed. Pin one of its certificates: CN=Authority SHA-256"
        f" {'a' * 64}; CN=Authority SHA-256 {'b' * 64}."
    )


SOON = "expires on 2027-02-21. Plan the change to the renewed one."


@pytest.mark.parametrize(
    "days, text",
    [
        (1000, None),
        (90, None),
        (89.99, SOON),
        (0, "expires on 2026-11-23. Plan the change to the renewed one."),
        (-0.01, "expired on 2026-11-23."),
        (-1, "expired on 2026-11-22."),
    ],
)
def test_a_certificate_that_expires_soon_or_has_expired_is_warned_of(
    days: float, text: str | None
) -> None:
    certificates = [certificate(), certificate(days)]
    warnings = [f"The CA certificate CN=Authority {text}"] if text else []
    assert integration.describe_expiry(certificates, NOW, 90) == warnings
    assert integration.describe_expiry([certificate(days), certificate(days)], NOW, 90) == (
        warnings * 2
    )


def test_an_expiry_without_a_time_zone_is_in_utc() -> None:
    naive = replace(certificate(), not_after=datetime(2026, 11, 23, 9))
    assert integration.describe_expiry([naive], NOW, 90) == [
        "The CA certificate CN=Authority expired on 2026-11-23."
    ]


def test_the_facts_of_a_certificate_are_plain_data() -> None:
    assert integration.summarize_certificate(certificate()) == {
        "subject": "CN=Authority",
        "issuer": "CN=Root",
        "not_before": "2026-08-15T10:00:00+00:00",
        "not_after": "2029-08-19T10:00:00+00:00",
        "sha1": "a" * 40,
        "sha256": "a" * 64,
    }


# The System Log


def event(
    published: str | None, event_type: str = "device.platform.secret_key.reset"
) -> dict[str, t.Any]:
    return {
        "eventType": event_type,
        "published": published,
        "actor": {"alternateId": "ada@acme.com", "displayName": "Ada"},
    }


RESET = "2026-11-20T10:00:00.000Z"


@pytest.mark.parametrize(
    "events, deployed_at, stale",
    [
        ([], "2026-11-19T10:00:00Z", None),
        ([event(RESET)], None, None),
        ([event(RESET)], "2026-11-19T10:00:00Z", RESET),
        ([event(RESET)], "2026-11-21T10:00:00.123456Z", None),
        ([event(RESET)], "2026-11-20T12:00:00+03:00", RESET),
        ([event(RESET)], "2026-11-20T09:00:00-03:00", None),
        (
            [event("2026-01-01T00:00:00.000Z"), event(RESET), event("2026-02-01T00:00:00.000Z")],
            "2026-11-19T10:00:00Z",
            RESET,
        ),
        ([event(RESET, "device.platform.update")], "2026-11-19T10:00:00Z", None),
        ([event(RESET)], RESET, None),
        # A time that cannot be read proves nothing.
        ([event("soon")], "2026-11-19T10:00:00Z", None),
        ([event(RESET)], "soon", None),
    ],
)
def test_a_challenge_that_was_deployed_before_the_last_reset_is_stale(
    events: list[dict[str, t.Any]], deployed_at: str | None, stale: str | None
) -> None:
    assert integration.find_later_reset(map(LogEvent.from_row, events), deployed_at) == stale


RAC, OTHER_RAC = "rac1a2B3c4D5e6F7g8h9", "racZZZZZZZZZZZZZZZZZ"
SCEP_URL = f"https://acme.okta.com/pki/{'AB' * 20}/scep/{RAC}"


@pytest.mark.parametrize(
    ("targets", "url", "state"),
    [
        ([{"id": RAC, "type": "DevicePlatform"}], SCEP_URL, "stale"),
        ([{"id": "x", "detailEntry": {"scepUrl": SCEP_URL}}], SCEP_URL, "stale"),
        ([{"id": OTHER_RAC}, {"id": RAC}], SCEP_URL, "stale"),
        ([{"id": OTHER_RAC, "type": "DevicePlatform"}], SCEP_URL, "current"),
        # Who knows
        ([{"id": "dmp1", "type": "DevicePlatform", "displayName": "iOS"}], SCEP_URL, "unknown"),
        ([{"id": f"{RAC}0"}], SCEP_URL, "unknown"),
        ([], SCEP_URL, "unknown"),
        (None, SCEP_URL, "unknown"),
        ([{"id": RAC}], "https://acme.okta.com/scep", "unknown"),
    ],
)
def test_a_reset_of_another_platform_is_no_reset_of_the_challenge(
    targets: list[dict[str, t.Any]] | None, url: str, state: str
) -> None:
    events = [LogEvent.from_row({**event(RESET), "target": targets})]
    judged, why = integration.find_challenge_state(events, "2026-11-19T10:00:00Z", LOG_START, url)
    reason = (
        f"Okta reset a secret key on {RESET}, after it was deployed (2026-11-19T10:00:00Z), and its"
        " event does not show of which platform. A test enrollment decides."
    )
    assert (judged, why) == (state, reason if state == "unknown" else "")
    assert integration.has_reset(events, url) is (state != "current")
    later = integration.find_challenge_state(events, "2026-11-21T10:00:00Z", LOG_START, url)
    assert later == ("current", "")
    assert integration.split_resets(
        [LogEvent.from_row(event(RESET, "device.platform.update"))], url
    ) == ([], [])


LOG_START = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("resets", "deployed_at", "state", "reason"),
    [
        ([], "2026-01-02T00:00:00Z", "current", ""),
        (["2026-01-03T00:00:00Z"], "2026-01-02T00:00:00Z", "stale", ""),
        (["2026-01-03T00:00:00Z"], "2026-01-04T00:00:00Z", "current", ""),
        (["2026-01-03T00:00:00Z"], "2025-01-01T00:00:00Z", "stale", ""),
        (
            [],
            "2025-01-01T00:00:00Z",
            "unknown",
            "The events of the System Log begin on 2026-01-01.",
        ),
        ([], None, "unknown", "challenge_deployed_at: it is not set."),
        ([], "never", "current", ""),
        (
            ["2026-01-03"],
            None,
            "unknown",
            "challenge_deployed_at: it is not set. Okta shows a reset of the secret key (2026-01-03).",
        ),
        ([], "yesterday", "unknown", "challenge_deployed_at: it is 'yesterday', not a time."),
        (
            [None],
            "2026-01-02T00:00:00Z",
            "unknown",
            "Okta shows a reset of the secret key without a time.",
        ),
    ],
)
def test_whether_a_challenge_is_stale_may_be_unknown(
    resets: list[str | None], deployed_at: str | None, state: str, reason: str
) -> None:
    events = [LogEvent.from_row(event(published)) for published in resets]
    events = [replace(each, targets=(LogEntity(texts=(RAC,)),)) for each in events]
    assert integration.has_reset(events, SCEP_URL) is bool(resets)
    judged, why = integration.find_challenge_state(events, deployed_at, LOG_START, SCEP_URL)
    assert (judged, why) == (state, reason)


@pytest.mark.parametrize(
    "actor, name",
    [
        ({"alternateId": "a@x", "displayName": "A"}, "a@x"),
        ({"alternateId": None, "displayName": "A"}, "A"),
        (None, None),
    ],
)
def test_an_event_in_short(actor: t.Any, name: str | None) -> None:
    assert integration.summarize_event(
        LogEvent.from_row({**event(RESET), "actor": actor, "more": 1})
    ) == {
        "event_type": "device.platform.secret_key.reset",
        "published": RESET,
        "actor": name,
    }


# A renewed authority


def ca(subject: str, issuer: str, digit: str) -> CaCertificate:
    return CaCertificate(subject, issuer, NOW, NOW, digit * 40, digit * 64, b"", True)


@pytest.mark.parametrize(
    ("pin", "is_to_be_moved", "breaks"),
    [
        ("a" * 64, True, True),
        ("a" * 40, True, True),
        ("a" * 64, False, False),
        ("b" * 64, True, False),
        ("c" * 64, True, False),
        (None, True, False),
    ],
)
def test_a_pin_of_the_old_certificate_breaks_and_one_of_the_root_stays(
    pin: str | None, is_to_be_moved: bool, breaks: bool
) -> None:
    chain = [ca("CN=Intermediate", "CN=Root", "a"), ca("CN=Root", "CN=Root", "b")]
    fingerprint = bytes.fromhex(pin) if pin else None
    assert integration.breaks_pin(chain, fingerprint, is_to_be_moved) is breaks


# What a run says of the challenge


def test_a_full_page_of_events_begins_with_its_oldest() -> None:
    events = [LogEvent.from_row(event(at)) for at in ("2026-11-20T10:00:00Z", "2026-11-01")]
    start = integration.find_log_start
    assert start(events, False, NOW) == start([], False, NOW) == NOW - timedelta(days=90)
    assert start(events, True, NOW) == datetime(2026, 11, 1, tzinfo=timezone.utc)
    assert start([LogEvent.from_row(event("soon"))], True, NOW) == NOW


def test_a_challenge_that_may_be_stale_is_warned_of() -> None:
    own = replace(LogEvent.from_row(event(RESET)), targets=(LogEntity(texts=(RAC,)),))
    other = LogEvent.from_row({**event(RESET), "target": []})
    judge = integration.judge_challenge
    current = judge([own], "2026-11-21T10:00:00Z", LOG_START, SCEP_URL)
    assert current == integration.Challenge("current")
    assert current.as_result() == {"challenge_stale_since": None, "challenge_state": "current"}
    stale = judge([own], "2026-11-19T10:00:00Z", LOG_START, SCEP_URL)
    assert stale.as_result() == {"challenge_stale_since": RESET, "challenge_state": "stale"}
    assert stale.warnings == (
        f"The deployed challenge is stale: it was reset in Okta on {RESET}, after it was deployed"
        " (2026-11-19T10:00:00Z). Macs can no longer enroll with it. Put the new one into the"
        " vault, then run the playbook rotate_scep_challenge.",
    )
    unknown = judge([other], "2026-11-19T10:00:00Z", LOG_START, SCEP_URL)
    assert (unknown.state, unknown.stale_since) == ("unknown", None)
    assert unknown.warnings[0].startswith(
        "Whether the deployed challenge is stale is unknown. Okta"
    )
    assert judge([], "soon", LOG_START, SCEP_URL).warnings
    assert judge([], None, LOG_START, SCEP_URL) == integration.Challenge("unknown")
