# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who loses access when, by the report: what it costs, and how a run fails in time."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from lab.okta.policies import access_policies

ONE_FACTOR = {
    "access": "ALLOW",
    "verificationMethod": {"type": "ASSURANCE", "factorMode": "1FA", "constraints": []},
}


@pytest.fixture
def args(watched, run_module, tmp_path):
    """Everybody has a certificate and signed in."""
    for ring in watched.ring_variables:
        wanted = {"name": f"Okta SCEP - {ring['name']}", "blueprints": ring["blueprints"]}
        assert not run_module("kandji_scep_profile", wanted, lab=watched.lab).get("failed")
    for mac in watched.world.macs:
        mac.install_by_hand()
    watched.live(2)
    return {"rings": watched.ring_variables, "dest": str(tmp_path), "formats": ["json"]}


def report(run_module, watched, args, **options):
    result = run_module("device_trust_report", {**args, **options}, lab=watched.lab)
    assert not result.get("failed"), result
    return result


def require_managed(watched, label="Salesforce", **conditions):
    """Give an app a policy that admits managed Macs alone. Return the id of the policy."""
    org = watched.world.okta
    with watched.world.lock:
        policy = org.policies.add(f"Managed {label}")
        policy.catch_all.actions = access_policies.accept_actions({"appSignOn": {"access": "DENY"}})
        body = {
            "name": "Managed",
            "conditions": {"device": {"registered": True, "managed": True}, **conditions},
            "actions": {"appSignOn": ONE_FACTOR},
        }
        org.policies.add_rule(policy, access_policies.Rules().accept(body))
        org.assign(org.directory.app(label), policy)
    return policy.id


def test_the_report_says_who_would_lose_access_when(watched, run_module, args):
    access = report(run_module, watched, args)["access"]
    assert access["apps"] == [] and access["counts_today"]["gets_in"] > 5
    assert access["losing_people"] == 0 and access["counts_on_date"] == access["counts_today"]
    later = report(run_module, watched, args, within_days=365)["access"]
    assert later["losing_people"] == later["counts_today"]["gets_in"]
    assert later["counts_on_date"]["gets_in"] == 0
    assert [row["lost"][:10] for row in later["losing"]] == [later["calendar"][0]["date"]] * later[
        "losing_people"
    ]
    assert all("nothing renews it before." in row["reason"] for row in later["losing"])
    written = json.loads((Path(args["dest"]) / "device-trust.json").read_text())["access"]
    assert Counter(row["today"] for row in written["people"]) == Counter(
        {state: count for state, count in later["counts_today"].items() if count}
    )


@pytest.mark.parametrize("check", [False, True])
def test_a_run_fails_before_too_many_lose_access(watched, run_module, args, check):
    calm = report(run_module, watched, args, max_losing_access=0)
    asked = {**args, "within_days": 365, "max_losing_access": 2}
    result = run_module("device_trust_report", asked, lab=watched.lab, check=check)
    people = result["access"]["losing_people"]
    assert result["failed"] and calm["access"]["losing_people"] == 0
    assert result["msg"].startswith(f"max_losing_access: {people} people would lose access until ")
    assert f"or set max_losing_access to {people}." in result["msg"]
    assert result["changed"] and len(result["files"]) == 1 and result["changes"]
    written = json.loads((Path(args["dest"]) / "device-trust.json").read_text())["access"]
    assert (written["losing_people"] == people) is not check
    warned = report(run_module, watched, asked, on_losing_access="warn")
    assert [text for text in warned["warnings"] if text == result["msg"]]
    assert not report(run_module, watched, {**asked, "max_losing_access": people}).get("failed")


def test_a_date_is_the_end_of_its_day(watched, run_module, args):
    today = f"{watched.world.clock.now():%Y-%m-%d}"
    result = report(run_module, watched, args, on_date=today)
    assert result["access"]["on_date"] == f"{today}T23:59:59Z"


def test_a_date_that_is_too_far_says_so(watched, run_module, args):
    asked = {**args, "on_date": "9999-12-31"}
    result = run_module("device_trust_report", asked, lab=watched.lab)
    assert result["msg"].startswith("on_date: '9999-12-31' is out of range."), result
    assert report(run_module, watched, args, on_date="8999-12-31")["access"]


@pytest.mark.parametrize("check", [False, True])
def test_a_date_that_has_passed_is_refused_at_once(watched, run_module, args, check):
    """The clock of the controller decides nothing: Okta's first answer has the time."""
    asked = {**args, "on_date": "2020-01-01", "apps": ["Salesforce"]}
    result = run_module("device_trust_report", asked, lab=watched.lab, check=check)
    assert result["failed"] and result["msg"].startswith("on_date: 2020-01-01 has passed.")
    assert {each["operation"] for each in result["api_calls"]} <= {
        "listCertificateAuthorities",
        "listRegistrationAuthorities",
    }
    assert list(Path(args["dest"]).iterdir()) == []


def written_date(args):
    return json.loads((Path(args["dest"]) / "device-trust.json").read_text())["access"]["on_date"]


def test_a_report_for_another_date_is_written_and_one_for_the_same_is_not(
    watched, run_module, args
):
    """By no figure can the reports for 200 and 201 days be told apart."""
    watched.world.clock.advance(minutes=10)  # what has just changed is unconfirmed
    now = watched.world.clock.now()

    def run(check=False, **options):
        asked = {**args, **options}
        result = run_module("device_trust_report", asked, lab=watched.lab, check=check)
        assert not result.get("failed"), result
        return result["changed"]

    assert run(within_days=200) and not run(within_days=200)
    assert run(within_days=201, check=True) and run(within_days=201)
    assert written_date(args)[:10] == f"{now + timedelta(days=201):%Y-%m-%d}"
    date = f"{now + timedelta(days=201):%Y-%m-%d}"
    assert run(on_date=date) and not run(on_date=f"{date}T23:59:59Z")
    assert run(within_days=201)
    watched.world.clock.advance(days=1)  # without a check-in, the fleet stays as it is
    assert not run(within_days=201)
    assert written_date(args)[:10] == date


FORMS = {
    "2040-12-24": "2040-12-24T23:59:59Z",
    "'2040-12-24'": "2040-12-24T23:59:59Z",
    "2040-12-24 10:00:00": "2040-12-24T10:00:00Z",
    "2040-12-24 00:00:00": "2040-12-24T00:00:00Z",
    "2040-12-24T10:00:00Z": "2040-12-24T10:00:00Z",
    "2040-12-24T10:00:00+02:00": "2040-12-24T08:00:00Z",
    "2040-12-24 10:00:00 -5": "2040-12-24T15:00:00Z",
    "'2040-12-24T10:00:00+0200'": "2040-12-24T08:00:00Z",
    "'2040-12-24T00:00'": "2040-12-24T00:00:00Z",
}


@pytest.mark.long
@pytest.mark.lab(macs=1)
def test_a_date_may_be_written_in_any_form_of_yaml(watched, playbook, tmp_path):
    """YAML reads a date without quotes as a date, which Ansible passes on as a text."""
    tasks = [
        "    - devicetrust.okta_kandji.device_trust_report:\n"
        f"        rings: {json.dumps(watched.ring_variables)}\n"
        f"        dest: {tmp_path}/{number}\n        formats: [json]\n        on_date: {form}\n"
        for number, form in enumerate(FORMS)
    ]
    play = tmp_path / "play.yml"
    play.write_text("- hosts: localhost\n  gather_facts: false\n  tasks:\n" + "".join(tasks))
    python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    done = playbook(watched.lab, play, variables=python)
    assert done.status == 0, done.output
    dates = [written_date({"dest": tmp_path / str(number)}) for number in range(len(FORMS))]
    assert dict(zip(FORMS, dates, strict=True)) == FORMS


def test_the_rules_of_apps_decide_and_cost_their_pages_alone(watched, run_module, args):
    org = watched.world.okta
    group = org.directory.add_group("Mac users")
    group.members = set(org.users)
    require_managed(watched, people={"groups": {"include": [group.id]}})
    require_managed(watched, "Slack", people={"groups": {"include": [group.id]}})
    plain = Counter(
        {
            each["operation"]: each["count"]
            for each in report(run_module, watched, args)["api_calls"]
        }
    )
    result = report(run_module, watched, args, apps=["Salesforce", "Slack"], within_days=365)
    calls = Counter({each["operation"]: each["count"] for each in result["api_calls"]})
    assert calls - plain == {
        "listApplications": math.ceil(len(org.directory.apps) / 200),
        "listPolicies": 3,  # of apps, global sessions and device signals
        "listPolicyRules": 3,  # of the apps and of the default global session policy
        "listGroupUsers": 1,
    }
    # Read once for both: why nobody registered a Mac, and whether Okta FastPass is active.
    assert calls["listAuthenticators"] == calls["listAuthenticatorMethods"] == 1
    access = result["access"]
    assert access["apps"] == ["Salesforce", "Slack"]
    assert access["losing_people"] == access["counts_today"]["gets_in"] > 5
    assert len(access["losing"]) == 2 * access["losing_people"]


def test_an_app_whose_policy_is_not_active_surely_admits_nobody(watched, run_module, args):
    policy = watched.world.okta.policies.by_id[require_managed(watched)]
    policy.status = "INACTIVE"
    access = report(run_module, watched, args, apps=["Salesforce"], within_days=365)["access"]
    problem = (
        "Policy 'Managed Salesforce': it is INACTIVE, so which rules apply to its apps is unknown."
        " Activate the policy in the Admin Console."
    )
    assert access["notes"] == [problem] and access["losing_people"] == 0
    assert access["counts_today"]["gets_in"] == 0 and access["counts_today"]["unknown"] > 5


def test_an_app_that_anybody_may_use_is_lost_by_nobody(watched, run_module, args):
    org = watched.world.okta
    with watched.world.lock:
        policy = org.policies.add("Open")
        policy.catch_all.actions = access_policies.accept_actions({"appSignOn": ONE_FACTOR})
        org.assign(org.directory.app("Salesforce"), policy)
    access = report(run_module, watched, args, apps=["Salesforce"], within_days=365)["access"]
    assert access["losing_people"] == 0 and access["calendar"] == []


def test_an_account_that_is_suspended_is_refused_where_no_rule_names_a_group(
    watched, run_module, args
):
    require_managed(watched)
    before = report(run_module, watched, args, apps=["Salesforce"])["access"]["counts_today"]
    (user_id, *_more) = watched.world.macs[0].accounts
    watched.world.okta.users[user_id].status = "SUSPENDED"
    counts = report(run_module, watched, args, apps=["Salesforce"])["access"]["counts_today"]
    assert counts["refused"] == before["refused"] + 1
    assert counts["gets_in"] == before["gets_in"] - 1


def test_a_rule_that_names_a_deleted_group_leaves_its_people_unknown(watched, run_module, args):
    group = watched.world.okta.directory.add_group("Mac users")
    require_managed(watched, people={"groups": {"include": [group.id]}})
    del watched.world.okta.directory.groups[group.id]
    access = report(run_module, watched, args, apps=["Salesforce"], within_days=365)["access"]
    assert access["notes"] == [
        f"Okta has no group {group.id}, which a policy or a rule names, so whom it concerns is"
        " unknown. Remove the group there, and run again."
    ]
    assert access["counts_today"]["gets_in"] == 0 and access["counts_today"]["unknown"] > 5
