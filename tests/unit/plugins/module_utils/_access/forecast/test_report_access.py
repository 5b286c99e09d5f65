# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the rules of an app admit from their Macs, today and on a date."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Identity,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    Candidate,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.report_access import (
    JudgedApp,
    Users,
    forecast_access,
    judge_app_access,
    judge_candidates,
    make_refusable,
    make_unregistrable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.session_policies import (
    SessionPolicy,
    Sessions,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    UNREAD_SIGNALS,
    SignalPolicy,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.access_calendar import (
    ALREADY,
    STATES,
    AccessVerdict,
    Horizon,
    PersonAccess,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import (
    Fleet,
    MacFacts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import (
    App,
    PolicyRule,
    RankedPolicy,
    SessionRule,
    SignalRule,
)

from tests.unit.plugins.module_utils._fleet.builders import NOW, SERIAL, mac, record

TODAY = datetime(2026, 12, 1, tzinfo=timezone.utc)
SOON = datetime(2026, 12, 10, 8, tzinfo=timezone.utc)
HORIZON = Horizon(TODAY, TODAY + timedelta(days=30))
APP = App("0oa1", "Salesforce")
ADA = {"ada@acme.com": "MANAGED"}
EXPIRES = f"The certificate of {SERIAL} expires on 2026-12-10 and nothing renews it before."
NOTHING: frozenset[str] = frozenset()


def rule(name: str, access: str = "ALLOW", **conditions: t.Any) -> PolicyRule:
    sign_on = {"access": access, "verificationMethod": {"factorMode": "1FA"}}
    return PolicyRule(name=name, status="ACTIVE", conditions=conditions, sign_on=sign_on)


MANAGED = rule("Managed", device={"registered": True, "managed": True})
OTHERS = rule("Others", "DENY")
STAFF_ONLY = rule("Staff", people={"groups": {"include": ["staff"]}})


def verified(constraint: dict[str, t.Any], **conditions: t.Any) -> PolicyRule:
    """Return a rule that asks for one factor with a constraint."""
    method = {"type": "ASSURANCE", "factorMode": "1FA", "constraints": [constraint]}
    sign_on = {"access": "ALLOW", "verificationMethod": method}
    return PolicyRule(name="Verified", status="ACTIVE", conditions=conditions, sign_on=sign_on)


def fleet_mac(*records: t.Any, **facts: t.Any) -> MacFacts:
    known = {"expires": "2026-12-10T08:00:00Z", "expiry_source": "mac"}
    return mac(*(records or (record(**ADA),)), **{**known, **facts})


def users(**more: t.Any) -> Users:
    context = DeviceContext("MACOS", True, True, "guo1")
    known = {"ids": {"ada@acme.com": "u1"}, "devices": {"u1": [context]}}
    return Users(**{**known, **more})


def judged(
    *rules: PolicyRule, macs: t.Sequence[MacFacts] = (), known: Users | None = None
) -> list[PersonAccess]:
    return judge_app_access(
        JudgedApp(APP, list(rules)), macs or [fleet_mac()], known or users(), NOW, HORIZON
    )


def of_ada(*rules: PolicyRule, **how: t.Any) -> PersonAccess:
    people = judged(*rules, **how)
    assert [each.login for each in people] == ["ada@acme.com"] and people[0].app == "Salesforce"
    return people[0]


def test_a_rule_for_managed_macs_admits_until_the_certificate_expires() -> None:
    ada = of_ada(MANAGED, OTHERS)
    assert (ada.today, ada.on_date, ada.lost, ada.reason) == ("yes", "no", SOON, EXPIRES)


def test_rules_that_admit_any_registered_mac_are_not_lost() -> None:
    ada = of_ada(rule("Registered", device={"registered": True}), OTHERS)
    assert (ada.today, ada.on_date, ada.lost) == ("yes", "yes", None)
    assert of_ada(MANAGED, rule("Catch-all Rule")).lost is None


def test_a_refusal_says_what_is_missing_and_which_rule_refuses() -> None:
    facts = fleet_mac(record(**{"ada@acme.com": "NOT_MANAGED"}))
    ada = of_ada(MANAGED, OTHERS, macs=[facts])
    assert (ada.today, ada.on_date) == ("no", "no")
    assert ada.reason.endswith(" Rule 'Others' refuses it.") and ada.reason.startswith("It is ")


def test_what_rules_ask_and_nobody_knows_leaves_it_open() -> None:
    office = rule("Office", network={"connection": "ZONE", "include": ["z1"]})
    ada = of_ada(office, OTHERS)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "unknown", None)
    assert ada.reason == (
        "Whether rule 'Others' or 'Office' admits it depends on"
        ' network: {"connection": "ZONE", "include": ["z1"]}.'
    )


def test_one_unknown_way_in_less_may_be_the_one_that_a_person_uses() -> None:
    """Today a managed Mac gets in outside the office, and every Mac in it. Then only the latter."""
    outside = rule(
        "Outside",
        device={"registered": True, "managed": True},
        network={"connection": "ZONE", "exclude": ["nzo1"]},
    )
    office = rule("Office", network={"connection": "ZONE", "include": ["nzo1"]})
    access = of_ada(outside, office, OTHERS)
    assert (access.today, access.on_date) == ("unknown", "unknown")
    assert access.lost == SOON and access.reason.startswith(EXPIRES)
    assert of_ada(office, OTHERS).lost is None, "no certificate changes it"


def test_a_mac_that_may_be_managed_is_not_what_a_person_has_left() -> None:
    """One Mac has a certificate, and of the other one nobody knows. The rule has an unknown."""
    risk = rule(
        "Low risk", device={"registered": True, "managed": True}, riskScore={"level": "LOW"}
    )
    macs = [fleet_mac(), fleet_mac(in_kandji=False)]
    for of_rules in (MANAGED, risk):
        ada = of_ada(of_rules, OTHERS, macs=macs)
        assert (ada.on_date, ada.lost) == ("unknown", SOON) and ada.reason.startswith(EXPIRES)
        assert of_ada(of_rules, OTHERS, macs=macs[1:]).lost == ALREADY


def test_a_mac_of_which_nobody_knows_gives_access_where_it_does_not_count() -> None:
    gone = fleet_mac(in_kandji=False)
    assert of_ada(MANAGED, OTHERS, macs=[gone]).today == "unknown"
    assert of_ada(MANAGED, rule("Catch-all Rule"), macs=[gone]).today == "yes"
    assert of_ada(OTHERS, macs=[gone]).today == "no"


def test_a_rule_that_refuses_managed_macs_admits_them_afterwards() -> None:
    refusing = rule("No managed Macs", "DENY", device={"managed": True})
    ada = of_ada(refusing, rule("Catch-all Rule"))
    assert (ada.today, ada.on_date, ada.lost) == ("no", "yes", None)


def test_a_rule_that_may_refuse_managed_macs_takes_nothing_when_they_are_not_any_more() -> None:
    """In the office, a managed Mac is refused. Every other Mac gets in from anywhere."""
    network = {"connection": "ZONE", "include": ["z1"]}
    refusing = rule("No managed Macs", "DENY", device={"managed": True}, network=network)
    ada = of_ada(refusing, rule("Catch-all Rule"))
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "yes", None)


def test_groups_decide_about_each_person() -> None:
    both = fleet_mac(record(**ADA, **{"ben@acme.com": "MANAGED"}))
    context = DeviceContext("MACOS", True, True, "guo1")
    known = Users(
        {"ada@acme.com": "u1", "ben@acme.com": "u2"},
        {"u1": [context], "u2": [context]},
        {"staff": frozenset({"u1"})},
    )
    people = judged(STAFF_ONLY, OTHERS, macs=[both], known=known)
    assert {each.login: each.today for each in people} == {
        "ada@acme.com": "yes",
        "ben@acme.com": "no",
    }


def test_a_user_whom_a_rule_names_is_judged_apart() -> None:
    both = fleet_mac(record(**ADA, **{"ben@acme.com": "MANAGED"}))
    context = DeviceContext("MACOS", True, True, "guo1")
    known = Users({"ada@acme.com": "u1", "ben@acme.com": "u2"}, {"u1": [context], "u2": [context]})
    only_ben = rule("Ben", people={"users": {"include": ["u2"]}})
    people = judged(only_ben, OTHERS, macs=[both], known=known)
    assert [each.today for each in people] == ["no", "yes"]


def test_users_whom_rules_name_are_told_apart() -> None:
    both = fleet_mac(record(**ADA, **{"ben@acme.com": "MANAGED"}))
    context = DeviceContext("MACOS", True, True, "guo1")
    known = Users({"ada@acme.com": "u1", "ben@acme.com": "u2"}, {"u1": [context], "u2": [context]})
    ada_in = rule("Ada", people={"users": {"include": ["u1"]}})
    ben_out = rule("Ben", "DENY", people={"users": {"include": ["u2"]}})
    people = judged(ada_in, ben_out, macs=[both], known=known)
    assert {each.login: each.today for each in people} == {
        "ada@acme.com": "yes",
        "ben@acme.com": "no",
    }


def test_user_types_decide_where_they_are_known() -> None:
    typed = rule("Staff", userType={"include": ["t1"]})
    assert of_ada(typed, OTHERS, known=users(types={"u1": "t1"})).today == "yes"
    assert of_ada(typed, OTHERS, known=users(types={"u1": "t2"})).today == "no"
    unknown = of_ada(typed, OTHERS)
    assert unknown.today == "unknown" and "depends on user type: " in unknown.reason


def test_rules_that_cannot_be_evaluated_surely_admit_nobody_and_take_nothing() -> None:
    problem = "Policy 'Staff': it is INACTIVE, so which rules apply to its apps is unknown."
    judged_app = JudgedApp(APP, [MANAGED, OTHERS], problem=problem)
    (ada,) = judge_app_access(judged_app, [fleet_mac()], users(), NOW, HORIZON)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "unknown", None)
    assert ada.reason == problem
    suspended = users(statuses={"u1": "SUSPENDED"})
    (ada,) = judge_app_access(judged_app, [fleet_mac()], suspended, NOW, HORIZON)
    assert ada.today == "no"
    erased = [fleet_mac(record(**ADA), NEWER)]
    (ada,) = judge_app_access(judged_app, erased, users(), NOW, HORIZON)
    assert (ada.today, ada.lost) == ("unknown", None)


def test_nobody_gets_in_to_an_app_that_is_off_and_nobody_loses_it() -> None:
    off = JudgedApp(APP, [MANAGED, OTHERS], problem="It is INACTIVE.", is_off=True)
    for facts in (fleet_mac(), fleet_mac(record(**ADA), NEWER), fleet_mac(left_mdm=True)):
        (ada,) = judge_app_access(off, [facts], users(), NOW, HORIZON)
        assert (ada.today, ada.on_date, ada.lost) == ("no", "no", None)
        assert ada.reason == "It is INACTIVE."
    assert JudgedApp(APP, [MANAGED]).verdict is None


def test_a_person_whom_okta_does_not_show_is_nobody_that_rules_can_name() -> None:
    facts = mac(person="Cy@acme.com")
    for named in (STAFF_ONLY, rule("Cy", people={"users": {"exclude": ["u3"]}})):
        person = judged(named, OTHERS, macs=[facts])[0]
        assert (person.login, person.today, person.on_date) == ("Cy@acme.com", *("unknown",) * 2)
        assert person.reason == "Okta shows no user with this login."
    assert judged(MANAGED, OTHERS, macs=[facts])[0].today == "no"
    open_to_all = judged(rule("Catch-all Rule"), macs=[facts])[0]
    assert (open_to_all.today, open_to_all.reason) == (
        "unknown",
        "Okta shows no user with this login.",
    )
    as_member = users(ids={"cy@acme.com": "u3"}, members={"staff": frozenset({"u3"})})
    assert judged(STAFF_ONLY, OTHERS, macs=[facts], known=as_member)[0].today == "yes"


def test_a_person_is_the_user_with_that_address_and_has_one_row() -> None:
    known = Users(
        {"cy@acme.com": "u3"},
        members={"staff": {"u3"}},
        logins={"cy@acme.com": "Cy@acme.com", "cy.long@acme.com": "Cy@acme.com"},
    )
    second = mac(person="cy@acme.com")
    second.serial = "C09"
    macs = [mac(person=" Cy.LONG@acme.com"), second]
    (person,) = judged(STAFF_ONLY, OTHERS, macs=macs, known=known)
    assert (person.login, person.today, len(person.macs)) == ("Cy@acme.com", "yes", 2)
    suspended = replace(known, statuses={"u3": "SUSPENDED"})
    (person,) = judged(rule("Catch-all Rule"), macs=macs, known=suspended)
    assert person.today == "no"


def test_an_address_of_two_users_is_that_of_neither() -> None:
    """One of them uses the Mac, and Okta shows the other one in a group."""
    of_ada = replace(record(**ADA), emails={"ada@acme.com": "both@acme.com"})
    shown = {"ada@acme.com": "ada@acme.com", "ben@acme.com": "ben@acme.com"}
    macs = [fleet_mac(of_ada, person="both@acme.com")]
    people = judged(MANAGED, OTHERS, macs=macs, known=users(logins=shown))
    assert {each.login: each.today for each in people} == {
        "ada@acme.com": "yes",
        "both@acme.com": "no",
    }


def test_a_mac_without_a_record_is_not_registered() -> None:
    registered = rule("Registered", device={"registered": True})
    other = [DeviceContext("MACOS", True, True, "guo9")]
    assert of_ada(registered, OTHERS, known=users(devices={"u1": other})).today == "no"
    assert of_ada(registered, OTHERS).today == "yes"
    macos = rule("Macs", platform={"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]})
    assert of_ada(macos, OTHERS, known=users(devices={})).today == "yes"


@pytest.mark.parametrize(
    ("kind", "system", "today"),
    [
        ("desktop", "macos", "yes"),
        ("MOBILE", "IOS", "no"),
        ("DESKTOP", "SOMETHING_NEW", "unknown"),
        ("SOMETHING_NEW", "ANY", "unknown"),
    ],
)
def test_a_platform_is_a_word_of_okta_in_any_case_or_may_be_any(
    kind: str, system: str, today: str
) -> None:
    listed = rule("Macs", platform={"include": [{"type": kind, "os": {"type": system}}]})
    assert of_ada(listed, OTHERS, known=users(devices={})).today == today


def test_of_several_records_of_a_mac_the_worst_counts() -> None:
    facts = fleet_mac(record(**ADA), record(record_id="guo2", **ADA))
    hardware = PolicyRule(
        name="Hardware",
        status="ACTIVE",
        conditions={},
        sign_on={
            "access": "ALLOW",
            "verificationMethod": {
                "type": "ASSURANCE",
                "factorMode": "2FA",
                "constraints": [
                    {
                        "possession": {
                            "hardwareProtection": "REQUIRED",
                            "authenticationMethods": [
                                {"key": "okta_verify", "method": "signed_nonce"}
                            ],
                        }
                    }
                ],
            },
        },
    )
    contexts = [
        DeviceContext("MACOS", True, True, name, secure_hardware=known)
        for name, known in (("guo1", True), ("guo2", False))
    ]
    assert of_ada(hardware, macs=[facts], known=users(devices={"u1": contexts})).today == "no"
    assert of_ada(hardware, macs=[facts], known=users(devices={"u1": contexts[:1]})).today == "yes"


def test_of_several_records_the_first_loss_counts_and_one_without_none_hides_it() -> None:
    """One record shows no screen lock, so nobody knows whether its person gets in at all."""
    hardware = {"possession": {"hardwareProtection": "REQUIRED"}}
    managed = verified({}, device={"registered": True, "managed": True})
    facts = fleet_mac(record(**ADA), record(record_id="guo2", **ADA))
    contexts = [
        DeviceContext("MACOS", True, True, "guo1", secure_hardware=False),
        DeviceContext("MACOS", True, False, "guo2", secure_hardware=None),
    ]
    for known in (contexts[:1], contexts, contexts[::-1]):
        ada = of_ada(managed, verified(hardware), macs=[facts], known=users(devices={"u1": known}))
        assert ada.lost == SOON and ada.reason.startswith(EXPIRES)


def test_a_mac_that_the_rules_leave_open_hides_no_loss() -> None:
    """A rule asks for a phone on every Mac that is not managed."""
    phone = verified({"possession": {"authenticationMethods": [{"key": "phone_number"}]}})
    gone, second = fleet_mac(left_mdm=True), mac(person="ada@acme.com")
    second.serial = "C09"
    for macs in ([gone], [gone, second], [second, gone]):
        ada = of_ada(MANAGED, phone, macs=macs)
        assert (ada.today, ada.lost) == ("unknown", ALREADY)
    ada = of_ada(MANAGED, phone, macs=[second])
    assert (ada.today, ada.lost) == ("unknown", None)


def test_a_person_gets_in_from_the_mac_that_stays_managed() -> None:
    second = fleet_mac(record(record_id="guo2", **ADA), expires="2027-06-01T00:00:00Z")
    second.serial = "C09"
    contexts = [DeviceContext("MACOS", True, True, name) for name in ("guo1", "guo2")]
    ada = of_ada(
        *(MANAGED, OTHERS), macs=[fleet_mac(), second], known=users(devices={"u1": contexts})
    )
    assert (ada.today, ada.on_date) == ("yes", "yes")
    assert [(each.mac, each.on_date) for each in ada.macs] == [(SERIAL, "no"), ("C09", "yes")]


@pytest.mark.parametrize(
    "chosen, verdict",
    [
        ([Candidate(NOTHING, "A", (NOTHING,))], AccessVerdict("yes", "Rule 'A' admits it.")),
        ([Candidate(NOTHING, "A", ())], AccessVerdict("no", "Rule 'A' refuses it.")),
        ([], AccessVerdict("no", "No rule admits it.")),
        (
            [Candidate(frozenset({"risk"}), "A", ()), Candidate(NOTHING, "B", ())],
            AccessVerdict("no", "Rule 'B' or 'A' refuses it."),
        ),
        (
            [Candidate(NOTHING, "A", (frozenset({"b", "a"}),))],
            AccessVerdict("unknown", "Whether rule 'A' admits it depends on a, b."),
        ),
        (
            [Candidate(NOTHING, "A", (frozenset({"a", "b", "c", "d"}),))],
            AccessVerdict("unknown", "Whether rule 'A' admits it depends on a, b, c and 1 more."),
        ),
    ],
)
def test_a_verdict_names_rules_and_what_they_depend_on(
    chosen: list[Candidate], verdict: AccessVerdict
) -> None:
    assert judge_candidates(chosen) == verdict


def test_a_person_is_told_apart_by_groups_and_type() -> None:
    known = users(members={"staff": frozenset({"u1"}), "all": frozenset({"u2"})}, types={"u1": "t"})
    assert known.find_identity("ADA@acme.com") == Identity("u1", frozenset({"staff"}), "t")
    assert known.find_identity("ben@acme.com") is None


# Policies of other kinds


def signals(*words: str) -> tuple[SignalPolicy, ...]:
    """Return a policy that collects from Okta Verify with such a word, or leaves it out."""
    providers = [{"key": "OKTA_VERIFY", "userIdentification": word} for word in words]
    row = {
        "name": "Rule",
        "status": "ACTIVE",
        "actions": {"deviceSignalCollection": {"deviceContextProviders": providers}},
    }
    return (SignalPolicy("s1", "Signals", (SignalRule.from_row(row),), frozenset({"p1"})),)


def test_a_policy_that_leaves_out_okta_verify_may_hide_managed_macs() -> None:
    judged_app = JudgedApp(APP, [MANAGED, OTHERS], signals())
    (ada,) = judge_app_access(judged_app, [fleet_mac()], users(), NOW, HORIZON)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "no", SOON)
    assert ada.reason == (
        f"{EXPIRES} It depends on device signal collection policy 'Signals', rule 'Rule': it leaves"
        " out Okta Verify."
    )
    judged_app = JudgedApp(APP, [MANAGED, OTHERS], signals("ALLOW"))
    (ada,) = judge_app_access(judged_app, [fleet_mac()], users(), NOW, HORIZON)
    assert (ada.today, ada.on_date) == ("yes", "no")
    judged_app = JudgedApp(APP, [rule("Catch-all Rule")], signals())
    (ada,) = judge_app_access(judged_app, [fleet_mac()], users(), NOW, HORIZON)
    assert (ada.today, ada.on_date, ada.reason) == ("yes", "yes", "")


def sessions_that_stop(**conditions: t.Any) -> Sessions:
    row = {
        "name": "Stop",
        "status": "ACTIVE",
        "conditions": conditions,
        "actions": {"signon": {"access": "DENY"}},
    }
    everybody = {"id": "p9", "name": "Sessions", "status": "ACTIVE", "system": True}
    stop = SessionPolicy(RankedPolicy.from_row(everybody), (SessionRule.from_row(row),))
    return Sessions((stop,))


def test_whom_a_global_session_policy_refuses_gets_in_nowhere() -> None:
    ada = of_ada(rule("Catch-all Rule"), known=users(sessions=sessions_that_stop()))
    assert (ada.today, ada.on_date, ada.lost) == ("no", "no", None)
    assert [each.mac for each in ada.macs] == [SERIAL]
    assert ada.reason.endswith("Refused by rule 'Stop' of global session policy 'Sessions'.")
    assert ada.reason == "Refused by rule 'Stop' of global session policy 'Sessions'."
    mac = {"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]}
    ada = of_ada(rule("Catch-all Rule"), known=users(sessions=sessions_that_stop(platform=mac)))
    assert (ada.today, ada.on_date) == ("no", "no")


@pytest.mark.parametrize(
    "conditions",
    [
        {"network": {"connection": "ZONE", "exclude": ["z1"]}},
        {"riskScore": {"level": "LOW"}},
        {"somethingNew": "x"},
    ],
)
def test_whom_a_global_session_policy_may_refuse_gets_in_for_sure_nowhere(
    conditions: dict[str, t.Any],
) -> None:
    known = users(sessions=sessions_that_stop(**conditions))
    doubt = "Rule 'Stop' of global session policy 'Sessions' may refuse it."
    ada = of_ada(rule("Catch-all Rule"), known=known)
    assert (ada.today, ada.on_date, ada.lost, ada.reason) == ("unknown", "unknown", None, doubt)
    ada = of_ada(MANAGED, OTHERS, known=known)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "no", SOON)


def test_a_global_session_policy_for_phones_refuses_nobody_on_a_mac() -> None:
    phones = {"include": [{"type": "MOBILE", "os": {"type": "IOS"}}]}
    stop = sessions_that_stop(platform=phones, network={"connection": "ZONE", "include": ["z1"]})
    ada = of_ada(rule("Catch-all Rule"), known=users(sessions=stop))
    assert (ada.today, ada.on_date, ada.reason) == ("yes", "yes", "")


def test_what_is_less_already_is_even_less_without_a_registration() -> None:
    known = {state: AccessVerdict("unknown", "", 1) for state in STATES}
    refused = {state: AccessVerdict("no") for state in STATES}
    shown = make_unregistrable(known, refused, "Why.")
    assert shown["no"] == AccessVerdict("unknown", "Why.", STATES.index("unknown") + 1)


def test_why_a_session_policy_may_refuse_is_said_without_another_reason() -> None:
    verdicts = make_refusable({"yes": AccessVerdict("unknown", "", 1)}, "It may be refused.")
    assert verdicts == {"yes": AccessVerdict("unknown", "It may be refused.", 2)}


@pytest.mark.parametrize(
    "status, reason",
    [
        ("SUSPENDED", "The account in Okta is suspended (SUSPENDED)."),
        ("DEPROVISIONED", "The account in Okta is deactivated (DEPROVISIONED)."),
        ("STAGED", "The account in Okta is not activated yet (STAGED)."),
    ],
)
def test_whose_account_is_refused_gets_in_nowhere_and_loses_nothing(
    status: str, reason: str
) -> None:
    for rules in ([MANAGED, OTHERS], [rule("Catch-all Rule")]):
        ada = of_ada(*rules, known=users(statuses={"u1": status}))
        assert (ada.today, ada.on_date, ada.lost) == ("no", "no", None)
        assert ada.reason == reason
    assert of_ada(MANAGED, OTHERS, known=users(statuses={"u1": "ACTIVE"})).today == "yes"
    assert of_ada(MANAGED, OTHERS, known=users(statuses={"u2": status})).today == "yes"


@pytest.mark.parametrize(
    "status, reason",
    [
        (
            "PROVISIONED",
            "The account in Okta waits for its person to finish the activation (PROVISIONED).",
        ),
        (
            "LOCKED_OUT",
            "The account in Okta is locked out until somebody unlocks it or its time is over"
            " (LOCKED_OUT).",
        ),
        (
            "PASSWORD_EXPIRED",
            "The account in Okta has a password that expired and must be changed first"
            " (PASSWORD_EXPIRED).",
        ),
        (
            "RECOVERY",
            "The account in Okta has a password that was reset and must be set first (RECOVERY).",
        ),
        ("ACTIVATING", "The account in Okta has a status that is unknown (ACTIVATING)."),
    ],
)
def test_whose_account_may_work_again_loses_what_the_rules_take(status: str, reason: str) -> None:
    known = users(statuses={"u1": status})
    ada = of_ada(MANAGED, OTHERS, known=known)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "no", SOON)
    assert ada.reason == f"{EXPIRES} {reason}"
    ada = of_ada(rule("Catch-all Rule"), known=known)
    assert (ada.today, ada.on_date, ada.lost, ada.reason) == ("unknown", "unknown", None, reason)
    ada = of_ada(OTHERS, known=known)
    assert (ada.today, ada.reason) == ("no", "Rule 'Others' refuses it.")
    stopped = users(statuses={"u1": status}, sessions=sessions_that_stop())
    assert of_ada(rule("Catch-all Rule"), known=stopped).today == "no"


def test_what_the_rules_ask_the_account_and_the_sessions_are_each_a_reason() -> None:
    expired = (
        "The account in Okta has a password that expired and must be changed first"
        " (PASSWORD_EXPIRED)."
    )
    unread = "It depends on global session policies that the credentials may not read."
    known = users(statuses={"u1": "PASSWORD_EXPIRED"}, sessions=Sessions(is_unread=True))
    assert of_ada(rule("Catch-all Rule"), known=known).reason == f"{expired} {unread}"
    ada = of_ada(rule("Low risk", riskScore={"level": "LOW"}), OTHERS, known=known)
    assert (ada.today, ada.lost) == ("unknown", None)
    assert ada.reason == (
        "Whether rule 'Others' or 'Low risk' admits it depends on"
        f' risk: {{"level": "LOW"}}. {expired} {unread}'
    )


def test_session_policies_that_nobody_read_may_refuse_everybody() -> None:
    """Who loses access when is known all the same."""
    known = users(sessions=Sessions(is_unread=True))
    unread = "It depends on global session policies that the credentials may not read."
    ada = of_ada(MANAGED, OTHERS, known=known)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "no", SOON)
    assert ada.reason == f"{EXPIRES} {unread}"
    ada = of_ada(rule("Catch-all Rule"), known=known)
    assert (ada.today, ada.on_date, ada.lost, ada.reason) == ("unknown", "unknown", None, unread)
    ada = of_ada(OTHERS, known=known)
    assert (ada.today, ada.reason) == ("no", "Rule 'Others' refuses it.")


def test_what_the_rules_leave_unknown_stays_less_than_what_only_sessions_do() -> None:
    """A Mac that is not managed needs an answer to the network, too."""
    office = rule("Office", network={"connection": "ZONE", "include": ["z1"]})
    known = users(sessions=Sessions(is_unread=True))
    ada = of_ada(MANAGED, office, OTHERS, known=known)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "unknown", SOON)
    outside = rule("Outside", device={"managed": True}, network=office.conditions["network"])
    ada = of_ada(outside, rule("Home", network={"connection": "ZONE", "include": ["z2"]}), OTHERS)
    assert (ada.today, ada.lost) == ("unknown", SOON)
    ada = of_ada(
        *(outside, rule("Home", network={"connection": "ZONE", "include": ["z2"]}), OTHERS),
        known=known,
    )
    assert (ada.today, ada.lost) == ("unknown", SOON)
    assert ada.reason.endswith(
        "It depends on global session policies that the credentials may not read."
    )


def test_signal_policies_that_nobody_read_may_hide_managed_macs() -> None:
    judged_app = JudgedApp(APP, [MANAGED, OTHERS], (UNREAD_SIGNALS,))
    (ada,) = judge_app_access(judged_app, [fleet_mac()], users(), NOW, HORIZON)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "no", SOON)
    assert ada.reason == (
        f"{EXPIRES} It depends on device signal collection policies that the credentials may not"
        " read."
    )


# Records that may not be those of the account in Okta Verify any more

NEWER = record("SUSPENDED", record_id="guo2", created="2026-12-01T00:00:00.000Z", **ADA)
REGISTERED = rule("Registered", device={"registered": True})
SUPERSEDED = (
    f"The newest record that Okta has of {fleet_mac().serial} is SUSPENDED, and an older one is of"
    " ada@acme.com."
)


def test_an_older_record_does_not_surely_admit_where_any_registered_mac_is() -> None:
    ada = of_ada(REGISTERED, OTHERS, macs=[fleet_mac(record(**ADA), NEWER)])
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "unknown", ALREADY)
    assert ada.reason == SUPERSEDED
    assert [(each.mac, each.reason) for each in ada.macs] == [(SERIAL, SUPERSEDED)]
    deactivated = record("DEACTIVATED", record_id="guo2", created=NEWER.created)
    older = record(**{"ada@acme.com": "NOT_MANAGED"})
    ada = of_ada(REGISTERED, OTHERS, macs=[fleet_mac(older, deactivated)])
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "unknown", ALREADY)


def test_an_older_record_may_be_the_only_way_in_of_those_that_nobody_knows() -> None:
    """A registered Mac gets in from the office, every other one by a phone alone."""
    network = {"connection": "ZONE", "include": ["z1"]}
    office = rule("Office", device={"registered": True}, network=network)
    phone = verified({"possession": {"authenticationMethods": [{"key": "phone_number"}]}})
    macs = [fleet_mac(record(**ADA), NEWER)]
    ada = of_ada(office, phone, macs=macs)
    assert (ada.today, ada.lost) == ("unknown", ALREADY)
    assert ada.reason.startswith(f"{SUPERSEDED} Whether rule ")
    assert of_ada(office, phone).lost is None
    ada = of_ada(MANAGED, phone, macs=macs)
    assert (ada.today, ada.lost, ada.reason) == ("unknown", ALREADY, SUPERSEDED)
    assert of_ada(phone, macs=macs).lost is None


def test_an_older_record_loses_managed_access_now_and_says_it_once() -> None:
    macs = [fleet_mac(record(**ADA), NEWER)]
    ada = of_ada(MANAGED, OTHERS, macs=macs)
    assert (ada.today, ada.lost) == ("unknown", ALREADY)
    assert ada.reason == SUPERSEDED
    low_risk = rule("Low risk", device={"managed": True}, riskScore={"level": "LOW"})
    high_risk = rule("High risk", riskScore={"level": "HIGH"})
    ada = of_ada(low_risk, high_risk, OTHERS, macs=macs)
    assert (ada.today, ada.lost) == ("unknown", ALREADY)
    assert ada.reason == (
        f"{SUPERSEDED} Whether rule 'Others' or 'High risk' admits it depends on"
        ' risk: {"level": "HIGH"}.'
    )


def test_an_older_record_of_a_member_loses_what_only_members_get_on_it() -> None:
    """Others do not get in there either way."""
    registered = rule(
        "Staff", device={"registered": True}, people={"groups": {"include": ["staff"]}}
    )
    macs = [fleet_mac(record(**ADA), NEWER)]
    member, other = users(members={"staff": {"u1"}}), users(members={"staff": {"u2"}})
    ada = of_ada(registered, OTHERS, macs=macs, known=member)
    assert (ada.today, ada.lost) == ("unknown", ALREADY)
    ada = of_ada(registered, OTHERS, macs=macs, known=other)
    assert (ada.today, ada.lost) == ("no", None)


def test_an_older_record_does_not_matter_where_all_are_judged_alike() -> None:
    macs = [fleet_mac(record(**ADA), NEWER)]
    for each, today in ((rule("All"), "yes"), (OTHERS, "no")):
        ada = of_ada(each, macs=macs)
        assert (ada.today, ada.lost) == (today, None) and SUPERSEDED not in ada.reason
    ada = of_ada(REGISTERED, macs=macs, known=users(statuses={"u1": "SUSPENDED"}))
    assert (ada.today, ada.lost) == ("no", None)


def test_an_older_record_that_is_not_registered_either_may_be_judged_better_without_it() -> None:
    anybody = rule("Unregistered", device={"registered": False})
    ada = of_ada(anybody, rule("Rest", "DENY"), macs=[fleet_mac(record(**ADA), NEWER)])
    assert (ada.today, ada.reason, ada.lost) == ("unknown", SUPERSEDED, None)


@pytest.mark.parametrize(
    "anybody",
    [
        STAFF_ONLY,
        rule("Macs", platform={"include": [{"type": "DESKTOP", "os": {"type": "MACOS"}}]}),
    ],
)
def test_without_an_older_record_it_is_still_the_persons_mac(anybody: PolicyRule) -> None:
    known = users(members={"staff": {"u1"}})
    ada = of_ada(anybody, OTHERS, macs=[fleet_mac(record(**ADA), NEWER)], known=known)
    assert (ada.today, ada.lost, ada.reason) == ("yes", None, "")


def test_a_mac_that_may_be_erased_surely_admits_nobody_by_a_rule_for_registered_devices() -> None:
    registered = rule("Registered", device={"registered": True})
    ada = of_ada(registered, OTHERS, macs=[fleet_mac(record(**ADA), left_mdm=True)])
    assert ada.today == "unknown" and "If the Mac was erased" in ada.reason


def test_whether_a_person_is_in_a_group_that_okta_does_not_show_is_unknown() -> None:
    known = users(members={"sales": {"u1"}}, unread_groups=frozenset({"staff"}))
    ada = of_ada(STAFF_ONLY, OTHERS, known=known)
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "unknown", None)
    assert ada.reason == (
        "Whether rule 'Others' or 'Staff' admits it depends on members of group: staff."
    )


def test_people_whom_rules_name_do_not_share_a_verdict_with_others() -> None:
    shared = fleet_mac(record(**ADA, **{"ben@acme.com": "MANAGED", "eve@acme.com": "MANAGED"}))
    logins = {f"{name}@acme.com": f"u{number}" for number, name in enumerate(("ada", "ben", "eve"))}
    context = DeviceContext("MACOS", True, True, "guo1")
    known = Users(logins, dict.fromkeys(logins.values(), [context]))
    stop = rule("Stop", "DENY", people={"users": {"include": ["u1"]}})
    people = judged(stop, rule("All"), macs=[shared], known=known)
    assert {each.login: each.today for each in people} == {
        "ada@acme.com": "yes",
        "ben@acme.com": "no",
        "eve@acme.com": "yes",
    }


def test_a_password_is_unknown_of_some_users() -> None:
    known = users(unsure_passwords=frozenset({"u1"}))
    ada = known.find_identity("ada@acme.com")
    assert ada is not None and not ada.sure_password
    sure = users(unsure_passwords=frozenset({"u2"})).find_identity("ada@acme.com")
    assert sure is not None and sure.sure_password


def test_people_with_and_without_a_password_do_not_share_a_verdict() -> None:
    both = fleet_mac(record(**ADA, **{"ben@acme.com": "MANAGED"}))
    context = DeviceContext("MACOS", True, True, "guo1")
    known = Users(
        {"ada@acme.com": "u1", "ben@acme.com": "u2"},
        {"u1": [context], "u2": [context]},
        unsure_passwords=frozenset({"u1"}),
    )
    method = {"factorMode": "1FA", "constraints": [{"knowledge": {"types": ["password"]}}]}
    sign_on = {"access": "ALLOW", "verificationMethod": method}
    asking = PolicyRule(name="Password", status="ACTIVE", conditions={}, sign_on=sign_on)
    people = judged(asking, macs=[both], known=known)
    assert {each.login: each.today for each in people} == {
        "ada@acme.com": "unknown",
        "ben@acme.com": "yes",
    }


def test_an_expression_that_names_the_device_may_say_less_of_a_mac_that_is_not_managed() -> None:
    managed = rule("Managed", elCondition={"condition": "device.profile.managed == true"})
    ada = of_ada(managed, rule("Catch-all Rule", "DENY"))
    assert (ada.today, ada.on_date, ada.lost) == ("unknown", "unknown", SOON)
    staff = rule("Staff", elCondition={"condition": "user.status == 'ACTIVE'"})
    assert of_ada(staff, rule("Catch-all Rule", "DENY")).lost is None


def test_a_forecast_has_each_person_with_each_app_or_with_none() -> None:
    elsewhere = MacFacts("C09", person="bob@acme.com", elsewhere=True)
    fleet = Fleet([fleet_mac(), elsewhere], NOW)
    apps = [JudgedApp(APP, [MANAGED, OTHERS]), JudgedApp(App("0oa2", "Slack"), [OTHERS])]
    forecast = forecast_access(fleet, HORIZON, apps, users(), ("A note.",))
    assert [(each.login, each.app) for each in forecast.people] == [
        ("ada@acme.com", "Salesforce"),
        ("ada@acme.com", "Slack"),
    ]
    assert [each.today for each in forecast.people] == ["yes", "no"]
    assert (forecast.apps, forecast.notes) == (("Salesforce", "Slack"), ("A note.",))
    assert forecast.horizon == HORIZON
    managed = forecast_access(fleet, HORIZON)
    assert [(each.login, each.app) for each in managed.people] == [("ada@acme.com", "")]
    assert (managed.apps, managed.notes) == ((), ())
