# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads of global session policies and of device signal collection policies."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    Identity,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.other_policies_reader import (
    OtherPolicies,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.session_policies import (
    Sessions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    UNREAD_FAST_PASS,
    UNREAD_SIGNALS,
    SignalPolicy,
    inactive_fast_pass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    Forbidden,
    NotFound,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Authenticator,
    AuthenticatorMethod,
    People,
    RankedPolicy,
    SessionRule,
    SignalRule,
)

POLICY = RankedPolicy("rst1", "Staff", 1, "ACTIVE")
DEFAULT = RankedPolicy("rst9", "Default Policy", 9, "ACTIVE", system=True)
VERIFY = Authenticator("aut1", "okta_verify", status="ACTIVE")
FAST_PASS = AuthenticatorMethod("signed_nonce", "ACTIVE")
READS_OF_FAST_PASS = ["authenticators", "authenticator_methods aut1"]
ALLOW = SessionRule("r9", "Default Rule", status="ACTIVE", system=True, access="ALLOW")
RULE, SIGNAL_RULE = SessionRule("r1", "Stop"), SignalRule("r2", "Collect")


class FakeOkta:
    """An org with these policies. What is an error is raised."""

    def __init__(self, **answers: t.Any) -> None:
        self.answers = {"authenticators": [VERIFY], "authenticator_methods": [FAST_PASS], **answers}
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> t.Any:
        def read(*arguments: str) -> t.Any:
            self.calls.append(" ".join([name, *arguments]))
            answer = self.answers.get(name, [])
            answer = answer(*arguments) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
            return list(answer)

        return read


def others(
    warn: t.Callable[[str], None] | None = None, **answers: t.Any
) -> tuple[OtherPolicies, FakeOkta]:
    okta = FakeOkta(**answers)
    return OtherPolicies(t.cast(t.Any, okta), warn=warn), okta


def test_each_kind_is_read_once() -> None:
    off = RankedPolicy("rst2", "Off", 2, "INACTIVE")
    policies, okta = others(
        session_policies=[off, DEFAULT, POLICY],
        session_rules=[RULE],
        signal_policies=[off, POLICY],
        mapped_resources=["rstA"],
        signal_rules=[SIGNAL_RULE],
    )
    for _again in range(2):
        assert [each.policy for each in policies.sessions.policies] == [POLICY, DEFAULT]
        assert not policies.sessions.is_unread
        assert policies.sessions.policies[0].rules == (RULE,)
        assert policies.signals == (
            SignalPolicy("rst1", "Staff", (SIGNAL_RULE,), frozenset({"rstA"})),
        )
    assert okta.calls == [
        "session_policies",
        "session_rules rst1",
        "session_rules rst9",
        "signal_policies",
        *READS_OF_FAST_PASS,
        "mapped_resources rst1",
        "signal_rules rst1",
    ]
    assert policies.unread == ()


def test_rules_of_a_policy_that_is_mapped_to_nothing_are_not_read() -> None:
    policies, okta = others(signal_policies=[POLICY])
    assert policies.signals == (SignalPolicy("rst1", "Staff", (), frozenset()),)
    assert okta.calls == ["signal_policies", *READS_OF_FAST_PASS, "mapped_resources rst1"]


def test_a_mapping_that_names_nothing_may_be_of_any_policy() -> None:
    policies, _okta = others(signal_policies=[POLICY], mapped_resources=["rstA", ""])
    assert policies.signals[0].resources is None


NO_KIND = pytest.mark.parametrize(
    "error",
    [
        ApiError("Invalid type", status=400),
        ApiError("No feature", status=401, error_code="E0000015"),
        Forbidden("No feature", status=403, error_code="E0000015"),
        NotFound("None", status=404),
        ApiError("No method", status=405),
    ],
)


@NO_KIND
def test_an_org_may_not_have_policies_of_device_signals(error: ApiError) -> None:
    shown: list[str] = []
    policies, _okta = others(shown.append, signal_policies=error)
    assert (policies.signals, policies.unread) == ((), ())
    assert not shown


@NO_KIND
def test_an_org_that_shows_no_global_session_policies_may_refuse_anybody(error: ApiError) -> None:
    shown: list[str] = []
    policies, _okta = others(shown.append, session_policies=error)
    assert policies.sessions == Sessions(is_unread=True)
    assert policies.unread == tuple(shown) and len(shown) == 1
    assert shown[0].startswith("Global session policies: Okta answers as if the org had none")


def test_what_may_not_be_read_is_said() -> None:
    error = Forbidden("No", status=403)
    shown: list[str] = []
    policies, _okta = others(shown.append, session_policies=error, signal_policies=error)
    assert policies.sessions == Sessions(is_unread=True)
    assert policies.signals == (UNREAD_SIGNALS,)
    assert policies.unread == (
        "Global session policies: the credentials may not read them (403). Whom they refuse is"
        " unknown, so nobody surely gets in, and no break-glass group is sure. Let the role of the"
        " credentials view all policies.",
        "Device signal collection policies: the credentials may not read them (403). Whom they"
        " leave without a registered device or Okta FastPass is unknown, and counts as refused. Let"
        " the role of the credentials view all policies.",
    )
    assert tuple(shown) == policies.unread
    shown.clear()
    policies, _okta = others(
        shown.append,
        session_policies=[POLICY, DEFAULT],
        session_rules=error,
        signal_policies=[POLICY],
        mapped_resources=error,
        signal_rules=error,
    )
    assert policies.sessions.policies[0].rules is None and policies.sessions.is_unread
    assert policies.signals == (SignalPolicy("rst1", "Staff", None, None),)
    assert policies.unread == (
        "Policy 'Staff': the credentials may not read its rules or mappings (403). They count as"
        " not known, so the forecast may list too many people. Let the role of the credentials"
        " view all policies.",
        "Policy 'Default Policy': the credentials may not read its rules or mappings (403). They"
        " count as not known, so the forecast may list too many people. Let the role of the"
        " credentials view all policies.",
    )
    assert tuple(shown) == policies.unread


def test_rules_that_okta_does_not_find_are_not_known() -> None:
    """The policy was deleted meanwhile, or the credentials may not see it: 404 is both."""
    gone = NotFound("Gone", status=404)
    policies, _okta = others(
        session_policies=[DEFAULT],
        session_rules=gone,
        signal_policies=[POLICY],
        mapped_resources=gone,
        signal_rules=gone,
    )
    assert policies.sessions.policies[0].rules is None and policies.sessions.is_unread
    assert policies.signals == (SignalPolicy("rst1", "Staff", None, None),)
    fact = "Okta lists it and does not find its rules or mappings (404). They count as not known"
    assert [fact in each for each in policies.unread] == [True, True]


@pytest.mark.parametrize("listed", [[], [POLICY], [replace(DEFAULT, system=False)]])
def test_a_list_without_the_default_session_policy_is_not_whole(listed: list[RankedPolicy]) -> None:
    policies, _okta = others(session_policies=listed, session_rules=[RULE])
    assert policies.sessions.is_unread and len(policies.sessions.policies) == len(listed)
    assert [each.partition(",")[0] for each in policies.unread] == [
        "Global session policies: Okta does not show the default policy"
    ]


def test_a_session_policy_whose_status_is_an_unknown_word_may_refuse() -> None:
    stop = SessionRule("r1", "Stop", status="ACTIVE", access="DENY")
    people = People(groups=("out",))
    for status, sure, possible in (
        ("ACTIVE", True, True),
        ("PAUSED", False, True),
        (None, False, True),
        ("INACTIVE", False, False),
    ):
        paused = replace(POLICY, status=status, people=people)
        rules = {"rst1": [stop], "rst9": [ALLOW]}
        policies, _okta = others(session_policies=[paused, DEFAULT], session_rules=rules.get)
        person = Identity("u1", frozenset({"out"}))
        assert bool(policies.sessions.find_refusal(person)) is sure
        assert bool(policies.sessions.find_possible_refusal(person)) is possible


@pytest.mark.parametrize("name", ["session_policies", "session_rules"])
@pytest.mark.parametrize("status", [401, 500])
def test_another_error_ends_the_run(name: str, status: int) -> None:
    error = ApiError("Broken", status=status, error_code="E0000011")
    policies, _okta = others(**{"session_policies": [DEFAULT], name: error})
    with pytest.raises(ApiError, match="Broken"):
        assert policies.sessions


# Okta FastPass


@pytest.mark.parametrize(
    "answers, fact",
    [
        ({"authenticators": []}, "Okta Verify is not set up as an authenticator in this org"),
        (
            {"authenticators": [Authenticator("aut1", "okta_verify", status="INACTIVE")]},
            "The authenticator Okta Verify is not active",
        ),
        (
            {"authenticator_methods": [AuthenticatorMethod("signed_nonce", "PAUSED")]},
            "Okta FastPass (method signed_nonce of Okta Verify) has the unknown status PAUSED",
        ),
        (
            {"authenticator_methods": [AuthenticatorMethod("push", "ACTIVE")]},
            "Okta FastPass (method signed_nonce of Okta Verify) is not there",
        ),
    ],
)
def test_an_org_in_which_okta_fastpass_is_not_active_hides_each_device(
    answers: dict[str, t.Any], fact: str
) -> None:
    """Unknown is not the same as not active: the reason is Okta's own word."""
    policies, _okta = others(**answers)
    assert policies.signals == (inactive_fast_pass(fact),) and policies.unread == ()
    assert policies.signals[0].name == f"Okta FastPass: {fact}"
    assert policies.signals[0].may_concern("any policy", "any app")


def test_flexible_okta_verify_has_an_authenticator_for_okta_fastpass() -> None:
    split = Authenticator("aut9", "okta_verify_fastpass", status="ACTIVE")
    policies, _okta = others(authenticators=[split], authenticator_methods=[])
    assert policies.signals == ()


@pytest.mark.parametrize("name", ["authenticators", "authenticator_methods"])
def test_authenticators_that_may_not_be_read_hide_each_device_maybe(name: str) -> None:
    shown: list[str] = []
    policies, _okta = others(shown.append, **{name: Forbidden("No", status=403)})
    assert policies.signals == (UNREAD_FAST_PASS,)
    assert policies.unread == (
        "Authenticators: the credentials may not read them (403). Whether Okta FastPass is active"
        " is unknown, and who signs in with it counts as refused. Let the role of the credentials"
        " view authenticators.",
    )
    assert tuple(shown) == policies.unread


@pytest.mark.parametrize("name", ["authenticators", "authenticator_methods"])
def test_another_error_of_authenticators_ends_the_run(name: str) -> None:
    policies, _okta = others(**{name: ApiError("Broken", status=500)})
    with pytest.raises(ApiError, match="Broken"):
        assert policies.signals
