# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and bad answers: one clear sentence each, nothing written, no traceback."""

from __future__ import annotations

import pytest

PREFLIGHT, SCEP, INTEGRATION, INFO = (
    "device_trust_preflight",
    "kandji_scep_profile",
    "okta_device_integration",
    "device_trust_info",
)


@pytest.fixture
def told(watched, run_module, profile_args):
    """Run a module with options of its own.

    Returns its one sentence, having seen that nothing was written.
    """

    def run(module, **options):
        base = {
            PREFLIGHT: {"rings": watched.ring_variables},
            SCEP: profile_args,
            INTEGRATION: {},
            INFO: {
                "rings": [
                    {
                        "name": "canary",
                        "blueprints": watched.canary["blueprints"],
                        "scep_profile": "Okta SCEP - canary",
                    }
                ]
            },
        }[module]
        result = run_module(module, {**base, "api_retries": 0, **options}, lab=watched.lab)
        assert result.get("failed"), result
        assert (
            watched.writes() == []
            and "Traceback" not in result["msg"]
            and "Unexpected" not in result["msg"]
        ), result["msg"]
        return result["msg"]

    return run


@pytest.mark.parametrize(
    ("module", "options", "says"),
    [
        (PREFLIGHT, {"okta_api_token": "00wrong"}, "is not accepted (401 E0000011)"),
        (
            PREFLIGHT,
            {"kandji_api_token": "11111111-2222-4333-8444-555555555555"},
            "is not accepted (401",
        ),
        (INTEGRATION, {"okta_org_url": "https://acme-admin.okta.com"}, "Use https://acme.okta.com"),
        (INTEGRATION, {"okta_org_url": "http://acme.okta.com"}, "is not https"),
        (INTEGRATION, {"okta_org_url": "https://localhost:1"}, "cannot be reached"),
        (
            INTEGRATION,
            {"scep_url": "https://other.okta.com/pki/A/scep/B"},
            "Copy the SCEP URL of this org",
        ),
        (
            INTEGRATION,
            {"okta_org_url": ""},
            "okta_org_url is required: set the option or the environment variable OKTA_CLIENT_ORGURL.",
        ),
        (INFO, {"kandji_api_token": ""}, "environment variable IRUCTL_TOKEN."),
        (SCEP, {"challenge": ""}, "environment variable OKTA_SCEP_CHALLENGE."),
        (PREFLIGHT, {"rings": []}, "Name at least one ring"),
        (INFO, {"kandji_api_url": "https://acme.kandji.io"}, "Use https://acme.api.kandji.io"),
        (INFO, {"capacity_percent": 0}, "not between 1 and 100"),
        (INFO, {"ca_path": "/nowhere/ca.pem"}, "ca_path"),
        (SCEP, {"blueprints": ["Enginering"]}, "did you mean 'Engineering'"),
        (SCEP, {"subject": "$SERIAL_NUMBER"}, "is not TYPE=value"),
        (SCEP, {"subject": "CN=$SERIAL"}, "$SERIAL is not a variable that Kandji knows"),
        (SCEP, {"challenge": "one\ntwo"}, "control character"),
        (SCEP, {"challenge": "abc$EMAILdef"}, "would replace as a variable"),
        (SCEP, {"url": "acme.okta.com/pki"}, "is not a URL"),
        (SCEP, {"url": "https://acme.okta.com/pki/A/scep/B\n"}, "begins or ends with a blank"),
        (SCEP, {"url": "https://acme.okta.com/pki/A/scep/B?operation=x"}, "has a query"),
        (INTEGRATION, {"scep_url": " https://acme.okta.com/pki/A/scep/B"}, "begins or ends with"),
        (SCEP, {"name": "Okta SCEP\n"}, "name: 'Okta SCEP\\n' holds a line break"),
        (
            SCEP,
            {"library_item_id": "8b0d4e2c-7a55-4c9e-9f57-7e0a3f6d2b11", "name": None},
            "no custom profile with the id",
        ),
    ],
)
def test_wrong_options(told, module, options, says):
    assert says in told(module, **options)


def test_an_untrusted_certificate_names_ca_path(watched, told, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    assert "cannot be verified" in told(INTEGRATION, ca_path="") and "ca_path" in told(
        INTEGRATION, ca_path=""
    )


@pytest.mark.parametrize(
    ("module", "operation"),
    [
        (PREFLIGHT, "List Blueprints"),
        (PREFLIGHT, "List Devices"),
        (SCEP, "List Custom Profiles"),
        (SCEP, "List Library Items"),
        (SCEP, "Installed profiles"),
        (INFO, "Certificates"),
        (INFO, "Applications"),
    ],
)
def test_a_missing_kandji_permission_is_named(watched, told, module, operation):
    watched.forbid(operation)
    assert f"needs {operation!r}" in told(module)


@pytest.mark.parametrize(
    ("module", "operation", "scope"),
    [
        (PREFLIGHT, "listAuthenticators", "okta.authenticators.read"),
        (INTEGRATION, "listLogEvents", "okta.logs.read"),
        (INFO, "listDevices", "okta.devices.read"),
    ],
)
def test_a_missing_okta_permission_is_named(watched, told, module, operation, scope):
    watched.forbid(operation)
    assert f"{operation} needs {scope!r}" in told(module)


def test_a_classic_org(watched, told):
    watched.control("PATCH", "/okta/org", {"pipeline": "v1"})
    assert "is a Classic Engine org" in told(INTEGRATION)


def test_fastpass_switched_off(watched, told):
    watched.control("PATCH", "/okta/authenticators", {"signed_nonce": "INACTIVE"})
    assert "FastPass" in told(PREFLIGHT)


@pytest.mark.lab(macs=0)
def test_an_empty_fleet(told):
    assert "Kandji has no Mac" in told(
        PREFLIGHT,
        rings=[{"name": "canary", "blueprints": ["Canary"], "test_macs": ["C02XK1ZAJG5J"]}],
    )


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("html", "answered 200 with an HTML page"),
        ("truncate", "cannot be reached"),
        ("5xx", "503"),
        ("drop", "cannot be reached"),
    ],
)
@pytest.mark.parametrize(
    ("module", "operation"),
    [(PREFLIGHT, "listAuthenticators"), (SCEP, "List Custom Profiles"), (INTEGRATION, "GetCACert")],
)
def test_a_gateway_that_misbehaves(watched, told, module, operation, fault, says):
    watched.fault(fault, operation, times=None)
    text = told(module)
    assert says in text or (operation == "GetCACert" and "SCEP endpoint" in text), text


def test_one_bad_answer_is_lived_through(watched, run_module, profile_args):
    for fault in ("5xx", "drop", "truncate"):
        watched.fault(fault, "List Custom Profiles", times=1)
    result = run_module(SCEP, profile_args, lab=watched.lab, check=True)
    assert result["changed"] and [
        row["count"] for row in result["api_calls"] if row["operation"] == "List Custom Profiles"
    ] == [4]
