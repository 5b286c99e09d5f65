# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person who is locked out gets a code: in a file of the one who runs it, and nowhere else."""

from __future__ import annotations

import json
import stat

import pytest

from tools.support.environment import CHECKOUT

MODULE, PLAYBOOK = "okta_temporary_access_code", CHECKOUT / "playbooks/grant_temporary_access.yml"
pytestmark = pytest.mark.lab(macs=1)


@pytest.fixture
def org(watched):
    """An org that has such codes, and whose default policy permits them."""
    org = watched.world.okta
    with watched.world.lock:
        org.add_temporary_codes()
        org.enrollment.policies[-1].enroll["tac"] = "OPTIONAL"
        org.add_user("Ann", "Adams", "ann@example.com")
    return org


@pytest.fixture
def grant(watched, run_module, org, tmp_path):
    def run(check=False, **options):
        wanted = {"user": "ann@example.com", "dest": str(tmp_path / "code"), **options}
        return run_module(MODULE, wanted, lab=watched.lab, check=check)

    return run


def user_of(org):
    return next(user for user in org.users.values() if user.login == "ann@example.com")


def test_the_code_is_in_the_file_of_its_owner_and_not_in_the_result(grant, org, tmp_path):
    done = grant(valid_minutes=60)
    code = org.temporary_codes[user_of(org).id]
    assert done["changed"] and done["policy"] == "Default Policy" and done["expires_at"], done
    assert (tmp_path / "code").read_text() == f"{code}\n"
    assert stat.S_IMODE((tmp_path / "code").stat().st_mode) == 0o600
    assert code not in json.dumps(done)
    again = grant(valid_minutes=60)
    assert again["failed"] and "exists already" in again["msg"]
    assert org.temporary_codes[user_of(org).id] == code


def test_the_groups_of_the_person_tell_which_policy_applies(grant, org):
    group = org.directory.add_group("Staff", members={user_of(org).id})
    org.enrollment.add("Staff", [group.id], {"tac": "OPTIONAL"})
    done = grant()
    assert done["policy"] == "Staff", done
    assert {each["operation"]: each["count"] for each in done["api_calls"]} == {
        "createTacAuthenticatorEnrollment": 1,
        "getUser": 1,
        "listAuthenticators": 1,
        "listPolicies": 1,
        "listPolicyRules": 1,
        "listUserGroups": 1,
    }


def test_check_mode_creates_neither_code_nor_file(watched, grant, org, tmp_path):
    mark = watched.mark()
    done = grant(check=True)
    assert done["changed"] and done["expires_at"] is None, done
    assert watched.writes(mark) == [] and org.temporary_codes == {}
    assert not (tmp_path / "code").exists()


def without_authenticator(org):
    del org.authenticators["tac"]


def forbidden_by_the_policy(org):
    group = org.directory.add_group("Contractors", members={user_of(org).id})
    org.enrollment.add("Contractors", [group.id], {"tac": "NOT_ALLOWED"})


def permitted_with_an_exclusion(org):
    group = org.directory.add_group("Contractors", members={user_of(org).id})
    policy = org.enrollment.add("Contractors", [group.id], {"tac": "OPTIONAL"})
    policy.excluded.append(user_of(org).id)


def of_a_policy_that_shows_no_group(org):
    org.enrollment.add("Hidden", [], {"tac": "OPTIONAL"})


def suspended(org):
    user_of(org).status = "SUSPENDED"


def fine(_org):
    pass


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        (without_authenticator, {}, "does not have the authenticator for temporary access codes"),
        (
            forbidden_by_the_policy,
            {},
            "enrollment policy 'Contractors' of ann@example.com does not",
        ),
        (
            permitted_with_an_exclusion,
            {},
            "user: whether enrollment policy 'Contractors' applies to ann@example.com is unknown",
        ),
        (of_a_policy_that_shows_no_group, {}, "so whether a code is permitted is unknown"),
        (suspended, {}, "has the status SUSPENDED in Okta"),
        (fine, {"user": "nobody@example.com"}, "Okta has no user with the id or login"),
        (fine, {"user": "ann"}, "Okta has no user with the id or login 'ann'. Write the whole"),
        (fine, {"user": ""}, "user: '' is neither an id nor a login. Write the whole login."),
        (fine, {"user": "ann@example.com\n"}, "is neither an id nor a login"),
        (fine, {"valid_minutes": 5}, "valid_minutes: 5 is not between 10 and 480"),
        (fine, {"multi_use": True}, "multi_use: this org permits a single use"),
        (fine, {"dest": "/nowhere/at/all"}, "dest: /nowhere/at/all cannot be written"),
        (fine, {"dest": ""}, "dest: '' names no file"),
        (fine, {"dest": "x" * 300}, "cannot be written: File name too long"),
    ],
)
def test_what_would_help_nothing_is_refused_before_a_code_is_made(
    watched, grant, org, tmp_path, change, options, says
):
    with watched.world.lock:
        change(org)
    mark = watched.mark()
    predicted = grant(check=True, **options)
    done = grant(**options)
    assert done["failed"] and says in done["msg"], done
    assert predicted["failed"] and predicted["msg"] == done["msg"], predicted
    assert watched.writes(mark) == [] and not (tmp_path / "code").exists()


def test_a_code_that_okta_refuses_leaves_no_file(watched, grant, tmp_path):
    watched.forbid("createTacAuthenticatorEnrollment")
    done = grant()
    assert done["failed"] and "okta.users.manage" in done["msg"], done
    assert not (tmp_path / "code").exists()


@pytest.mark.parametrize("fault", ["drop", "truncate", "html"])
def test_a_create_without_an_answer_says_that_the_next_run_makes_another_code(
    watched, grant, org, tmp_path, fault
):
    watched.fault(fault, "createTacAuthenticatorEnrollment", times=None)
    done = grant(api_retries=1)
    assert done["failed"] and not (tmp_path / "code").exists()
    assert done["msg"].endswith(
        "Whether createTacAuthenticatorEnrollment was carried out is unknown. No file has the code,"
        " and an earlier one may be void. Run again, which makes another code."
    )
    code = org.temporary_codes.get(user_of(org).id, "no code")
    assert code not in json.dumps(done)
    watched.world.faults.clear()
    assert not grant().get("failed") and org.temporary_codes[user_of(org).id] != code


def test_the_playbook_says_where_the_code_is_and_never_shows_it(watched, playbook, org, tmp_path):
    variables = {
        "device_trust_temporary_access_user": "ann@example.com",
        "device_trust_temporary_access_file": str(tmp_path / "code"),
    }
    predicted = playbook(watched.lab, PLAYBOOK, check=True, variables=variables)
    assert predicted.status == 0 and "The code would be written to" in predicted.output
    assert not (tmp_path / "code").exists()
    done = playbook(watched.lab, PLAYBOOK, variables=variables, arguments=["-vvv", "--diff"])
    assert done.status == 0 and f"The code is in {tmp_path / 'code'}" in done.output, done.output
    code = (tmp_path / "code").read_text().strip()
    assert code == org.temporary_codes[user_of(org).id] and code not in done.output
