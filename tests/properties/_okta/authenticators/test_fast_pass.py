# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta FastPass is active only if Okta says so, and each problem is a sentence."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators.fast_pass import (
    find_okta_verify,
    find_problem,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    AuthenticatorMethod,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import authenticators, methods
from tests.support.strategies.values import assert_sentence


@given(authenticators(), st.lists(methods(), max_size=3))
def test_fastpass_is_active_only_if_okta_says_so(
    some: list[Authenticator], listed: list[AuthenticatorMethod]
) -> None:
    problem = find_problem(some, listed)
    found = find_okta_verify(some)
    keys = {each.key for each in some} & {"okta_verify", "okta_verify_fastpass"}
    assert (found is None) == (not keys)
    assert found is None or found.key == min(keys)
    if problem:
        assert_sentence(str(problem))
    else:
        assert any(each.status == "ACTIVE" for each in some)
    unknown = [Authenticator(each.id, each.key, "UNKNOWN_TO_US") for each in some]
    assert find_problem(unknown, listed)
