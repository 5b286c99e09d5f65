# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that options name, and those that Okta does not list."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.lookups import (
    find_groups,
    find_policy,
    find_policy_of_rules,
    find_users,
    list_apps_of,
    read_groups_by_id,
    require_policy,
    resolve_apps,
    resolve_rule,
    validate_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.plan import (
    RuleRequest,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Place,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Authenticator,
    Group,
    OktaUser,
    Policy,
    PolicyRule,
)

POLICIES = [Policy("rst1", "Company"), Policy("rst2", "Twice"), Policy("rst3", "Twice")]


def refusal(call: t.Callable[[], object]) -> str:
    """Return the message of a call that refuses its options."""
    with pytest.raises(BadOption) as refused:
        call()
    return refused.value.message


@pytest.mark.parametrize(
    ("wanted", "found"), [("Company", "rst1"), ("rst3", "rst3"), ("RST1", None), ("New", None)]
)
def test_a_policy_is_found_by_id_or_exact_name(wanted: str, found: str | None) -> None:
    policy = find_policy(POLICIES, wanted)
    assert (policy and policy.id) == found


def test_a_policy_that_is_not_the_only_one_or_does_not_exist_is_named_with_its_option() -> None:
    twice = "Okta has 2 app sign-in policies named 'Twice' (rst2, rst3). Give the id of one."
    assert refusal(lambda: find_policy(POLICIES, "Twice")) == f"policy: {twice}"
    assert refusal(lambda: find_policy(POLICIES, "Twice", "clone_of")) == f"clone_of: {twice}"
    missing = "Okta has no app sign-in policy 'Compani'; did you mean 'Company'?"
    assert refusal(lambda: require_policy(POLICIES, "Compani")) == f"policy: {missing}"
    assert refusal(lambda: require_policy(POLICIES, "Compani", "target")) == f"target: {missing}"
    assert require_policy(POLICIES, "rst2") == POLICIES[1]


@pytest.mark.parametrize(
    ("policy", "clone_of", "check_mode", "found"),
    [
        ("Company", None, False, (POLICIES[0], "rst1")),
        ("Company", "rst2", True, (POLICIES[0], "rst1")),  # the clone exists
        ("New", "Company", True, (Policy("", "New"), "rst1")),
        ("New", "rst9", True, "clone_of: Okta has no app sign-in policy 'rst9'"),
        ("New", "Company", False, "policy: Okta has no app sign-in policy 'New'"),
        ("New", None, True, "policy: Okta has no app sign-in policy 'New'"),
    ],
)
def test_a_clone_that_check_mode_does_not_create_has_the_rules_of_its_original(
    policy: str, clone_of: str | None, check_mode: bool, found: tuple[Policy, str] | str
) -> None:
    okta: t.Any = SimpleNamespace(access_policies=lambda: POLICIES)
    options = {"policy": policy, "clone_of": clone_of}
    if isinstance(found, str):
        message = refusal(lambda: find_policy_of_rules(okta, options, check_mode))
        assert message.startswith(found)
    else:
        assert find_policy_of_rules(okta, options, check_mode) == found


class Directory:
    """An org with two groups and one user, whose searches are recorded."""

    def __init__(self, *groups: Group) -> None:
        self.all = groups or (Group("g1", "Staff"), Group("g2", "Break glass"))
        self.searches: list[str] = []

    def groups(self, search: str) -> list[Group]:
        self.searches.append(search)
        return list(self.all)

    def user(self, name: str) -> OktaUser | None:
        return OktaUser("u1", "ann@acme.com") if name in {"u1", "ann@acme.com"} else None


def directory(*groups: Group) -> t.Any:
    return Directory(*groups)


def test_groups_are_found_by_one_search_in_the_order_of_the_option() -> None:
    okta = directory()
    found = find_groups(okta, ["Break glass", "g1", "g2"], "exempt_groups")
    assert [each.id for each in found] == ["g2", "g1", "g2"]
    assert okta.searches == [
        'id eq "Break glass" or profile.name eq "Break glass" or id eq "g1" or profile.name eq "g1"'
        ' or id eq "g2" or profile.name eq "g2"'
    ]
    assert find_groups(okta, [], "exempt_groups") == [] and len(okta.searches) == 1


def test_a_group_that_the_search_does_not_find_is_named_without_suggestions() -> None:
    """The search returns what was asked for, not what is near it."""
    message = refusal(lambda: find_groups(directory(), ["Staffs"], "exempt_groups"))
    assert message == "exempt_groups: Okta has no group 'Staffs'. Correct the name."
    twice = directory(Group("g1", "Staff"), Group("g2", "Staff"))
    assert refusal(lambda: find_groups(twice, ["Staff"], "groups")) == (
        "groups: Okta has 2 groups named 'Staff' (g1, g2). Give the id of one."
    )


def test_groups_by_ids_are_found_by_one_search() -> None:
    okta = directory()
    found = read_groups_by_id(okta, {"g2", "g1"})
    assert found == {"g1": Group("g1", "Staff"), "g2": Group("g2", "Break glass")}
    assert okta.searches == ['id eq "g1" or id eq "g2"']
    read_groups_by_id(okta, [f"g{number}" for number in range(41)])
    assert [search.count(" eq ") for search in okta.searches] == [2, 40, 1]


def test_users_are_found_by_id_or_login() -> None:
    assert find_users(directory(), ["ann@acme.com", "u1"], "users") == ["u1", "u1"]
    assert refusal(lambda: find_users(directory(), ["u1", "ann"], "users_excluded")) == (
        "users_excluded: Okta has no user with the id or login 'ann'. Write the whole login, and"
        " check upper and lower case."
    )


def test_the_rules_of_an_option_get_their_defaults() -> None:
    asked = {"name": "Staff", "managed": "yes"}
    (checked,) = validate_rules([asked])
    assert (checked["state"], checked["managed"], checked["remove_conditions"]) == (
        "present",
        True,
        [],
    )
    assert checked["groups"] is None
    assert asked == {"name": "Staff", "managed": "yes"}, "the option itself is left as it is"


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({}, "missing required arguments: name"),
        (
            {"name": "A", "before": "B", "after": "C"},
            "parameters are mutually exclusive: position|before|after",
        ),
    ],
)
def test_a_rule_with_wrong_options_is_named_by_its_place(
    rule: dict[str, t.Any], problem: str
) -> None:
    message = refusal(lambda: validate_rules([{"name": "Staff"}, rule]))
    assert message == f"rules[1]: {problem}"
    message = refusal(lambda: validate_rules([rule], "planned_rules"))
    assert message == f"planned_rules[0]: {problem}"


def test_all_problems_of_a_rule_are_named() -> None:
    message = refusal(lambda: validate_rules([{"access": "MAYBE", "nmae": "A"}]))
    assert message.count("; ") == 2 and "XX" not in message


def test_a_rule_to_delete_needs_no_more_than_its_name() -> None:
    options = {"name": "Old", "state": "absent", "status": "ACTIVE", "after": "First"}
    request = resolve_rule(t.cast(t.Any, None), options, None, [])
    place = Place(None, None, "First")
    assert request == RuleRequest("Old", {"name": "Old"}, place, "ACTIVE", absent=True)


def test_the_groups_and_users_of_a_rule_become_ids() -> None:
    okta = directory()
    options = {
        "name": "Staff",
        "state": "present",
        "status": "INACTIVE",
        "position": "first",
        "groups": ["Staff", "g2"],
        "groups_excluded": [],
        "users": None,
        "users_excluded": ["ann@acme.com"],
    }
    request = resolve_rule(okta, options, None, [])
    assert request == RuleRequest(
        "Staff",
        {
            "name": "Staff",
            "conditions": {
                "people": {
                    "groups": {"include": ["g1", "g2"], "exclude": []},
                    "users": {"exclude": ["u1"]},
                }
            },
        },
        Place("first"),
        "INACTIVE",
    )
    assert okta.searches == [
        'id eq "Staff" or profile.name eq "Staff" or id eq "g2" or profile.name eq "g2"'
    ]
    before = resolve_rule(okta, {"name": "A", "state": "present", "before": "B"}, None, [])
    assert before == RuleRequest("A", {"name": "A"}, Place(before="B"))
    assert len(okta.searches) == 1, "a rule without groups needs no search"


@pytest.mark.parametrize(
    ("option", "break_glass_group", "blamed"),
    [
        ("groups", None, "groups"),
        ("groups_excluded", "Break glass", "groups_excluded"),
        ("groups_excluded", "Glass", "break_glass_group"),
    ],
)
def test_an_unknown_group_is_blamed_on_the_option_that_named_it_first(
    option: str, break_glass_group: str | None, blamed: str
) -> None:
    options = {"name": "Staff", "state": "present", option: ["Glass"]}
    message = refusal(lambda: resolve_rule(directory(), options, break_glass_group, []))
    assert message == f"{blamed}: Okta has no group 'Glass'. Correct the name."


def test_an_unknown_user_of_a_rule_is_blamed_on_its_option() -> None:
    options = {"name": "Staff", "state": "present", "users": ["ann"]}
    assert refusal(lambda: resolve_rule(directory(), options, None, [])).startswith("users: ")


OTHER_THAN_VERIFY = "accessRequest.authenticator.key != 'okta_verify'"


def with_expression(expression: str, *keys: str, rules: t.Sequence[PolicyRule] = ()) -> RuleRequest:
    """Return the request of a rule with an expression, in an org with these authenticators."""
    authenticators = [Authenticator(f"aut-{key}", key=key) for key in keys]
    okta: t.Any = SimpleNamespace(authenticators=lambda: authenticators)
    options = {"name": "Staff", "state": "present", "expression": expression}
    return resolve_rule(okta, options, None, rules)


def expression_of(request: RuleRequest) -> t.Any:
    """Return the expression that a request writes."""
    return request.body["conditions"]["elCondition"]["condition"]


def test_an_expression_that_flexible_okta_verify_refuses_is_refused_before_it() -> None:
    assert refusal(lambda: with_expression(OTHER_THAN_VERIFY, "okta_verify_push")) == (
        "expression: it asks for the key 'okta_verify', which Okta refuses in an org with flexible"
        " Okta Verify. Name okta_verify_totp, okta_verify_push, okta_verify_fastpass instead, each"
        " in a comparison of its own."
    )
    old_org = with_expression(OTHER_THAN_VERIFY, "okta_verify", "okta_password")
    assert expression_of(old_org) == OTHER_THAN_VERIFY


def test_an_expression_that_okta_stores_already_is_left_as_it_is() -> None:
    """Okta keeps and translates what it stored before the org got flexible Okta Verify."""
    stored = PolicyRule.from_row(
        {"name": "Staff", "conditions": {"elCondition": {"condition": OTHER_THAN_VERIFY}}}
    )
    request = with_expression(OTHER_THAN_VERIFY, "okta_verify_push", rules=[stored])
    assert expression_of(request) == OTHER_THAN_VERIFY
    other = OTHER_THAN_VERIFY.replace("!=", "<")
    message = refusal(lambda: with_expression(other, "okta_verify_push", rules=[stored]))
    assert message.startswith("expression: ")


def test_an_expression_that_can_be_written_otherwise_is() -> None:
    request = with_expression(
        "accessRequest.authenticator.key == 'okta_verify'", "okta_verify_push"
    )
    assert expression_of(request).count("'okta_verify_") == 3


def test_a_rule_without_okta_verify_needs_no_authenticators() -> None:
    options = {"name": "Staff", "state": "present", "expression": "user.isAdmin"}
    request = resolve_rule(t.cast(t.Any, None), options, None, [asking_for(SPLIT)])
    assert expression_of(request) == "user.isAdmin"


def test_an_app_that_okta_does_not_list_is_one_of_its_policy_all_the_same() -> None:
    """A token whose role covers a few apps lists only those, and the policy has others too."""
    slack = App("0oa1", "Slack", "slack", "rst1")
    okta: t.Any = SimpleNamespace(apps=lambda: [slack, App("0oa2", "Other", "other", "rst2")])
    apps = list_apps_of(okta, ["0oa9", "0oa1"], "rst1")
    assert apps == [App("0oa9", "0oa9", None, "rst1"), slack]
    assert [app.is_listed for app in apps] == [False, True]


def test_without_an_app_nothing_is_read() -> None:
    assert list_apps_of(t.cast(t.Any, None), [], "rst1") == []


FAST_PASS = {"key": "okta_verify", "method": "signed_nonce"}
SPLIT = {"key": "okta_verify_push"}


def asking_for(entry: dict[str, str], name: str = "Staff") -> PolicyRule:
    constraints = [{"possession": {"authenticationMethods": [entry]}}]
    sign_on = {"access": "ALLOW", "verificationMethod": {"constraints": constraints}}
    return PolicyRule.from_row({"name": name, "actions": {"appSignOn": sign_on}})


@pytest.mark.parametrize(
    "rules, authenticator, expected",
    [
        ([FAST_PASS], None, "okta_verify"),
        ([SPLIT], None, "okta_verify_fastpass"),
        ([FAST_PASS, SPLIT], "okta_verify", "okta_verify"),
        ([FAST_PASS, SPLIT], "okta_verify_push", "okta_verify_fastpass"),
        ([], "okta_verify", "okta_verify"),
    ],
)
def test_the_authenticators_decide_where_rules_have_no_spelling_or_both(
    rules: list[dict[str, str]], authenticator: str | None, expected: str
) -> None:
    def authenticators() -> list[Authenticator]:
        assert authenticator, "not read where the rules agree"
        return [Authenticator("aut1", key=authenticator)]

    okta: t.Any = SimpleNamespace(authenticators=authenticators)
    constraints = [{"possession": {"authenticationMethods": [FAST_PASS]}}]
    options = {"name": "New", "state": "present", "access": "ALLOW", "constraints": constraints}
    request = resolve_rule(okta, options, None, [asking_for(each) for each in rules])
    assert f"'{expected}'" in str(request.body) and request.name == "New"


def test_apps_are_found_by_id_or_exact_label_each_once() -> None:
    apps = [App("a1", "Slack"), App("a2", "Jira"), App("a3", "Jira")]
    found = resolve_apps(apps, ["a3", "Slack", "a1"])
    assert [each.id for each in found] == ["a3", "a1"]
    with pytest.raises(
        BadOption, match=r"apps: Okta has 2 apps named 'Jira' \(a2, a3\)\. Give the id of one\."
    ):
        resolve_apps(apps, ["Jira"])
