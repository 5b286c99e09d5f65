# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a method: once written it is done, and it keeps what nobody asked for."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.results import (
    build_result,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators.methods import (
    MethodRequest,
    authenticators_with,
    check_narrowing,
    find_method,
    missing_method,
    plan_method,
    verify_method,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    AuthenticatorMethod,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.okta import authenticators, methods
from tests.support.strategies.values import Json, assert_sentence, outcome_of

settings: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "showSignInWithOV": st.sampled_from(("ALWAYS", "NEVER")),
        "keyProtection": st.sampled_from(("ANY", "HARDWARE")),
        "algorithms": st.lists(st.sampled_from(("ES256", "RS256")), unique=True),
    },
)
requests = st.builds(
    MethodRequest,
    st.just("okta_verify"),
    st.just("signed_nonce"),
    st.sampled_from((None, "ACTIVE", "INACTIVE")),
    settings,
)


@given(methods(), requests)
def test_a_method_that_was_written_needs_no_further_write(
    current: AuthenticatorMethod, request: MethodRequest
) -> None:
    plan = outcome_of(lambda: plan_method(current, request))
    if isinstance(plan, Unreadable):
        fields = plan.details["fields"]
        assert fields and (request.settings or request.status)
        assert "status" not in fields or current.status not in ("ACTIVE", "INACTIVE")
        return
    assert bool(plan.changes) is bool(plan.body is not None or plan.status)
    build_result(plan.changes)
    row: Json = {**current.row, **(plan.body or {})}
    if plan.status:
        row["status"] = plan.status
    written = AuthenticatorMethod.from_row({**row, "type": "signed_nonce"})
    assert plan_method(written, request).changes == ()
    assert verify_method(request, [written]) == written
    for key, value in current.settings.items():
        if key not in request.settings:
            assert repr(written.settings[key]) == repr(value)  # NaN is not equal to itself


@given(methods(), requests)
def test_what_needs_consent_is_a_change_and_the_sentence_names_the_option(
    current: AuthenticatorMethod, request: MethodRequest
) -> None:
    refused = outcome_of(lambda: check_narrowing(current, request, False, True))
    assert outcome_of(lambda: check_narrowing(current, request, True, True)) is None
    if isinstance(refused, Refused):
        assert_sentence(refused.message)
        plan = outcome_of(lambda: plan_method(current, request))
        assert isinstance(plan, Unreadable) or plan.body is not None


@given(methods(), requests)
def test_an_unknown_status_is_never_compared(
    current: AuthenticatorMethod, request: MethodRequest
) -> None:
    unknown = AuthenticatorMethod.from_row({**current.row, "status": "active"})
    plan = outcome_of(lambda: plan_method(unknown, request))
    assert isinstance(plan, Unreadable) or plan.status is request.status is None


@given(authenticators(), st.lists(methods()), st.randoms(use_true_random=False))
def test_only_authenticators_of_the_org_are_named(
    some: list[Authenticator], listed: list[AuthenticatorMethod], chance: t.Any
) -> None:
    chosen = outcome_of(lambda: authenticators_with(some, "okta_verify", "signed_nonce"))
    chance.shuffle(some)
    again = outcome_of(lambda: authenticators_with(some, "okta_verify", "signed_nonce"))
    if isinstance(chosen, BadOption):
        assert isinstance(again, BadOption) and len(some) > 1
    else:
        assert all(each in some and str(each.key).startswith("okta_verify") for each in chosen)
        assert {each.id for each in again} == {each.id for each in chosen}
    found = find_method(listed, "signed_nonce")
    assert found is None or found in listed
    assert_sentence(missing_method("okta_verify", "totp", some).message)
