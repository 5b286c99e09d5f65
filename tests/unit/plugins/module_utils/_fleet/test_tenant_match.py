# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an org and a tenant seem unrelated, for fleets of every size."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.tenant_match import (
    SharedMacs,
    describe_refusal,
    describe_warning,
)

from tests.unit.plugins.module_utils._fleet.builders import mac, record


@pytest.mark.parametrize(
    "recorded, enrolled, shared, warning, refusal",
    [
        # two companies
        (23, 12, 0, True, True),
        (10, 10, 0, True, True),
        (500, 400, 1, True, True),
        (9, 500, 0, True, True),
        (3, 3, 0, True, True),
        # the first Macs of Kandji, while people still use those of another device management
        (200, 3, 0, True, True),
        (200, 5, 5, False, False),
        (200, 20, 20, False, False),
        # Kandji is there, Okta Verify is not
        (0, 400, 0, False, False),
        (2, 400, 2, False, False),
        # personal Macs besides
        (90, 30, 25, False, False),
        (150, 12, 12, False, False),
        # small companies: the only Mac was replaced, or one of five registered
        (1, 1, 0, True, False),
        (2, 2, 0, True, False),
        (2, 1, 1, False, False),
        (1, 1, 1, False, False),
        (5, 5, 1, False, False),
        (1, 5, 1, False, False),
        # no Mac in Kandji: a clean-up refuses that by itself
        (5, 0, 0, False, False),
    ],
)
def test_who_reads_that_both_may_not_belong_together(
    recorded: int, enrolled: int, shared: int, warning: bool, refusal: bool
) -> None:
    counts = SharedMacs(recorded, enrolled, shared)
    assert bool(describe_warning(counts)) is warning
    assert bool(describe_refusal(counts)) is refusal


def test_the_sentences_have_the_counts_and_the_hosts() -> None:
    counts = SharedMacs(23, 12, 0)
    sentence = "Of 23 Macs with a working record in Okta, none is among the 12 Macs of Kandji."
    assert describe_refusal(counts) == (
        "unused_days: the Okta org and the Kandji tenant may not belong together."
        f" {sentence} So the records may be of Macs in use. Nothing was written. Correct the URLs"
        " and credentials of one. If they are right, wait until more Macs of Kandji are registered,"
        " or name single records in device_ids."
    )
    rest = (
        f" may not belong together. {sentence} Check the URLs and credentials of both. It is normal"
        " if few Macs were enrolled or registered yet."
    )
    assert describe_warning(counts) == f"The Okta org and the Kandji tenant{rest}"
    assert describe_warning(counts, "acme.okta.com", "acme.api.kandji.io") == (
        f"The Okta org acme.okta.com and the Kandji tenant acme.api.kandji.io{rest}"
    )
    assert SharedMacs(500, 400, 1).describe().endswith(" 1 is among the 400 Macs of Kandji.")
    assert SharedMacs(500, 400, 2).describe().endswith("2 are among the 400 Macs of Kandji.")


def test_serials_count_once_in_any_case_and_only_if_there_is_one() -> None:
    counts = SharedMacs.of_serials(["C01", "c01", "", "C02"], ["c02", "", "C03"])
    assert counts == SharedMacs(2, 2, 1)


def test_a_fleet_counts_working_records_and_macs_of_kandji() -> None:
    suspended = mac(record(status="SUSPENDED"))
    suspended.serial = "C02"
    missing = mac(record(), in_kandji=False)
    missing.serial = "C03"
    assert SharedMacs.of_fleet([mac(record()), suspended, missing]) == SharedMacs(2, 2, 1)
