# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The forecast over apps: whom a change locks out, by what Okta shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    Forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.forecast_reader import (
    HIDDEN_ACCOUNT,
    MAX_SINGLE_READS,
    read_forecast,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.guards.lock_out import (
    LockOutGuard,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Forbidden,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    LogEntity,
    LogEvent,
    OktaUser,
    PolicyRule,
)

from tests.unit.plugins.module_utils._access.fake_org import (
    ADA,
    APP,
    JIRA,
    ONLY_MANAGED,
    OPEN,
    RECORD,
    FakeOrg,
    change_of,
    mac_of,
    org_without,
    rule,
    session_org,
    sign_in,
    signals_org,
)


def logins_of(rows):
    return [(row.login, row.app.label) for row in rows]


def test_a_rule_for_a_group_that_was_deleted_does_not_end_a_forecast():
    gone = rule("Gone", "DENY", people={"groups": {"include": ["gone"]}})
    org = org_without("gone")
    org.events = [sign_in("ann", APP, device="")]
    found = read_forecast(org, [change_of(before=OPEN, after=[gone, *OPEN])], 30, 100)
    assert found.locked_out_logins == ["ann@acme.com"]
    assert any("no group gone" in sentence for sentence in found.unread)


def test_a_person_counts_once_and_has_a_row_for_each_app():
    events = [sign_in("ann", APP, JIRA), sign_in("bob", JIRA)]
    org = FakeOrg(devices=[mac_of("ann", "bob", "eve")], events=events)
    result = read_forecast(org, [change_of(APP), change_of(JIRA)], 30, 100)
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
    result = read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]


@pytest.mark.parametrize("status", ["DEPROVISIONED", "SUSPENDED", "STAGED"])
def test_a_person_of_the_log_who_left_blocks_no_change(status):
    org = FakeOrg(devices=[mac_of("ann", "bob")], events=[sign_in("ann", APP), sign_in("bob", APP)])
    org.statuses = {"ann": status}
    result = read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["bob@acme.com"] and result.status_unknown == ()


@pytest.mark.parametrize(
    ("status", "unknowns"),
    [("SUSPENDED", []), ("ACTIVE", [()]), ("absent", [(HIDDEN_ACCOUNT,)])],
)
def test_a_person_of_the_log_who_left_is_not_admitted_again(status, unknowns):
    """Else a rollback would lock out as many others."""
    org = FakeOrg(devices=[mac_of("bob")], events=[sign_in("ann", JIRA), sign_in("bob", APP)])
    org.statuses = {"ann": status}
    changes = [change_of(APP), change_of(JIRA, ONLY_MANAGED, OPEN)]
    result = read_forecast(org, changes, 30, 100)
    assert result.locked_out_logins == ["bob@acme.com"] and result.status_unknown == ()
    assert [row.unknowns for row in result.newly_admitted] == unknowns


@pytest.mark.parametrize("status", [None, "absent", "forbidden"])
def test_a_person_whose_status_okta_does_not_show_counts_and_is_named(status):
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP)])
    org.statuses = {"ann": status}
    result = read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]
    assert result.as_result()["status_unknown"] == ["ann@acme.com"]
    with pytest.raises(Refused, match="show the status of ann@acme.com, .* set active_days to"):
        LockOutGuard(0).check(result)


def test_the_accounts_of_many_people_are_read_by_searches():
    events = [sign_in(f"p{number:02d}", APP) for number in range(MAX_SINGLE_READS + 1)]
    mac = mac_of(*(each.actor.id for each in events))
    org = FakeOrg(devices=[mac], events=events)
    org.statuses = {"p03": "SUSPENDED", "p04": "absent", "p05": None}
    result = read_forecast(org, [change_of()], 30, 1000)
    assert [each for each in org.reads if "user" in each] == [f"{len(events)} users"]
    assert len(result.locked_out) == len(events) - 1  # without the one who is suspended
    assert result.status_unknown == ("p04@acme.com", "p05@acme.com")
    org.statuses = {"p03": "forbidden"}
    assert len(read_forecast(org, [change_of()], 30, 1000).status_unknown) == len(events)
    few = FakeOrg(devices=[mac], events=events[1:])
    result = read_forecast(few, [change_of()], 30, 1000)
    assert sum(read.startswith("user ") for read in few.reads) == MAX_SINGLE_READS
    assert result.status_unknown == () and len(result.locked_out) == MAX_SINGLE_READS


def test_a_forecast_lists_who_is_newly_admitted_to_each_app():
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP, JIRA)])
    opened = [change_of(app, ONLY_MANAGED, OPEN) for app in (APP, JIRA)]
    result = read_forecast(org, opened, 30, 100)
    assert logins_of(result.newly_admitted) == [("ann@acme.com", "Slack"), ("ann@acme.com", "Jira")]
    assert result.locked_out == ()


def test_only_apps_whose_rules_change_are_read():
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP, JIRA)])
    result = read_forecast(org, [change_of(APP), change_of(JIRA, OPEN, OPEN)], 30, 100)
    assert logins_of(result.locked_out) == [("ann@acme.com", "Slack")]
    assert '"app1"' in org.log_reads[0][0] and '"app2"' not in org.log_reads[0][0]
    unchanged = FakeOrg()
    assert read_forecast(unchanged, [change_of(JIRA, OPEN, OPEN)], 30, 100) == Forecast()
    assert unchanged.reads == unchanged.log_reads == []


def test_the_log_is_read_for_as_many_days_and_events_as_the_options_permit():
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP)] * 3)
    read_forecast(org, [change_of()], 7, 3)
    ((_log_filter, options),) = org.log_reads
    assert options["since"].startswith("2026-11-17T") and options["at_most"] == 4
    with pytest.raises(Refused, match="log_events: the System Log of 7 days holds more than 2"):
        read_forecast(org, [change_of()], 7, 2)


def test_a_log_without_devices_leaves_open_which_one_was_used():
    org = FakeOrg(devices=[mac_of("ann", managed="MANAGED")])
    org.events = [sign_in("ann", APP, device="")]
    result = read_forecast(org, [change_of()], 30, 100)
    assert not result.log_names_devices
    assert [row.device for row in result.locked_out] == ["MACOS (not registered)"]


def test_a_device_that_the_log_shows_as_deactivated_is_not_managed_any_more():
    org = FakeOrg(devices=[mac_of("ann", managed="MANAGED")], events=[sign_in("ann", APP)])
    assert read_forecast(org, [change_of()], 30, 100).locked_out == ()
    entity = LogEntity("d1", "UDDevice")
    org.events.append(LogEvent(event_type="device.lifecycle.deactivate", targets=(entity,)))
    assert read_forecast(org, [change_of()], 30, 100).locked_out_logins == ["ann@acme.com"]


def test_a_device_that_lost_its_certificate_by_the_log_is_read_by_its_id():
    org = FakeOrg(devices=[mac_of("ann", managed="MANAGED")], events=[sign_in("ann", APP)])
    org.device_users = lambda device_id: mac_of("ann").users if device_id == "d1" else ()
    entity = LogEntity("d1", "UDDevice")
    org.events.append(LogEvent(event_type="pki.cert.lifecycle.revoke", targets=(entity,)))
    assert read_forecast(org, [change_of()], 30, 100).locked_out_logins == ["ann@acme.com"]


def test_an_unknown_device_is_assumed_on_each_platform_that_rules_name():
    phones = {"platform": {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}}
    org = FakeOrg(events=[replace(sign_in("ann", APP, device=""), device_platform=None)])
    no_phones = [rule("Phones", "DENY", **phones), *OPEN]
    result = read_forecast(org, [change_of(after=no_phones)], 30, 100)
    assert [row.device for row in result.locked_out] == ["IOS (not registered)"]
    only_phones = [rule("Phones", **phones), rule("Others", "DENY")]
    result = read_forecast(org, [change_of(before=only_phones, after=[])], 30, 100)
    assert [row.device for row in result.locked_out] == ["IOS (not registered)"]


def test_members_of_the_groups_that_rules_name_keep_their_access():
    org = FakeOrg([ADA], [mac_of("ada", "ann")], [sign_in("ada", APP), sign_in("ann", APP)])
    result = read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]
    assert "members of glass" in org.reads


def test_members_of_a_group_that_were_read_are_not_read_again():
    org = FakeOrg(devices=[mac_of("ada", "ann")], events=[sign_in("ada", APP), sign_in("ann", APP)])
    result = read_forecast(org, [change_of()], 30, 100, {"glass": [ADA]})
    assert result.locked_out_logins == ["ann@acme.com"]
    assert "members of glass" not in org.reads


def test_whom_a_session_policy_refuses_is_not_locked_out_by_the_change():
    org = session_org("ann", "bob")
    result = read_forecast(org, [change_of()], 30, 100)
    assert result.locked_out_logins == ["bob@acme.com"] and result.people == 2
    (row,) = result.refused_earlier
    assert (row.login, row.refusal.rule) == ("ann@acme.com", "Stop")
    unseen = session_org("bob", in_group=("eve",))
    assert read_forecast(unseen, [change_of()], 30, 100).never_seen == ()


def test_refused_people_are_listed_once_by_login():
    org = session_org("cid", "ann", in_group=("ann", "cid"))
    org.events = [sign_in(each, APP, JIRA) for each in ("cid", "ann")]
    result = read_forecast(org, [change_of(APP), change_of(JIRA)], 30, 100)
    assert [row.login for row in result.refused_earlier] == ["ann@acme.com", "cid@acme.com"]
    assert result.locked_out == ()


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
    result = read_forecast(signals_org(resource), [change], 30, 100)
    assert result.locked_out_logins == locked_out
    if locked_out:
        assert "Signals" in result.unknowns[0]


def test_an_app_that_moves_to_equal_rules_with_other_signals_counts():
    moved = replace(change_of(before=ONLY_MANAGED, after=ONLY_MANAGED), policy_after="rst2")
    result = read_forecast(signals_org("rst2"), [moved], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]
    assert read_forecast(signals_org("rst3"), [moved], 30, 100) == Forecast()


def test_an_app_that_keeps_its_policy_and_rules_needs_no_signals():
    org = signals_org("rst1")
    org.signal_policies = None
    assert read_forecast(org, [change_of(before=OPEN, after=OPEN)], 30, 100) == Forecast()


def test_an_app_that_is_not_listed_has_the_policy_that_changes():
    unlisted = replace(APP, policy_id="")
    change = replace(change_of(unlisted), policy_after="rst1")
    result = read_forecast(signals_org("rst1"), [change], 30, 100)
    assert result.locked_out_logins == ["ann@acme.com"]


def test_an_app_that_goes_back_is_judged_with_the_same_signals():
    change = replace(change_of(), rules_at_departure=OPEN)
    org = signals_org("rst1")
    assert read_forecast(org, [change], 30, 100).locked_out_logins == ["ann@acme.com"]
    refused = replace(change_of(), rules_at_departure=ONLY_MANAGED)
    assert read_forecast(org, [refused], 30, 100).locked_out_logins == []


def test_what_okta_does_not_show_is_in_the_result():
    org = FakeOrg(devices=[mac_of("ann")], events=[sign_in("ann", APP)])

    def forbidden():
        raise Forbidden("No", status=403)

    org.session_policies = org.signal_policies = forbidden
    result = read_forecast(org, [change_of()], 30, 100)
    assert len(result.unread) == 2 and result.locked_out_logins == ["ann@acme.com"]


PASSWORD_RULE = PolicyRule.from_row(
    {
        "name": "Password",
        "system": True,
        "actions": {
            "appSignOn": {
                "access": "ALLOW",
                "verificationMethod": {
                    "factorMode": "1FA",
                    "constraints": [{"knowledge": {"types": ["password"]}}],
                },
            }
        },
    }
)


@pytest.mark.parametrize(
    ("has_password", "is_on_device", "refused"),
    [
        (True, True, False),
        (False, True, True),
        (True, False, False),
        (False, False, True),
        ("absent", False, True),
    ],
)
def test_a_rule_that_requires_a_password_names_who_may_have_none(
    has_password, is_on_device, refused
):
    """Whom no device and no group shows is read."""
    user = OktaUser(
        "ann", "ann@acme.com", status="ACTIVE", surely_has_password=has_password is True
    )
    devices = [replace(RECORD, users=(DeviceUser(user, "MANAGED"),))] if is_on_device else []
    events = [sign_in(login, app, device="") for login in ("ann", "bob") for app in (APP, JIRA)]
    org = FakeOrg(devices=devices, events=events)
    bob = OktaUser("bob", "bob@acme.com", status="ACTIVE", surely_has_password=False)
    known = {"ann": user if has_password != "absent" else None, "bob": bob}
    org.user = lambda user_id: org.reads.append(f"user {user_id}") or known[user_id]
    changes = [change_of(app, OPEN, [PASSWORD_RULE]) for app in (APP, JIRA)]
    result = read_forecast(org, changes, 30, 100)
    people = ["ann@acme.com"] * refused + ["bob@acme.com"]
    assert list(dict.fromkeys(logins_of(result.locked_out))) == [
        (login, app) for app in ("Slack", "Jira") for login in people
    ]
    assert result.unknowns == ["authenticator: a password in Okta"]
    assert result.status_unknown == (("ann@acme.com",) if has_password == "absent" else ())
    reads = [each for each in org.reads if each.startswith("user ")]
    assert reads == (["user bob"] if is_on_device else ["user ann", "user bob"])
