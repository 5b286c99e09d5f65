# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Okta does not document of its SCEP: the collection and the Macs cope with it either way."""

from __future__ import annotations

import itertools
from importlib import import_module
from pathlib import Path

import pytest

from tools.support.environment import CHECKOUT

MODULE_UTILS = "ansible_collections.devicetrust.okta_kandji.plugins.module_utils"
MODULE = "okta_device_integration"
CAPABILITIES = ("modern", "old", "none", "missing")
CONTENT_TYPES = ("rfc", "generic", "html")


def spoken(watched, since=0):
    """How certificates were asked for over HTTP."""
    return {
        (one.verb, one.status)
        for one in watched.world.requests[since:]
        if one.operation == "PKIOperation"
    }


# Capabilities and content types


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    ("capabilities", "content_types"), list(itertools.product(CAPABILITIES, CONTENT_TYPES))
)
def test_the_endpoint_is_described_and_proven(watched, run_module, capabilities, content_types):
    watched.switch(scep_capabilities=capabilities, scep_content_types=content_types)
    result = run_module(MODULE, {"test_enrollment": True}, lab=watched.lab)
    assert result["test_enrollment"], result
    warned = any("GetCACaps" in text for text in result["warnings"])
    assert warned is (capabilities == "missing") is (result["capabilities"] is None), result
    announced = result["capabilities"] or ()
    assert ("AES" in announced, "DES3" in announced) == (
        capabilities == "modern",
        capabilities in ("modern", "old"),
    )
    # What is not announced is not sent: the lab's old authority would refuse it.
    assert spoken(watched) == {("POST" if capabilities == "modern" else "GET", 200)}


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize("capabilities", CAPABILITIES)
def test_a_wrong_challenge_is_told_as_such(watched, run_module, shown, capabilities):
    watched.switch(scep_capabilities=capabilities)
    result = run_module(
        MODULE, {"test_enrollment": True, "scep_challenge": "not-the-secret-key"}, lab=watched.lab
    )
    assert result["failed"] and "was refused by the SCEP endpoint (badRequest)" in result["msg"]
    assert watched.world.okta.platform.authority.certificates.keys() == {
        held.serial_number for mac in watched.world.macs for held in mac.certificates
    }
    assert not shown("not-the-secret-key")


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    ("capabilities", "content_types"),
    [("modern", "html"), ("old", "generic"), ("none", "rfc"), ("missing", "html")],
)
def test_macs_enroll(watched, run_module, profile_args, capabilities, content_types):
    watched.switch(scep_capabilities=capabilities, scep_content_types=content_types)
    assert run_module("kandji_scep_profile", profile_args, lab=watched.lab)["changed"]
    mark = watched.mark()
    watched.live()
    assert all(watched.mac(serial).certificates for serial in watched.canary["test_macs"])
    assert spoken(watched, mark) == {("POST" if capabilities == "modern" else "GET", 200)}


@pytest.mark.lab(macs=3)
def test_a_web_page_in_the_place_of_capabilities_is_no_old_endpoint(watched, run_module):
    """It is a proxy's or a sign-in page.

    To fall back on weaker encryption because of it would be wrong.
    """
    watched.fault("html", "GetCACaps")
    result = run_module(MODULE, {"test_enrollment": True}, lab=watched.lab)
    assert (
        result["failed"]
        and "answered GetCACaps with a web page" in result["msg"]
        and spoken(watched) == set()
    )


# The host of the SCEP URL


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    ("host", "options", "warned"),
    [
        ("org", {}, False),
        ("alternate", {}, False),
        ("other", {}, True),
        ("other", {"scep_hosts": ["127.0.0.1"]}, False),
    ],
)
def test_any_name_that_may_be_the_orgs_is_taken(watched, run_module, host, options, warned):
    watched.switch(scep_host=host)
    url = watched.world.okta.platform.shown_scep_url
    assert ("127.0.0.1" in url) == (host != "org")
    result = run_module(
        MODULE, {"scep_url": url, "test_enrollment": True, **options}, lab=watched.lab
    )
    assert result["test_enrollment"] and [
        "is not a name that Okta shows for the org" in text for text in result["warnings"]
    ] == ([True] if warned else [])


@pytest.mark.lab(macs=3)
def test_a_profile_with_another_name_of_the_org_enrolls_and_is_not_written_twice(
    watched, run_module, profile_args
):
    watched.switch(scep_host="other")
    wanted = {**profile_args, "url": watched.world.okta.platform.shown_scep_url}
    assert run_module("kandji_scep_profile", wanted, lab=watched.lab)["changed"]
    watched.live()
    assert all(watched.mac(serial).certificates for serial in watched.canary["test_macs"])
    mark = watched.mark()
    assert (
        not run_module("kandji_scep_profile", wanted, lab=watched.lab)["changed"]
        and watched.writes(mark) == []
    )


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://acme-admin.okta.com/pki/A/scep/B", "the host of the Admin Console"),
        ("http://acme.okta.com/pki/A/scep/B", "is not https"),
        ("https://other.okta.com/pki/A/scep/B", "list it in scep_hosts"),
    ],
)
def test_what_cannot_be_the_orgs_is_refused_before_it_is_asked(watched, run_module, url, says):
    result = run_module(MODULE, {"scep_url": url, "test_enrollment": True}, lab=watched.lab)
    assert result["failed"] and says in result["msg"] and spoken(watched) == set()


# What is not documented, and so never asked for: Okta's certificate authorities, and the page of a
# dynamic challenge


def test_no_operation_of_the_collection_names_a_certificate_authority_or_a_challenge():
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.operations import (
        Operation,
    )

    files = (CHECKOUT / "plugins" / "module_utils").rglob("*.py")
    modules = [import_module(f"{MODULE_UTILS}.{dotted(file)}") for file in sorted(files)]
    paths = {
        held.path.lower()
        for module in modules
        for value in vars(module).values()
        for held in _operations(value, Operation)
    }
    assert "/api/v1/devices" in paths and "/api/v1/library/custom-profiles" in paths
    assert [
        path
        for path in paths
        if any(
            word in path for word in ("certificateauthorit", "registrationauthorit", "challenge")
        )
    ] == []


def dotted(file: Path) -> str:
    """Return the name of a file of module_utils as a module, below module_utils."""
    parts = file.relative_to(CHECKOUT / "plugins" / "module_utils").with_suffix("").parts
    return ".".join(parts)


def _operations(value, kind):
    values = (
        value.values()
        if isinstance(value, dict)
        else value
        if isinstance(value, (tuple, list))
        else [value]
    )
    return [one for one in values if isinstance(one, kind)]
