# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guards that refuse a change of sign-in rules, and the objects that options name."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import guards
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    Identity,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.outcomes import (
    AccessChange,
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.policy_reader import (
    OtherPolicies,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    UNREAD_POLICIES,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    lookups as resolution,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Forbidden,
    NotFound,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Authenticator,
    AuthenticatorMethod,
    DeviceUser,
    Enrollment,
    Group,
    LogEntity,
    LogEvent,
    OktaDevice,
    OktaUser,
    Policy,
    PolicyRule,
    RankedPolicy,
    SessionRule,
    SignalRule,
)


def rule(name, access="ALLOW", status="ACTIVE", **conditions):
    sign_on = {"access": access, "verificationMethod": {"factorMode": "1FA"}}
    row = {"name": name, "status": status, "conditions": conditions}
    return PolicyRule.from_row({**row, "actions": {"appSignOn": sign_on}})


@pytest.mark.parametrize(
    ("policy_rule", "requires"),
    [
        (rule("x", device={"registered": True, "managed": True}), True),
        (rule("x", "DENY", device={"registered": True, "managed": False}), True),
        (rule("x", "DENY", device={"registered": False}), True),
        (rule("x", device={"registered": True}), False),
        (rule("x", "DENY"), False),
        (rule("x", "DENY", device={"registered": True, "managed": True}), False),
        (rule("x", status="INACTIVE", device={"managed": True}), False),
        (
            PolicyRule.from_row(
                {
                    "name": "Catch-all Rule",
                    "conditions": None,
                    "actions": {"appSignOn": {"access": "ALLOW"}},
                }
            ),
            False,
        ),
    ],
)
def test_which_rules_stand_for_managed_devices(policy_rule, requires):
    assert guards.requires_managed(policy_rule) is requires


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
        guards.LockOutGuard(11).check(forecast_of(12, ("risk: HIGH",)))
    assert len(caught.value.details["forecast"]["locked_out_people"]) == 12
    assert "cannot be known: risk: HIGH." in caught.value.message
    assert "set max_locked_out to 12" in caught.value.message
    guards.LockOutGuard(12).check(forecast_of(12))


def test_the_message_names_what_would_change():
    change = "policy 'Strict' for 'Salesforce', 'Slack'"
    with pytest.raises(Refused) as caught:
        guards.LockOutGuard(0, change=change).check(forecast_of(1))
    assert caught.value.message.startswith(
        "max_locked_out: 1 person who used these apps would be locked out: p00. The change: policy"
        " 'Strict' for 'Salesforce', 'Slack'. Nothing was written."
    )


def test_a_log_without_devices_is_explained():
    with pytest.raises(Refused) as caught:
        guards.LockOutGuard(0).check(forecast_of(1, log_names_devices=False))
    assert (
        "1 person who used these apps would be locked out: p00. The System Log does not name the"
        " devices of their sign-ins, so each person counts with their registered devices and with"
        " one that Okta does not know. Nothing was written."
    ) in caught.value.message


def test_unknowns_and_a_log_without_devices_are_both_explained():
    with pytest.raises(Refused, match="count as locked out. The System Log does not name"):
        guards.LockOutGuard(0).check(forecast_of(1, ("risk: HIGH",), log_names_devices=False))


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
        guards.LockOutGuard(2).check(forecast)
    said = caught.value.message
    assert "2 of them count only because the credentials may not read" in said
    assert "set max_locked_out to 2 for this run; it still refuses if others are locked out" in said
    with pytest.raises(Refused) as caught:
        guards.LockOutGuard(0).check(forecast_of(2, ("risk: HIGH",)))
    assert "of them count only" not in caught.value.message


def test_a_lock_out_counts_the_unknowns_that_it_names():
    with pytest.raises(Refused) as caught:
        guards.LockOutGuard(0).check(forecast_of(2, ("a", "b", "c", "d")))
    assert (
        "2 people" in caught.value.message
        and "known: a; b; c. If any answer" in caught.value.message
    )
    details = caught.value.details
    assert (details["count"], details["allowed"], details["forecast"]["people"]) == (2, 0, 2)
    guards.LockOutGuard(0).check(Forecast())


OPTIONS = guards.GuardOptions(
    forecast=True,
    active_days=30,
    log_events=50000,
    max_locked_out=0,
    break_glass_group="Break glass",
    allow_protected_apps=[],
)


def test_guard_options_are_those_of_the_module():
    params = {**vars(OPTIONS), "policy": "Company apps"}
    assert guards.GuardOptions.from_params(params) == OPTIONS


class FakeOrg:
    """An org with one group, whose reads are recorded."""

    transport = SimpleNamespace(now=lambda: 1_795_478_400.0)  # 2026-11-24
    enrolled = ("okta_password", "okta_email", "phone_number")
    statuses: t.ClassVar[dict[str, str | None]] = {}

    def __init__(self, users=(), devices=(), events=()):
        self.users, self.device_list, self.reads = list(users), list(devices), []
        self.events, self.log_reads = list(events), []

    def session_policies(self):
        self.reads.append("session policies")
        return []

    def signal_policies(self):
        self.reads.append("signal policies")
        return []

    def authenticators(self):
        self.reads.append("authenticators")
        return [
            Authenticator("aut1", "okta_password", app_instance_id="app-password"),
            Authenticator("aut2", "okta_verify", app_instance_id="app-verify", status="ACTIVE"),
        ]

    def authenticator_methods(self, authenticator_id):
        self.reads.append(f"methods of {authenticator_id}")
        return [AuthenticatorMethod("signed_nonce", "ACTIVE")]

    def groups(self, search):
        self.reads.append("groups")
        return [Group("glass", "Break glass")]

    def group_users(self, group_id, _operation):
        """Return all users, whichever group is asked."""
        self.reads.append(f"members of {group_id}")
        return iter(self.users)

    def user(self, user_id):
        """Return a person of the log, whom Okta shows as active by default."""
        self.reads.append(f"user {user_id}")
        status = self.statuses.get(user_id, "ACTIVE")
        if status == "forbidden":
            raise Forbidden("The token lacks a permission.")
        return OktaUser(user_id, status=status) if status != "absent" else None

    def enrollments(self, user_id):
        self.reads.append(f"authenticators of {user_id}")
        return [Enrollment(key, "ACTIVE") for key in self.enrolled]

    def devices(self, search, expand=None):
        self.reads.append("devices")
        return iter(self.device_list)

    def log_events(self, log_filter, **options):
        self.log_reads.append((log_filter, options))
        return iter(self.events)


APP = App("app1", "Slack", "slack", "rst1")
OPEN = [rule("Catch-all Rule")]
COMPANY = Policy("rst1", "Company apps")
GLASS_OUT = {"people": {"groups": {"exclude": ["glass"]}}}
MANAGED = rule("Managed", device={"managed": True}, **GLASS_OUT)
OTHERS = rule("Others", "DENY", device={"registered": False}, **GLASS_OUT)
ADA = OktaUser("ada", "ada@acme.com", status="ACTIVE")


def protected(org, allowed):
    return guards.ProtectedAppsGuard(allowed, OtherPolicies(org))


def app_change(app=APP, after=(MANAGED,)):
    return guards.AppChange(app, OPEN, after)


def company(*apps, policy=COMPANY, before=None, after=(MANAGED,)):
    """Return a change of a policy, from open to managed devices alone, or other rules."""
    return guards.PolicyChange(policy, OPEN if before is None else before, after, apps)


# Okta's own apps


@pytest.mark.parametrize(
    ("app", "role"),
    [
        (App("a1", "Okta Admin Console", "saasure"), "the Admin Console"),
        (App("a2", "Okta Dashboard", "okta_enduser"), "the dashboard"),
        (App("app-verify", "Enrolment", "other"), "the app that Okta Verify enrols by"),
    ],
)
def test_an_app_of_okta_is_protected_unless_it_is_allowed(app, role):
    with pytest.raises(Refused, match=rf"{app.label}' \({role}\) would .* Remove it\."):
        protected(FakeOrg(), []).check(company(app_change(), app_change(app)))
    for name in (app.label, app.id):
        protected(FakeOrg(), [name]).check(company(app_change(app)))


def test_an_app_of_which_only_the_id_is_known_may_be_one_of_okta():
    app = App("0oa9", "0oa9")
    with pytest.raises(Refused, match=r"'0oa9' \(an app that Okta does not list, which may be"):
        protected(FakeOrg(), []).check(company(app_change(app)))
    protected(FakeOrg(), ["0oa9"]).check(company(app_change(app)))
    back = replace(company(app_change(app)), is_reversal=True)
    assert protected(FakeOrg(), []).check(back) is None


def test_several_protected_apps_are_named_at_once():
    apps = [App("a1", "Console", "saasure"), App("a2", "Dashboard", "okta_enduser")]
    with pytest.raises(Refused, match="'Console' .*, 'Dashboard' .* Remove them"):
        protected(FakeOrg(), []).check(company(*map(app_change, apps)))


def test_any_other_app_may_require_managed_devices():
    org = FakeOrg()
    guard = protected(org, [])
    assert guard.check(company(app_change(), app_change(App("", "No id")))) is None
    assert guard.check(company()) is None
    assert org.reads == ["authenticators"], "without apps, nothing is read"


def test_without_okta_verify_no_app_is_its_own():
    org = FakeOrg()
    org.authenticators = lambda: [Authenticator("aut1", "okta_password", app_instance_id="app1")]
    protected(org, []).check(company(app_change()))


def test_the_policy_for_adding_authenticators_is_protected_unless_it_is_allowed():
    enrolment = replace(COMPANY, resource_type="END_USER_ACCOUNT_MANAGEMENT")
    with pytest.raises(Refused) as caught:
        protected(FakeOrg(), ["app1"]).check(company(policy=enrolment))
    assert caught.value.message == (
        "Policy 'Company apps' decides who may add an authenticator. If it requires a managed"
        " device, no new device can become one. If you intend that, name it in"
        " allow_protected_apps."
    )
    for name in (enrolment.name, enrolment.id):
        guard = protected(FakeOrg(), [name])
        assert guard.check(company(policy=enrolment)) == "Managed"


STOP = rule("Stop", "DENY")
NO_MACS = rule("No Macs", "DENY", platform={"include": [{"os": {"type": "MACOS"}}]})
STAFF = {"people": {"groups": {"include": ["staff"]}}}


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
    enrolment = company(policy=account, after=after)
    admin = company(app_change(console, after), after=after)
    account_message = (
        f"Rule '{refusing}' may refuse people who can add one now, and then no new device can be"
        " registered. If you intend that, name it"
    )
    with pytest.raises(Refused, match=account_message):
        protected(FakeOrg(), []).check(enrolment)
    with pytest.raises(Refused, match=rf"the Admin Console\) may refuse .* \(rule '{refusing}'\)"):
        protected(FakeOrg(), []).check(admin)
    options = replace(OPTIONS, allow_protected_apps=[console.id, account.id])
    for change in (enrolment, admin):
        allowed = protected(FakeOrg(), options.allow_protected_apps)
        assert allowed.check(change) == refusing
        without_group = (
            f"^break_glass_group: rule '{refusing}' of policy '[^']*' may refuse people, and no"
            " group keeps access if that fails. Name a group here that another rule admits.$"
        )
        with pytest.raises(Refused, match=without_group):
            guards.check_change(FakeOrg(), change, replace(options, break_glass_group=None))


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
    console = guards.AppChange(App("a1", "Console", "saasure"), before, after)
    org = FakeOrg()
    for change in (
        company(policy=account, before=before, after=after),
        company(console, after=after),
    ):
        assert protected(org, []).check(change) is None
    assert org.reads == []


def test_a_person_in_two_groups_is_judged_by_both():
    guests = {"people": {"groups": {"include": ["guests"]}}}
    before = [rule("Staff", **STAFF), STOP]
    after = [rule("Guests", "DENY", **guests), *before]
    console = guards.AppChange(App("a1", "Console", "saasure"), before, after)
    with pytest.raises(Refused, match="rule 'Guests'"):
        protected(FakeOrg(), []).check(company(console, after=after))


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
    assert guards.is_account_policy(policy) is protected


@pytest.mark.parametrize(
    ("app", "role"),
    [
        (App("a1", "Okta Verify", "other"), "an app of Okta that Okta Verify may enrol by"),
        (App("a2", "Enrolment", "okta_something_new"), "Okta does not show which"),
        (App("a3", "Console", "saasure"), "the Admin Console"),
        (App("a4", "Slack", "slack"), None),
    ],
)
@pytest.mark.parametrize("keys", [["okta_verify"], ["okta_verify_fastpass", "okta_verify_push"]])
def test_an_enrolment_app_that_okta_does_not_show_is_guarded(app, role, keys):
    """Recorded: all orgs have an empty appInstanceId of Okta Verify."""
    org = FakeOrg()
    org.authenticators = lambda: [Authenticator(f"aut-{key}", key) for key in keys]
    change, guard = company(app_change(app)), protected(org, [])
    if role is None:
        assert guard.check(change) is None
    else:
        with pytest.raises(Refused, match=role):
            guard.check(change)


def test_the_app_of_one_of_three_authenticators_is_protected():
    org = FakeOrg()
    org.authenticators = lambda: [Authenticator("a", "okta_verify_totp", app_instance_id="app1")]
    with pytest.raises(Refused, match="the app that Okta Verify enrols by"):
        protected(org, []).check(company(app_change()))


# Break glass


def test_a_member_is_judged_by_all_groups():
    """Each member of the group is also in the group that the first rule refuses."""
    others = rule("Contractors", "DENY", people={"groups": {"include": ["contractors"]}})
    with pytest.raises(Refused, match="rule 'Contractors' refuses them"):
        break_glass([others, MANAGED, *OPEN])


def break_glass(after, users=(ADA,), group="Break glass"):
    return guard_of(FakeOrg(users), group).check(after, "Company apps")


def guard_of(org, group="Break glass"):
    return guards.BreakGlassGuard(org, group, OtherPolicies(org))


@pytest.mark.parametrize("kind", ["BUILT_IN", "OKTA_GROUP"])
def test_everybody_is_not_a_break_glass_group(kind):
    """A group of the same name that somebody made is another one."""
    org = FakeOrg([ADA])
    org.groups = lambda search: [Group("glass", "Everyone", kind)]
    guard = guard_of(org, "Everyone")
    if kind == "BUILT_IN":
        with pytest.raises(Refused, match="'Everyone' has everybody, so rule 'Managed' of policy"):
            guard.check([MANAGED, *OPEN], "Company apps")
        assert guard.check(OPEN, "Company apps")
    else:
        assert guard.check([MANAGED, *OPEN], "Company apps")


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
        with pytest.raises(Refused, match="groups: rule 'Managed' .* would apply to nobody"):
            break_glass(after)
    else:
        break_glass(after)


def test_a_break_glass_group_keeps_access():
    suspended = OktaUser("eve", status="SUSPENDED")
    assert break_glass([MANAGED, OTHERS, *OPEN], [ADA, suspended]) == {"glass": [ADA, suspended]}


def test_one_member_who_can_sign_in_is_enough():
    break_glass([MANAGED, *OPEN], [OktaUser("eve", status="STAGED"), ADA])


@pytest.mark.parametrize("status", ["PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", None])
def test_a_member_whose_account_may_not_work_is_no_proof(status):
    with pytest.raises(Refused, match="no member who surely can sign in"):
        break_glass([MANAGED, *OPEN], [OktaUser("bob", status=status)])


def org_without(*groups, users=(ADA,)):
    org = FakeOrg(users)
    read = org.group_users

    def group_users(group, *operation):
        if group in groups:
            raise NotFound("Not found", status=404)
        return read(group, *operation)

    org.group_users = group_users
    return org


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
        assert set(guard.check([gone, MANAGED, *OPEN], "Company apps")) == {"glass"}
        return
    with pytest.raises(Refused, match=message):
        guard.check([gone, MANAGED, *OPEN], "Company apps")


def test_a_rule_for_a_group_that_was_deleted_does_not_end_a_forecast():
    gone = rule("Gone", "DENY", people={"groups": {"include": ["gone"]}})
    org = org_without("gone")
    org.events = [sign_in("ann", APP, device="")]
    found = guards.read_forecast(org, [change_of(before=OPEN, after=[gone, *OPEN])], 30, 100)
    assert found.locked_out_logins == ["ann@acme.com"]
    assert any("no group gone" in sentence for sentence in found.unread)


@pytest.mark.parametrize("turned", [False, True])
def test_a_break_glass_group_keeps_each_app_that_it_has_whatever_their_order(turned):
    """The app that goes back takes something from the group; the other one never admitted it."""
    others = [rule("Bob", people={"users": {"include": ["bob"]}}), rule("All", "DENY")]
    after = [MANAGED, rule("All", "DENY")]
    apps = [
        guards.AppChange(replace(APP, id=app_id, label=app_id), before, after)
        for app_id, before in (("a", others), ("b", OPEN))
    ]
    change = guards.PolicyChange(COMPANY, after, after, apps[::-1] if turned else apps, True)
    org = FakeOrg([ADA])
    with pytest.raises(Refused, match="admits no member of group"):
        guards.check_change(org, change, OPTIONS)


@pytest.mark.parametrize(
    ("after", "users", "group", "message"),
    [
        (
            [MANAGED, *OPEN],
            [ADA],
            None,
            "rule 'Managed' of policy 'Company apps' would require managed devices, and no group"
            " keeps access if that fails. Name a group here and in groups_excluded.$",
        ),
        ([MANAGED, OTHERS], [ADA], "", "rules 'Managed', 'Others' of policy"),
        (
            [MANAGED, rule("Laptops", device={"managed": True})],
            [ADA],
            "Break glass",
            "rule 'Laptops' of policy 'Company apps' would require managed devices and does not"
            " exclude group 'Break glass'. Add the group to groups_excluded.$",
        ),
        (
            [MANAGED, *OPEN],
            [],
            "Break glass",
            r"no member who surely can sign in \(status ACTIVE\)\. Add an",
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
    assert guards.blocking_rule(OPEN, person) is None
    assert guards.blocking_rule([rule("Phones", "DENY", **phones), *OPEN], person) == "Phones"
    assert guards.blocking_rule([risky, *OPEN], person) == "Risky"
    assert guards.blocking_rule([], person) == ""


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
        assert guard.check([MANAGED, *rules], "Company apps")
    else:
        with pytest.raises(Refused, match="rule 'Strong' requires .*ada@acme.com has "):
            guard.check([MANAGED, *rules], "Company apps")


def test_the_refusal_names_the_rule_and_what_the_member_lacks():
    with pytest.raises(Refused) as caught:
        break_glass([MANAGED, strong(PHISHING_RESISTANT)])
    assert caught.value.message == (
        "break_glass_group: policy 'Company apps' admits no member of group 'Break glass' from a"
        " device that Okta does not know: rule 'Strong' requires 2FA, possession"
        " {'deviceBound': 'REQUIRED', 'phishingResistant': 'REQUIRED'}, and ada@acme.com has"
        " okta_email, okta_password, phone_number. Enrol what it requires, or add a rule that"
        " admits the group."
    )


def test_an_authenticator_that_is_not_active_is_not_a_proof():
    org = FakeOrg([ADA])
    org.enrollments = lambda user_id: [Enrollment("okta_password", "INACTIVE")]
    with pytest.raises(Refused, match="has no authenticator"):
        guard_of(org).check([MANAGED, *OPEN], "Company apps")


def test_a_rule_that_is_not_sure_to_apply_is_not_a_proof():
    """Without a catch-all rule, nothing admits them where the risk is another."""
    risky = rule("Risky", riskScore={"level": "LOW"})
    assert guards.blocking_rule([risky], Identity("ada", frozenset())) == ""


# All guards


OFF = replace(OPTIONS, forecast=False)


def test_a_forecast_that_is_switched_off_reads_neither_people_nor_sign_ins():
    org = FakeOrg([ADA])
    after = [MANAGED, *OPEN]
    assert guards.check_change(org, company(app_change(after=after), after=after), OFF) is None
    assert org.reads == [
        "authenticators",
        "groups",
        "session policies",
        "members of glass",
        "authenticators of ada",
    ]


def test_without_a_forecast_the_guards_stay():
    console = app_change(App("a1", "Console", "saasure"))
    with pytest.raises(Refused, match="the Admin Console"):
        guards.check_change(FakeOrg([ADA]), company(console), OFF)
    account = Policy("p", "Okta Account Management")
    with pytest.raises(Refused, match="decides who may add an authenticator"):
        guards.check_change(FakeOrg([ADA]), company(policy=account), OFF)
    with pytest.raises(Refused, match="no group keeps access"):
        guards.check_change(FakeOrg([ADA]), company(), replace(OFF, break_glass_group=None))


def test_what_is_consented_to_needs_no_forecast():
    console = app_change(App("a1", "Console", "saasure"))
    consented = replace(OFF, allow_protected_apps=["Console"])
    change = company(console, after=[MANAGED, *OPEN])
    assert guards.check_change(FakeOrg([ADA]), change, consented) is None


def test_rules_without_managed_devices_need_no_break_glass_group():
    org, options = FakeOrg(), replace(OPTIONS, break_glass_group=None)
    assert guards.check_change(org, company(after=OPEN), options) == Forecast()
    assert org.reads == []


def test_rules_for_managed_devices_pass_every_guard():
    org, after = FakeOrg([ADA]), [MANAGED, *OPEN]
    assert guards.check_change(org, company(after=after), OPTIONS) == Forecast()
    assert org.reads == [
        "groups",
        "session policies",
        "members of glass",
        "authenticators of ada",
    ]
    with pytest.raises(Refused, match="break_glass_group: group 'Break glass' has no member"):
        guards.check_change(FakeOrg(), company(after=after), OPTIONS)
    nobody = replace(OPTIONS, break_glass_group=None)
    with pytest.raises(Refused, match="rule 'Managed' of policy 'Company apps' would require"):
        guards.check_change(org, company(after=after), nobody)
    console = app_change(App("a1", "Console", "saasure"))
    with pytest.raises(Refused, match="the Admin Console"):
        guards.check_change(FakeOrg([ADA]), company(console, after=after), OPTIONS)


# The forecast over apps


JIRA = App("app2", "Jira", "jira", "rst1")
ONLY_MANAGED = [MANAGED, rule("Others", "DENY", device={"managed": False}, **GLASS_OUT), *OPEN]
NOON = "2026-11-20T12:00:00.000Z"
RECORD = OktaDevice("d1", "ACTIVE", platform="MACOS", registered=True, display_name="Mac")


def mac_of(*logins, managed="NOT_MANAGED"):
    users = tuple(DeviceUser(OktaUser(login, f"{login}@acme.com"), managed) for login in logins)
    return replace(RECORD, users=users)


def sign_in(login, *apps, device="d1"):
    return LogEvent(
        event_type="user.authentication.sso",
        published=NOON,
        actor=LogEntity(login, alternate_id=f"{login}@acme.com"),
        targets=tuple(LogEntity(app.id, "AppInstance") for app in apps),
        device_id=device,
        device_platform="OSX",
    )


def change_of(app=APP, before=None, after=None):
    """Return a change of an app from open to managed devices alone, or to other rules."""
    return guards.AppChange(
        app, OPEN if before is None else before, ONLY_MANAGED if after is None else after
    )


def logins_of(rows):
    return [(row.login, row.app.label) for row in rows]


def test_a_person_counts_once_and_has_a_row_for_each_app():
    events = [sign_in("ann", APP, JIRA), sign_in("bob", JIRA)]
    org = FakeOrg(devices=[mac_of("ann", "bob", "eve")], events=events)
    result = guards.read_forecast(org, [change_of(APP), change_of(JIRA)], 30, 100)
    assert result.people == 2 and result.locked_out_logins == ["ann@acme.com", "bob@acme.com"]
    assert logins_of(result.locked_out) == [
        ("ann@acme.com", "Slack"),
        ("ann@acme.com", "Jira"),
        ("bob@acme.com", "Jira"),
    ]
    assert logins_of(result.never_seen) == [
        ("bob@acme.com", "Slack"),
        ("eve@acme.com", "Slack"),
        ("eve@acme.com", "Jira"),
    ]
    assert result.newly_admitted == () and result.log_names_devices


@pytest.mark.parametrize("status", ["PROVISIONED", "LOCKED_OUT", "PASSWORD_EXPIRED", "RECOVERY"])
def test_who_can_make_the_account_work_alone_counts(status):
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP)])
    org.statuses = {"ann": status}
    result = guards.read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]


@pytest.mark.parametrize("status", ["DEPROVISIONED", "SUSPENDED", "STAGED"])
def test_a_person_of_the_log_who_left_blocks_no_change(status):
    org = FakeOrg(devices=[mac_of("ann", "bob")], events=[sign_in("ann", APP), sign_in("bob", APP)])
    org.statuses = {"ann": status}
    result = guards.read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["bob@acme.com"] and result.status_unknown == ()


@pytest.mark.parametrize("status", [None, "absent", "forbidden"])
def test_a_person_whose_status_okta_does_not_show_counts_and_is_named(status):
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP)])
    org.statuses = {"ann": status}
    result = guards.read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]
    assert result.as_result()["status_unknown"] == ["ann@acme.com"]
    with pytest.raises(Refused, match="show the status of ann@acme.com, .* set active_days to"):
        guards.LockOutGuard(0).check(result)


def test_the_statuses_of_very_many_people_are_not_read_one_by_one():
    events = [sign_in(f"p{number}", APP) for number in range(guards.MAX_STATUS_READS + 1)]
    org = FakeOrg(devices=[mac_of(*(each.actor.id for each in events))], events=events)
    result = guards.read_forecast(org, [change_of()], 30, 1000)
    assert len(result.status_unknown) == len(result.locked_out) == guards.MAX_STATUS_READS + 1
    assert not any(read.startswith("user ") for read in org.reads)


def test_a_forecast_lists_who_is_newly_admitted_to_each_app():
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP, JIRA)])
    opened = [change_of(app, ONLY_MANAGED, OPEN) for app in (APP, JIRA)]
    result = guards.read_forecast(org, opened, 30, 100)
    assert logins_of(result.newly_admitted) == [("ann@acme.com", "Slack"), ("ann@acme.com", "Jira")]
    assert result.locked_out == ()


def test_only_apps_whose_rules_change_are_read():
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP, JIRA)])
    result = guards.read_forecast(org, [change_of(APP), change_of(JIRA, OPEN, OPEN)], 30, 100)
    assert logins_of(result.locked_out) == [("ann@acme.com", "Slack")]
    assert '"app1"' in org.log_reads[0][0] and '"app2"' not in org.log_reads[0][0]
    unchanged = FakeOrg()
    assert guards.read_forecast(unchanged, [change_of(JIRA, OPEN, OPEN)], 30, 100) == Forecast()
    assert unchanged.reads == unchanged.log_reads == []


def test_the_log_is_read_for_as_many_days_and_events_as_the_options_permit():
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP)] * 3)
    guards.read_forecast(org, [change_of()], 7, 3)
    ((_log_filter, options),) = org.log_reads
    assert options["since"].startswith("2026-11-17T") and options["at_most"] == 4
    with pytest.raises(Refused, match="log_events: the System Log of 7 days holds more than 2"):
        guards.read_forecast(org, [change_of()], 7, 2)


def test_a_log_without_devices_leaves_open_which_one_was_used():
    org = FakeOrg(devices=[mac_of("ann", managed="MANAGED")])
    org.events = [sign_in("ann", APP, device="")]
    result = guards.read_forecast(org, [change_of()], 30, 100)
    assert not result.log_names_devices
    assert [row.device for row in result.locked_out] == ["MACOS (not registered)"]


def test_a_device_that_the_log_shows_as_deactivated_is_not_managed_any_more():
    org = FakeOrg(devices=[mac_of("ann", managed="MANAGED")], events=[sign_in("ann", APP)])
    assert guards.read_forecast(org, [change_of()], 30, 100).locked_out == ()
    entity = LogEntity("d1", "UDDevice")
    org.events.append(LogEvent(event_type="device.lifecycle.deactivate", targets=(entity,)))
    assert guards.read_forecast(org, [change_of()], 30, 100).locked_out_logins == ["ann@acme.com"]


def test_a_device_that_lost_its_certificate_by_the_log_is_read_by_its_id():
    org = FakeOrg(devices=[mac_of("ann", managed="MANAGED")], events=[sign_in("ann", APP)])
    org.device_users = lambda device_id: mac_of("ann").users if device_id == "d1" else ()
    entity = LogEntity("d1", "UDDevice")
    org.events.append(LogEvent(event_type="pki.cert.lifecycle.revoke", targets=(entity,)))
    assert guards.read_forecast(org, [change_of()], 30, 100).locked_out_logins == ["ann@acme.com"]


def test_an_unknown_device_is_assumed_on_each_platform_that_rules_name():
    phones = {"platform": {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}}
    org = FakeOrg(events=[replace(sign_in("ann", APP, device=""), device_platform=None)])
    no_phones = [rule("Phones", "DENY", **phones), *OPEN]
    result = guards.read_forecast(org, [change_of(after=no_phones)], 30, 100)
    assert [row.device for row in result.locked_out] == ["IOS (not registered)"]
    only_phones = [rule("Phones", **phones), rule("Others", "DENY")]
    result = guards.read_forecast(org, [change_of(before=only_phones, after=[])], 30, 100)
    assert [row.device for row in result.locked_out] == ["IOS (not registered)"]


def test_members_of_the_groups_that_rules_name_keep_their_access():
    org = FakeOrg([ADA], [mac_of("ada", "ann")], [sign_in("ada", APP), sign_in("ann", APP)])
    result = guards.read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]
    assert "members of glass" in org.reads


# All guards, over the people who use an app


def test_a_change_that_locks_out_more_people_than_permitted_is_refused():
    org = FakeOrg([ADA], [mac_of("ann")], [sign_in("ann", APP)])
    with pytest.raises(Refused, match="max_locked_out: 1 person .* locked out: ann@acme.com"):
        guards.check_change(org, company(change_of(), after=ONLY_MANAGED), OPTIONS)
    result = guards.check_change(
        org, company(change_of(), after=ONLY_MANAGED), replace(OPTIONS, max_locked_out=1)
    )
    assert result.locked_out_logins == ["ann@acme.com"]


def test_the_break_glass_group_is_read_once():
    org = FakeOrg([ADA], [mac_of("ada")], [sign_in("ada", APP)])
    guards.check_change(org, company(change_of(), after=ONLY_MANAGED), OPTIONS)
    assert org.reads == [
        "authenticators",
        "groups",
        "session policies",
        "members of glass",
        "authenticators of ada",
        "devices",
        "signal policies",
        "methods of aut2",
    ]


def test_the_options_limit_what_is_read_of_the_log():
    org = FakeOrg([ADA], [mac_of("ada")], [sign_in("ada", APP)])
    options = replace(OPTIONS, active_days=7, log_events=5)
    guards.check_change(org, company(change_of(), after=ONLY_MANAGED), options)
    ((_log_filter, limits),) = org.log_reads
    assert limits["since"].startswith("2026-11-17T") and limits["at_most"] == 6


def test_a_copy_of_a_policy_has_no_effect():
    row_of = PolicyRule.from_row
    row = {"name": "Catch-all Rule", "status": "ACTIVE", "conditions": {}, "actions": {}}
    same = [row_of({**row, "id": "a"})], [row_of({**row, "id": "b"})]
    assert not guards.AppChange(APP, *same).has_effect
    assert guards.AppChange(APP, same[0], [row_of({**row, "status": "INACTIVE"})]).has_effect
    assert guards.AppChange(APP, same[0], []).has_effect


def test_apps_are_found_by_id_or_exact_label_each_once():
    apps = [
        App("a1", "Slack"),
        App("a2", "Jira"),
        App("a3", "Jira"),
    ]
    assert [each.id for each in resolution.resolve_apps(apps, ["a3", "Slack", "a1"])] == [
        "a3",
        "a1",
    ]
    with pytest.raises(
        BadOption, match=r"apps: Okta has 2 apps named 'Jira' \(a2, a3\)\. Give the id of one\."
    ):
        resolution.resolve_apps(apps, ["Jira"])


# Policies of other kinds


def session_org(*logins, in_group=("ann",), **more):
    """Return an org whose global session policy refuses the members of a group."""
    org = FakeOrg(devices=[mac_of(*logins)], events=[sign_in(each, APP) for each in logins], **more)
    row = {"id": "p", "name": "Leavers", "conditions": {"people": {"groups": {"include": ["out"]}}}}
    org.session_policies = lambda: [RankedPolicy.from_row(row)]
    org.session_rules = lambda policy_id: [SessionRule("r", "Stop", status="ACTIVE", access="DENY")]
    members = [OktaUser(each, f"{each}@acme.com", status="ACTIVE") for each in in_group]
    org.group_users = lambda group, _operation: iter(members if group == "out" else org.users)
    return org


def test_whom_a_session_policy_refuses_is_not_locked_out_by_the_change():
    org = session_org("ann", "bob")
    result = guards.read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["bob@acme.com"] and result.people == 2
    (row,) = result.refused_earlier
    assert (row.login, row.refusal.rule) == ("ann@acme.com", "Stop")
    unseen = session_org("bob", in_group=("eve",))
    assert guards.read_forecast(unseen, [change_of()], 30, 100).never_seen == ()


def test_refused_people_are_listed_once_by_login():
    org = session_org("cid", "ann", in_group=("ann", "cid"))
    org.events = [sign_in(each, APP, JIRA) for each in ("cid", "ann")]
    result = guards.read_forecast(org, [change_of(APP), change_of(JIRA)], 30, 100)
    assert [row.login for row in result.refused_earlier] == ["ann@acme.com", "cid@acme.com"]
    assert result.locked_out == ()


def test_a_break_glass_group_whose_members_a_session_policy_refuses_is_no_proof():
    org = session_org("bob", in_group=("ada",), users=[ADA])
    with pytest.raises(Refused) as caught:
        guard_of(org).check([MANAGED, *OPEN], "Company apps")
    assert caught.value.message == (
        "break_glass_group: rule 'Stop' of global session policy 'Leavers' refuses each member of"
        " group 'Break glass'. Exclude the group there, or add a member whom no rule refuses."
    )
    eve = OktaUser("eve", "eve@acme.com", status="ACTIVE")
    org.users = [ADA, eve]
    assert guard_of(org).check([MANAGED, *OPEN], "Company apps")["out"]
    assert org.reads[-1] == "authenticators of eve"


def signals_org(*resources):
    org = FakeOrg(devices=[mac_of("ann", managed="MANAGED")], events=[sign_in("ann", APP)])
    org.signal_policies = lambda: [RankedPolicy("rstS", "Signals", 1, "ACTIVE")]
    org.mapped_resources = lambda policy_id: list(resources)
    org.signal_rules = lambda policy_id: [SignalRule("r", "Rule", status="ACTIVE", providers={})]
    return org


@pytest.mark.parametrize(
    ("resource", "policy_after", "locked_out"),
    [
        ("rst1", "", ["ann@acme.com"]),
        ("app1", "", ["ann@acme.com"]),
        ("rst2", "rst2", ["ann@acme.com"]),
        ("rst2", "", []),
        ("rst3", "rst2", []),
    ],
)
def test_the_signals_of_the_policy_that_an_app_has_or_gets_count(
    resource, policy_after, locked_out
):
    change = replace(change_of(), policy_after=policy_after)
    result = guards.read_forecast(signals_org(resource), [change], 30, 100)
    assert result.locked_out_logins == locked_out
    if locked_out:
        assert "Signals" in result.unknowns[0]


@pytest.mark.parametrize(
    ("resource", "policy_after", "left", "locked_out"),
    [
        ("rst2", "rst2", None, ["ann@acme.com"]),
        ("rst1", "rst2", None, []),  # it has the signals now, and would not have them
        ("rst2", "", None, []),
        ("rst2", "rst2", OPEN, []),  # it goes back: what was mapped then is not recorded
    ],
)
def test_a_move_to_equal_rules_with_other_signals_is_forecast(
    resource, policy_after, left, locked_out
):
    rules = [*ONLY_MANAGED]
    change = replace(change_of(before=rules, after=rules), policy_after=policy_after, left=left)
    org = signals_org(resource)
    assert guards.read_forecast(org, [change], 30, 100).locked_out_logins == locked_out
    moved = company(change, before=rules, after=rules)
    org.users = [ADA]
    if locked_out:
        with pytest.raises(Refused, match="max_locked_out: 1 person"):
            guards.check_change(org, moved, OPTIONS)


def test_an_app_that_keeps_its_policy_and_rules_needs_no_signals():
    org = signals_org("rst1")
    org.signal_policies = None
    assert guards.read_forecast(org, [change_of(before=OPEN, after=OPEN)], 30, 100) == Forecast()


def test_an_app_of_okta_is_protected_from_other_signals_with_equal_rules():
    console = App("app9", "Okta Admin Console", "saasure", "rst1")
    rules = [rule("Known", device={"registered": True})]
    change = guards.AppChange(console, rules, rules, policy_after="rst2")
    org = signals_org("rst2")
    moved = guards.PolicyChange(COMPANY, rules, rules, [change])
    with pytest.raises(Refused, match="may refuse people who are admitted now"):
        protected(org, []).check(moved)
    assert protected(signals_org("rst1"), []).check(moved) is None
    assert protected(org, []).check(replace(moved, is_reversal=True)) is None


def test_an_app_that_is_not_listed_has_the_policy_that_changes():
    unlisted = replace(APP, policy_id="")
    change = replace(change_of(unlisted), policy_after="rst1")
    result = guards.read_forecast(signals_org("rst1"), [change], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]


def test_an_app_that_goes_back_is_judged_with_the_same_signals():
    change = replace(change_of(), left=OPEN)
    org = signals_org("rst1")
    assert guards.read_forecast(org, [change], 30, 100).locked_out_logins == ["ann@acme.com"]
    refused = replace(change_of(), left=ONLY_MANAGED)
    assert guards.read_forecast(org, [refused], 30, 100).locked_out_logins == []


def hiding(*kinds, users=(ADA,), managed="MANAGED"):
    """Return an org that does not show policies of these kinds, where ann uses Salesforce."""
    org = FakeOrg(list(users), [mac_of("ann", managed=managed)], [sign_in("ann", APP)])

    def forbidden():
        raise Forbidden("No", status=403)

    for kind in kinds:
        setattr(org, kind, forbidden)
    return org


def test_what_okta_does_not_show_is_a_warning_once():
    shown: list[str] = []
    org = hiding("session_policies", "signal_policies")
    change = company(change_of(), change_of(JIRA), after=[MANAGED, *OPEN])
    with pytest.raises(Refused, match="whether global session policies refuse group 'Break glass'"):
        guards.check_change(org, change, OPTIONS, OtherPolicies(org, warn=shown.append))
    assert len(shown) == 1
    org = hiding("signal_policies")
    shown.clear()
    with pytest.raises(Refused, match="max_locked_out: 1 person") as refused:
        guards.check_change(org, change, OPTIONS, OtherPolicies(org, warn=shown.append))
    assert "device signal collection policies that the credentials may not read. If any" in (
        refused.value.message
    )
    assert len(shown) == 1
    allowing = replace(OPTIONS, max_locked_out=1)
    result = guards.check_change(org, change, allowing, OtherPolicies(org))
    assert result is not None and result.unread == tuple(shown)
    assert guards.check_change(hiding(), change, OPTIONS) is not None, "the signals alone did it"


def test_a_rollback_does_not_wait_for_what_okta_does_not_show():
    org = hiding("session_policies", "signal_policies")
    back = change_of(before=ONLY_MANAGED, after=OPEN)
    change = replace(company(back, before=ONLY_MANAGED, after=OPEN), is_reversal=True)
    assert guards.check_change(org, change, OPTIONS, OtherPolicies(org)) is None


def test_what_okta_does_not_show_is_in_the_result():
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP)])

    def forbidden():
        raise Forbidden("No", status=403)

    org.session_policies = org.signal_policies = forbidden
    result = guards.read_forecast(org, [change_of()], 30, 100)
    assert len(result.unread) == 2 and result.locked_out_logins == ["ann@acme.com"]
