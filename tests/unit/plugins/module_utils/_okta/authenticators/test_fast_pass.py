# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Okta FastPass is active in an org."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators.fast_pass import (
    find_okta_verify,
    find_problem,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    AuthenticatorMethod,
)


def authenticator(key: str = "okta_verify", status: str | None = "ACTIVE") -> Authenticator:
    return Authenticator(f"aut-{key}", key, status)


PASSWORD, PUSH = authenticator("okta_password"), authenticator("okta_verify_push")
FASTPASS_METHOD = AuthenticatorMethod("signed_nonce", "ACTIVE")
NOT_SET_UP = (
    "Okta Verify is not set up as an authenticator in this org. Add it in Security >"
    " Authenticators."
)


def verify_problem(reason: str) -> str:
    return f"The authenticator Okta Verify {reason}. Activate it in Security > Authenticators."


def fastpass_problem(reason: str) -> str:
    return (
        f"Okta FastPass (method signed_nonce of Okta Verify) {reason}. Activate it in Security >"
        " Authenticators > Okta Verify."
    )


@pytest.mark.parametrize(
    "authenticators, methods, problem",
    [
        (
            [PASSWORD, authenticator()],
            [AuthenticatorMethod("push", "INACTIVE"), FASTPASS_METHOD],
            None,
        ),
        ([], [], NOT_SET_UP),
        ([PASSWORD], [], NOT_SET_UP),
        (
            [authenticator(status="INACTIVE")],
            [FASTPASS_METHOD],
            verify_problem("is not active"),
        ),
        ([authenticator()], [], fastpass_problem("is not there")),
        (
            [authenticator()],
            [AuthenticatorMethod("push", "ACTIVE")],
            fastpass_problem("is not there"),
        ),
        (
            [authenticator()],
            [AuthenticatorMethod("signed_nonce", "INACTIVE")],
            fastpass_problem("is not active"),
        ),
        # What Okta does not call active is not relied on, and shown as it is.
        (
            [authenticator(status="PAUSED")],
            [FASTPASS_METHOD],
            verify_problem("has the unknown status PAUSED"),
        ),
        (
            [authenticator(status=None)],
            [FASTPASS_METHOD],
            verify_problem("is shown without a status"),
        ),
        (
            [authenticator()],
            [AuthenticatorMethod("signed_nonce", "PAUSED")],
            fastpass_problem("has the unknown status PAUSED"),
        ),
        (
            [authenticator()],
            [AuthenticatorMethod("signed_nonce")],
            fastpass_problem("is shown without a status"),
        ),
        # The split form: FastPass is an authenticator of its own
        ([PUSH, authenticator("okta_verify_fastpass")], [], None),
        (
            [PUSH, authenticator("okta_verify_fastpass", "INACTIVE")],
            [],
            verify_problem("is not active"),
        ),
        ([PUSH], [], NOT_SET_UP),
        (
            [authenticator(), authenticator("okta_verify_fastpass")],
            [AuthenticatorMethod("push", "ACTIVE")],
            None,
        ),
        (
            [authenticator(), authenticator("okta_verify_fastpass", "INACTIVE")],
            [AuthenticatorMethod("push", "ACTIVE")],
            fastpass_problem("is not there"),
        ),
        ([authenticator(status="INACTIVE"), authenticator("okta_verify_fastpass")], [], None),
    ],
)
def test_fastpass_must_be_active_in_the_one_form_or_the_other(
    authenticators: t.Any, methods: t.Any, problem: str | None
) -> None:
    found = find_problem(authenticators, methods)
    assert (str(found) if found else None) == problem


@pytest.mark.parametrize(
    "keys, found",
    [
        ([], None),
        (["okta_email"], None),
        (["okta_verify_fastpass", "okta_verify"], "okta_verify"),
        (["okta_verify_fastpass"], "okta_verify_fastpass"),
    ],
)
def test_whose_methods_are_to_be_read(keys: list[str], found: str | None) -> None:
    authenticators = [authenticator(key) for key in keys]
    verify = find_okta_verify(authenticators)
    assert (verify.key if verify else None) == found
