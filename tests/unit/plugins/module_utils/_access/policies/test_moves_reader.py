# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves of apps between policies: what is read for them, and whom they affect."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    AccessChange,
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.possible_refusals import (
    newly_refusing_rule,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards import (
    change_guard,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.lock_out import (
    LockOutGuard,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies import (
    moves_reader,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.moves import (
    Move,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.rules_at_departure import (
    digest_rules,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Forbidden,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    Group,
    Policy,
    PolicyRule,
)

CLONE, COMPANY = Policy("rst2", "Clone", status="ACTIVE"), Policy("rst1", "Company apps")
CONSOLE = App("a1", "Okta Admin Console", "saasure", "rst9")
SLACK, JIRA, PAYROLL = (App(f"a-{name}", name, name, "rst1") for name in ("Slack", "Jira", "Pay"))
APPS = [CONSOLE, SLACK, JIRA, PAYROLL]


def move(app, target=CLONE):
    return Move(app, target, app.policy_id, target.id)


def test_the_rules_of_each_policy_are_read_once():
    reads = []

    def policy_rules(policy_id):
        reads.append(policy_id)
        return [rule(policy_id)]

    okta = SimpleNamespace(policy_rules=policy_rules)
    rules = moves_reader.read_rules(okta, [move(SLACK), move(JIRA), move(CONSOLE)])
    assert rules == {each: [rule(each)] for each in ("rst1", "rst2", "rst9")}
    assert sorted(reads) == sorted(rules)


def test_without_a_move_there_is_nothing_to_check():
    assert moves_reader.guard_moves(SimpleNamespace(), [], {}, OPTIONS) is None


# Reversals


def rule(name="Catch-all Rule", access="ALLOW", **conditions):
    row = {"name": name, "status": "ACTIVE", "conditions": conditions}
    sign_on = {"access": access, "verificationMethod": {"factorMode": "1FA"}}
    return PolicyRule.from_row({**row, "actions": {"appSignOn": sign_on}})


OPTIONS = change_guard.GuardOptions(
    forecast=True,
    active_days=30,
    log_events=50000,
    max_locked_out=0,
    break_glass_group=None,
    allow_protected_apps=[],
)
ORG = SimpleNamespace(authenticators=list, signal_policies=list)
OPEN, CLOSED = [rule()], [rule(access="DENY")]
MANAGED = [rule("Managed", device={"managed": True}), rule(access="DENY")]


def reverse(before, after, app=SLACK, left=None):
    """Return the forecast of a reversal in an org without members.

    ``left`` are the rules that the app left, None if they are not recorded.
    """
    digest = "" if left is None else digest_rules(left)
    moves = [Move(app, COMPANY, "rst2", "rst1", digest)]
    rules = {"rst2": before, "rst1": after}
    return moves_reader.guard_moves(ORG, moves, rules, OPTIONS, is_reversal=True)


@pytest.mark.parametrize(
    ("before", "after"), [(CLOSED, OPEN), (CLOSED, CLOSED), (CLOSED, MANAGED), (MANAGED, MANAGED)]
)
@pytest.mark.parametrize("app", [SLACK, CONSOLE])
def test_a_reversal_that_takes_nothing_from_anybody_is_free(before, after, app):
    assert reverse(before, after, app) is None


def test_a_reversal_after_which_the_policy_only_admits_more_reads_nothing():
    """``ORG`` has neither people nor a log."""
    clone, phones = [rule("New"), *CLOSED], rule("Phones", network={"connection": "ZONE"})
    assert reverse(clone, [phones, *CLOSED], left=CLOSED) is None


@pytest.mark.parametrize("present", [OPEN, CLOSED])
@pytest.mark.parametrize("planned", [None, OPEN, CLOSED])
def test_rules_that_are_not_written_yet_decide_a_move(present, planned):
    moves = [replace(move(CONSOLE), planned=planned)]
    rules, options = {"rst9": OPEN, "rst2": present}, replace(OPTIONS, forecast=False)
    if (present if planned is None else planned) is OPEN:
        assert moves_reader.guard_moves(ORG, moves, rules, options) is None
    else:
        with pytest.raises(Refused, match="'Okta Admin Console' .* in allow_protected_apps"):
            moves_reader.guard_moves(ORG, moves, rules, options)


def test_a_reversal_of_an_app_of_okta_is_guarded_whatever_it_left():
    with pytest.raises(Refused, match="'Okta Admin Console' .* in allow_protected_apps"):
        reverse(OPEN, CLOSED, CONSOLE, left=CLOSED)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (CLOSED, None),  # unchanged: whom the rules refused is not recorded
        (MANAGED, OPEN),  # changed as well: who is admitted now counts as admitted then
        (None, None),
    ],
)
def test_rules_about_other_members_say_nothing_about_whom_they_refused(monkeypatch, left, expected):
    changes = []
    monkeypatch.setattr(
        change_guard, "guard_changes", lambda _okta, each, *_more: changes.extend(each)
    )
    digest = "" if left is None else digest_rules(left)
    back = Move(SLACK, COMPANY, "rst2", "rst1", digest, members_changed=True)
    moves_reader.guard_moves(ORG, [back], {"rst2": OPEN, "rst1": CLOSED}, OPTIONS, is_reversal=True)
    assert [each.rules_at_departure for change in changes for each in change.apps] == [expected]


CLONED, LATER, EARLIER = (f"2026-03-0{day}T08:00:00.000Z" for day in (2, 3, 1))


def test_moves_know_of_changed_groups_of_their_future_rules():
    searches = []

    def groups(search):
        searches.append(search)
        return [Group("g1", members_changed=LATER), Group("g2", members_changed=EARLIER)]

    of_group = {
        each: [rule(people={"groups": {"include": [each]}}), *CLOSED] for each in ("g1", "g2")
    }
    rules = {"g1": of_group["g1"], "g2": of_group["g2"], "rst2": of_group["g1"]}
    digest = digest_rules(OPEN)  # the rules changed since
    moves = [Move(SLACK, COMPANY, "rst2", after, digest) for after in ("g1", "g2")]
    okta = SimpleNamespace(groups=groups)
    known = moves_reader.mark_changed_groups(okta, moves, rules, CLONED)
    assert [each.members_changed for each in known] == [True, False]
    assert [each.app for each in known] == [SLACK, SLACK] and len(searches) == 1
    assert "g1" in searches[0] and "g2" in searches[0]

    def forbidden(_search):
        raise Forbidden("No groups.")

    unreadable = moves_reader.mark_changed_groups(
        SimpleNamespace(groups=forbidden), moves, rules, CLONED
    )
    assert [each.members_changed for each in unreadable] == [True, True]
    no_groups = {"g1": CLOSED, "g2": CLOSED}
    assert moves_reader.mark_changed_groups(ORG, moves, no_groups, CLONED) == moves
    unchanged = [replace(each, digest=digest_rules(rules[each.after])) for each in moves]
    assert moves_reader.mark_changed_groups(ORG, unchanged, rules, CLONED) == unchanged


@pytest.mark.parametrize(
    ("left", "clone", "expected"),
    [
        (CLOSED, OPEN, None),  # unchanged: whom the rules refused is not recorded
        (OPEN, OPEN, OPEN),  # stricter by now
        ([rule("Phones")], OPEN, OPEN),  # lost: who is admitted now counts as admitted then
        (None, OPEN, None),  # not recorded
    ],
)
def test_the_rules_that_an_app_left_are_found_or_assumed(monkeypatch, left, clone, expected):
    changes = []
    monkeypatch.setattr(
        change_guard, "guard_changes", lambda _okta, each, *_more: changes.extend(each)
    )
    reverse(clone, CLOSED, left=left)
    assert [each.rules_at_departure for change in changes for each in change.apps] == [expected]
    changes.clear()
    moves_reader.guard_moves(ORG, [move(SLACK)], {"rst1": OPEN, "rst2": CLOSED}, OPTIONS)
    assert [each.rules_at_departure for change in changes for each in change.apps] == [None]


def test_only_a_reversal_may_end_at_managed_devices_without_a_break_glass_group():
    moves, rules = [move(SLACK, CLONE)], {"rst1": CLOSED, "rst2": MANAGED}
    with pytest.raises(Refused, match="no group keeps access"):
        moves_reader.guard_moves(ORG, moves, rules, OPTIONS)


def test_a_move_does_not_change_the_policy_that_it_leads_to():
    account = Policy("rst2", "Okta Account Management Policy")
    options = replace(OPTIONS, forecast=False)
    assert (
        moves_reader.guard_moves(
            ORG, [move(SLACK, account)], {"rst1": OPEN, "rst2": CLOSED}, options
        )
        is None
    )


def test_a_reversal_of_an_app_of_okta_is_guarded():
    with pytest.raises(Refused, match="'Okta Admin Console' .* in allow_protected_apps"):
        reverse(OPEN, CLOSED, CONSOLE)


INACTIVE = Policy("rst1", "Company apps", status="INACTIVE")


def test_what_was_read_of_other_policies_serves_the_check(monkeypatch):
    seen = []
    monkeypatch.setattr(change_guard, "guard_changes", lambda *arguments: seen.append(arguments))
    rules = {"rst1": OPEN, "rst2": OPEN}
    moves_reader.guard_moves("org", [move(SLACK)], rules, OPTIONS, others="others")
    ((org, changes, options, others),) = seen
    assert (org, options, others) == ("org", OPTIONS, "others")
    assert [each.policy for each in changes] == [CLONE]


def test_a_reversal_to_managed_devices_needs_a_break_glass_group():
    with pytest.raises(Refused, match="no group keeps access"):
        reverse(OPEN, MANAGED)


def rows(*logins):
    return tuple(AccessChange(each, each, "MACOS", None, "Open", "Closed") for each in logins)


def test_a_reversal_may_lock_out_as_many_as_it_admits_again():
    result = Forecast(rows("ada", "bob"), rows("ada", "eve"), people=3)
    LockOutGuard(1, is_reversal=True).check(result)
    with pytest.raises(Refused, match="2 people .* set max_locked_out to 1 for this run"):
        LockOutGuard(0, is_reversal=True).check(result)
    with pytest.raises(Refused, match="Correct the earlier policy, or set max_locked_out to 1"):
        LockOutGuard(0, is_reversal=True).check(result)
    with pytest.raises(Refused, match="set max_locked_out to 2 for this run"):
        LockOutGuard(1).check(result)


def test_a_forecast_leaves_out_who_lost_nothing_and_apps_that_do_not_count():
    result = Forecast(rows("ada", "bob"), never_seen=rows("eve", "joe"))
    since = Forecast(rows("bob"), never_seen=rows("joe"))
    left = result.also_in(since)
    assert (left.locked_out, left.never_seen) == (rows("bob"), rows("joe"))
    over_apps = result.for_app(SLACK)
    assert over_apps.without({SLACK.id}).locked_out == ()
    assert over_apps.without({JIRA.id}) == over_apps and result.without({SLACK.id}) == result


@pytest.mark.parametrize("present", [Policy("rst1", "Company apps", status="ACTIVE"), INACTIVE])
@pytest.mark.parametrize(("before", "after"), [(CLOSED, OPEN), (CLOSED, CLOSED)])
def test_an_app_whose_policy_is_not_active_may_admit_anybody_now(present, before, after):
    moved = Move(SLACK, CLONE, "rst1", "rst2", present=present)
    change = moves_reader.plan_app_change(moved, {"rst1": before, "rst2": after}, False)
    may_refuse = present == INACTIVE and after == CLOSED
    assert (newly_refusing_rule(change.before, change.after) is not None) is may_refuse
    assert change.after is after and change.policy_after == "rst2"


def test_a_reversal_does_not_wait_for_a_policy_to_be_active():
    moved = Move(SLACK, COMPANY, "rst2", "rst1", digest_rules(OPEN), INACTIVE)
    change = moves_reader.plan_app_change(moved, {"rst1": OPEN, "rst2": CLOSED}, True)
    assert change.before is CLOSED and change.policy_after == "rst1"
