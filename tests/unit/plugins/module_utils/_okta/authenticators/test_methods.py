# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods of authenticators: where one is, what changes, and what Okta shows afterwards."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    NotAsWritten,
    NotFound,
    Refused,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators import (
    methods,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    AuthenticatorMethod,
)

PASSWORD, VERIFY, FAST_PASS = (
    Authenticator(f"aut-{key}", key)
    for key in ("okta_password", "okta_verify", "okta_verify_fastpass")
)
ROW = {
    "type": "signed_nonce",
    "status": "ACTIVE",
    "settings": {
        "showSignInWithOV": "NEVER",
        "keyProtection": "HARDWARE",
        "algorithms": ["ES256", "RS256"],
        "more": 1,
    },
    "other": {"kept": True},
    "_links": {},
}
CURRENT = AuthenticatorMethod.from_row(ROW)


def request(
    status: str | None = None, method: str = "signed_nonce", **settings: object
) -> methods.MethodRequest:
    return methods.MethodRequest("okta_verify", method, status, settings)


@pytest.mark.parametrize(
    ("known", "key", "method", "ids"),
    [
        ([PASSWORD, VERIFY], "okta_verify", "signed_nonce", ["aut-okta_verify"]),
        # Writes need the authenticator that Okta made of the method alone.
        (
            [PASSWORD, VERIFY, FAST_PASS],
            "okta_verify",
            "signed_nonce",
            ["aut-okta_verify_fastpass", "aut-okta_verify"],
        ),
        ([VERIFY, FAST_PASS], "okta_verify", "push", ["aut-okta_verify"]),
        ([VERIFY, FAST_PASS], "okta_verify", "other", ["aut-okta_verify"]),
        ([PASSWORD, FAST_PASS], "okta_password", "signed_nonce", ["aut-okta_password"]),
        ([PASSWORD], "okta_verify", "totp", []),
    ],
)
def test_the_authenticators_that_may_have_a_method(
    known: list[Authenticator], key: str, method: str, ids: list[str]
) -> None:
    assert [each.id for each in methods.authenticators_with(known, key, method)] == ids


def test_between_custom_authenticators_of_one_key_none_is_selected():
    twins = [Authenticator("aut1", "custom_app"), Authenticator("aut2", "custom_app")]
    with pytest.raises(BadOption) as refused:
        methods.authenticators_with(twins, "custom_app", "push")
    assert refused.value.message == (
        "authenticator: Okta has 2 authenticators with the key 'custom_app' (aut1, aut2). Change the"
        " method of the right one in the Admin Console."
    )


def test_a_method_is_found_by_its_type() -> None:
    push = AuthenticatorMethod("push", "ACTIVE")
    assert methods.find_method([push, CURRENT], "signed_nonce") is CURRENT
    assert methods.find_method([push], "signed_nonce") is None


def test_a_method_that_is_gone_right_before_a_write_is_an_error() -> None:
    assert methods.require_method(request(), [CURRENT]) is CURRENT
    with pytest.raises(NotFound) as missing:
        methods.require_method(request(method="push"), [CURRENT])
    assert missing.value.message == (
        "Okta removed method push of okta_verify after this run read it. Nothing more was written."
        " Run again."
    )
    assert missing.value.details["vendor"] == "okta"


def test_a_method_that_the_org_lacks_is_an_error_with_its_authenticators() -> None:
    error = methods.missing_method("okta_verify", "totp", [VERIFY, PASSWORD])
    assert error.message == (
        "method: Okta has no method 'totp' of authenticator 'okta_verify'; its authenticators are"
        " okta_password, okta_verify. Add it in the Admin Console: Security > Authenticators > Add"
        " authenticator."
    )
    assert error.details["vendor"] == "okta"
    assert "authenticators are none." in methods.missing_method("okta_verify", "totp", []).message


@pytest.mark.parametrize(
    "wanted",
    [
        request(),
        request("ACTIVE"),
        request(showSignInWithOV="NEVER"),
        request("ACTIVE", algorithms=["RS256", "ES256"]),
    ],
)
def test_a_method_as_wanted_is_left_alone(wanted: methods.MethodRequest) -> None:
    assert methods.plan_method(CURRENT, wanted) == methods.MethodPlan(None, None, ())


def test_a_status_alone_writes_no_settings() -> None:
    plan = methods.plan_method(CURRENT, request("INACTIVE"))
    assert plan.body is None and plan.status == "INACTIVE"
    assert plan.changes == (
        Change(
            "update",
            "method signed_nonce of okta_verify",
            {"status": "ACTIVE"},
            {"status": "INACTIVE"},
        ),
    )


def test_settings_alone_are_a_full_replace_of_what_was_read() -> None:
    plan = methods.plan_method(
        CURRENT, request("ACTIVE", showSignInWithOV="ALWAYS", keyProtection="ANY")
    )
    assert plan.status is None and plan.body == {
        "type": "signed_nonce",
        "settings": {
            "showSignInWithOV": "ALWAYS",
            "keyProtection": "ANY",
            "algorithms": ["ES256", "RS256"],
            "more": 1,
        },
        "other": {"kept": True},
    }
    assert plan.changes[0].before == {
        "settings.showSignInWithOV": "NEVER",
        "settings.keyProtection": "HARDWARE",
    }
    assert plan.changes[0].after == {
        "settings.showSignInWithOV": "ALWAYS",
        "settings.keyProtection": "ANY",
    }
    assert ROW["settings"] == {
        "showSignInWithOV": "NEVER",
        "keyProtection": "HARDWARE",
        "algorithms": ["ES256", "RS256"],
        "more": 1,
    }, "what was read is not changed"


def read_with(**settings: object) -> AuthenticatorMethod:
    known = {**t.cast(dict[str, t.Any], ROW["settings"]), **settings}
    kept = {key: value for key, value in known.items() if value is not MISSING}
    return AuthenticatorMethod.from_row({**ROW, "settings": kept})


MISSING = object()
NO_TEXTS = (MISSING, None, "", " ", 5, True, ["ANY"], {"value": "ANY"}, "ANY\x1b[31m", "\ud800ANY")
NO_LISTS = (MISSING, None, "ES256", {}, ["ES256", 5, None], [["ES256"]], ["\ud800"])


@pytest.mark.parametrize("row", [{}, {"settings": None}, {"settings": ["ES256"]}])
def test_settings_that_okta_does_not_show_are_not_replaced(row: dict[str, t.Any]) -> None:
    bare = AuthenticatorMethod.from_row({"type": "push", "status": "INACTIVE", **row})
    with pytest.raises(Unreadable) as raised:
        methods.plan_method(bare, request("ACTIVE", "push", keyProtection="ANY"))
    assert raised.value.message == (
        "method push of okta_verify: Okta's answer to listAuthenticatorMethods has no known"
        " value of settings, and a write depends on it. Run again. If the error stays, check the"
        " method in the Admin Console."
    )
    assert raised.value.details["fields"] == ["settings"]
    assert methods.plan_method(bare, request("ACTIVE", "push")).status == "ACTIVE"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("keyProtection", value) for value in NO_TEXTS),
        *(("algorithms", value) for value in NO_LISTS),
    ],
)
def test_a_setting_that_cannot_be_read_is_neither_compared_nor_written_back(
    key: str, value: object
) -> None:
    current = read_with(**{key: value})
    wanted: t.Any = {"keyProtection": "ANY", "algorithms": ["ES256"]}[key]
    # The last one replaces all settings, this one too.
    for asked in (request(**{key: wanted}), request(showSignInWithOV="ALWAYS")):
        with pytest.raises(Unreadable, match=rf"no known value of settings\.{key}, and"):
            methods.plan_method(current, asked)
    for unconcerned in (request("INACTIVE"), request(showSignInWithOV="NEVER")):
        assert methods.plan_method(current, unconcerned).body is None


def test_a_word_that_is_new_is_kept_and_not_compared() -> None:
    current = read_with(keyProtection="SECURE_CHIP", algorithms=["NEW"])
    body = methods.plan_method(current, request(showSignInWithOV="ALWAYS")).body
    assert body is not None and body["settings"]["keyProtection"] == "SECURE_CHIP"
    assert body["settings"]["algorithms"] == ["NEW"]
    with pytest.raises(Unreadable, match="no known value of settings.keyProtection, and"):
        methods.plan_method(current, request(keyProtection="ANY"))
    narrowed = methods.plan_method(current, request(algorithms=["ES256"])).body
    assert narrowed is not None and narrowed["settings"]["algorithms"] == ["ES256"]


@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE"])
@pytest.mark.parametrize("present", [None, "PAUSED"])
def test_a_status_that_cannot_be_compared_is_not_written(present: str | None, status: str) -> None:
    unknown = AuthenticatorMethod.from_row({**ROW, "status": present})
    with pytest.raises(Unreadable) as raised:
        methods.plan_method(unknown, request(status))
    assert raised.value.details == {
        "vendor": "okta",
        "operation": "listAuthenticatorMethods",
        "fields": ["status"],
    }
    assert methods.plan_method(unknown, request(showSignInWithOV="ALWAYS")).status is None


@pytest.mark.parametrize("present", ["ACTIVE", None, "NEW"])
def test_a_method_that_people_may_use_is_switched_off_only_with_consent(
    present: str | None,
) -> None:
    current = AuthenticatorMethod("totp", present)
    off = request("INACTIVE", "totp")
    with pytest.raises(Refused) as raised:
        methods.check_switch_off(current, off, allow_lock_out=False, is_used=True)
    assert raised.value.message == (
        "status: whom it would lock out cannot be known. Okta does not show who uses method totp of"
        " okta_verify, and people without another second factor cannot sign in without it. Make sure"
        " that each has another one, then set allow_lock_out: true for this run."
    )
    methods.check_switch_off(current, off, allow_lock_out=True, is_used=True)
    methods.check_switch_off(current, off, allow_lock_out=False, is_used=False)
    methods.check_switch_off(current, request("ACTIVE", "totp"), allow_lock_out=False, is_used=True)
    unused = AuthenticatorMethod("totp", "INACTIVE")
    methods.check_switch_off(unused, off, allow_lock_out=False, is_used=True)


HARDWARE = (
    "key_protection: it may refuse everybody whose Mac has no Secure Enclave, or whose other device"
    " does not keep keys in hardware (secureHardwarePresent in okta_device_info)."
)


def lost(*algorithms: str) -> str:
    """Return the sentence about keys of algorithms that are accepted no longer."""
    return f"algorithms: it may refuse everybody whose key is of {', '.join(algorithms)}."


@pytest.mark.parametrize(
    "known, wanted, who",
    [
        ({"keyProtection": "ANY"}, {"keyProtection": "HARDWARE"}, HARDWARE),
        ({}, {"keyProtection": "HARDWARE"}, HARDWARE),
        ({"keyProtection": "HARDWARE"}, {"keyProtection": "HARDWARE"}, ""),
        ({"keyProtection": "HARDWARE"}, {"keyProtection": "ANY"}, ""),
        ({"algorithms": ["RS256", "ES256"]}, {"algorithms": ["ES256"]}, lost("RS256")),
        ({"algorithms": ["RS256"]}, {"algorithms": ["ES256"]}, lost("RS256")),
        ({"algorithms": ["RS256", "NEW"]}, {"algorithms": ["ES256"]}, lost("NEW", "RS256")),
        (
            {},
            {"keyProtection": "HARDWARE", "algorithms": []},
            f"{HARDWARE} {lost('ES256', 'RS256')}",
        ),
        ({"algorithms": ["ES256"]}, {"algorithms": ["ES256", "RS256"]}, ""),
        ({"algorithms": ["ES256"]}, {"algorithms": ["ES256"]}, ""),
        ({"algorithms": ["ES256", "NEW"]}, {"algorithms": ["ES256"]}, lost("NEW")),
        ({}, {"algorithms": ["RS256"]}, lost("ES256")),
        ({}, {"algorithms": ["RS256", "ES256"]}, ""),
        ({"keyProtection": "ANY"}, {"showSignInWithOV": "NEVER"}, ""),
    ],
)
def test_fewer_keys_need_consent_where_people_may_have_the_others(
    known: dict[str, object], wanted: dict[str, object], who: str
) -> None:
    current = AuthenticatorMethod.from_row({**ROW, "settings": known})
    narrowed = request(None, **wanted)
    if who:
        with pytest.raises(Refused) as raised:
            methods.check_narrowing(current, narrowed, allow_lock_out=False, is_used=True)
        assert raised.value.message == (
            f"{who} Okta does not show whose keys of method signed_nonce of okta_verify these are, and"
            " the setting is of the whole org. Make sure that each has another second factor, then"
            " set allow_lock_out: true for this run."
        )
    else:
        methods.check_narrowing(current, narrowed, allow_lock_out=False, is_used=True)
    methods.check_narrowing(current, narrowed, allow_lock_out=True, is_used=True)
    methods.check_narrowing(current, narrowed, allow_lock_out=False, is_used=False)
    unused = AuthenticatorMethod.from_row({**ROW, "status": "INACTIVE", "settings": known})
    methods.check_narrowing(unused, narrowed, allow_lock_out=False, is_used=True)


def test_a_method_that_okta_shows_as_written_is_returned() -> None:
    push = AuthenticatorMethod("push", "INACTIVE")
    wanted = request("ACTIVE", algorithms=["RS256", "ES256"])
    assert methods.verify_method(wanted, [push, CURRENT]) is CURRENT
    assert methods.verify_method(request(), [push, CURRENT]) is CURRENT


@pytest.mark.parametrize(
    ("wanted", "read", "keys"),
    [
        (request("INACTIVE"), [CURRENT], ["status"]),
        (request(keyProtection="ANY"), [CURRENT], ["settings.keyProtection"]),
        (request("INACTIVE", more=2), [CURRENT], ["settings.more", "status"]),
        (request("ACTIVE"), [], ["status"]),
    ],
)
def test_what_okta_shows_otherwise_is_named(
    wanted: methods.MethodRequest, read: t.Any, keys: list[str]
) -> None:
    with pytest.raises(NotAsWritten) as raised:
        methods.verify_method(wanted, read)
    assert raised.value.message == (
        "Okta accepted method signed_nonce of okta_verify and shows other values for"
        f" {', '.join(keys)}. Run again."
    )
    assert raised.value.details["keys"] == keys


@pytest.mark.parametrize(
    ("code", "reason"), [("E0000174", "device conditions"), ("E0000148", "needs it")]
)
def test_a_documented_refusal_is_explained(code: str, reason: str) -> None:
    error = ApiError("Okta answered 403", error_code=code, status=403)
    refusal = methods.translate_refusal(error, "method push of okta_verify")
    assert isinstance(refusal, Refused) and refusal.details["status"] == 403
    start = f"Okta refuses to switch off method push of okta_verify ({code}): "
    assert refusal.message.startswith(start) and refusal.message.endswith(".")
    assert reason in refusal.message


def test_any_other_error_stays_as_it_is() -> None:
    error = ApiError("Okta answered 500", error_code="E0000009")
    assert methods.translate_refusal(error, "method push of okta_verify") is error


@pytest.mark.parametrize(
    ("method", "options", "wrong"),
    [
        ("signed_nonce", {option: "any" for option in methods.SETTINGS}, None),
        ("push", {"key_protection": "ANY", "algorithms": ["ES256"]}, None),
        (
            "push",
            {"show_sign_in_with_ov": "NEVER"},
            "show_sign_in_with_ov: method push does not have this setting. Remove the option.",
        ),
        (
            "totp",
            {"key_protection": "ANY"},
            "key_protection: method totp does not have this setting. Remove the option.",
        ),
        ("totp", {}, None),
        (
            "push",
            {"algorithms": []},
            "algorithms: the list is empty. Name one or leave the option out.",
        ),
    ],
)
def test_a_method_takes_the_settings_that_it_has(
    method: str, options: dict[str, t.Any], wrong: str | None
) -> None:
    values = {**dict.fromkeys(methods.SETTINGS), **options}
    if wrong is None:
        methods.check_settings(method, values)
        return
    with pytest.raises(BadOption) as refused:
        methods.check_settings(method, values)
    assert refused.value.message == wrong
