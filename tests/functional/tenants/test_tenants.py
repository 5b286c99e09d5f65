# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several tenants as hosts of one run. Each has a lab of its own."""

from __future__ import annotations

import contextlib
import html
import json

import pytest

from lab.server import Lab
from lab.state import Options
from tests.support.secret_search import find_traces
from tools.support.playbook import SITE, run_playbook

PLAYBOOKS = SITE.parent
NAMES = ("acme", "globex", "initech")
SUMMARY = {"ANSIBLE_CALLBACKS_ENABLED": "play_record,devicetrust.okta_kandji.tenants"}
HOSTS = {"device_trust_hosts": "tenants"}
SECRETS = (
    "device_trust_okta_api_token",
    "device_trust_kandji_api_token",
    "device_trust_scep_challenge",
)
VARIABLES = {
    "device_trust_okta_org_url": "okta_url",
    "device_trust_okta_api_token": "okta_api_token",
    "device_trust_kandji_api_url": "kandji_url",
    "device_trust_kandji_api_token": "kandji_api_token",
    "device_trust_scep_url": "scep_url",
    "device_trust_scep_challenge": "scep_challenge",
    "device_trust_ca_path": "ca_file",
    "device_trust_rings": "rings",
}


class Tenants:
    """Labs by the names of their tenants, and an inventory of them."""

    def __init__(self, labs, directory):
        self.labs, self.directory = labs, directory
        self.hosts = {
            name: {key: lab.announcement[value] for key, value in VARIABLES.items()}
            for name, lab in labs.items()
        }
        self.vars = {
            "ansible_connection": "local",
            "device_trust_report_dir": f"{directory}/{{{{ inventory_hostname }}}}/report",
            "device_trust_state_dir": f"{directory}/{{{{ inventory_hostname }}}}/state",
            "device_trust_gate_wait": 0,
            "device_trust_poll_interval": 1,
        }

    def run(self, playbook, *arguments, **options):
        """Run a playbook on all tenants."""
        inventory = self.directory / "tenants.yml"
        group = {"hosts": self.hosts, "vars": self.vars}
        inventory.write_text(json.dumps({"all": {"children": {"tenants": group}}}))
        variables = {**HOSTS, **options.pop("variables", {})}
        return run_playbook(
            PLAYBOOKS / f"{playbook}.yml",
            None,
            inventory=inventory,
            arguments=arguments,
            variables=variables,
            environment={
                **SUMMARY,
                "DEVICE_TRUST_TENANTS_PAGE_DIR": str(self.directory / "all"),
            },
            **options,
        )

    def writes(self, name):
        """Return the operations that wrote to a tenant, without those of its Macs."""
        requests = self.labs[name].world.requests
        return [
            each.operation
            for each in requests
            if each.writes and "(lab Mac)" not in each.user_agent
        ]


@pytest.fixture
def tenants(tmp_path):
    with contextlib.ExitStack() as stack:
        labs = {
            name: stack.enter_context(Lab(Options(macs=1, limits="high", seed=number)))
            for number, name in enumerate(NAMES)
        }
        yield Tenants(labs, tmp_path)


def summary(result):
    """Return the lines of the summary, without the path of the page."""
    lines = result.output.partition("\nTENANTS *")[2].splitlines()[1:]
    return [line for line in lines if line.strip() and "tenants.html" not in line]


def test_a_broken_tenant_leaves_the_others_alone(tenants):
    tenants.hosts["globex"]["device_trust_kandji_api_token"] = "of-another-tenant"
    result = tenants.run("site")
    assert result.status == 2, result.output
    assert tenants.writes("globex") == [] and tenants.writes("acme") == tenants.writes("initech")
    assert "Create Custom Profile" in tenants.writes("acme")
    lines = summary(result)
    assert [line.split()[:2] for line in lines[:3]] == [
        ["acme", "waits"],
        ["initech", "waits"],
        ["globex", "failed"],
    ], result.output
    assert "0 of 1 Macs managed." in lines[0] and "at ring canary" in lines[0]
    assert "Kandji" in lines[2] and "Nothing was written" in lines[2]
    assert "\nglobex: Problems:\n  1. The token for " in result.output
    kept = [path.read_text() for path in (tenants.directory / "all").iterdir()]
    assert len(kept) >= 2  # the page and its data
    for name, values in tenants.hosts.items():
        secrets = {key: value for key, value in values.items() if key in SECRETS}
        assert find_traces(secrets, [result.output, *kept]) == {}, name
    assert "\nacme: Plan, in this order" in result.output
    assert lines[3:] == [
        "3 tenants: 1 failed, 2 waits.",
        "To repeat the run for those that failed: --limit globex",
    ]


@pytest.mark.long
def test_each_tenant_has_its_report_and_a_first_batch_that_fails_ends_the_run(tenants):
    first = tenants.run("report")
    assert first.status == 0, first.output
    reports = [tenants.directory / name / "report" / "device-trust.json" for name in NAMES]
    urls = [json.loads(path.read_text())["org_url"] for path in reports]
    assert urls == [lab.announcement["okta_url"] for lab in tenants.labs.values()]
    assert summary(first)[-1] == "3 tenants: 3 changed."

    tenants.hosts["acme"]["device_trust_okta_api_token"] = "of-another-tenant"
    batches = {"device_trust_batches": "1,100%"}
    again = tenants.run("report", variables=batches)
    assert again.status == 2 and [*again.stats] == ["acme"], again.output
    kept = json.loads((tenants.directory / "all" / "tenants.json").read_text())
    assert [(name, kept[name]["outcome"], kept[name]["stages"]) for name in NAMES] == [
        ("acme", "failed", {"NOT_ROLLED_OUT": 1}),
        ("globex", "changed", {"NOT_ROLLED_OUT": 1}),
        ("initech", "changed", {"NOT_ROLLED_OUT": 1}),
    ]
    page = (tenants.directory / "all" / "tenants.html").read_text()
    assert 'href="../globex/report/device-trust.html"' in page
    assert kept["acme"]["remark"].startswith("The token for ")
    assert html.escape(kept["acme"]["remark"]) in page
    assert "of-another-tenant" not in page
    alone = tenants.run("report", "--limit", "globex,initech", variables=batches)
    assert alone.status == 0 and [*alone.stats] == ["globex", "initech"], alone.output


def test_a_directory_that_all_tenants_share_is_refused_before_a_request(tenants):
    tenants.vars["device_trust_report_dir"] = shared = str(tenants.directory / "report")
    result = tenants.run("report")
    assert result.status == 2 and not tenants.labs["acme"].world.requests, result.output
    for host, other in zip(NAMES, [*NAMES[1:], NAMES[0]], strict=True):
        problem = f"device_trust_report_dir: {host} and {other} have the same directory, {shared}."
        assert problem in result.output
    assert "device_trust_state_dir" not in result.output.partition("have the same directory")[2]
    assert len(summary(result)) == 5


def test_a_notification_names_its_tenant_also_where_a_limit_leaves_one(tenants):
    text = {"device_trust_notification": "The clean-up stopped."}
    several = tenants.run("notify", variables=text)
    assert "globex: The clean-up stopped." in several.output, several.output
    one = tenants.run("notify", "--limit", "globex", variables=text)
    assert "globex: The clean-up stopped." in one.output and not summary(one), one.output
    assert "The clean-up stopped." in one.output
