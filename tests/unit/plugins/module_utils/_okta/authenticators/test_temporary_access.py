# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may get a temporary access code."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators import (
    temporary_access,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators.temporary_access import (
    CodeOptions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    EnrollmentPolicy,
    OktaUser,
    TemporaryCode,
)

ANN = OktaUser("00u1", "ann@acme.com", status="ACTIVE")


def authenticator(**configuration: t.Any) -> Authenticator:
    provider = {"type": "tac", "configuration": configuration}
    return Authenticator.from_row(
        {"id": "aut1", "key": "tac", "status": "ACTIVE", "provider": provider}
    )


def policy(word: str | None) -> EnrollmentPolicy:
    enroll = {"okta_password": "REQUIRED", **({"tac": word} if word else {})}
    return EnrollmentPolicy("rst1", "Staff", enroll=enroll, is_complete=True)


def test_an_org_needs_the_active_authenticator() -> None:
    active = authenticator()
    assert temporary_access.find_authenticator([Authenticator("aut0"), active]) is active


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ([Authenticator("aut0", "okta_verify", "ACTIVE")], "does not have"),
        ([Authenticator("aut1", "tac", "INACTIVE")], "has switched off"),
    ],
)
def test_without_it_the_remedy_is_in_okta(known: list[Authenticator], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        temporary_access.find_authenticator(known)
    assert refused.value.message == (
        f"Okta: this org {reason} the authenticator for temporary access codes (tac). Set it up in"
        " Security > Authenticators, or let the person in by another authenticator."
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            CodeOptions(9),
            "valid_minutes: 9 is not between 10 and 480, as this org has it. Set a number between"
            " them, or 0 for the default of the org.",
        ),
        (
            CodeOptions(481),
            "valid_minutes: 481 is not between 10 and 480, as this org has it. Set a number between"
            " them, or 0 for the default of the org.",
        ),
        (
            CodeOptions(10, True),
            "multi_use: this org permits a single use of a code. Leave the option out.",
        ),
    ],
)
def test_limits_of_the_org_are_kept(options: CodeOptions, says: str) -> None:
    known = authenticator(minTtl=10, maxTtl=480, multiUseAllowed=False)
    with pytest.raises(BadOption) as refused:
        temporary_access.check_options(known, options)
    assert refused.value.message == says


def test_limits_that_okta_does_not_show_refuse_nothing() -> None:
    temporary_access.check_options(authenticator(), CodeOptions(14_400, True))
    temporary_access.check_options(Authenticator("aut1", "tac"), CodeOptions(14_400, True))
    temporary_access.check_options(authenticator(multiUseAllowed=False), CodeOptions(10))
    temporary_access.check_options(authenticator(minTtl=10, maxTtl=480), CodeOptions(480))
    temporary_access.check_options(authenticator(minTtl=60, maxTtl=480), CodeOptions(0))


@pytest.mark.parametrize("limits", [{}, {"maxTtl": 480}])
def test_no_org_permits_less_than_okta_does(limits: dict[str, int]) -> None:
    with pytest.raises(BadOption, match="valid_minutes: 9 is not between 10 and"):
        temporary_access.check_options(authenticator(**limits), CodeOptions(9))


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "10", None])
def test_a_limit_that_is_no_number_is_not_known(value: t.Any) -> None:
    limits = authenticator(minTtl=value, maxTtl=480.0).temporary_codes
    assert limits is not None and (limits.shortest, limits.longest) == (None, 480)


@pytest.mark.parametrize("word", ["NOT_ALLOWED", "DISABLED", None])
def test_a_policy_that_does_not_permit_codes_refuses(word: str | None) -> None:
    with pytest.raises(Refused) as refused:
        temporary_access.check_policy(policy(word), ANN)
    assert refused.value.message == (
        "user: enrollment policy 'Staff' of ann@acme.com does not permit temporary access codes."
        " Allow them in Security > Authenticators > Enrollment, or let the person in by another"
        " authenticator."
    )


@pytest.mark.parametrize("known", [policy("SOMETIMES"), EnrollmentPolicy("rst1", "Staff")])
def test_a_policy_that_does_not_show_whether_it_permits_codes_is_unknown(
    known: EnrollmentPolicy,
) -> None:
    with pytest.raises(Unreadable) as unreadable:
        temporary_access.check_policy(known, ANN)
    assert unreadable.value.message == (
        "user: Okta does not show whether enrollment policy 'Staff' of ann@acme.com permits"
        " temporary access codes. Check it in Security > Authenticators > Enrollment."
    )
    assert unreadable.value.details["vendor"] == "okta"


def test_a_policy_that_permits_codes_is_fine_and_none_is_unknown() -> None:
    for word in ("OPTIONAL", "REQUIRED"):
        temporary_access.check_policy(policy(word), ANN)
    with pytest.raises(Unreadable) as unreadable:
        temporary_access.check_policy(None, ANN)
    assert unreadable.value.message == (
        "user: Okta shows no enrollment policy that applies to ann@acme.com, so whether a code is"
        " permitted is unknown. Check the policies in Security > Authenticators."
    )
    assert unreadable.value.details["vendor"] == "okta"


@pytest.mark.parametrize("status", ["SUSPENDED", "LOCKED_OUT", "DEPROVISIONED", None])
def test_an_account_that_does_not_work_gets_none(status: str | None) -> None:
    with pytest.raises(Refused) as refused:
        temporary_access.check_user(OktaUser("00u1", "ann@acme.com", status=status))
    assert refused.value.message == (
        f"user: ann@acme.com has the status {status or 'unknown'} in Okta, so a code helps nothing."
        " Activate or unlock the account first."
    )
    temporary_access.check_user(ANN)


def test_options_are_sent_as_okta_takes_them() -> None:
    assert CodeOptions(60, True).as_profile() == {"ttl": "60", "multiUse": True}
    assert CodeOptions().as_profile() == {"multiUse": False}


def test_a_code_is_not_in_the_text_of_its_record() -> None:
    row = {"profile": {"tac": "1234abcd", "expiresAt": "2026-11-26T10:00:00Z", "multiUse": False}}
    code = TemporaryCode.from_row(row)
    assert code.code == "1234abcd" and "1234abcd" not in repr(code)


@pytest.mark.parametrize("shown, code", [(12345678, "12345678"), ("\ud8001234", ""), (None, "")])
def test_a_code_that_nobody_can_type_is_none(shown: object, code: str) -> None:
    assert TemporaryCode.from_row({"profile": {"tac": shown}}).code == code


@pytest.mark.parametrize(
    ("excluded", "says"),
    [
        (
            {"00u1"},
            "it, or each of its rules, excludes ann@acme.com, and Okta does not document whether the"
            " next policy applies then",
        ),
        (None, "no active rule of it surely applies to everybody but those whom it excludes"),
    ],
)
def test_a_policy_that_may_not_apply_says_nothing(
    excluded: t.Collection[str] | None, says: str
) -> None:
    with pytest.raises(Unreadable) as unreadable:
        temporary_access.check_exclusion(policy("OPTIONAL"), ANN, excluded)
    assert unreadable.value.message == (
        f"user: whether enrollment policy 'Staff' applies to ann@acme.com is unknown: {says}. Check"
        " its rules in Security > Authenticators > Enrollment, or let the person in by another"
        " authenticator."
    )
    assert unreadable.value.details["vendor"] == "okta"
    temporary_access.check_exclusion(policy("OPTIONAL"), ANN, {"00u2"})
