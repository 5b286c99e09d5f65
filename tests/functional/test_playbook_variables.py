# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of the playbooks as people set them: as text, and by names of other variables."""

from __future__ import annotations

import pytest

from tools.support.playbook import SITE

QUICK = {"device_trust_gate_wait": 0, "device_trust_poll_interval": 1}
RENEW, REPORT = SITE.parent / "renew_certificates.yml", SITE.parent / "report.yml"


@pytest.mark.lab(macs=3)
@pytest.mark.parametrize("text", ["false", "False", "no", "0"])
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
        "device_trust_report_dir": "reports",
    }
    result = playbook(watched.lab, path=path, variables=variables)
    text = " ".join(result.output.split())
    assert result.status == 2 and watched.asked() == [], result.output
    assert (
        "device_trust_okta_api_token: Its value refers to 'vault_okta_token', which is undefined."
        in text
    )
    assert "device_trust_ca_fingerprint: Its value refers to 'vault', which is undefined." in text
