# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate authorities of an org and their SCEP platforms, with unknown and absent values."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.certificate_authorities import (
    Authorities,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authorities.records import (
    CertificateAuthority,
    RegistrationAuthority,
)
from hypothesis import strategies as st

from tests.support.strategies.values import Json, any_time, changed_rows

AUTHORITIES, PLATFORMS = ("A" * 40, "B" * 40), ("rac1", "rac2", "rac3")
KEYS = ("C" * 40, "D" * 40, "")
URLS = tuple(
    f"https://acme.okta.com/pki/{authority}/scep/{platform}"
    for authority in (*AUTHORITIES, "a" * 40, "E" * 40)
    for platform in PLATFORMS
)
STATES = st.sampled_from(("ACTIVE", "RETIRING", None, "UNKNOWN_TO_US"))


@st.composite
def authority_rows(draw: st.DrawFn, authority_id: str) -> Json:
    """Return an authority with expand=certificates."""
    certificates = [
        {
            "ski": key,
            "rotationState": draw(STATES),
            "status": draw(st.sampled_from(("VALID", "INACTIVE", None))),
            "createdDate": draw(any_time(2000)),
            "expirationDate": draw(any_time(2000)),
        }
        for key in draw(st.lists(st.sampled_from(KEYS), unique=True))
    ]
    families = ("OKTA_AS_CA", "OKTA_AS_CA", "DEVICE_ACCESS_OKTA_AS_CA", "NEW_FAMILY", None)
    return {
        "authorityInstanceId": draw(st.sampled_from((authority_id, authority_id.lower()))),
        "caType": draw(st.sampled_from(families)),
        "_embedded": {"certificates": certificates},
    }


@st.composite
def platform_rows(draw: st.DrawFn, platform_id: str) -> Json:
    """Return a SCEP configuration, of any challenge type and status."""
    authority = draw(st.sampled_from(AUTHORITIES))
    kinds = ("STATIC", "STATIC", "DYNAMIC", "DELEGATED", "NEW_KIND", None)
    return {
        "id": platform_id,
        "name": draw(st.sampled_from(("Desktop", "Other", ""))),
        "challengeType": draw(st.sampled_from(kinds)),
        "status": draw(st.sampled_from(("ACTIVE", "ACTIVE", "DELETED", None))),
        "authorityInstanceId": authority,
        "aki": draw(st.sampled_from(KEYS)),
        "scepUrl": draw(
            st.sampled_from((f"https://acme.okta.com/pki/{authority}/scep/{platform_id}", ""))
        ),
        "caExpirationDate": draw(any_time(2000)),
        "createdDate": draw(any_time(2000)),
    }


@st.composite
def authorities(draw: st.DrawFn) -> Authorities:
    """Return the authorities of an org, or that they could not be read."""
    if draw(st.sampled_from((False, False, False, True))):
        return Authorities(unavailable="the token lacks a permission")
    chosen = draw(st.lists(st.sampled_from(PLATFORMS), unique=True))
    values: st.SearchStrategy[t.Any] = st.sampled_from((None, "UNKNOWN_TO_US", 5, [], {}))
    return Authorities(
        tuple(
            CertificateAuthority.from_row(
                draw(changed_rows([draw(authority_rows(each))], values, 1))
            )
            for each in AUTHORITIES
        ),
        tuple(RegistrationAuthority.from_row(draw(platform_rows(each))) for each in chosen),
    )
