# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta's own apps, and the policy for adding authenticators."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.policy_changes import (
    AppChange,
    PolicyChange,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.change_guard import (
    guard_change,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.protected_apps import (
    check_not_account_policy,
    is_account_policy,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Authenticator,
    Policy,
)

from tests.unit.plugins.module_utils._access.fake_org import (
    COMPANY,
    OPEN,
    OPTIONS,
    STAFF,
    FakeOrg,
    app_change,
    company,
    protected,
    rule,
    signals_org,
)


@pytest.mark.parametrize(
    ("app", "role"),
    [
        (App("a1", "Okta Admin Console", "saasure"), "the Admin Console"),
        (App("a2", "Okta Dashboard", "okta_enduser"), "the dashboard"),
        (App("app-verify", "Enrollment", "other"), "the app that Okta Verify enrolls by"),
    ],
)
def test_an_app_of_okta_is_protected_unless_it_is_allowed(app, role):
    with pytest.raises(Refused, match=rf"{app.label}' \({role}\) would .* Remove it\."):
        protected(FakeOrg(), []).guard_change(company(app_change(), app_change(app)))
    for name in (app.label, app.id):
        protected(FakeOrg(), [name]).guard_change(company(app_change(app)))


def test_an_app_of_which_only_the_id_is_known_may_be_one_of_okta():
    app = App("0oa9", "0oa9")
    with pytest.raises(Refused, match=r"'0oa9' \(an app that Okta does not list, which may be"):
        protected(FakeOrg(), []).guard_change(company(app_change(app)))
    protected(FakeOrg(), ["0oa9"]).guard_change(company(app_change(app)))
    back = replace(company(app_change(app)), is_reversal=True)
    assert protected(FakeOrg(), []).guard_change(back) is None


def test_several_protected_apps_are_named_at_once():
    apps = [App("a1", "Console", "saasure"), App("a2", "Dashboard", "okta_enduser")]
    with pytest.raises(Refused, match="'Console' .*, 'Dashboard' .* Remove them"):
        protected(FakeOrg(), []).guard_change(company(*map(app_change, apps)))


def test_any_other_app_may_require_managed_devices():
    org = FakeOrg()
    guard = protected(org, [])
    assert guard.guard_change(company(app_change(), app_change(App("", "No id")))) is None
    assert guard.guard_change(company()) is None
    assert org.reads == ["authenticators"], "without apps, nothing is read"


def test_without_okta_verify_no_app_is_its_own():
    org = FakeOrg()
    org.authenticators = lambda: [Authenticator("aut1", "okta_password", app_instance_id="app1")]
    protected(org, []).guard_change(company(app_change()))


def test_the_policy_for_adding_authenticators_is_protected_unless_it_is_allowed():
    enrollment = replace(COMPANY, resource_type="END_USER_ACCOUNT_MANAGEMENT")
    with pytest.raises(Refused) as caught:
        protected(FakeOrg(), ["app1"]).guard_change(company(policy=enrollment))
    assert caught.value.message == (
        "Policy 'Company apps' decides who may add an authenticator. If it requires a managed"
        " device, no new device can become one. If you intend that, name it in"
        " allow_protected_apps."
    )
    for name in (enrollment.name, enrollment.id):
        guard = protected(FakeOrg(), [name])
        assert guard.guard_change(company(policy=enrollment)) == "Managed"


STOP = rule("Stop", "DENY")
NO_MACS = rule("No Macs", "DENY", platform={"include": [{"os": {"type": "MACOS"}}]})


@pytest.mark.parametrize(
    ("after", "refusing"),
    [
        ([STOP, *OPEN], "Stop"),
        ([NO_MACS, *OPEN], "No Macs"),
        ([rule("Catch-all Rule", "DENY")], "Catch-all Rule"),
        ([rule("Staff", "DENY", **STAFF), *OPEN], "Staff"),
        ([rule("Risky", "DENY", riskScore={"level": "HIGH"}), *OPEN], "Risky"),
        ([rule("Ada", "DENY", people={"users": {"include": ["ada"]}}), *OPEN], "Ada"),
        ([], ""),
    ],
)
def test_a_rule_that_may_refuse_anybody_needs_consent_at_an_app_of_okta(after, refusing):
    """Whether anybody used the app does not count."""
    console = App("a1", "Okta Admin Console", "saasure")
    account = replace(COMPANY, resource_type="END_USER_ACCOUNT_MANAGEMENT")
    enrollment = company(policy=account, after=after)
    admin = company(app_change(console, after), after=after)
    account_message = (
        f"Rule '{refusing}' may refuse people who can add one now, and then no new device can be"
        " registered. If you intend that, name it"
    )
    with pytest.raises(Refused, match=account_message):
        protected(FakeOrg(), []).guard_change(enrollment)
    with pytest.raises(Refused, match=rf"the Admin Console\) may refuse .* \(rule '{refusing}'\)"):
        protected(FakeOrg(), []).guard_change(admin)
    options = replace(OPTIONS, allow_protected_apps=[console.id, account.id])
    for change in (enrollment, admin):
        allowed = protected(FakeOrg(), options.allow_protected_apps)
        assert allowed.guard_change(change) == refusing
        without_group = (
            f"^break_glass_group: rule '{refusing}' of policy '[^']*' may refuse people, and no"
            " group keeps access if that fails. Name a group here that another rule admits.$"
        )
        with pytest.raises(Refused, match=without_group):
            guard_change(FakeOrg(), change, replace(options, break_glass_group=None))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (OPEN, OPEN),
        (OPEN, [rule("Staff", **STAFF), *OPEN]),
        ([STOP], [STOP]),
        ([STOP], OPEN),
        ([STOP], [rule("Staff", **STAFF), STOP]),
        ([rule("Staff", "DENY", **STAFF), *OPEN], [rule("Employees", "DENY", **STAFF), *OPEN]),
    ],
)
def test_a_change_that_refuses_nobody_needs_no_consent(before, after):
    account = replace(COMPANY, resource_type="END_USER_ACCOUNT_MANAGEMENT")
    console = AppChange(App("a1", "Console", "saasure"), before, after)
    org = FakeOrg()
    for change in (
        company(policy=account, before=before, after=after),
        company(console, after=after),
    ):
        assert protected(org, []).guard_change(change) is None
    assert org.reads == []


def test_a_person_in_two_groups_is_judged_by_both():
    guests = {"people": {"groups": {"include": ["guests"]}}}
    before = [rule("Staff", **STAFF), STOP]
    after = [rule("Guests", "DENY", **guests), *before]
    console = AppChange(App("a1", "Console", "saasure"), before, after)
    with pytest.raises(Refused, match="rule 'Guests'"):
        protected(FakeOrg(), []).guard_change(company(console, after=after))


@pytest.mark.parametrize(
    ("resource_type", "name", "protected"),
    [
        ("END_USER_ACCOUNT_MANAGEMENT", "Any name", True),
        ("APP", "Okta Account Management Policy", False),
        (None, "Okta Account Management Policy", True),  # recorded: some show no resource type
        (None, "Company apps", False),
    ],
)
def test_which_policy_decides_who_may_add_an_authenticator(resource_type, name, protected):
    policy = replace(COMPANY, resource_type=resource_type, name=name)
    assert is_account_policy(policy) is protected


@pytest.mark.parametrize(
    ("app", "role"),
    [
        (App("a1", "Okta Verify", "other"), "an app of Okta that Okta Verify may enroll by"),
        (App("a2", "Enrollment", "okta_something_new"), "Okta does not show which"),
        (App("a3", "Console", "saasure"), "the Admin Console"),
        (App("a4", "Slack", "slack"), None),
    ],
)
@pytest.mark.parametrize("keys", [["okta_verify"], ["okta_verify_fastpass", "okta_verify_push"]])
def test_an_enrollment_app_that_okta_does_not_show_is_guarded(app, role, keys):
    """Recorded: all orgs have an empty appInstanceId of Okta Verify."""
    org = FakeOrg()
    org.authenticators = lambda: [Authenticator(f"aut-{key}", key) for key in keys]
    change, guard = company(app_change(app)), protected(org, [])
    if role is None:
        assert guard.guard_change(change) is None
    else:
        with pytest.raises(Refused, match=role):
            guard.guard_change(change)


def test_the_app_of_one_of_three_authenticators_is_protected():
    org = FakeOrg()
    org.authenticators = lambda: [Authenticator("a", "okta_verify_totp", app_instance_id="app1")]
    with pytest.raises(Refused, match="the app that Okta Verify enrolls by"):
        protected(org, []).guard_change(company(app_change()))


def test_an_app_of_okta_is_protected_from_other_signals_with_equal_rules():
    console = App("app9", "Okta Admin Console", "saasure", "rst1")
    rules = [rule("Known", device={"registered": True})]
    change = AppChange(console, rules, rules, policy_after="rst2")
    org = signals_org("rst2")
    moved = PolicyChange(COMPANY, rules, rules, [change])
    with pytest.raises(Refused, match="may refuse people who are admitted now"):
        protected(org, []).guard_change(moved)
    assert protected(signals_org("rst1"), []).guard_change(moved) is None
    assert protected(org, []).guard_change(replace(moved, is_reversal=True)) is None


def test_the_policy_for_adding_authenticators_is_not_deleted():
    check_not_account_policy(Policy("rst1", "Company apps"))
    with pytest.raises(
        Refused, match="Policy 'Okta Account Management Policy': it decides who may"
    ):
        check_not_account_policy(Policy("rst1", "Okta Account Management Policy"))
