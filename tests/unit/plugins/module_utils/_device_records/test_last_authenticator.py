# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who keeps a strong authenticator."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.last_authenticator import (
    needs_enrollments,
    refuse_last_authenticator,
    relies_on_okta_verify,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.model import (
    CleanUp,
    Evidence,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._device_records.plan import (
    plan_records,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Enrollment,
)

from tests.unit.plugins.module_utils._device_records.examples import (
    FASTPASS,
    GUARDS,
    PHONE,
    SPLIT,
    VERIFY,
    allowing,
    decide,
    device,
    guarding,
    target,
    to_state,
    user,
)


@pytest.mark.parametrize(
    "enrollments, deleted, active, kept",
    [
        ([Enrollment("okta_password", "ACTIVE"), Enrollment("okta_email", "ACTIVE")], [], [], 0),
        ([VERIFY], [], ["guo1", "guo2"], 0),
        ([VERIFY, VERIFY], [], ["guo1", "guo2"], 1),
        ([VERIFY, VERIFY], [], ["guo1"], 0),  # the other device is suspended, or deleted
        ([VERIFY, VERIFY], ["guo2"], ["guo1", "guo2", "guo3"], 0),
        ([VERIFY, VERIFY, VERIFY], ["guo2"], ["guo1", "guo2", "guo3"], 1),
        ([VERIFY, VERIFY, VERIFY], ["guo2"], ["guo1", "guo2"], 0),
        ([VERIFY, VERIFY, Enrollment("okta_verify", "INACTIVE")], ["guo2"], ["guo3"], 0),
        ([FASTPASS, Enrollment("okta_password", "ACTIVE")], [], [], 0),
        (SPLIT, [], ["guo1", "guo2"], 0),  # all of them may be of one device
        ([*SPLIT, VERIFY], [], ["guo1", "guo2"], 0),
        ([*SPLIT, FASTPASS], [], ["guo1", "guo2"], 1),
        ([*SPLIT, FASTPASS], ["guo3"], ["guo1", "guo2"], 0),
        ([VERIFY, PHONE], ["guo2", "guo3"], [], 1),
        ([VERIFY, Enrollment("webauthn", "INACTIVE")], [], ["guo1", "guo2"], 0),
        ([VERIFY, Enrollment(None, "ACTIVE")], [], ["guo1", "guo2"], 0),
        ([], [], [], 0),
    ],
)
def test_a_user_keeps_a_strong_authenticator(
    enrollments: list[Enrollment], deleted: list[str], active: list[str], kept: int
) -> None:
    evidence = Evidence(
        enrollments={"00u-ada": enrollments}, active_records={"00u-ada": set(active)}
    )
    refusal = refuse_last_authenticator(
        target(device(), user()), GUARDS, evidence, {"00u-ada": set(deleted)}
    )
    assert (refusal is None) is bool(kept)
    assert refusal is None or refusal.code == "last_authenticator"


def test_a_weak_authenticator_is_what_the_option_names() -> None:
    one = target(device(), user())
    weak_phones = guarding(weak_authenticators=("phone_number",))
    assert decide(one, weak_phones).code == "last_authenticator"
    passwords = Evidence(enrollments={"00u-ada": [Enrollment("okta_password", "ACTIVE")]})
    assert decide(one, weak_phones, passwords).action == "write"


def test_okta_verify_as_a_weak_authenticator_is_each_of_its_methods() -> None:
    weak = guarding(weak_authenticators=("okta_verify",))
    methods = Evidence(enrollments={"00u-ada": SPLIT * 3}, active_records={"00u-ada": {"guo9"}})
    assert decide(target(device(), user()), weak, methods).code == "last_authenticator"


def test_only_users_who_may_sign_in_later_can_be_locked_out() -> None:
    """A suspended user comes back, such as from a leave; a deactivated one lost the factors."""
    gone = target(device(), user("ada"), user("eve", status="DEPROVISIONED"))
    assert decide(gone).action == "write"
    away = target(device(), user("ada"), user("eve", status="SUSPENDED"))
    assert decide(away).code == "last_authenticator"
    both = decide(target(device(), user("eve"), user("ida")), allowing("shared"))
    assert "of eve@acme.com, ida@acme.com, who" in both.reason


def test_an_idle_record_holds_nobodys_authenticator() -> None:
    assert decide(target(device(status="DEACTIVATED"), user("eve"))).action == "write"
    assert not needs_enrollments(target(device()), GUARDS)
    assert needs_enrollments(target(device(), user()), GUARDS)
    assert not needs_enrollments(target(device(), user()), allowing("last_authenticator"))


@pytest.mark.parametrize(
    "enrollments, relies",
    [([VERIFY], False), ([VERIFY, VERIFY], True), ([VERIFY, VERIFY, PHONE], False), ([], False)],
)
def test_records_of_users_matter_only_if_okta_verify_is_all_they_have(
    enrollments: list[Enrollment], relies: bool
) -> None:
    weak = Enrollment("okta_password", "ACTIVE")
    assert relies_on_okta_verify([weak, *enrollments], GUARDS) is relies


@pytest.mark.parametrize("hidden", [Enrollment("phone_number", None), Enrollment(None, "ACTIVE")])
def test_an_authenticator_that_okta_does_not_show_may_be_another_one(hidden: Enrollment) -> None:
    decision = decide(
        target(device(), user()), evidence=Evidence(enrollments={"00u-ada": [hidden]})
    )
    assert decision.code == "last_authenticator"
    assert decision.reason.startswith(
        "It may hold the last strong authenticator of ada@acme.com: Okta does not show key and"
        " status of each that they enrolled."
    )


@pytest.mark.parametrize(("state", "relies"), [("absent", True), ("suspended", False)])
def test_one_okta_verify_may_be_enough_where_a_record_is_blocked_already(
    state: t.Any, relies: bool
) -> None:
    """A clean-up deletes what it suspended: that enrollment is of another device."""
    period = CleanUp(timedelta(days=60), timedelta(days=14))
    guards = to_state(state, clean_up=period)
    assert relies_on_okta_verify([VERIFY], guards) is relies
    assert not relies_on_okta_verify([], guards)


def test_nobody_without_okta_verify_keeps_a_way_in_by_a_record() -> None:
    period = CleanUp(timedelta(days=60), timedelta(days=14))
    evidence = Evidence(active_records={"00u-ada": {"guo2"}})
    guards = to_state("absent", clean_up=period)
    one = target(device(status="SUSPENDED"), user())
    left = refuse_last_authenticator(one, guards, evidence, {})
    assert left is not None and left.code == "last_authenticator"
    with_one = replace(evidence, enrollments={"00u-ada": [VERIFY]})
    assert refuse_last_authenticator(one, guards, with_one, {}) is None


def test_each_planned_deletion_of_a_user_counts_by_its_record() -> None:
    three = [
        target(device(f"guo{n}", serial_number=f"C0{n}"), user(), name=f"C0{n}") for n in range(3)
    ]
    evidence = Evidence(
        enrollments={"00u-ada": [VERIFY] * 4},
        active_records={"00u-ada": {"guo0", "guo1", "guo2"}},
    )
    guards = allowing("unknown_to_kandji")
    decisions = plan_records(three, guards, evidence)
    assert [one.code for one in decisions] == [None, None, "last_authenticator"]
