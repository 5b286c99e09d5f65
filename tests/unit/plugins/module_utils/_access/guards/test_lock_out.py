# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many people a change may lock out, and what a refusal says of them."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    AccessChange,
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    UNREAD_POLICIES,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.lock_out import (
    LockOutGuard,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused


def forecast_of(count, unknowns=(), log_names_devices=True):
    rows = (
        AccessChange(f"u{number}", f"p{number:02d}", "MACOS", None, "Open", "Closed", unknowns)
        for number in range(count)
    )
    return Forecast(tuple(rows), people=count, log_names_devices=log_names_devices)


def test_the_message_names_ten_people_and_the_result_all():
    with pytest.raises(
        Refused,
        match="12 people who used these apps would be locked out: p00, p01, .*, p09 and 2 more.",
    ) as caught:
        LockOutGuard(11).check(forecast_of(12, ("risk: HIGH",)))
    assert len(caught.value.details["forecast"]["locked_out_people"]) == 12
    assert caught.value.message.endswith(
        " p09 and 2 more. The rules depend on what cannot be known: risk: HIGH. If any answer to it"
        " admits a person before the change and refuses them after it, they count as locked out."
        " Nothing was written. Prepare their devices, limit the rules to groups without them, or set"
        " max_locked_out to 12 for this run."
    )
    LockOutGuard(12).check(forecast_of(12))


def test_the_message_names_what_would_change():
    change = "policy 'Strict' for 'Salesforce', 'Slack'"
    with pytest.raises(Refused) as caught:
        LockOutGuard(0, change=change).check(forecast_of(1))
    assert caught.value.message.startswith(
        "max_locked_out: 1 person who used these apps would be locked out: p00. The change: policy"
        " 'Strict' for 'Salesforce', 'Slack'. Nothing was written."
    )


def test_a_reversal_is_corrected_in_the_earlier_policy():
    change = "policy 'Strict' for 'Slack'"
    with pytest.raises(Refused) as caught:
        LockOutGuard(0, True, change).check(forecast_of(1))
    assert caught.value.message == (
        "max_locked_out: 1 person who used these apps would be locked out: p00. The change: policy"
        " 'Strict' for 'Slack'. The earlier policy changed after the apps left it. Nothing was"
        " written. Correct the earlier policy, or set max_locked_out to 1 for this run."
    )


def test_people_whose_status_is_unknown_are_named():
    """Those alone who would be locked out."""
    forecast = dataclasses.replace(forecast_of(2), status_unknown=("p01", "p07"))
    with pytest.raises(Refused) as caught:
        LockOutGuard(0).check(forecast)
    assert caught.value.message == (
        "max_locked_out: 2 people who used these apps would be locked out: p00, p01. Okta does not"
        " show the status of p01, so they count as people who can sign in. If they left, set"
        " active_days to fewer days than since their last sign-in. Nothing was written. Prepare"
        " their devices, limit the rules to groups without them, or set max_locked_out to 2 for this"
        " run."
    )


def test_a_reversal_may_lock_out_as_many_as_it_surely_admits_again():
    """Who gains access only if an answer to an unknown is so may have it already."""
    lost = forecast_of(1).locked_out
    sure, unsure = (
        AccessChange("u9", "eve", "MACOS", None, "Open", "Closed", unknowns)
        for unknowns in ((), ("password",))
    )
    LockOutGuard(0, True).check(Forecast(lost, (sure,)))
    for result, is_reversal in (
        (Forecast(lost, (unsure,)), True),
        (Forecast(lost, (sure,)), False),
    ):
        with pytest.raises(Refused, match="1 person who used these apps"):
            LockOutGuard(0, is_reversal).check(result)


def test_a_log_without_devices_is_explained():
    with pytest.raises(Refused) as caught:
        LockOutGuard(0).check(forecast_of(1, log_names_devices=False))
    assert (
        "1 person who used these apps would be locked out: p00. The System Log does not name the"
        " devices of their sign-ins, so each person counts with their registered devices and with"
        " one that Okta does not know. Nothing was written."
    ) in caught.value.message


def test_unknowns_and_a_log_without_devices_are_both_explained():
    with pytest.raises(Refused, match="count as locked out. The System Log does not name"):
        LockOutGuard(0).check(forecast_of(1, ("risk: HIGH",), log_names_devices=False))


def test_who_counts_only_because_of_unread_policies_is_counted_apart():
    unread = (UNREAD_POLICIES,)
    rows = [("ann", unread), ("bob", unread), ("bob", ()), ("eve", ("risk: HIGH", *unread))]
    changes = tuple(
        AccessChange(login, login, f"Mac {number}", None, "Open", "Closed", unknowns)
        for number, (login, unknowns) in enumerate(rows)
    )
    forecast = Forecast(changes, people=3)
    assert forecast.unread_logins == ["ann", "eve"]
    with pytest.raises(Refused) as caught:
        LockOutGuard(2).check(forecast)
    assert (
        " 2 of them count only because the credentials may not read the device signal collection"
        " policies (403): let the role of the credentials view all policies first. If you know that"
        " the org has none, set max_locked_out to 2 for this run; it still refuses if others are"
        " locked out, too. Nothing was written."
    ) in caught.value.message
    with pytest.raises(Refused) as caught:
        LockOutGuard(0).check(forecast_of(2, ("risk: HIGH",)))
    assert "of them count only" not in caught.value.message


def test_a_lock_out_counts_the_unknowns_that_it_names():
    with pytest.raises(Refused) as caught:
        LockOutGuard(0).check(forecast_of(2, ("a", "b", "c", "d")))
    assert (
        "2 people" in caught.value.message
        and "known: a; b; c. If any answer" in caught.value.message
    )
    details = caught.value.details
    assert (details["count"], details["allowed"], details["forecast"]["people"]) == (2, 0, 2)
    LockOutGuard(0).check(Forecast())
