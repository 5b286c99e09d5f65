# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All guards together, and which of them a change needs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.forecast_reader import (
    read_forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.other_policies_reader import (
    OtherPolicies,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.policy_changes import (
    AppChange,
    PolicyChange,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.change_guard import (
    GuardOptions,
    guard_change,
    guard_changes,
    guard_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Policy,
)

from tests.unit.plugins.module_utils._access.fake_org import (
    ADA,
    APP,
    COMPANY,
    JIRA,
    MANAGED,
    ONLY_MANAGED,
    OPEN,
    OPTIONS,
    FakeOrg,
    app_change,
    change_of,
    company,
    hiding,
    mac_of,
    rule,
    sign_in,
    signals_org,
)


def test_guard_options_are_those_of_the_module():
    params = {**vars(OPTIONS), "policy": "Company apps"}
    assert GuardOptions.from_params(params) == OPTIONS


@pytest.mark.parametrize("turned", [False, True])
def test_a_break_glass_group_keeps_each_app_that_it_has_whatever_their_order(turned):
    """The app that goes back takes something from the group; the other one never admitted it."""
    others = [rule("Bob", people={"users": {"include": ["bob"]}}), rule("All", "DENY")]
    after = [MANAGED, rule("All", "DENY")]
    apps = [
        AppChange(replace(APP, id=app_id, label=app_id), before, after)
        for app_id, before in (("a", others), ("b", OPEN))
    ]
    change = PolicyChange(COMPANY, after, after, apps[::-1] if turned else apps, True)
    org = FakeOrg([ADA])
    with pytest.raises(Refused, match="admits no member of group"):
        guard_change(org, change, OPTIONS)


OFF = replace(OPTIONS, forecast=False)


def test_a_forecast_that_is_switched_off_reads_neither_people_nor_sign_ins():
    org = FakeOrg([ADA])
    after = [MANAGED, *OPEN]
    assert guard_change(org, company(app_change(after=after), after=after), OFF) is None
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
        guard_change(FakeOrg([ADA]), company(console), OFF)
    account = Policy("p", "Okta Account Management")
    with pytest.raises(Refused, match="decides who may add an authenticator"):
        guard_change(FakeOrg([ADA]), company(policy=account), OFF)
    with pytest.raises(Refused, match="no group keeps access"):
        guard_change(FakeOrg([ADA]), company(), replace(OFF, break_glass_group=None))


def test_what_is_consented_to_needs_no_forecast():
    console = app_change(App("a1", "Console", "saasure"))
    consented = replace(OFF, allow_protected_apps=["Console"])
    change = company(console, after=[MANAGED, *OPEN])
    assert guard_change(FakeOrg([ADA]), change, consented) is None


def test_rules_without_managed_devices_need_no_break_glass_group():
    org, options = FakeOrg(), replace(OPTIONS, break_glass_group=None)
    assert guard_change(org, company(after=OPEN), options) == Forecast()
    assert org.reads == []


def test_rules_for_managed_devices_pass_every_guard():
    org, after = FakeOrg([ADA]), [MANAGED, *OPEN]
    assert guard_change(org, company(after=after), OPTIONS) == Forecast()
    assert org.reads == [
        "groups",
        "session policies",
        "members of glass",
        "authenticators of ada",
    ]
    with pytest.raises(Refused, match="break_glass_group: group 'Break glass' has no member"):
        guard_change(FakeOrg(), company(after=after), OPTIONS)
    nobody = replace(OPTIONS, break_glass_group=None)
    with pytest.raises(Refused, match="rule 'Managed' of policy 'Company apps' would require"):
        guard_change(org, company(after=after), nobody)
    console = app_change(App("a1", "Console", "saasure"))
    with pytest.raises(Refused, match="the Admin Console"):
        guard_change(FakeOrg([ADA]), company(console, after=after), OPTIONS)


def test_a_change_that_locks_out_more_people_than_permitted_is_refused():
    org = FakeOrg([ADA], [mac_of("ann")], [sign_in("ann", APP)])
    with pytest.raises(Refused, match="max_locked_out: 1 person .* locked out: ann@acme.com"):
        guard_change(org, company(change_of(), after=ONLY_MANAGED), OPTIONS)
    result = guard_change(
        org, company(change_of(), after=ONLY_MANAGED), replace(OPTIONS, max_locked_out=1)
    )
    assert result.locked_out_logins == ["ann@acme.com"]


def test_the_break_glass_group_is_read_once():
    org = FakeOrg([ADA], [mac_of("ada")], [sign_in("ada", APP)])
    guard_change(org, company(change_of(), after=ONLY_MANAGED), OPTIONS)
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
    guard_change(org, company(change_of(), after=ONLY_MANAGED), options)
    ((_log_filter, limits),) = org.log_reads
    assert limits["since"].startswith("2026-11-17T") and limits["at_most"] == 6


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
    change = replace(
        change_of(before=rules, after=rules), policy_after=policy_after, rules_at_departure=left
    )
    org = signals_org(resource)
    assert read_forecast(org, [change], 30, 100).locked_out_logins == locked_out
    moved = company(change, before=rules, after=rules)
    org.users = [ADA]
    if locked_out:
        with pytest.raises(Refused, match="max_locked_out: 1 person"):
            guard_change(org, moved, OPTIONS)


@pytest.mark.parametrize("status, warnings", [("ACTIVE", 0), ("INACTIVE", 1)])
def test_other_rules_of_a_policy_are_judged_for_its_apps(status: str, warnings: int) -> None:
    shown: list[str] = []
    org, policy = hiding(managed="NOT_MANAGED"), replace(COMPANY, status=status)
    org.apps = lambda: [APP, JIRA]
    change, allowing = (OPEN, [MANAGED, *OPEN]), replace(OPTIONS, max_locked_out=1)
    result = guard_rules(org, policy, change, [APP.id], allowing, shown.append)
    assert result is not None and len(shown) == warnings
    with pytest.raises(Refused, match="max_locked_out"):
        guard_rules(org, policy, (OPEN, ONLY_MANAGED), [APP.id], OPTIONS, shown.append)
    shown.clear()
    guard_rules(org, policy, change, [], allowing, shown.append)
    assert not shown, "it has no app that somebody signs in to"


def test_what_okta_does_not_show_is_a_warning_once():
    shown: list[str] = []
    org = hiding("session_policies", "signal_policies")
    change = company(change_of(), change_of(JIRA), after=[MANAGED, *OPEN])
    with pytest.raises(Refused) as refused:
        guard_change(org, change, OPTIONS, OtherPolicies(org, warn=shown.append))
    assert refused.value.message == (
        "break_glass_group: whether global session policies refuse group 'Break glass' is unknown,"
        " because Okta does not show all of them. Let the role of the credentials view all policies."
    )
    assert len(shown) == 1
    org = hiding("signal_policies")
    shown.clear()
    with pytest.raises(Refused, match="max_locked_out: 1 person") as refused:
        guard_change(org, change, OPTIONS, OtherPolicies(org, warn=shown.append))
    assert "device signal collection policies that the credentials may not read. If any" in (
        refused.value.message
    )
    assert len(shown) == 1
    allowing = replace(OPTIONS, max_locked_out=1)
    result = guard_change(org, change, allowing, OtherPolicies(org))
    assert result is not None and result.unread == tuple(shown)
    assert guard_change(hiding(), change, OPTIONS) is not None, "the signals alone did it"


def test_a_rollback_does_not_wait_for_what_okta_does_not_show():
    org = hiding("session_policies", "signal_policies")
    back = change_of(before=ONLY_MANAGED, after=OPEN)
    change = replace(company(back, before=ONLY_MANAGED, after=OPEN), is_reversal=True)
    assert guard_change(org, change, OPTIONS, OtherPolicies(org)) is None


DENYING = [rule("Nobody", "DENY")]


def test_a_consented_app_that_may_refuse_people_needs_a_break_glass_group():
    """Its rules need not demand managed devices."""
    console = change_of(App("a1", "Console", "saasure"), after=DENYING)
    consented = replace(OFF, allow_protected_apps=["Console"], break_glass_group=None)
    with pytest.raises(Refused, match="rule 'Nobody' of policy 'Company apps' may refuse people"):
        guard_change(FakeOrg([ADA]), company(console, after=DENYING), consented)


def test_a_refusal_of_several_changes_names_each_and_reads_each_group_once():
    org = FakeOrg([ADA], [mac_of("ann")], [sign_in("ann", APP), sign_in("ann", JIRA)])
    people = {"groups": {"include": ["staff"], "exclude": ["glass"]}}
    staff = [rule("Staff", device={"managed": True}, people=people), *ONLY_MANAGED]
    first = company(change_of(after=staff), after=staff)
    second = company(change_of(JIRA), policy=Policy("rst2", "Other apps"), after=ONLY_MANAGED)
    with pytest.raises(Refused) as refused:
        guard_changes(org, [first, second], OPTIONS)
    named = "The change: policy 'Company apps' for 'Slack'; policy 'Other apps' for 'Jira'."
    assert f" locked out: ann@acme.com. {named}" in refused.value.message
    assert org.reads.count("members of staff") == 1


def reversal(*, left=None, before=OPEN, after=ONLY_MANAGED):
    """Return a change that returns an app to a policy that it had."""
    back = replace(change_of(before=before, after=after), rules_at_departure=left)
    return replace(company(back, before=before, after=after), is_reversal=True)


def test_a_reversal_counts_whom_the_earlier_policy_refuses_by_now():
    """Where its rules at that time are not recorded, nobody counts."""
    org = FakeOrg([ADA], [mac_of("ann")], [sign_in("ann", APP)])
    consented = replace(OPTIONS, allow_protected_apps=["Slack"])
    with pytest.raises(Refused, match="max_locked_out: 1 person") as refused:
        guard_change(org, reversal(left=OPEN), consented)
    assert "The earlier policy changed after the apps left it." in refused.value.message
    result = guard_change(org, reversal(), consented)
    assert result and result.locked_out_logins == ["ann@acme.com"]
    assert guard_change(org, reversal(left=ONLY_MANAGED), consented) is None


NOBODY = replace(OFF, break_glass_group=None)


@pytest.mark.parametrize(
    ("change", "options", "needs"),
    [
        (reversal(), NOBODY, True),
        (reversal(), replace(NOBODY, allow_protected_apps=["Slack"]), False),
        (reversal(), replace(NOBODY, allow_protected_apps=["app1"]), False),
        (reversal(), replace(NOBODY, allow_protected_apps=["Jira"]), True),
        (reversal(after=DENYING), NOBODY, False),  # it demands no managed device
        (reversal(before=ONLY_MANAGED), NOBODY, False),  # it takes nothing from anybody
        (reversal(), OFF, True),
        (reversal(before=[rule("Bob", people={"users": {"include": ["bob"]}})]), OFF, False),
    ],
)
def test_a_reversal_needs_a_break_glass_group_only_for_what_it_takes_from_it(
    change, options, needs
):
    org = FakeOrg([ADA])
    if not options.break_glass_group:
        if needs:
            with pytest.raises(Refused, match="no group keeps access"):
                guard_change(org, change, options)
        else:
            assert guard_change(org, change, options) is None and "groups" not in org.reads
    else:
        assert guard_change(org, change, options) is None
        assert org.reads.count("members of glass") == 1 + needs
