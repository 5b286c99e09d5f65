# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which URLs are those of an org, and what an action plugin imports for that."""

from __future__ import annotations

import subprocess
import sys

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.credentials import (
    parse_org_url,
)

ORG = "https://acme.okta.com"


@pytest.mark.parametrize(
    "url, origin",
    [
        ("https://acme.okta.com", ORG),
        ("https://ACME.okta.com/", ORG),
        ("acme.okta.com", ORG),
        ("https://acme.oktapreview.com", "https://acme.oktapreview.com"),
        ("https://login.acme.com", "https://login.acme.com"),
        ("https://my-admin-team.okta.com", "https://my-admin-team.okta.com"),
        ("https://localhost:8443", "https://localhost:8443"),
    ],
)
def test_an_org_url_may_be_a_custom_domain(url: str, origin: str) -> None:
    assert parse_org_url(url) == origin


@pytest.mark.parametrize(
    "url, said",
    [
        ("https://acme-admin.okta.com", "Use https://acme.okta.com."),
        ("https://Acme-Admin.oktapreview.com/", "Use https://acme.oktapreview.com."),
        ("acme-admin.okta-emea.com", "Use https://acme.okta-emea.com."),
        ("https://acme-admin.okta.com/admin/dashboard", "Give the host alone"),
        ("http://acme.okta.com", "Use https://acme.okta.com."),
        ("https://acme.okta.com/api/v1", "Give the host alone"),
        ("https://acme.api.eu.kandji.io", "is a host of Kandji"),
        ("acme.api.iru.com", "is a host of Kandji"),
    ],
)
def test_a_wrong_org_url_is_refused_with_the_right_one(url: str, said: str) -> None:
    with pytest.raises(BadOption) as raised:
        parse_org_url(url)
    assert raised.value.message.startswith("okta_org_url: ")
    assert said in raised.value.message


def test_the_controller_checks_variables_without_what_only_modules_need() -> None:
    """The imports of a client take a third of the time in which a playbook starts."""
    plugins = parse_org_url.__module__.partition(".module_utils.")[0]
    code = (
        f"import sys, {plugins}.plugin_utils._variables;"
        " assert sys.modules.keys().isdisjoint(('requests', 'cryptography', 'asn1crypto'))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
