# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is visible of a console-managed SCEP item on Macs."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.certificate_proof import (
    Proof,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    console_evidence as evidence,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.scep import (
    Plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    InstalledProfile,
    ItemStatus,
    LibraryItem,
    PrismCertificate,
)

CANARY, SALES = Blueprint("b-canary", "Canary"), Blueprint("b-sales", "Sales")
PLAN = replace(
    Plan(Wanted(None, None, [CANARY, SALES]), "SCEP", None),
    console_item=LibraryItem("i1", "SCEP"),
)
OLD, OTHER = "0c5e1a10-0000-4000-8000-0000000000ff", "1c5e1a10-0000-4000-8000-0000000000ff"


def test_blueprints_that_get_the_item_show_nothing_of_it_yet() -> None:
    assert evidence.find_kept_blueprints(PLAN) == ["b-canary", "b-sales"]
    assigned = replace(PLAN, assignment=Assignment([SALES], []))
    assert evidence.find_kept_blueprints(assigned) == ["b-canary"]


def certificate(serial: str, name: str) -> PrismCertificate:
    return PrismCertificate("d", serial, name)


def test_a_certificate_is_judged_by_the_profiles_of_its_mac() -> None:
    reported = {"C01": [InstalledProfile("d", "C01", payload_uuid=OLD)]}
    certificates = [
        certificate("C01", f"C01 {OLD}"),
        certificate("C01", "VPN"),
        certificate("C02", f"C02 {OLD}"),
    ]
    assert evidence.judge_certificates(reported, certificates) == {
        "C01": {Proof.PROVED, Proof.NONE},
        "C02": {Proof.FORMER},
    }


def test_evidence_counts_the_macs_of_the_blueprints() -> None:
    plan = replace(PLAN, assignment=Assignment([SALES], []))
    statuses = [
        ItemStatus("d1", blueprint_id="b-canary", status="PASS"),
        ItemStatus("d2", blueprint_id="b-canary", status="PASS"),
        ItemStatus("d3", blueprint_id="b-sales", status="PASS"),
    ]
    profiles = [
        InstalledProfile("d1", "C01", payload_uuid=OLD),
        InstalledProfile("d9", "C09", payload_uuid=OTHER),
    ]
    certificates = [
        certificate("C01", f"C01 {OLD}"),
        certificate("C02", f"C02 {OTHER}"),
        certificate("C03", "VPN"),
        certificate("C09", f"C09 {OTHER}"),
    ]
    serials = {"C01", "C02", "C03", "C04"}
    result = evidence.summarize_evidence(plan, serials, statuses, profiles, certificates)
    assert result == {"statuses": {"installed": 2}, "certificates": 1, "unproved": 1, "profiles": 1}
