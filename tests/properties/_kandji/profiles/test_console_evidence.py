# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is visible of an item never counts more Macs than its blueprints have."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.console_evidence import (
    summarize_evidence,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.scep import (
    Plan,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    InstalledProfile,
    LibraryItem,
    PrismCertificate,
)
from hypothesis import given
from hypothesis import strategies as st

PLAN = replace(Plan(Wanted(None, None, []), "SCEP", None), console_item=LibraryItem("i1", "SCEP"))
UUIDS = ["0c5e1a10-0000-4000-8000-0000000000ff", "1c5e1a10-0000-4000-8000-0000000000ff"]
serials = st.sampled_from(["C01", "C02", "C03"])
profiles = st.lists(
    st.builds(
        lambda serial, uuid: InstalledProfile("d", serial, payload_uuid=uuid),
        serials,
        st.sampled_from(UUIDS),
    )
)
certificates = st.lists(
    st.builds(
        lambda serial, uuid: PrismCertificate("d", serial, f"{serial} {uuid}"),
        serials,
        st.sampled_from([*UUIDS, ""]),
    )
)


@given(st.sets(serials), profiles, certificates)
def test_each_mac_counts_once(
    macs: set[str], held: list[InstalledProfile], issued: list[PrismCertificate]
) -> None:
    result = summarize_evidence(PLAN, macs, [], held, issued)
    assert result["certificates"] + result["unproved"] <= len(macs)
    assert result["profiles"] <= len(macs)
    assert summarize_evidence(PLAN, macs, [], held[::-1], issued[::-1]) == result
