# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A group that keeps access without a managed device."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    Identity,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.other_policies_reader import (
    OtherPolicies,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.break_glass import (
    BreakGlassGuard,
    blocking_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    Enrollment,
    Group,
    OktaUser,
    PolicyRule,
)

from tests.unit.plugins.module_utils._access.fake_org import (
    ADA,
    GLASS_OUT,
    MANAGED,
    OPEN,
    FakeOrg,
    guard_of,
    org_without,
    rule,
    session_org,
)


def test_a_member_is_judged_by_all_groups():
    """Each member of the group is also in the group that the first rule refuses."""
    others = rule("Contractors", "DENY", people={"groups": {"include": ["contractors"]}})
    with pytest.raises(Refused, match="rule 'Contractors' refuses them"):
        break_glass([others, MANAGED, *OPEN])


def break_glass(after, users=(ADA,), group="Break glass"):
    return guard_of(FakeOrg(users), group).guard_rules(after, "Company apps")


@pytest.mark.parametrize("kind", ["BUILT_IN", "OKTA_GROUP"])
def test_everybody_is_not_a_break_glass_group(kind):
    """A group of the same name that somebody made is another one."""
    org = FakeOrg([ADA])
    org.groups = lambda search: [Group("glass", "Everyone", kind)]
    guard = guard_of(org, "Everyone")
    if kind == "BUILT_IN":
        with pytest.raises(Refused) as refused:
            guard.guard_rules([MANAGED, *OPEN], "Company apps")
        assert refused.value.message == (
            "break_glass_group: group 'Everyone' has everybody, so rule 'Managed' of policy 'Company"
            " apps' would require managed devices of nobody. Name a group of a few people."
        )
        assert guard.guard_rules(OPEN, "Company apps")
    else:
        assert guard.guard_rules([MANAGED, *OPEN], "Company apps")


@pytest.mark.parametrize(
    ("people", "refuses"),
    [
        ({"groups": {"include": ["glass"], "exclude": ["glass"]}}, True),
        ({"groups": {"include": ["glass", "sales"], "exclude": ["glass"]}}, False),
        (
            {
                "groups": {"include": ["glass"], "exclude": ["glass"]},
                "users": {"include": ["bob"]},
            },
            False,
        ),
        ({"groups": {"include": [], "exclude": ["glass"]}}, False),
    ],
)
def test_a_rule_whose_groups_are_all_excluded_requires_nothing(people, refuses):
    after = [rule("Managed", device={"managed": True}, people=people), *OPEN]
    if refuses:
        with pytest.raises(Refused) as refused:
            break_glass(after)
        assert refused.value.message == (
            "groups: rule 'Managed' of policy 'Company apps' would apply to nobody, because"
            " all groups of a rule are excluded from it. Name groups other than the break-glass"
            " group."
        )
    else:
        break_glass(after)


def test_a_break_glass_group_keeps_access():
    suspended = OktaUser("eve", status="SUSPENDED")
    assert break_glass([MANAGED, OTHERS, *OPEN], [ADA, suspended]) == {"glass": [ADA, suspended]}


@pytest.mark.parametrize(
    ("rules", "warnings"),
    [
        (
            [rule("No unmanaged Macs", "DENY", people={"users": {"include": ["bob"]}}), *OPEN],
            [
                "break_glass_group: rule 'No unmanaged Macs' of policy 'Company apps' may refuse 1 of 2"
                " active members of group 'Break glass' from a device that Okta does not know: bob."
                " Exclude the group from the rule, if they need access."
            ],
        ),
        (
            [rule("Ada", people={"users": {"include": ["ada"]}})],
            [
                "break_glass_group: policy 'Company apps' may refuse 1 of 2 active members of group"
                " 'Break glass' from a device that Okta does not know: bob. Add a rule that admits"
                " them, if they need access."
            ],
        ),
        (OPEN, []),
    ],
)
def test_a_member_whom_a_rule_refuses_is_named(rules, warnings):
    """A rule that somebody renamed keeps excluding the group of an earlier run alone."""
    said = []
    org = FakeOrg([ADA, OktaUser("bob", status="ACTIVE"), OktaUser("eve", status="STAGED")])
    guard = BreakGlassGuard(org, "Break glass", OtherPolicies(org, said.append))
    guard.guard_rules(rules, "Company apps")
    assert said == warnings
    assert guard.is_admitted(rules) and said == warnings


def test_one_member_who_can_sign_in_is_enough():
    break_glass([MANAGED, *OPEN], [OktaUser("eve", status="STAGED"), ADA])


@pytest.mark.parametrize("status", ["PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", None])
def test_a_member_whose_account_may_not_work_is_no_proof(status):
    with pytest.raises(Refused, match="no member who surely can sign in"):
        break_glass([MANAGED, *OPEN], [OktaUser("bob", status=status)])


@pytest.mark.parametrize(
    ("access", "sides", "message"),
    [
        ("DENY", {"include": ["gone"]}, "rule 'Gone' refuses them"),
        ("ALLOW", {"include": ["gone"]}, None),
        ("DENY", {"include": ["others"], "exclude": ["gone"]}, "rule 'Gone' refuses them"),
    ],
)
def test_whether_a_member_is_in_a_group_that_was_deleted_is_unknown(access, sides, message):
    gone = rule("Gone", access, people={"groups": sides})
    guard = guard_of(org_without("gone"))
    if message is None:
        assert set(guard.guard_rules([gone, MANAGED, *OPEN], "Company apps")) == {"glass"}
        return
    with pytest.raises(Refused, match=message):
        guard.guard_rules([gone, MANAGED, *OPEN], "Company apps")


OTHERS = rule("Others", "DENY", device={"registered": False}, **GLASS_OUT)


@pytest.mark.parametrize(
    ("after", "users", "group", "message"),
    [
        (
            [MANAGED, *OPEN],
            [ADA],
            None,
            "rule 'Managed' of policy 'Company apps' would require managed devices, and no group"
            " keeps access if that fails. Name a group here, and exclude it from the rule.$",
        ),
        ([MANAGED, OTHERS], [ADA], "", "rules 'Managed', 'Others' of policy"),
        (
            [MANAGED, rule("Laptops", device={"managed": True})],
            [ADA],
            "Break glass",
            "rule 'Laptops' of policy 'Company apps' would require managed devices, and does not"
            " exclude group 'Break glass'. Exclude the group from the rule.$",
        ),
        (
            [MANAGED, *OPEN],
            [],
            "Break glass",
            r"^break_glass_group: group 'Break glass' has no member who surely can sign in \(status"
            r" ACTIVE\)\. Add an active member\.$",
        ),
        (
            [MANAGED, *OPEN],
            [OktaUser("eve", status="SUSPENDED"), OktaUser("bob")],
            "Break glass",
            "no member who surely can sign in",
        ),
        (
            [MANAGED, rule("All", "DENY")],
            [ADA],
            "Break glass",
            "policy 'Company apps' admits no member of group 'Break glass' from a device that Okta"
            " does not know: rule 'All' refuses them. Add a rule that admits the group.$",
        ),
        ([MANAGED], [ADA], "Break glass", "rule '' refuses them"),
    ],
)
def test_a_break_glass_group_that_does_not_help_is_refused(after, users, group, message):
    with pytest.raises(Refused, match=message):
        break_glass(after, users, group)


def test_a_break_glass_group_that_okta_does_not_have_is_an_error_of_its_option():
    with pytest.raises(BadOption, match="^break_glass_group: Okta has no group 'Typo'"):
        break_glass([MANAGED, *OPEN], group="Typo")


def test_a_rule_for_a_user_type_admits_the_members_of_that_type():
    admins = rule("Admins", userType={"include": ["admin"]})
    after = [MANAGED, admins, rule("All", "DENY")]
    break_glass(after, [replace(ADA, type_id="admin")])
    for other in ("employee", None):  # an unknown type may be refused
        with pytest.raises(Refused, match="rule 'All' refuses them"):
            break_glass(after, [replace(ADA, type_id=other)])


def test_one_member_who_is_admitted_is_enough():
    for_ada = rule("Ada", people={"users": {"include": ["ada"]}})
    others = [OktaUser("bob", status="ACTIVE"), ADA]
    break_glass([MANAGED, for_ada, rule("All", "DENY")], others)


def test_a_rule_that_may_refuse_blocks_on_any_platform_that_rules_name():
    person = Identity("ada", frozenset({"glass"}))
    phones = {"platform": {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}}
    risky = rule("Risky", "DENY", riskScore={"level": "HIGH"})
    assert blocking_rule(OPEN, person) is None
    assert blocking_rule([rule("Phones", "DENY", **phones), *OPEN], person) == "Phones"
    assert blocking_rule([risky, *OPEN], person) == "Risky"
    assert blocking_rule([], person) == ""


def strong(*constraints, mode="2FA", **verification):
    """Return a catch-all rule that asks for authenticators."""
    method = {"type": "ASSURANCE", "factorMode": mode, "constraints": list(constraints)}
    sign_on = {"access": "ALLOW", "verificationMethod": {**method, **verification}}
    row = {"name": "Strong", "status": "ACTIVE", "system": True, "conditions": None}
    return PolicyRule.from_row({**row, "actions": {"appSignOn": sign_on}})


PHISHING_RESISTANT = {"possession": {"deviceBound": "REQUIRED", "phishingResistant": "REQUIRED"}}
CODE_BY_SMS = {"authenticationMethods": [{"key": "phone_number", "method": "sms"}]}
PASSWORD = {"authenticationMethods": [{"key": "okta_password", "method": "password"}]}


@pytest.mark.parametrize(
    ("rules", "enrolled", "proven"),
    [
        ([strong(mode="1FA")], ["okta_password"], True),
        ([strong(mode="1FA")], [], False),
        ([strong()], ["okta_password", "okta_email"], True),
        ([strong()], ["okta_password", "security_question"], False),
        ([strong(PHISHING_RESISTANT)], ["okta_password", "okta_email", "phone_number"], False),
        ([strong(PHISHING_RESISTANT)], ["okta_password", "okta_verify"], False),
        ([strong(PHISHING_RESISTANT)], ["okta_password", "webauthn"], True),
        (
            [strong({"possession": {"deviceBound": "REQUIRED"}})],
            ["okta_password", "okta_verify"],
            True,
        ),
        (
            [strong({"possession": {"deviceBound": "REQUIRED"}})],
            ["okta_password", "okta_email"],
            False,
        ),
        (
            [strong({"possession": {"hardwareProtection": "REQUIRED"}})],
            ["okta_password", "webauthn"],
            False,
        ),
        ([strong({"possession": {"new": "REQUIRED"}})], ["okta_password", "webauthn"], False),
        ([strong({"inherence": {"x": "y"}})], ["okta_password", "webauthn"], False),
        ([strong({"possession": CODE_BY_SMS})], ["okta_password", "phone_number"], False),
        ([strong({"possession": {"types": ["email"]}})], ["okta_password", "okta_email"], True),
        ([strong({"possession": {"methods": ["sms"]}})], ["okta_password", "phone_number"], False),
        (
            [strong({"possession": {"excludedAuthenticationMethods": [{"key": "okta_email"}]}})],
            ["okta_password", "okta_email"],
            False,
        ),
        ([strong(PHISHING_RESISTANT, {"knowledge": {}})], ["okta_password", "okta_email"], True),
        ([strong(type="NEW")], ["okta_password", "okta_email"], False),
        ([strong(type="AUTH_METHOD_CHAIN", chains=[PASSWORD])], ["okta_password"], True),
        (
            [strong(type="AUTH_METHOD_CHAIN", chains=[{**PASSWORD, "next": [CODE_BY_SMS]}])],
            ["okta_password", "phone_number"],
            False,
        ),
        # A rule that may decide counts like the one that decides otherwise.
        (
            [rule("Risky", riskScore={"level": "HIGH"}), strong(PHISHING_RESISTANT)],
            ["okta_password", "okta_email"],
            False,
        ),
    ],
)
def test_a_member_counts_who_has_surely_enrolled_what_the_rules_require(rules, enrolled, proven):
    org = FakeOrg([ADA])
    org.enrolled = enrolled
    guard = guard_of(org)
    if proven:
        assert guard.guard_rules([MANAGED, *rules], "Company apps")
    else:
        with pytest.raises(Refused, match="rule 'Strong' requires .*ada@acme.com has "):
            guard.guard_rules([MANAGED, *rules], "Company apps")


def test_the_refusal_names_the_rule_and_what_the_member_lacks():
    with pytest.raises(Refused) as caught:
        break_glass([MANAGED, strong(PHISHING_RESISTANT)])
    assert caught.value.message == (
        "break_glass_group: policy 'Company apps' admits no member of group 'Break glass' from a"
        " device that Okta does not know: rule 'Strong' requires 2FA, possession"
        " {'deviceBound': 'REQUIRED', 'phishingResistant': 'REQUIRED'}, and ada@acme.com has"
        " okta_email, okta_password, phone_number. Enroll what it requires, or add a rule that"
        " admits the group."
    )


def test_an_authenticator_that_is_not_active_is_not_a_proof():
    org = FakeOrg([ADA])
    org.enrollments = lambda user_id: [Enrollment("okta_password", "INACTIVE")]
    with pytest.raises(Refused, match="has no authenticator"):
        guard_of(org).guard_rules([MANAGED, *OPEN], "Company apps")


def test_a_rule_that_is_not_sure_to_apply_is_not_a_proof():
    """Without a catch-all rule, nothing admits them where the risk is another."""
    risky = rule("Risky", riskScore={"level": "LOW"})
    assert blocking_rule([risky], Identity("ada", frozenset())) == ""


def test_a_break_glass_group_whose_members_a_session_policy_refuses_is_no_proof():
    org = session_org("bob", in_group=("ada",), users=[ADA])
    with pytest.raises(Refused) as caught:
        guard_of(org).guard_rules([MANAGED, *OPEN], "Company apps")
    assert caught.value.message == (
        "break_glass_group: rule 'Stop' of global session policy 'Leavers' refuses each member of"
        " group 'Break glass'. Exclude the group there, or add a member whom no rule refuses."
    )
    eve = OktaUser("eve", "eve@acme.com", status="ACTIVE")
    org.users = [ADA, eve]
    assert guard_of(org).guard_rules([MANAGED, *OPEN], "Company apps")["out"]
    assert org.reads[-1] == "authenticators of eve"
