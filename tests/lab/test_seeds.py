# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab begins anew at the same addresses.

With ten years behind it, or with nothing made in the consoles.
"""

from __future__ import annotations

import pytest
import requests

from lab.__main__ import parse


def ask(lab, verb, path, body=None):
    told = lab.announcement
    return requests.request(
        verb,
        told["control_url"] + path,
        json=body,
        headers={"Authorization": f"Bearer {told['control_token']}"},
        verify=told["ca_file"],
        timeout=60,
    )


def test_the_addresses_stay_and_the_company_is_another(fresh_lab):
    before, world = dict(fresh_lab.announcement), fresh_lab.world
    answer = ask(fresh_lab, "POST", "/begin", {"macs": 3})
    assert (
        answer.status_code == 200
        and answer.json() == fresh_lab.announcement
        and fresh_lab.world is not world
    )
    same = (
        "okta_url",
        "kandji_url",
        "control_url",
        "control_token",
        "ca_file",
        "okta_api_token",
        "kandji_api_token",
    )
    assert {name: answer.json()[name] for name in same} == {name: before[name] for name in same}
    assert len(ask(fresh_lab, "GET", "/state").json()["macs"]) == 3


@pytest.mark.parametrize("body", [{"mac": 3}, {"macs": "3"}, {"macs": True}, {"past": 1}])
def test_a_wrong_option_is_told_and_nothing_begins(fresh_lab, body):
    world = fresh_lab.world
    assert ask(fresh_lab, "POST", "/begin", body).status_code == 400 and fresh_lab.world is world


def test_ten_years_leave_the_fleet_as_it_is(fresh_lab):
    plain = ask(fresh_lab, "GET", "/state").json()
    ask(fresh_lab, "POST", "/begin", {"past": True})
    old = ask(fresh_lab, "GET", "/state").json()
    assert [mac["serial"] for mac in old["macs"]] == [mac["serial"] for mac in plain["macs"]]
    assert (
        len(old["kandji"]["blueprints"]) > 30
        and len(old["kandji"]["items"]) > 90
        and old["kandji"]["devices"] > 100
    )
    serials = [record["serial"] for record in old["okta"]["devices"]]
    assert any(serials.count(mac["serial"]) > 1 for mac in old["macs"]) and any(
        not record["users"] for record in old["okta"]["devices"]
    )
    assert len(old["certificates"]) == 2 * len(old["macs"])


@pytest.mark.lab(consoles=False)
def test_nothing_is_made_until_somebody_makes_it(fresh_lab):
    assert fresh_lab.announcement["scep_url"] == fresh_lab.announcement["scep_challenge"] == ""
    assert "Okta Verify" not in [
        item["name"] for item in ask(fresh_lab, "GET", "/state").json()["kandji"]["items"]
    ]
    url, ca_file = fresh_lab.world.okta.platform.scep_url, fresh_lab.announcement["ca_file"]
    assert (
        requests.get(url, params={"operation": "GetCACaps"}, verify=ca_file, timeout=60).status_code
        == 404
    )
    shown = ask(fresh_lab, "POST", "/okta/platform").json()
    assert shown["scep_url"] == url and shown["scep_challenge"]
    assert (
        requests.get(url, params={"operation": "GetCACaps"}, verify=ca_file, timeout=60).status_code
        == 200
    )
    assert ask(fresh_lab, "POST", "/okta/platform").status_code == 400


def test_a_lab_is_like_a_tenant_until_it_begins_as_another(fresh_lab):
    like = {"switches": {"mixed_case_ids": True, "page_rows": 7}, "limits": {"devices": 33}}
    for body, positions in (({"like": like}, (True, 7, 33)), ({"like": {}}, (False, 300, 100_000))):
        ask(fresh_lab, "POST", "/begin", body)
        world = fresh_lab.world
        switches = world.switches
        limit = world.okta.limits.per_minute["devices"]
        assert (switches.mixed_case_ids, switches.page_rows, limit) == positions


@pytest.mark.parametrize(
    "like",
    [{"colour": 1}, {"switches": {"colour": 1}}, {"switches": []}, {"limits": {"devices": 0}}],
)
def test_a_lab_is_not_like_what_it_does_not_know(fresh_lab, like):
    world = fresh_lab.world
    answer = ask(fresh_lab, "POST", "/begin", {"like": like})
    assert answer.status_code == 400 and fresh_lab.world is world


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"lab": {"switches": {"colour": 1}}}', "'colour' is not known here"),
        ("[]", "has no answers of a tenant"),
        ("{}", "has no answers of a tenant"),
        ('{"lab": 7}', "has no answers of a tenant"),
        ("no JSON", "has no answers of a tenant"),
    ],
)
def test_a_file_that_is_not_a_tenants_answers_is_refused(tmp_path, capsys, text, problem):
    file = tmp_path / "answers.json"
    file.write_text(text)
    with pytest.raises(SystemExit):
        parse(["--like", str(file)])
    assert problem in capsys.readouterr().err


def test_a_tenants_answers_are_read_from_a_file(tmp_path):
    file = tmp_path / "answers.json"
    file.write_text('{"lab": {"switches": {"mixed_case_ids": true}, "limits": {}}, "points": []}')
    options, _directory = parse(["--like", str(file)])
    assert options.like == {"switches": {"mixed_case_ids": True}, "limits": {}}
    with pytest.raises(SystemExit):
        parse(["--like", str(tmp_path / "none.json")])
