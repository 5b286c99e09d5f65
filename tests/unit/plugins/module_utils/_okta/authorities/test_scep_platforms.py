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
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.device_integration import (
    list_console_steps,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.records import (
    AuthorityCertificate,
    CertificateAuthority,
    RegistrationAuthority,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.scep_platforms import (
    Choice,
    choose_url,
    find_platform,
    superseded_expiries,
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


def known(*platforms: RegistrationAuthority) -> Authorities:
    """An org without an authority of an unknown family."""
    return Authorities(AUTHORITIES[:2], platforms)


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
    assert raised.value.message == (
        "platform: Okta has 2 platforms with a static SCEP URL: platform 'Endpoint management'"
        " (rac1, static, created 2023-03-19); platform 'Endpoint management' (rac9, static). Set it"
        " to the id of the one whose secret key you have."
    )
    assert choose_url(two, None, "rac9", ORG).url == url(OWN, "rac9")


def test_several_of_one_name_need_the_id() -> None:
    with pytest.raises(BadOption, match=r"2 platforms named 'Endpoint management' \(rac1, rac9\)"):
        choose_url(org(platform("rac1"), platform("rac9")), None, "Endpoint management", ORG)


def test_a_platform_by_its_name() -> None:
    two = org(platform("rac1"), platform("rac9", name="Macs"))
    assert choose_url(two, None, "Macs", ORG).url == url(OWN, "rac9")
    with pytest.raises(BadOption) as raised:
        choose_url(two, None, "Mac", ORG)
    assert raised.value.message == "platform: Okta has no platform 'Mac'; did you mean 'Macs'?"


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        (
            "rac2",
            "platform 'Endpoint management' (rac2, dynamic, created 2023-03-19) has a dynamic SCEP"
            " URL. One profile serves all Macs, so that each Mac cannot get a challenge of its own."
            " Use a platform with Static SCEP URL as SCEP URL challenge type.",
        ),
        (
            "rac3",
            "platform 'Endpoint management' (rac3, delegated, created 2023-03-19) has a delegated"
            " SCEP URL, which only Microsoft Intune can use. Use a platform with Static SCEP URL as"
            " SCEP URL challenge type.",
        ),
    ],
)
def test_a_platform_that_no_profile_can_use(chosen: str, problem: str) -> None:
    with pytest.raises(Refused) as raised:
        choose_url(ONE, None, chosen, ORG)
    assert raised.value.message == f"platform: {problem}"
    with pytest.raises(Refused) as raised:
        choose_url(ONE, url(OWN, chosen), None, ORG)
    assert raised.value.message == f"scep_url: {problem}"


def test_a_type_that_is_unknown_is_never_chosen_and_warned_of_by_name() -> None:
    strange = org(platform("rac1", "QUANTUM"), platform("rac2", None))
    with pytest.raises(Refused) as raised:
        choose_url(strange, None, None, ORG)
    assert raised.value.message == (
        "scep_url: it is not set, and whether Okta has a platform with a static SCEP URL is not"
        " known (platform 'Endpoint management' (rac1, quantum, created 2023-03-19); platform"
        " 'Endpoint management' (rac2, unknown type, created 2023-03-19); authorities of the family"
        " NEXT_YEARS_FAMILY). Set scep_url to the one that the Admin Console shows."
    )
    warning = (
        "platform 'Endpoint management' (rac1, quantum, created 2023-03-19) has the challenge type"
        " QUANTUM, which is unknown. It may not be a static SCEP URL."
    )
    for choice in (
        choose_url(strange, None, "rac1", ORG),
        choose_url(strange, url(OWN, "rac1"), None, ORG),
    ):
        assert choice == Choice(url(OWN, "rac1"), strange.platforms[0], (warning,))


@pytest.mark.parametrize(
    "none",
    [known(), known(platform("rac2", "DYNAMIC")), known(platform("rac1", status="INACTIVE"))],
)
def test_without_a_static_platform_the_console_steps_follow(none: Authorities) -> None:
    with pytest.raises(NeedsConsole, match="static SCEP URL.*No API can create one") as raised:
        choose_url(none, None, None, ORG)
    assert raised.value.details["console_steps"] == list_console_steps(ORG)


def test_an_org_without_any_platform_is_told_so_without_a_list() -> None:
    with pytest.raises(NeedsConsole, match=r"no platform with a static SCEP URL\. No API"):
        choose_url(known(), None, None, ORG)


def test_a_family_that_is_unknown_may_have_the_platform() -> None:
    with pytest.raises(Refused, match="not known .authorities of the family NEXT_YEARS_FAMILY"):
        choose_url(org(platform("rac2", "DYNAMIC")), None, None, ORG)


def test_a_platform_whose_status_okta_does_not_show_may_serve() -> None:
    silent = org(platform("rac1", status=None), platform("rac2", status="PAUSED"))
    assert choose_url(silent, None, None, ORG).platform is silent.platforms[0]


def test_a_static_platform_without_its_url() -> None:
    with pytest.raises(Refused) as raised:
        choose_url(org(platform("rac1", scep_url="", created=None)), None, None, ORG)
    assert raised.value.message == (
        "platform: Okta shows no SCEP URL for platform 'Endpoint management' (rac1, static). Set"
        " scep_url to the one that the Admin Console shows."
    )


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
    ("given_url", "problem"),
    [
        (
            url(OWN, "rac7"),
            "its platform rac7 was deleted or is not active. Copy the URL of a platform that is"
            " there, or leave it out.",
        ),
        (
            url(ACCESS.lower(), "rac1"),
            "it is of the Device Access tab, whose certificates do not attest that a Mac is"
            " managed. Copy the URL of the Endpoint management tab, or leave it out.",
        ),
        (
            url("DEADBEEF", "rac1"),
            "the org has no certificate authority DEADBEEF. The URL is of another org, or the"
            " authority was deleted. Copy the URL of this org, or leave it out.",
        ),
        (
            f"{ORG}/pki/scep",
            "no platform of the org has this URL. Copy it completely from Security > Device"
            " integrations > Endpoint management, or leave it out.",
        ),
    ],
)
def test_a_url_of_no_platform_that_serves_is_refused(given_url: str, problem: str) -> None:
    with pytest.raises(Refused) as raised:
        choose_url(ONE, given_url, None, ORG)
    assert raised.value.message == f"scep_url: {problem}"


def test_a_url_of_another_form_is_compared_without_its_last_slash() -> None:
    other = org(platform("rac1", scep_url=f"{ORG}/scep/rac1"))
    assert find_platform(other, f"{ORG}/scep/rac1/") is other.platforms[0]
    assert find_platform(other, f"{ORG}/scep/RAC1") is None


def test_a_platform_out_of_service_is_as_one_that_was_deleted() -> None:
    with pytest.raises(Refused, match="was deleted or is not active"):
        choose_url(org(platform("rac1", status="INACTIVE")), url(OWN, "rac1"), None, ORG)


def test_a_family_that_is_unknown_is_warned_of() -> None:
    warning = (
        "scep_url: its certificate authority is of the family NEXT_YEARS_FAMILY, which is unknown."
        " Whether its certificates attest management was not verified."
    )
    strange = url(STRANGE, "rac1")
    assert choose_url(ONE, strange, None, ORG) == Choice(strange, None, (warning,))


def test_a_url_of_another_platform_than_the_one_that_is_named() -> None:
    two = org(platform("rac1"), platform("rac9", name="Macs"))
    assert choose_url(two, url(OWN, "rac9"), "Macs", ORG).warnings == ()
    with pytest.raises(BadOption) as raised:
        choose_url(two, url(OWN, "rac1"), "Macs", ORG)
    assert raised.value.message == (
        "platform: scep_url is the URL of platform 'Endpoint management' (rac1, static, created"
        " 2023-03-19), not of 'Macs'. Set one of the two options."
    )


# Without the API


def test_a_url_is_used_with_a_warning_that_says_what_was_not_seen() -> None:
    warning = (
        "scep_url: Okta's certificate authorities cannot be read, because the org does not have the"
        " Certificate Authorities API (404). Whether the URL is of a static platform that attests"
        " management was not verified."
    )
    unseen = url(ACCESS, "rac1")
    assert choose_url(UNREAD, unseen, None, ORG) == Choice(unseen, None, (warning,))


def test_a_url_is_used_with_a_warning_if_okta_lists_no_authority() -> None:
    warning = (
        "scep_url: Okta lists no certificate authority. Whether the URL is of a static platform"
        " that attests management was not verified."
    )
    unseen = url(OWN, "rac1")
    assert choose_url(Authorities(), unseen, None, ORG) == Choice(unseen, None, (warning,))


@pytest.mark.parametrize(
    "reason", ["Okta refused it with 500: x. Run again later", "acme.okta.com cannot be reached"]
)
def test_a_failure_that_passes_needs_no_console(reason: str) -> None:
    with pytest.raises(Refused) as raised:
        choose_url(Authorities(unavailable=reason, is_passing=True), None, None, ORG)
    assert raised.value.message == (
        "scep_url: it is not set, because Okta's certificate authorities cannot be read:"
        f" {reason.removesuffix('. Run again later')}. Run again later."
    )


@pytest.mark.parametrize(
    "platform_option, platform_text",
    [(None, ""), ("Macs", ", and platform 'Macs' cannot be found")],
)
def test_without_a_url_the_console_steps_follow(
    platform_option: str | None, platform_text: str
) -> None:
    with pytest.raises(NeedsConsole) as raised:
        choose_url(UNREAD, None, platform_option, ORG)
    assert raised.value.message == (
        f"scep_url: it is not set{platform_text}, because Okta's certificate authorities cannot be"
        " read: the org does not have the Certificate Authorities API (404). Follow the console steps"
        " once in the Okta Admin Console, then run again with scep_url."
    )
    assert raised.value.details["console_steps"] == list_console_steps(ORG)


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
        with pytest.raises(BadOption if static else Refused):
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


OLD_KEY, NEW_KEY = "0A" * 20, "0B" * 20


@pytest.mark.parametrize(
    ("keys", "scep_url", "is_superseded"),
    [
        ([NEW_KEY], "", True),
        ([OLD_KEY], "", False),
        ([NEW_KEY, OLD_KEY], "", False),
        ([NEW_KEY, OLD_KEY], url(OWN, "rac0"), True),
        ([NEW_KEY, OLD_KEY], url(OWN, "rac1"), False),
        ([""], "", False),
        ([NEW_KEY, ""], "", False),
        ([], "", False),
    ],
)
def test_a_key_that_still_issues_does_not_expire_for_a_renewal(
    keys: list[str], scep_url: str, is_superseded: bool
) -> None:
    """The new certificate would expire with it, and each renewal would be followed by another."""
    ends = datetime(2027, 1, 1, tzinfo=timezone.utc)
    certificates = (AuthorityCertificate(NEW_KEY), AuthorityCertificate(OLD_KEY, expires=ends))
    authority = CertificateAuthority(OWN, "OKTA_AS_CA", certificates=certificates)
    platforms = tuple(
        platform(f"rac{number}", authority_key_id=key) for number, key in enumerate(keys)
    )
    expected = {NEW_KEY: None, OLD_KEY: ends if is_superseded else None}
    assert superseded_expiries(Authorities((authority,), platforms), scep_url) == expected
