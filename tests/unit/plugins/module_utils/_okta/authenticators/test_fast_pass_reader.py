# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each list of what an org has of Okta Verify is read once."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators.fast_pass_reader import (
    FastPass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    AuthenticatorMethod,
)

VERIFY = Authenticator("aut1", "okta_verify", "ACTIVE")
PASSWORD = Authenticator("aut2", "okta_password", "ACTIVE")


class Org:
    """An org with these authenticators, whose methods are none."""

    def __init__(self, *authenticators: Authenticator) -> None:
        self.known, self.calls = list(authenticators), list[str]()

    def authenticators(self) -> list[Authenticator]:
        self.calls.append("authenticators")
        return self.known

    def authenticator_methods(self, authenticator_id: str) -> list[AuthenticatorMethod]:
        self.calls.append(authenticator_id)
        return []


def test_each_list_is_read_once() -> None:
    org: t.Any = Org(PASSWORD, VERIFY)
    fast_pass = FastPass(org)
    for _again in range(2):
        assert fast_pass.okta_verify == VERIFY
        problem = fast_pass.problem
        assert problem and problem.fact.endswith("is not there")
    assert org.calls == ["authenticators", "aut1"]


def test_without_okta_verify_no_methods_are_read() -> None:
    org: t.Any = Org(PASSWORD)
    problem = FastPass(org).problem
    assert problem and problem.fact.startswith("Okta Verify is not set up")
    assert org.calls == ["authenticators"]


def test_authenticators_alone_take_one_read() -> None:
    org: t.Any = Org(PASSWORD)
    assert FastPass(org).authenticators == [PASSWORD]
    assert org.calls == ["authenticators"]
