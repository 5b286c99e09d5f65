# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the playbooks as people set them: as text, and by names of other variables."""

from __future__ import annotations

import json

import pytest

from tests.functional.helpers.canaries import KANDJI_TOKEN, OKTA_TOKEN
from tools.support.playbook import SITE, run_playbook

COLLECTION = "devicetrust.okta_kandji."
QUICK = {"device_trust_gate_wait": 0, "device_trust_poll_interval": 1}
RENEW, REPORT = SITE.parent / "renew_certificates.yml", SITE.parent / "report.yml"
STATUS = SITE.parent / "device_status.yml"


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize(
    "text",
    ["false", *(pytest.param(text, marks=pytest.mark.long) for text in ("False", "no", "0"))],
)
def test_a_boolean_that_is_text_decides_by_its_meaning(watched, playbook, text):
    variables = {**QUICK, "device_trust_certificate_check": text, "device_trust_enforce": text}
    result = playbook(watched.lab, variables=variables)
    assert result.status == 0, result.output
    assert "Create Custom Script" not in watched.writes()
    assert not [name for name in result.changed if "certificate check" in name]


@pytest.mark.lab(macs=3)
def test_a_boolean_that_is_text_never_turns_check_mode_off(watched, playbook):
    variables = {**QUICK, "kandji_scep_plan_only": "false", "okta_verify_plan_only": "false"}
    result = playbook(watched.lab, variables=variables, check=True)
    assert result.status == 0 and watched.writes() == [], result.output


@pytest.mark.lab(macs=1)
@pytest.mark.parametrize("path", [SITE, RENEW, REPORT], ids=lambda path: path.stem)
def test_a_variable_that_refers_to_an_undefined_one_ends_the_run_before_it_begins(
    watched, playbook, path
):
    """The vault file was forgotten; the environment has the token of another tenant."""
    variables = {
        **QUICK,
        "device_trust_okta_api_token": "{{ vault_okta_token }}",
        "device_trust_ca_fingerprint": "{{ vault.fingerprint }}",
        "device_trust_max_reissue": "{{ limits.reissue }}",
        "device_trust_report_dir": "reports",
    }
    result = playbook(watched.lab, path=path, variables=variables)
    text = " ".join(result.output.split())
    assert result.status == 2 and watched.asked() == [], result.output
    assert (
        "device_trust_okta_api_token: its value refers to 'vault_okta_token', which is undefined."
        in text
    )
    assert "device_trust_ca_fingerprint: its value refers to 'vault', which is undefined." in text
    assert "device_trust_max_reissue: its value refers to 'limits', which is undefined." in text


@pytest.mark.lab(macs=1)
def test_everything_that_is_wrong_is_said_before_the_first_request(watched, playbook):
    variables = {
        "device_trust_gate_wait": "ten",
        "device_trust_poll_intervall": 1,
        "device_trust_rings": ["canary"],
        "device_trust_max_reissue": -1,
    }
    for check in (True, False):
        result = playbook(watched.lab, variables=variables, check=check)
        assert result.status == 2 and watched.asked() == []
        assert result.results("Validate the variables")[0]["msg"].splitlines() == [
            "device_trust_poll_intervall: this variable does not exist; did you mean"
            " 'device_trust_poll_interval'?",
            "device_trust_rings[0]: 'canary' is not a ring. Write its keys, at least name and"
            " blueprints.",
            "device_trust_max_reissue: -1 is out of range. Set a number from 0 to 1000000.",
            "device_trust_gate_wait: 'ten' is not a whole number. Set one from 0 to 14400.",
            "Nothing was sent.",
        ]


@pytest.mark.lab(macs=1)
def test_a_relative_path_begins_where_the_user_stands(watched, playbook, tmp_path):
    variables = {"device_trust_report_dir": "reports", "device_trust_state_dir": "./state"}
    result = playbook(watched.lab, REPORT, variables=variables, directory=tmp_path)
    assert result.status == 0, result.output
    assert (tmp_path / "reports").is_dir() and (tmp_path / "state").is_dir()
    assert not list(REPORT.parent.glob("reports")) + list(REPORT.parent.glob("state"))
    paths = (
        f"Paths: device_trust_state_dir: {tmp_path}/state,"
        f" device_trust_report_dir: {tmp_path}/reports"
    )
    assert paths in result.output


@pytest.mark.lab(macs=1)
def test_a_run_says_in_a_line_where_it_goes_and_where_its_credentials_come_from(watched, playbook):
    told = watched.lab.announcement
    variables = {
        "device_trust_status_serials": "c0nobody, CNOBODY2",
        "device_trust_kandji_api_token": "{{ vault_kandji_token }}",
        "vault_kandji_token": told["kandji_api_token"],
    }
    result = playbook(watched.lab, STATUS, variables=variables)
    assert result.status == 0, result.output
    assert (
        f"Okta: {told['okta_url']} from OKTA_CLIENT_ORGURL (environment), credentials from"
        f" OKTA_CLIENT_TOKEN (environment). Kandji: {told['kandji_url']} from IRUCTL_TENANT"
        " (environment), credentials from device_trust_kandji_api_token (extra vars, by"
        " vault_kandji_token (extra vars)). Paths:"
    ) in result.output
    assert told["kandji_api_token"] not in result.output
    assert "no Mac with these serial numbers: C0NOBODY, CNOBODY2." in result.output


@pytest.mark.lab(macs=2)
def test_the_status_alone_needs_no_challenge(watched, playbook):
    environment = {"OKTA_SCEP_CHALLENGE": "", "OKTA_SCEP_URL": ""}
    tags = ["--tags", "managed_status"]
    result = playbook(watched.lab, arguments=tags, environment=environment)
    assert result.status == 0 and watched.writes() == [], result.output
    assert "Plan, in this order" not in result.output
    refused = playbook(watched.lab, environment=environment)
    assert refused.status == 2 and watched.writes() == []


@pytest.mark.lab(macs=2)
def test_a_limit_of_a_module_is_called_by_the_name_that_the_user_set(watched, playbook):
    result = playbook(watched.lab, variables={"device_trust_max_new": 0})
    problems = result.output.partition("Problems:\n")[2]
    assert result.status == 2 and watched.writes() == []
    assert "Set device_trust_max_new: " in problems and "'Canary'" in problems, result.output


@pytest.mark.parametrize("values", [{}, {"device_trust_gate_wait": "ten"}])
def test_the_module_sends_nothing_and_needs_no_connection(values, tmp_path):
    """On a host that nobody reaches."""
    task = {COLLECTION + "validate_variables": {"playbook": "configure_awx"}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(json.dumps({"all": {"hosts": {"nowhere.invalid": {}}}}))
    result = run_playbook(tmp_path / "play.yml", None, variables=values, inventory=inventory)
    assert result.status == (2 if values else 0), result.output
    assert result.total("unreachable") == 0 and result.changed == []


def test_hosts_that_the_inventory_names_too_late_are_refused(tmp_path):
    task = {COLLECTION + "validate_variables": {"playbook": "configure_awx"}}
    hosts = "{{ device_trust_hosts | default('localhost') }}"
    play = {"hosts": hosts, "gather_facts": False, "tasks": [task]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    names = {"desk": {}, "localhost": {}}
    values = {"ansible_connection": "local", "device_trust_hosts": "desk"}
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(json.dumps({"all": {"hosts": names, "vars": values}}))
    result = run_playbook(tmp_path / "play.yml", None, inventory=inventory)
    assert result.status == 2, result.output
    assert (
        "device_trust_hosts: it is 'desk', and the play runs on localhost. The inventory is read too"
        " late for it: set it on the command line (-e)." in result.output
    )
    chosen = {"device_trust_hosts": "desk"}
    result = run_playbook(tmp_path / "play.yml", None, variables=chosen, inventory=inventory)
    assert result.status == 0 and "ok: [desk]" in result.output, result.output


@pytest.mark.parametrize("hosts", [["acme"], ["acme", "labs"]])
def test_several_hosts_take_no_token_of_the_environment(hosts, tmp_path):
    task = {COLLECTION + "validate_variables": {"playbook": "clean_up_records"}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [task]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    names = {
        name: {
            "device_trust_okta_org_url": f"https://{name}.okta.com",
            "device_trust_kandji_api_url": f"https://{name}.api.kandji.io",
        }
        for name in hosts
    }
    variables = {"ansible_connection": "local"}
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(json.dumps({"all": {"hosts": names, "vars": variables}}))
    environment = {"OKTA_CLIENT_TOKEN": OKTA_TOKEN, "IRUCTL_TOKEN": KANDJI_TOKEN}
    result = run_playbook(tmp_path / "play.yml", None, inventory=inventory, environment=environment)
    refused = (
        "device_trust_kandji_api_token: it comes from IRUCTL_TOKEN in the environment, and the"
    )
    assert result.status == (2 if len(hosts) > 1 else 0), result.output
    assert (f"{refused} play runs on 2 hosts." in result.output) is (len(hosts) > 1)
    assert KANDJI_TOKEN not in result.output and OKTA_TOKEN not in result.output
