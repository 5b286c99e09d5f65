# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a change of rules may refuse, whatever the log shows.

Drawn policies show that the guards of Okta's own apps see each change that locks a person out.
"""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Identity,
    Person,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    Comparison,
    forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.possible_refusals import (
    may_refuse,
    newly_refusing_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    Signals,
    inactive_fast_pass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    PolicyRule,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.outcomes import compare_outcomes


def rule_of(
    number: int, access: str, method: t.Any, conditions: t.Any, name: str = ""
) -> PolicyRule:
    sign_on = {"access": access, **({"verificationMethod": method} if access == "ALLOW" else {})}
    row = {
        "name": name or f"r{number}",
        "priority": number,
        "status": "ACTIVE",
        "conditions": conditions,
    }
    return PolicyRule.from_row({**row, "actions": {"appSignOn": sign_on}})


def allow(name: str, **conditions: t.Any) -> PolicyRule:
    return rule_of(0, "ALLOW", {"factorMode": "1FA"}, conditions, name)


def deny(name: str, **conditions: t.Any) -> PolicyRule:
    return rule_of(0, "DENY", None, conditions, name)


def people(kind: str, **sides: list[str]) -> dict[str, t.Any]:
    return {"people": {kind: sides}}


EVERYONE, NOBODY = allow("everyone"), deny("nobody")


# Examples


@pytest.mark.parametrize(
    "device",
    [
        {"registered": False, "managed": False},
        {"registered": True, "managed": False},
        {"registered": True, "managed": True},
    ],
)
def test_each_state_of_a_device_is_judged(device: dict[str, bool]) -> None:
    stop = deny("Stop", device=device)
    assert newly_refusing_rule([EVERYONE], [stop, EVERYONE]) == "Stop"
    # No device is managed without being registered.
    admitted = [allow(state, device={"registered": state == "yes"}) for state in ("yes", "no")]
    assert newly_refusing_rule([EVERYONE], [*admitted, NOBODY]) is None


def on(system: str) -> dict[str, t.Any]:
    return {"platform": {"include": [{"type": "ANY", "os": {"type": system}}]}}


def test_platforms_that_rules_name_before_or_after_are_judged_and_any_other() -> None:
    windows = allow("Windows", **on("WINDOWS"))
    assert newly_refusing_rule([windows, NOBODY], [NOBODY]) == "nobody"
    assert newly_refusing_rule([EVERYONE], [deny("No Windows", **on("WINDOWS")), EVERYONE]) == (
        "No Windows"
    )
    macs = allow("Macs", **on("MACOS"))
    assert newly_refusing_rule([EVERYONE], [macs, windows, NOBODY]) == "nobody"
    assert newly_refusing_rule([macs, NOBODY], [macs, windows, NOBODY]) is None


def desktop(system: str, **more: str) -> dict[str, t.Any]:
    return {"platform": {"include": [{"type": "DESKTOP", "os": {"type": system, **more}}]}}


_MACS = desktop("MACOS")["platform"]["include"]


def test_desktops_of_any_system_are_judged() -> None:
    macs, desktops = allow("Macs", **desktop("MACOS")), deny("Desktops", **desktop("ANY"))
    assert newly_refusing_rule([EVERYONE], [macs, desktops, EVERYONE]) == "Desktops"


@pytest.mark.parametrize("more", [{}, {"expression": ""}])
def test_other_systems_may_be_of_the_type_that_goes_with_them(more: dict[str, str]) -> None:
    """Recorded rules have DESKTOP and OTHER."""
    where = desktop("OTHER", **more)
    assert newly_refusing_rule([EVERYONE], [deny("Stop", **where), EVERYONE]) == "Stop"
    assert newly_refusing_rule([allow("Let", **where), NOBODY], [NOBODY]) == "nobody"
    assert newly_refusing_rule([deny("Stop", **where), EVERYONE], [EVERYONE]) is None


@pytest.mark.parametrize(
    ("platform", "lost"),
    [
        *((name, False) for name in ("MACOS", "WINDOWS", "IOS", "ANDROID")),
        *((name, True) for name in ("LINUX", "CHROMEOS", "OTHER", "FREEBSD", "")),
    ],
)
def test_other_may_be_any_system_but_the_four_that_always_had_a_word(
    platform: str, lost: bool
) -> None:
    after = [deny("Stop", **desktop("OTHER")), EVERYONE]
    change = compare_outcomes([EVERYONE], after, Identity(), DeviceContext(platform))
    assert change.lost is lost and bool(change.unknowns) is lost


def test_a_platform_that_cannot_be_the_devices_does_not_name_another_unknown() -> None:
    some = deny("Stop", **desktop("OTHER"))
    more = deny("Stop", platform={"include": [*some.condition("platform")["include"], *_MACS]})
    assert not compare_outcomes(
        [some, EVERYONE], [more, EVERYONE], Identity(), DeviceContext("LINUX")
    ).lost


def verifying(*methods: str) -> PolicyRule:
    fast_pass = {"key": "okta_verify", "method": "signed_nonce"}
    part: dict[str, t.Any] = {
        "userVerification": "REQUIRED",
        "authenticationMethods": [fast_pass],
        **({"userVerificationMethods": list(methods)} if methods else {}),
    }
    return rule_of(0, "ALLOW", {"factorMode": "1FA", "constraints": [{"possession": part}]}, {})


@pytest.mark.parametrize(
    ("before", "after", "refuses"),
    [
        ((), ("BIOMETRICS",), True),
        ((), ("PIN",), True),
        (("PIN",), ("BIOMETRICS",), True),
        (("BIOMETRICS", "PIN"), (), False),
        (("BIOMETRICS",), (), False),
        (("BIOMETRICS",), ("biometrics",), False),
        (("PIN",), ("PIN",), False),
        (("BIOMETRICS",), ("FACE",), True),
    ],
)
def test_fewer_ways_to_verify_a_user_may_refuse(
    before: tuple[str, ...], after: tuple[str, ...], refuses: bool
) -> None:
    name = newly_refusing_rule([verifying(*before)], [verifying(*after)])
    assert (name is not None) is refuses


def test_a_device_is_on_one_platform_whichever_that_is() -> None:
    macs = allow("Macs", **on("MACOS"))
    others = allow("Others", platform={"exclude": on("MACOS")["platform"]["include"]})
    assert newly_refusing_rule([EVERYONE], [macs, others, NOBODY]) is None


def test_people_whom_rules_name_before_or_after_are_judged() -> None:
    ada = allow("Ada", **people("users", include=["ada"]))
    others = deny("Others", **people("users", exclude=["ada"]))
    assert newly_refusing_rule([ada, NOBODY], [NOBODY]) == "nobody"
    assert newly_refusing_rule([others, EVERYONE], [NOBODY]) == "nobody"
    not_ada = deny("Not Ada", **people("users", include=["ada"]))
    assert newly_refusing_rule([EVERYONE], [not_ada, EVERYONE]) == "Not Ada"


def test_a_person_whom_a_rule_names_is_judged_in_no_group_and_in_all() -> None:
    ada = allow("Ada", **people("users", include=["ada"]))
    guests = deny("Guests", **people("groups", include=["guests"]))
    members = deny("Members", **people("groups", exclude=["staff"]))
    assert newly_refusing_rule([ada, NOBODY], [guests, ada, NOBODY]) == "Guests"
    assert newly_refusing_rule([ada, NOBODY], [members, ada, NOBODY]) == "Members"


def refusing_exactly(chosen: int, count: int) -> list[PolicyRule]:
    """Return rules that refuse people in this many of the groups, if they are in no other one."""
    groups = [f"g{number}" for number in range(count)]
    others = [allow(name, **people("groups", include=[name])) for name in groups[chosen:]]
    without = [allow(name, **people("groups", exclude=[name])) for name in groups[:chosen]]
    return [*others, *without, NOBODY]


@pytest.mark.parametrize(
    "chosen, count", [(chosen, count) for count in (5, 6) for chosen in range(count + 1)]
)
def test_people_are_judged_in_combinations_of_groups(chosen: int, count: int) -> None:
    refusing = newly_refusing_rule([EVERYONE], refusing_exactly(chosen, count))
    assert refusing == "nobody"


@pytest.mark.parametrize(
    ("chosen", "refusing"),
    [(0, "nobody"), (1, "nobody"), (2, "nobody"), (6, "nobody"), (3, "Last"), (5, "Last")],
)
def test_of_more_than_five_groups_people_are_judged_in_up_to_two_and_in_all(
    chosen: int, refusing: str
) -> None:
    """For all others the last rule may refuse, though it is never asked."""
    after = [*refusing_exactly(chosen, 6), deny("Last")]
    assert newly_refusing_rule([EVERYONE], after) == refusing


def test_five_groups_are_combined_completely() -> None:
    assert newly_refusing_rule([EVERYONE], admitting_groups(5)) is None
    assert newly_refusing_rule([EVERYONE], admitting_groups(6)) == "everyone"


def test_people_of_groups_that_were_not_read_do_not_share_an_outcome() -> None:
    stop = deny("Stop", **people("groups", include=["gone"]))
    comparison = Comparison([EVERYONE], [stop, EVERYONE])
    mac = DeviceContext("MACOS")
    for unread, lost in ((frozenset[str](), False), (frozenset({"gone"}), True)):
        person = Identity("ada", unread_groups=unread)
        assert comparison.find_change(person, mac).lost is lost


def test_a_person_whom_a_rule_names_is_judged_in_some_groups() -> None:
    after = [
        allow("Not A", **people("groups", exclude=["a"])),
        allow("B", **people("groups", include=["b"])),
        deny("Ada", **people("users", include=["ada"])),
        EVERYONE,
    ]
    assert newly_refusing_rule([EVERYONE], after) == "Ada"


def test_groups_that_rules_do_not_tell_apart_are_judged_as_one() -> None:
    names = [f"g{number}" for number in range(12)]
    staff = allow("Staff", **people("groups", include=names))
    assert newly_refusing_rule([staff, EVERYONE], [EVERYONE, staff]) is None
    assert newly_refusing_rule([staff, EVERYONE], [staff, NOBODY]) == "nobody"


def test_users_whom_rules_do_not_tell_apart_are_judged_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twenty named users in each combination of five groups took eight seconds."""
    judged = set[str]()
    real = Comparison.find_change

    def find_change(self: Comparison, person: Identity, device: DeviceContext) -> t.Any:
        judged.add(person.id)
        return real(self, person, device)

    monkeypatch.setattr(Comparison, "find_change", find_change)
    staff = allow("Staff", **people("users", include=[f"u{n}" for n in range(20)]))
    ada = deny("Ada", **people("users", include=["u7"]))
    assert newly_refusing_rule([staff, EVERYONE], [EVERYONE, staff]) is None
    assert judged == {"", "u0"}
    assert newly_refusing_rule([staff, EVERYONE], [ada, staff, EVERYONE]) == "Ada"


def admitting_groups(count: int) -> list[PolicyRule]:
    groups = [f"g{number}" for number in range(count)]
    return [*(allow(name, **people("groups", include=[name])) for name in groups), EVERYONE]


@pytest.mark.parametrize(
    "before, after, may",
    [
        (5, 5, False),  # each combination is judged, and none is refused
        (6, 0, True),
        (0, 6, True),
        (5, 6, True),
    ],
)
def test_a_change_with_more_groups_than_are_combined_may_refuse(
    before: int, after: int, may: bool
) -> None:
    assert may_refuse(admitting_groups(before), admitting_groups(after)) is may


def test_without_a_rule_afterwards_more_groups_than_are_combined_meet_none() -> None:
    nobody_yet = [deny(rule.name, **rule.conditions) for rule in admitting_groups(6)]
    assert newly_refusing_rule(nobody_yet, []) == ""


def test_a_change_that_refuses_may_refuse() -> None:
    assert may_refuse([EVERYONE], [NOBODY])
    assert not may_refuse([NOBODY], [EVERYONE])


# Drawn policies

# Values of constraints as real orgs answered them
KNOWLEDGE = st.fixed_dictionaries(
    {"required": st.booleans(), "types": st.just(["password"])},
    optional={"reauthenticateIn": st.sampled_from(["PT0S", "PT2H"])},
)
EMAIL, SMS = {"key": "okta_email", "method": "email"}, {"key": "phone_number", "method": "sms"}
LEVEL = st.sampled_from(["OPTIONAL", "REQUIRED"])
POSSESSION = st.fixed_dictionaries(
    {"required": st.booleans()},
    optional={
        "excludedAuthenticationMethods": st.sampled_from([[EMAIL], [EMAIL, SMS]]),
        "authenticationMethods": st.just([{"key": "external_idp", "id": "a", "method": "idp"}]),
        "deviceBound": LEVEL,
        "hardwareProtection": LEVEL,
        "userPresence": LEVEL,
        "userVerification": LEVEL,
    },
)
CONSTRAINT = st.fixed_dictionaries({}, optional={"knowledge": KNOWLEDGE, "possession": POSSESSION})
METHOD = st.fixed_dictionaries(
    {
        "type": st.just("ASSURANCE"),
        "factorMode": st.sampled_from(["1FA", "2FA"]),
        "constraints": st.lists(CONSTRAINT, max_size=2),
    }
)
GROUPS = ("g1", "g2")
SIDES = st.fixed_dictionaries(
    {},
    optional={
        side: st.lists(st.sampled_from(GROUPS), min_size=1, max_size=2, unique=True)
        for side in ("include", "exclude")
    },
)
PLATFORMS = [
    {"type": "DESKTOP", "os": {"type": "MACOS"}},
    {"type": "MOBILE", "os": {"type": "ANY"}},
]
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "device": st.sampled_from([{"registered": True, "managed": True}, {"registered": False}]),
        "people": st.fixed_dictionaries({"groups": SIDES}),
        "platform": st.fixed_dictionaries(
            {"include": st.lists(st.sampled_from(PLATFORMS), min_size=1, max_size=1)}
        ),
        "riskScore": st.just({"level": "HIGH"}),
    },
)


@st.composite
def policies(draw: st.DrawFn) -> list[PolicyRule]:
    """Return up to two rules and one for everyone."""
    count = draw(st.integers(0, 2))
    access = st.sampled_from(["ALLOW", "DENY"])
    some = [rule_of(n, draw(access), draw(METHOD), draw(CONDITIONS)) for n in range(count)]
    return [*some, rule_of(99, draw(access), draw(METHOD), {})]


DEVICES = st.builds(
    lambda platform, state: DeviceContext(platform, state != "unknown", state == "managed"),
    st.sampled_from(["MACOS", "IOS"]),
    st.sampled_from(["unknown", "registered", "managed"]),
)
PEOPLE = st.builds(
    lambda groups, device: Person("ada", groups, login="ada@acme.com", devices=(device,)),
    st.frozensets(st.sampled_from(GROUPS)),
    DEVICES,
)


@settings(max_examples=150, deadline=None)
@given(policies(), policies(), PEOPLE)
def test_a_change_that_locks_somebody_out_may_refuse(
    before: list[PolicyRule], after: list[PolicyRule], ada: Person
) -> None:
    locked_out = forecast(before, after, [ada]).locked_out
    if locked_out:
        assert newly_refusing_rule(before, after) is not None


@settings(max_examples=50, deadline=None)
@given(policies())
def test_equal_rules_refuse_nobody(rules: list[PolicyRule]) -> None:
    assert newly_refusing_rule(rules, rules) is None


@settings(max_examples=100, deadline=None)
@given(METHOD, METHOD, PEOPLE)
def test_one_more_constraint_to_choose_from_locks_nobody_out(
    method: t.Any, other: t.Any, ada: Person
) -> None:
    """One of several constraints has to be met."""
    simple = [rule_of(0, "ALLOW", method, {})]
    constraints = [*method["constraints"], *other["constraints"]] if method["constraints"] else []
    wider = [rule_of(0, "ALLOW", {**method, "constraints": constraints}, {})]
    assert forecast(simple, wider, [ada]).locked_out == ()


def test_a_password_refuses_users_of_another_identity_provider() -> None:
    by_key = {"possession": {"authenticationMethods": [{"key": "webauthn"}]}}
    password = {"knowledge": {"types": ["password"]}}
    one, both = (
        [rule_of(0, "ALLOW", {"factorMode": "1FA", "constraints": [each]}, {})]
        for each in (by_key, {**by_key, **password})
    )
    assert newly_refusing_rule(one, both) == "r0"
    assert newly_refusing_rule(both, one) is None
    assert newly_refusing_rule(both, both) is None


def test_a_second_factor_may_be_lost_by_those_alone_who_have_a_password() -> None:
    """Without a password the second factor is unknown before and after."""
    possession = {"required": True, "phishingResistant": "REQUIRED"}
    asked, any_two = (
        [rule_of(0, "ALLOW", {"factorMode": "2FA", "constraints": constraints}, {})]
        for constraints in ([{"possession": possession}], [])
    )
    hidden = Signals(after=(inactive_fast_pass("Okta FastPass is not active"),))
    assert newly_refusing_rule(asked, any_two, hidden) == "r0"


def test_rules_that_stay_may_refuse_whom_okta_fast_pass_does_not_authenticate_any_more() -> None:
    rules, hidden = [verifying()], Signals(after=(inactive_fast_pass("Okta FastPass is off"),))
    assert newly_refusing_rule(rules, rules, hidden) == "r0"
    assert newly_refusing_rule(rules, rules) is None
