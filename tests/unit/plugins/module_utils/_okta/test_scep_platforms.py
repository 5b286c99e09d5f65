# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which platform a SCEP URL belongs to, and which one serves without a URL."""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    NeedsConsole,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.certificate_authority_records import (
    CertificateAuthority,
    RegistrationAuthority,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.scep_platforms import (
    choose_url,
    find_platform,
)
from hypothesis import given
from hypothesis import strategies as st

ORG = "https://acme.okta.com"
OWN, ACCESS, STRANGE = "1699E426", "B94E9A79", "53D22A61"
AUTHORITIES = (
    CertificateAuthority(OWN, "OKTA_AS_CA"),
    CertificateAuthority(ACCESS, "DEVICE_ACCESS_OKTA_AS_CA"),
    CertificateAuthority(STRANGE, "NEXT_YEARS_FAMILY"),
)
UNREAD = Authorities(unavailable="the org does not have the Certificate Authorities API (404)")


def url(authority: str, platform: str, host: str = ORG) -> str:
    return f"{host}/pki/{authority}/scep/{platform}"


def platform(
    platform_id: str, challenge_type: str | None = "STATIC", **values: t.Any
) -> RegistrationAuthority:
    defaults = {
        "name": "Endpoint management",
        "status": "ACTIVE",
        "authority_id": OWN,
        "scep_url": url(OWN, platform_id),
        "created": datetime(2023, 3, 19, tzinfo=timezone.utc),
    }
    return RegistrationAuthority(platform_id, challenge_type=challenge_type, **defaults | values)


def org(*platforms: RegistrationAuthority) -> Authorities:
    return Authorities(AUTHORITIES, platforms)


ONE = org(platform("rac1"), platform("rac2", "DYNAMIC"), platform("rac3", "DELEGATED"))


# Without a URL


def test_the_only_static_platform_is_used() -> None:
    choice = choose_url(ONE, None, None, ORG)
    assert (choice.url, choice.warnings) == (url(OWN, "rac1"), ())
    assert choice.platform is ONE.platforms[0]


def test_of_several_static_platforms_none_is_chosen_by_order_or_date() -> None:
    two = org(platform("rac1"), platform("rac9", created=None))
    with pytest.raises(BadOption) as raised:
        choose_url(two, None, None, ORG)
    assert (
        "2 platforms with a static SCEP URL: platform 'Endpoint management' (rac1, static, created"
        " 2023-03-19); platform 'Endpoint management' (rac9, static)" in raised.value.message
    )
    assert choose_url(two, None, "rac9", ORG).url == url(OWN, "rac9")


def test_several_of_one_name_need_the_id() -> None:
    with pytest.raises(BadOption, match=r"2 platforms named 'Endpoint management' \(rac1, rac9\)"):
        choose_url(org(platform("rac1"), platform("rac9")), None, "Endpoint management", ORG)


def test_a_platform_by_its_name() -> None:
    two = org(platform("rac1"), platform("rac9", name="Macs"))
    assert choose_url(two, None, "Macs", ORG).url == url(OWN, "rac9")
    with pytest.raises(BadOption, match="no platform 'Mac'; did you mean 'Macs'"):
        choose_url(two, None, "Mac", ORG)


@pytest.mark.parametrize(
    ("chosen", "says"), [("rac2", "has a dynamic SCEP URL"), ("rac3", "a delegated SCEP URL")]
)
def test_a_platform_that_no_profile_can_use(chosen: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        choose_url(ONE, None, chosen, ORG)
    with pytest.raises(Refused, match=f"^scep_url: .*{says}"):
        choose_url(ONE, url(OWN, chosen), None, ORG)


def test_a_type_that_is_unknown_is_never_chosen_and_warned_of_by_name() -> None:
    strange = org(platform("rac1", "QUANTUM"), platform("rac2", None))
    with pytest.raises(NeedsConsole, match="no platform with a static SCEP URL"):
        choose_url(strange, None, None, ORG)
    (text,) = choose_url(strange, None, "rac1", ORG).warnings
    assert "challenge type QUANTUM, which is unknown" in text


@pytest.mark.parametrize(
    "none", [org(), org(platform("rac2", "DYNAMIC")), org(platform("rac1", status="INACTIVE"))]
)
def test_without_a_static_platform_the_console_steps_follow(none: Authorities) -> None:
    with pytest.raises(NeedsConsole, match="No API can create one") as raised:
        choose_url(none, None, None, ORG)
    assert any("Static SCEP URL" in step for step in raised.value.details["console_steps"])


def test_a_static_platform_without_its_url() -> None:
    with pytest.raises(Refused, match="shows no SCEP URL"):
        choose_url(org(platform("rac1", scep_url="")), None, None, ORG)


# With a URL


@pytest.mark.parametrize(
    "given_url",
    [
        url(OWN, "rac1"),
        url(OWN, "rac1") + "/",
        url(OWN.lower(), "rac1"),
        url(OWN, "rac1", "https://login.acme.com"),
    ],
)
def test_a_url_is_compared_by_its_path(given_url: str) -> None:
    choice = choose_url(ONE, given_url, None, ORG)
    assert (choice.url, choice.warnings) == (given_url, ())
    assert choice.platform is ONE.platforms[0]


@pytest.mark.parametrize(
    ("given_url", "says"),
    [
        (url(OWN, "rac7"), "its platform rac7 was deleted or is not active"),
        (url(ACCESS, "rac1"), "it is of the Device Access tab"),
        (url("DEADBEEF", "rac1"), "no certificate authority DEADBEEF"),
        (f"{ORG}/pki/scep", "no platform of the org has this URL"),
    ],
)
def test_a_url_of_no_platform_that_serves_is_refused(given_url: str, says: str) -> None:
    with pytest.raises(Refused, match=f"^scep_url: .*{says}"):
        choose_url(ONE, given_url, None, ORG)


def test_a_platform_out_of_service_is_as_one_that_was_deleted() -> None:
    with pytest.raises(Refused, match="was deleted or is not active"):
        choose_url(org(platform("rac1", status="INACTIVE")), url(OWN, "rac1"), None, ORG)


def test_a_family_that_is_unknown_is_warned_of() -> None:
    (text,) = choose_url(ONE, url(STRANGE, "rac1"), None, ORG).warnings
    assert "family NEXT_YEARS_FAMILY, which is unknown" in text


def test_a_url_of_another_platform_than_the_one_that_is_named() -> None:
    two = org(platform("rac1"), platform("rac9", name="Macs"))
    assert choose_url(two, url(OWN, "rac9"), "Macs", ORG).warnings == ()
    with pytest.raises(BadOption, match="scep_url is the URL of platform 'Endpoint management'"):
        choose_url(two, url(OWN, "rac1"), "Macs", ORG)


# Without the API


def test_a_url_is_used_with_a_warning_that_says_what_was_not_seen() -> None:
    choice = choose_url(UNREAD, url(ACCESS, "rac1"), None, ORG)
    assert choice.url == url(ACCESS, "rac1") and choice.platform is None
    (text,) = choice.warnings
    assert "does not have the Certificate Authorities API (404)" in text
    assert "was not verified" in text


@pytest.mark.parametrize("platform_option", [None, "Macs"])
def test_without_a_url_the_console_steps_follow(platform_option: str | None) -> None:
    with pytest.raises(NeedsConsole, match="it is not set") as raised:
        choose_url(UNREAD, None, platform_option, ORG)
    assert "console_steps" in raised.value.details


# Any org

ids = st.sampled_from(["rac1", "rac2", "rac3", "rac4"])
types = st.sampled_from(["STATIC", "DYNAMIC", "DELEGATED", "QUANTUM", None])
statuses = st.sampled_from(["ACTIVE", "INACTIVE", None])
orgs = st.lists(
    st.builds(lambda id, kind, status: platform(id, kind, status=status), ids, types, statuses),
    unique_by=lambda each: each.id,
).map(lambda platforms: org(*platforms))


@given(orgs)
def test_what_is_chosen_without_a_url_is_the_one_static_platform_in_service(
    authorities: Authorities,
) -> None:
    static = [
        each
        for each in authorities.platforms
        if each.challenge_type == "STATIC" and each.status != "INACTIVE"
    ]
    if len(static) == 1:
        assert choose_url(authorities, None, None, ORG).platform is static[0]
    else:
        with pytest.raises(BadOption if static else NeedsConsole):
            choose_url(authorities, None, None, ORG)


@given(orgs, st.sampled_from([OWN, ACCESS, "DEADBEEF"]), ids)
def test_a_url_that_is_accepted_is_of_a_platform_in_service_that_is_not_dynamic(
    authorities: Authorities, authority: str, platform_id: str
) -> None:
    scep_url = url(authority, platform_id)
    own = find_platform(authorities, scep_url)
    usable = own is not None and own.challenge_type not in ("DYNAMIC", "DELEGATED")
    if usable:
        assert choose_url(authorities, scep_url, None, ORG).platform is own
    else:
        with pytest.raises(Refused):
            choose_url(authorities, scep_url, None, ORG)
