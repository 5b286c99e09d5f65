# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From events, devices and groups to people and the ways they used."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast import (
    denials,
    directory,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.sign_ins import (
    SignIns,
    platform_of,
    read_sign_ins,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Unreadable
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.device_events import (
    LogFacts,
    RecordEvents,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    DeviceUser,
    LogEvent,
    OktaUser,
)

APP = {"id": "app1", "type": "AppInstance", "displayName": "Salesforce"}
MAC = DeviceContext("MACOS", True, True, "d1", registered_at="2026-11-10T00:00:00.000Z")


def event(
    user="ann",
    device=None,
    system="Mac OS X",
    published="2026-11-20T00:00:00.000Z",
    event_type="user.authentication.sso",
    **more,
):
    return LogEvent.from_row(
        {
            "eventType": event_type,
            "published": published,
            "actor": {"id": user, "alternateId": f"{user}@acme.com"},
            "target": [APP],
            "client": {"userAgent": {"os": system}},
            **({"device": device} if device else {}),
            **more,
        }
    )


def people(events, devices=(MAC,)):
    sign_ins = SignIns()
    for each in events:
        sign_ins.add(each, ["app1"])
    known = directory.Directory(devices={"ann": list(devices)})
    used, others = directory.people_of(sign_ins, known, "app1", ["MACOS"])
    return {person.login: list(person.devices) for person in used}, others


CHROME_OF_A_MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/118.0.0.0 Safari/537.36"
)
CHROME_OF_WINDOWS = CHROME_OF_A_MAC.replace("Macintosh; Intel Mac OS X 10_15_7", "Windows NT 10.0")
CHROME_OF_ANDROID = CHROME_OF_A_MAC.replace(
    "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 10; K"
)
CHROME_OF_A_CHROMEBOOK = CHROME_OF_A_MAC.replace(
    "Macintosh; Intel Mac OS X 10_15_7", "X11; CrOS x86_64 14541.0.0"
)
CHROME_OF_LINUX = CHROME_OF_A_MAC.replace("Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64")


@pytest.mark.parametrize(
    ("row", "platform"),
    [
        ({"device": {"os_platform": "OSX"}}, "MACOS"),
        ({"client": {"userAgent": {"os": "Mac OS X"}}}, "MACOS"),
        ({"client": {"userAgent": {"os": "Windows 10"}}}, "WINDOWS"),
        ({"client": {"userAgent": {"os": "iOS (iPhone)"}}}, "IOS"),
        ({"client": {"userAgent": {"rawUserAgent": "Mozilla/5.0 (iPhone; like Mac OS X)"}}}, "IOS"),
        ({"client": {"userAgent": {"os": "Android"}}}, "ANDROID"),
        ({"client": {"userAgent": {"os": "Chrome OS"}}}, "CHROMEOS"),
        ({"client": {"userAgent": {"os": "Plan 9"}}}, None),
        ({"client": {"userAgent": {"os": "Darwin"}}}, None),
        ({"client": {"userAgent": {"rawUserAgent": "axios/1.6.0"}}}, None),
        ({"client": {"userAgent": {"os": "Unknown", "rawUserAgent": CHROME_OF_A_MAC}}}, "MACOS"),
        ({"client": {"userAgent": {"rawUserAgent": CHROME_OF_WINDOWS}}}, "WINDOWS"),
        ({"client": {"userAgent": {"rawUserAgent": CHROME_OF_ANDROID}}}, "ANDROID"),
        ({"client": {"userAgent": {"rawUserAgent": CHROME_OF_A_CHROMEBOOK}}}, "CHROMEOS"),
        ({"client": {"userAgent": {"rawUserAgent": CHROME_OF_LINUX}}}, "LINUX"),
        ({"client": {"userAgent": {"os": "Unknown"}}}, None),
        ({}, None),
    ],
)
def test_the_platform_of_an_event(row, platform):
    assert platform_of(LogEvent.from_row(row)) == platform


class Log:
    """An org whose log holds these events."""

    def __init__(self, *events):
        self.events, self.transport = events, self

    def now(self):
        return 0.0

    def log_events(self, *_args, **_more):
        return iter(self.events)


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"actor": None}, "names no user"),
        ({"target": None}, "names none of the apps"),
        ({"target": [{"id": "other", "type": "AppInstance"}]}, "names none of the apps"),
    ],
)
def test_a_sign_in_that_would_count_for_nobody_is_unreadable(row, text):
    with pytest.raises(Unreadable, match=text):
        read_sign_ins(Log(event(**row)), ["app1"], 7, 100)
    assert read_sign_ins(Log(event()), ["app1"], 7, 100).logins == {"ann": "ann@acme.com"}


def test_the_device_that_the_log_names_is_the_way():
    assert people([event(device={"id": "d1", "registered": True})])[0] == {"ann@acme.com": [MAC]}


def test_no_device_where_others_have_one_is_a_device_that_okta_does_not_know():
    events = [event(device={"id": "d1"}), event()]
    assert people(events)[0]["ann@acme.com"] == [DeviceContext("MACOS"), MAC]


def test_before_it_was_registered_it_was_the_same_mac():
    events = [event(device={"id": "d1"}), event(published="2026-11-01T00:00:00.000Z")]
    assert people(events)[0]["ann@acme.com"] == [MAC]
    assert people([event(published="2026-11-01T00:00:00.000Z")])[0]["ann@acme.com"] == [MAC]


def test_a_log_that_names_no_devices_leaves_both_open():
    assert people([event()])[0]["ann@acme.com"] == [DeviceContext("MACOS"), MAC]


def test_nobody_has_another_platforms_device():
    assert people([event(system="Windows 11", published="2026-11-01T00:00:00.000Z")])[0][
        "ann@acme.com"
    ] == [DeviceContext("WINDOWS")]


def test_a_device_whose_platform_is_not_shown_may_be_any_of_theirs():
    nameless = replace(MAC, platform="")
    before = [event(published="2026-11-01T00:00:00.000Z")]
    assert people(before, [nameless])[0]["ann@acme.com"] == [nameless]
    assert people([event(device={"id": "d1"})], [nameless])[0]["ann@acme.com"] == [MAC]


def test_a_device_that_is_no_longer_theirs_is_one_that_okta_does_not_know():
    assert people([event(device={"id": "gone"})])[0]["ann@acme.com"] == [DeviceContext("MACOS")]
    assert people([event(device={"id": "d1", "registered": False})], [])[0]["ann@acme.com"] == [
        DeviceContext("MACOS")
    ]


def test_who_was_not_seen_is_told_apart_with_all_devices():
    used, others = people([event(user="bob")])
    assert list(used) == ["bob@acme.com"] and [(each.login, each.devices) for each in others] == [
        ("ann", (MAC,))
    ]


def test_groups_types_and_statuses_come_from_the_members_of_groups():
    sign_ins = SignIns()
    sign_ins.add(event(), ["app1"])
    sign_ins.add(event("bob"), ["app1"])
    known = directory.Directory()
    ann = OktaUser("ann", "Ann@acme.com", status="ACTIVE", type_id="t1")
    known.add_group("g1", [ann, OktaUser("bob", status="SUSPENDED")])
    used, others = directory.people_of(sign_ins, known, "app1", ["MACOS"])
    assert [(one.id, one.groups, one.user_type, one.status) for one in used] == [
        ("ann", frozenset({"g1"}), "t1", "ACTIVE")
    ] and others == []


def test_what_ended_by_the_log_counts_no_more_and_what_lost_its_certificate_is_read_by_id():
    class Okta:
        def device_users(self, device_id):
            return [DeviceUser.from_row({"user": {"id": "ann"}, "managementStatus": "NOT_MANAGED"})]

    heard = LogFacts(
        records={
            "d1": RecordEvents(bound=False),
            "d2": RecordEvents(status="DEACTIVATED"),
            "d3": RecordEvents(users={"ann": False}),
        }
    )
    known = directory.Directory(
        devices={
            "ann": [
                MAC,
                DeviceContext("MACOS", True, True, "d2"),
                DeviceContext("MACOS", True, True, "d3"),
            ]
        },
        logins={"ann": "ann"},
    )
    directory.correct_devices(Okta(), known, SignIns(log_facts=heard))
    assert [(one.device_id, one.managed) for one in known.devices["ann"]] == [("d1", False)]


def test_only_who_was_refused_since_and_not_before_is_new():
    rule = {"id": "rul1", "type": "PolicyRule", "displayName": "Other Macs"}
    events = [
        event("ann", published="2026-11-25T10:00:00.000Z", target=[APP, rule]),
        event("ann", published="2026-11-25T10:01:00.000Z", target=[APP, rule]),
        event("bob", published="2026-11-25T10:00:00.000Z"),
        event("bob", published="2026-11-25T08:00:00.000Z"),
        event("eve", published="2026-11-25T10:00:00.000Z", target=[{"id": "another app"}]),
    ]
    found = denials.count_denials(events, ["app1"], "2026-11-25T09:00:00.000Z")
    assert found.new == ["ann@acme.com"] and set(found.since) == {"ann", "bob"}
    assert found.since["ann"].as_result() == {
        "login": "ann@acme.com",
        "count": 2,
        "apps": ["Salesforce"],
        "rules": ["Other Macs"],
        "rule_unknown": 0,
    }


NINE = "2026-11-25T09:00:00.000Z"


@pytest.mark.parametrize("order", [1, -1])
def test_who_got_another_login_meanwhile_is_the_same_person(order):
    """As with a marriage, or when a domain changes."""
    times = ["2026-11-25T08:00:00.000Z", "2026-11-25T09:30:00.000Z", "2026-11-25T10:00:00.000Z"]
    logins = ["ann@acme.com", "ann@acme.com", "ann.wu@acme.com"]
    events = [
        event(published=published, actor={"id": "00u1", "alternateId": login})
        for published, login in zip(times, logins)
    ]
    denied = denials.count_denials(events[::order], ["app1"], NINE)
    assert denied.new == [] and denied.since["00u1"].login == "ann.wu@acme.com"


@pytest.mark.parametrize("unknown", ["unknown", ""])
def test_people_without_an_id_are_told_apart_by_their_login(unknown):
    events = [
        event(published=NINE, actor={"id": unknown, "alternateId": f"{name}@acme.com"})
        for name in ("ann", "bob")
    ]
    denied = denials.count_denials(events, ["app1"], NINE)
    assert denied.new == ["ann@acme.com", "bob@acme.com"]


def test_a_refusal_at_the_timestamp_itself_is_one_since():
    denied = denials.count_denials([event(published=NINE)], ["app1"], NINE)
    assert denied.new == ["ann@acme.com"] and denied.before == {}


def test_a_refusal_of_another_app_does_not_count():
    other_app = event(target=[{"id": "app2", "displayName": "Jira"}])
    assert denials.count_denials([other_app], ["app1"], NINE) == denials.Denials()


@pytest.mark.parametrize(
    ("hidden", "login", "app"),
    [
        ({"actor": {}}, "unknown", "Salesforce"),
        ({"target": []}, "ann@acme.com", "unknown"),
        ({"target": [{"displayName": "Salesforce"}]}, "ann@acme.com", "unknown"),
    ],
)
def test_a_refusal_that_does_not_show_its_person_or_app_counts(hidden, login, app):
    """The filter that found it names the app."""
    earlier = event(published="2026-11-25T08:00:00.000Z", actor={})
    denied = denials.count_denials([event(published=NINE, **hidden), earlier], ["app1"], NINE)
    assert denied.new == [login]
    assert [person.apps for person in denied.since.values()] == [{app}]


@pytest.mark.parametrize("published", [None, "yesterday", "2026-11-25T09:00:00Z"])
def test_a_refusal_whose_time_is_unknown_or_in_another_form_is_not_one_before(published):
    denied = denials.count_denials([event(published=published)], ["app1"], NINE)
    assert denied.new == ["ann@acme.com"] and denied.before == {}


def test_an_event_that_does_not_count_does_not_end_the_count():
    other_app = event(target=[{"id": "app2"}])
    denied = denials.count_denials([other_app, event(published=NINE)], ["app1"], NINE)
    assert list(denied.since) == ["ann"]


def test_apps_and_rules_of_several_refusals_are_collected_in_order():
    apps = [
        {"id": "app1", "displayName": "Slack"},
        {"id": "app2", "alternateId": "Jira"},
        {"id": "app3"},
    ]
    rules = [
        {"id": "r1", "type": "Rule", "displayName": "Others"},
        {"id": "p1", "type": "Policy", "displayName": "Company apps"},
        {"id": "x1"},
    ]
    unnamed = {"id": "r2", "type": "PolicyRule"}
    by_id = {"actor": {"id": "ann"}}
    events = [event(target=[*apps, *rules], **by_id), event(target=[apps[0], unnamed], **by_id)]
    denied = denials.count_denials(events, ["app1", "app2", "app3"], "2026-01-01")
    assert denied.since["ann"].as_result() == {
        "login": "ann",
        "count": 2,
        "apps": ["Jira", "Slack", "app3"],
        "rules": ["Others", "r2"],
        "rule_unknown": 0,
    }
    assert "app9" not in denied.since["ann"].apps


def test_an_event_that_lists_several_rules_does_not_say_which_refused():
    """Recorded denials have each rule of the policy as a target."""
    app = {"id": "app1", "displayName": "Slack"}
    rules = [{"id": f"r{n}", "type": "Rule", "displayName": f"Rule {n}"} for n in range(3)]
    events = [event(target=[app, *rules]), event(target=[app]), event(target=[app, rules[1]])]
    (result,) = [
        each.as_result()
        for each in denials.count_denials(events, ["app1"], "2026-01-01").since.values()
    ]
    assert (result["count"], result["rules"], result["rule_unknown"]) == (3, ["Rule 1"], 2)


def test_a_rule_that_is_a_target_twice_is_one_rule():
    target = [{"id": "app1"}, *[{"id": "r1", "type": "Rule", "displayName": "Others"}] * 2]
    counted = denials.count_denials([event(target=target)], ["app1"], "2026-01-01").since.values()
    (result,) = [each.as_result() for each in counted]
    assert (result["rules"], result["rule_unknown"]) == (["Others"], 0)


def test_okta_verify_on_an_iphone_is_recognized_by_its_agent():
    """Recorded: the log calls the system of Okta Verify on an iPhone unknown."""
    agent = "B7F.com.okta.mobile/7.12.0 OktaVerify/7.12.0 iOS/16.1.2 Apple/iPhone14,2"
    seen = LogEvent(browser_os="Unknown mobile", user_agent=agent)
    assert platform_of(seen) == "IOS"
    assert platform_of(replace(seen, user_agent=None)) is None
    assert platform_of(replace(seen, user_agent="Unknown/1.0")) is None
    assert platform_of(replace(seen, browser_os="Haiku")) == "IOS"
    assert platform_of(LogEvent(browser_os="Haiku")) is None


def test_a_sign_in_from_an_unknown_system_may_be_from_one_that_no_rule_names():
    sign_ins = SignIns()
    sign_ins.add(event(system="Plan 9"), ["app1"])
    used, _others = directory.people_of(sign_ins, directory.Directory(), "app1", ["IOS", "MACOS"])
    assert [each.platform for each in used[0].devices] == ["IOS", "MACOS", "OTHER"]
