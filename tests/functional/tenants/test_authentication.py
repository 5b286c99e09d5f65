# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way to sign in to Okta, against the lab.

One token a task, no secret anywhere, and each refusal with its remedy.
"""

from __future__ import annotations

import json

import pytest

PREFLIGHT, RESET = "device_trust_preflight", "okta_device_reset"
WITHOUT_API_TOKEN = {"okta_api_token": ""}


@pytest.fixture
def app(watched):
    """A service app as the console gives it, and its options."""

    def make(**settings):
        made = watched.control("POST", "/okta/apps", settings)
        return made, {
            **WITHOUT_API_TOKEN,
            "okta_client_id": made["client_id"],
            "okta_private_key": made["private_key"],
            "okta_key_id": made["key_id"],
        }

    return make


@pytest.fixture
def org_of(watched, lab_masker):
    """The collection's own client of the org, signed in as a service app.

    For what takes longer than one module.
    """

    def make(made, _options):
        from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.transport_settings import (
            Settings,
        )
        from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.auth import (
            ServiceApp,
        )
        from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.private_key import (
            read_key,
        )
        from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.client import (
            Okta,
        )

        key = read_key(made["private_key"], made["key_id"], lab_masker)
        told = watched.lab.announcement
        return Okta(
            told["okta_url"],
            ServiceApp(made["client_id"], key, ["okta.devices.read"], lab_masker),
            Settings(ca_path=told["ca_file"]),
            lab_masker,
        )

    return make


@pytest.fixture
def lab_masker():
    from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import (
        Masker,
    )

    return Masker()


def rings(watched):
    return {"rings": watched.ring_variables}


@pytest.mark.parametrize(
    "settings",
    [
        {"algorithm": "ES256"},
        {"algorithm": "RS256"},
        {"algorithm": "ES512"},
        {"dpop": True},
        {"algorithm": "RS256", "dpop": True},
    ],
    ids=str,
)
def test_a_service_app_by_its_private_key(watched, run_module, app, shown, settings):
    made, options = app(**settings)
    result = run_module(PREFLIGHT, {**rings(watched), **options}, lab=watched.lab, diff=True)
    assert not result.get("failed"), result
    tokens = next(row["count"] for row in result["api_calls"] if row["operation"] == "token")
    # One for what the module needs, and one for what only enriches its result.
    assert tokens == 2 * (3 if settings.get("dpop") else 1)
    for secret in (made["private_key"].splitlines()[2], *watched.world.okta.oauth.tokens):
        assert shown(secret) == []


def test_as_a_jwk_by_path(watched, run_module, app, tmp_path):
    made, options = app()
    (tmp_path / "key.json").write_text(made["private_key_jwk"])
    options = {**options, "okta_private_key": str(tmp_path / "key.json"), "okta_key_id": None}
    assert not run_module(PREFLIGHT, {**rings(watched), **options}, lab=watched.lab).get("failed")


def test_as_a_jwk_that_was_written_as_a_mapping(watched, run_module, app, shown):
    made, options = app()
    jwk = json.loads(made["private_key_jwk"])
    assert not run_module(
        PREFLIGHT,
        {**rings(watched), **options, "okta_private_key": jwk, "okta_key_id": None},
        lab=watched.lab,
    ).get("failed")
    assert shown(jwk["d"]) == []


def test_only_what_the_task_needs_is_asked_for(watched, run_module, app):
    _made, options = app()
    run_module(RESET, {"serials": ["NOBODY"], **options}, lab=watched.lab, check=True)
    run_module(RESET, {"serials": ["NOBODY"], **options}, lab=watched.lab)
    asked = [one.scopes for one in watched.world.okta.oauth.tokens.values()]
    reads = {"okta.devices.read", "okta.users.read", "okta.logs.read"}
    assert asked == [reads, reads | {"okta.devices.manage"}]


def test_a_given_access_token(watched, run_module, app, shown):
    _made, options = app()
    run_module(RESET, {"serials": ["NOBODY"], **options}, lab=watched.lab)
    token = next(iter(watched.world.okta.oauth.tokens))
    given = {**WITHOUT_API_TOKEN, "okta_access_token": token}
    assert not run_module(RESET, {"serials": ["NOBODY"], **given}, lab=watched.lab).get("failed")
    watched.control("POST", "/okta/tokens/expire", {})
    refused = run_module(RESET, {"serials": ["NOBODY"], **given}, lab=watched.lab)
    assert (
        refused["failed"]
        and "it has expired, was revoked" in refused["msg"]
        and refused["error_code"] == "E0000011"
        and shown(token) == []
    )


def test_the_vendors_clock_counts(watched, run_module, app):
    watched.world.clock.advance(days=40)
    _made, options = app(dpop=True)
    result = run_module(RESET, {"serials": ["NOBODY"], **options}, lab=watched.lab)
    assert not result.get("failed"), result


@pytest.mark.parametrize("dpop", [False, True])
def test_a_token_that_ends_during_a_run_is_replaced_once(watched, app, org_of, dpop):
    okta = org_of(*app(dpop=dpop))
    list(okta.devices("id pr"))
    mark = okta.transport.calls[("token", "POST")]
    for end in (
        lambda: watched.world.clock.advance(hours=2),
        lambda: watched.control("POST", "/okta/tokens/expire", {}),
    ):
        end()
        for _unused in range(3):
            list(okta.devices("id pr"))
    assert (mark, okta.transport.calls[("token", "POST")] - mark) == (3 if dpop else 1, 2)


def test_the_environment_may_hold_the_token_while_a_service_app_is_given(watched, run_module, app):
    _made, options = app()
    del options["okta_api_token"]  # so that it is taken from the environment
    result = run_module(RESET, {"serials": ["NOBODY"], **options}, lab=watched.lab)
    assert not result.get("failed") and {row["operation"] for row in result["api_calls"]} >= {
        "token",
        "listDevices",
    }


@pytest.mark.parametrize(
    "settings, says",
    [
        (
            {"scopes": ["okta.logs.read"]},
            (
                "no token with the scopes okta.devices.manage, okta.devices.read, okta.logs.read,"
                " okta.users.read (400 invalid_scope)"
            ),
        ),
        ({"role": False}, "has no admin role that allows it (403 E0000006)"),
    ],
)
def test_what_is_missing_is_named(watched, run_module, app, settings, says):
    _made, options = app(**settings)
    refused = run_module(RESET, {"serials": ["NOBODY"], **options}, lab=watched.lab)
    assert refused["failed"] and says in refused["msg"] and refused["request_id"], refused


def test_an_app_that_was_deactivated_and_a_wrong_key(watched, run_module, app):
    made, options = app()
    _other, others = app()
    wrong = run_module(
        RESET,
        {"serials": ["NOBODY"], **options, "okta_private_key": others["okta_private_key"]},
        lab=watched.lab,
    )
    assert (
        wrong["failed"]
        and "Check okta_client_id, that the app is active" in wrong["msg"]
        and "401 invalid_client" in wrong["msg"]
    )
    watched.control("PATCH", "/okta/apps", {"client_id": made["client_id"], "active": False})
    assert (
        "does not accept the service app"
        in run_module(RESET, {"serials": ["NOBODY"], **options}, lab=watched.lab)["msg"]
    )


def test_a_scope_that_only_the_call_misses_is_named(watched, run_module, app):
    _made, options = app()
    run_module("okta_authenticator_method", options, lab=watched.lab)
    given = {**WITHOUT_API_TOKEN, "okta_access_token": next(iter(watched.world.okta.oauth.tokens))}
    refused = run_module(RESET, {"serials": ["NOBODY"], **given}, lab=watched.lab)
    assert (
        refused["failed"]
        and "lacks the scope 'okta.devices.read', which listDevices needs (403 insufficient_scope)"
        in refused["msg"]
    )


@pytest.mark.long
@pytest.mark.lab(macs=25, people=True)
def test_the_whole_workflow_by_private_key_with_proof_of_possession(watched, app, playbook, shown):
    made, _options = app(dpop=True)
    signed_in = {
        f"device_trust_okta_{name}": made[name] for name in ("client_id", "private_key", "key_id")
    }
    arguments = {"environment": {"OKTA_CLIENT_TOKEN": ""}, "arguments": ["-vvv"]}
    first = playbook(
        watched.lab,
        variables={**signed_in, "device_trust_gate_wait": 120, "device_trust_poll_interval": 1},
        **arguments,
    )
    assert first.status == 0 and first.changed, first.output[-3000:]
    mark = watched.mark()
    second = playbook(watched.lab, variables=signed_in, **arguments)
    assert second.status == 0 and second.changed == [] and watched.writes(mark) == []
    for secret in (
        made["private_key"].splitlines()[2],
        json.loads(made["private_key_jwk"])["d"],
        *watched.world.okta.oauth.tokens,
    ):
        assert shown(secret) == []
