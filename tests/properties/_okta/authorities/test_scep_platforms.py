# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SCEP URL to use: of a platform that can serve, or one sentence; unknown types are warned of."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.scep_platforms import (
    Choice,
    choose_url,
    find_platform,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.authorities import PLATFORMS, URLS, authorities
from tests.support.strategies.values import outcome_of, texts

ORG = "https://acme.okta.com"
urls = st.one_of(st.none(), st.sampled_from(URLS), texts, st.sampled_from(("https://[", "//[x]")))
names = st.sampled_from((None, *PLATFORMS, "Desktop", "unknown"))


@given(authorities(), urls, names)
def test_a_url_is_of_a_platform_that_can_serve_or_refused(
    org: Authorities, url: str | None, name: str | None
) -> None:
    choice = outcome_of(lambda: choose_url(org, url, name, ORG))
    if isinstance(choice, DeviceTrustError):
        return
    assert isinstance(choice, Choice) and choice.url
    if url:
        assert choice.url == url
    if choice.platform is None:
        assert choice.warnings
        return
    assert choice.platform in org.platforms
    assert choice.platform.challenge_type not in ("DYNAMIC", "DELEGATED")
    assert choice.platform.status in (None, "ACTIVE")
    assert bool(choice.warnings) is (choice.platform.challenge_type != "STATIC")


@given(authorities(), urls)
def test_a_platform_is_found_by_its_path_alone(org: Authorities, url: str | None) -> None:
    if url is None:
        return
    found = outcome_of(lambda: find_platform(org, url))
    if found is None or isinstance(found, DeviceTrustError):
        return
    other = url.replace("acme.okta.com", "login.acme.com")
    assert found in org.platforms and find_platform(org, other) == found
    assert found.id in url
