# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of a fleet as lines of text."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet import (
    summary_text as summary,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import MacRow


def test_before_the_rollout_the_first_lines_say_so() -> None:
    sentence = "Nothing is rolled out yet: no ring has a SCEP profile."
    lines = summary.render_table([], {"NOT_ROLLED_OUT": 25}, {}, rollout=sentence)
    assert lines == [
        sentence,
        "",
        "stage                          Macs",
        "NOT_ROLLED_OUT                   25",
    ]


def test_stages_are_counted_from_the_top() -> None:
    assert list(
        summary.count_by_stage(
            {"NOT_IN_SCOPE": 1, "MIXED": 1, "MANAGED": 2, "NO_LICENSE": 0}
        ).items()
    ) == [("MANAGED", 2), ("MIXED", 1), ("NOT_IN_SCOPE", 1)]
    assert summary.count_by_stage({}) == {}


# The summary at the end of a run


def row(
    number: int,
    stage: str = "PROFILE_PENDING",
    person: str = "ada@acme.com",
    reason: str = "Reason.",
) -> MacRow:
    return MacRow(
        serial_number=f"C{number}",
        device_name=f"Mac {number}",
        person=person,
        stage=stage,
        reason=reason,
        next_step="Wait.",
    )


def test_the_table_says_how_many_stand_where_who_needs_what_and_what_renews_when() -> None:
    rows = [row(1), row(2, "NO_LICENSE", person=""), row(3), row(4, reason="Another.")]
    assert summary.render_table(
        rows, {"MANAGED": 120, "PROFILE_PENDING": 3}, {"canary": "2027-10-24", "wide": None}
    ) == [
        "stage                          Macs",
        "MANAGED                         120",
        "PROFILE_PENDING                   3",
        "",
        "Next steps:",
        "  PROFILE_PENDING: Wait.",
        "    C1 Mac 1 (ada@acme.com): Reason.",
        "    C3 Mac 3 (ada@acme.com): Reason.",
        "    C4 Mac 4 (ada@acme.com): Another.",
        "  NO_LICENSE: Reason. Wait.",
        "    C2 Mac 2 (no user)",
        "",
        "Renewals:",
        "  ring canary: renew its certificates by 2027-10-24",
        "  ring wide: renew its certificates by unknown",
    ]


def test_of_a_large_group_some_are_named_and_the_others_counted() -> None:
    rows = [row(number, reason=f"Reason {number}.") for number in range(25)]
    different = summary.render_table(rows, {}, {})
    assert different[-2:] == ["    C9 Mac 9 (ada@acme.com): Reason 9.", "    ... and 15 more"]
    lines = summary.render_table([row(number) for number in range(25)], {}, {})
    names = [f"    C{number} Mac {number} (ada@acme.com)" for number in range(10)]
    assert lines[-11:] == [*names, "    ... and 15 more"]


@pytest.mark.parametrize("macs, more", [(10, False), (11, True)])
def test_a_group_that_fits_is_named_whole(macs: int, more: bool) -> None:
    assert (
        summary.render_table([row(number) for number in range(macs)], {}, {})[-1].endswith("more")
        is more
    )


def test_where_all_is_well_the_table_is_the_counts_alone() -> None:
    assert summary.render_table([], {"MANAGED": 2}, {}) == [
        "stage                          Macs",
        "MANAGED                           2",
    ]


def test_sentences_on_the_authority_come_last() -> None:
    lines = summary.render_table([], {"MANAGED": 2}, {}, ["The move is due by 2027."])
    assert lines == [
        "stage                          Macs",
        "MANAGED                           2",
        "",
        "Certificate authority:",
        "  The move is due by 2027.",
    ]


def test_ten_macs_of_a_group_are_named_where_no_number_is_set() -> None:
    lines = summary.render_table([row(number) for number in range(12)], {}, {})
    assert lines[-2:] == ["    C9 Mac 9 (ada@acme.com)", "    ... and 2 more"]
