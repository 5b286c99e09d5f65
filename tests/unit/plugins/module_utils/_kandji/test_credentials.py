# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which URLs are those of a tenant's API."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.credentials import (
    parse_api_url,
)

API = "https://acme.api.kandji.io"


@pytest.mark.parametrize(
    "url, origin",
    [
        (API, API),
        ("https://ACME.api.kandji.io/", API),
        ("acme.api.kandji.io", API),
        ("https://acme.api.eu.kandji.io", "https://acme.api.eu.kandji.io"),
        ("https://acme.api.iru.com", "https://acme.api.iru.com"),
        ("https://ac-me2.api.eu.iru.com", "https://ac-me2.api.eu.iru.com"),
        ("https://localhost:8443", "https://localhost:8443"),
        ("http://127.0.0.1:8443", "http://127.0.0.1:8443"),
    ],
)
def test_the_api_hosts_of_kandji_and_iru_are_known(url: str, origin: str) -> None:
    assert parse_api_url(url) == origin


@pytest.mark.parametrize(
    "url, said",
    [
        ("https://acme.kandji.io", "Use https://acme.api.kandji.io,"),
        ("https://acme.eu.kandji.io", "Use https://acme.api.eu.kandji.io,"),
        ("https://acme.iru.com", "Use https://acme.api.iru.com,"),
        ("https://acme.eu.iru.com", "Use https://acme.api.eu.iru.com,"),
        ("https://1a2b3c4d.web-api.kandji.io", "Use https://1a2b3c4d.api.kandji.io,"),
        ("https://acme.example.com", "Use https://SUBDOMAIN.api.kandji.io"),
        ("https://acme.api.kandji.io.evil.test", "Use https://SUBDOMAIN.api.kandji.io"),
        ("https://evil.test/acme.api.kandji.io", "Give the host alone"),
        ("https://acme.api.us.kandji.io", "Use https://SUBDOMAIN.api.kandji.io"),
        ("http://acme.api.kandji.io", "Use https://acme.api.kandji.io."),
        ("https://acme.api.kandji.io/api/v1", "Give the host alone"),
    ],
)
def test_a_wrong_tenant_url_is_refused_with_the_right_one(url: str, said: str) -> None:
    with pytest.raises(BadOption) as raised:
        parse_api_url(url)
    assert raised.value.message.startswith("kandji_api_url: ")
    assert said in raised.value.message
