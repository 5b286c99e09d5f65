# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks in the descriptions of policies: where a clone and its apps came from."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.marks import (
    Marks,
    parse_marks,
    write_marks,
)


@pytest.mark.parametrize(
    ("description", "text", "marks"),
    [
        (None, "", Marks()),
        ("Ours.", "Ours.", Marks()),
        ("Since 2024. [made from policy rst1]", "Since 2024.", Marks("rst1")),
        (
            "Ours. [made from policy rst1] [apps from policy rst1: a1 a2] [apps from policy rst9: a3]",
            "Ours.",
            Marks("rst1", {"a1": "rst1", "a2": "rst1", "a3": "rst9"}),
        ),
        (
            "[made from policy rst1] [apps from policy rst1: a3] [apps from policy rst1 as 5d1c: a1"
            " a2]",
            "",
            Marks("rst1", dict.fromkeys(("a1", "a2", "a3"), "rst1"), {"a1": "5d1c", "a2": "5d1c"}),
        ),
    ],
)
def test_marks_are_read_as_they_were_written(
    description: str | None, text: str, marks: Marks
) -> None:
    assert parse_marks(description) == marks
    assert write_marks(text, marks) == (description or "")


def test_an_app_that_is_marked_twice_is_unknown_and_keeps_its_marks() -> None:
    twice = "[made from policy r1] [apps from policy r1: a1 a2] [apps from policy r2: a1]"
    marks = parse_marks(twice)
    assert marks.came_from == {"a2": "r1"} and marks.apps == {"a1", "a2"}
    assert write_marks(twice, marks) == twice
    assert write_marks(twice, marks.keep({"a1"})) == (
        "[made from policy r1] [apps from policy r1: a1] [apps from policy r2: a1]"
    )
    assert write_marks(twice, marks.keep({"a2"})) == (
        "[made from policy r1] [apps from policy r1: a2]"
    )


def test_a_mark_that_stands_twice_is_one() -> None:
    twice = "[made from policy r1] [apps from policy r1: a1] [apps from policy r1: a1]"
    assert parse_marks(twice) == Marks("r1", {"a1": "r1"})


def test_marks_of_some_apps_are_kept() -> None:
    marks = Marks("rst1", {"a1": "rst1", "a2": "rst9"}, {"a1": "5d1c", "a2": "77ab"})
    assert marks.keep({"a2", "a7"}) == Marks("rst1", {"a2": "rst9"}, {"a2": "77ab"})


@pytest.mark.parametrize(
    "text",
    [
        "[made [made from policy a] from policy b]",
        "[made  from policy\tb]",
        "[apps from policy rst9:",
        "[apps from policy [made from policy x] rst9: 0oa1]",
    ],
)
def test_a_text_next_to_marks_never_becomes_one(text: str) -> None:
    """Found by tests/properties/_access/policies/test_marks.py."""
    marks = Marks("rst1", {"0oa1": "rst2"})
    assert parse_marks(write_marks(text, marks)) == marks
