# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of points, and how it is answered."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    READ,
    REFUSED,
    SKIPPED,
    TRIAL,
    Material,
    ReadOutcome,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.point_type import (
    Finding,
    Point,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.points import (
    CANNOT_BE_READ,
    POINTS,
    Answer,
    answer_points,
    lab_switches,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.reads import (
    READS,
)


def point(name="x", finding=None, reads=("log",), is_switch=True):
    return Point(name, "What?", reads, lambda _material: finding, "An event shows it.", is_switch)


def test_the_points_are_unique_and_name_known_reads():
    names = [each.id for each in POINTS]
    assert len(set(names)) == len(names) > 35
    assert set(names).isdisjoint(CANNOT_BE_READ)
    assert {read for each in POINTS for read in each.reads} <= {*READS, TRIAL}
    assert all(each.unseen.endswith(".") and each.question.endswith("?") for each in POINTS)


def test_a_tenant_of_which_nothing_was_read_leaves_each_point_open():
    assert {each.state for each in answer_points(Material())} == {"unread"}
    read = Material(outcomes=dict.fromkeys((*READS, TRIAL), ReadOutcome(READ)))
    assert {each.state for each in answer_points(read)} == {"unseen"}


def test_a_finding_counts_whatever_became_of_the_read():
    refused = Material(outcomes={"log": ReadOutcome(REFUSED, 403)})
    [answer] = answer_points(refused, [point(finding=Finding("a", 1))])
    assert answer.state == "answered" and answer.finding.position == "a"


def test_a_read_that_failed_is_the_reason_before_one_that_was_skipped():
    outcomes = {"users": ReadOutcome(SKIPPED, reason="None."), "log": ReadOutcome(REFUSED, 403)}
    [answer] = answer_points(Material(outcomes=outcomes), [point(reads=("users", "log"))])
    assert (answer.state, answer.outcome.status) == ("unread", 403)
    outcomes["log"] = ReadOutcome(READ)
    [answer] = answer_points(Material(outcomes=outcomes), [point(reads=("users", "log"))])
    assert (answer.state, answer.outcome.reason) == ("unseen", "None.")


def test_the_lab_gets_the_positions_of_its_switches():
    answers = [
        Answer(point("a"), "answered", Finding(False, 1)),
        Answer(point("b"), "answered", Finding(None, 1, copes=False)),
        Answer(point("c", is_switch=False), "answered", Finding("x", 1)),
        Answer(point("d"), "unseen"),
    ]
    assert lab_switches(answers) == {"a": False}
