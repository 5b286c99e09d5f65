# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What --diff shows of an object that is new, that changes, and that goes."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._diff import render_diff

PROFILE = {"URL": "https://acme.okta.com/scep", "Challenge": "********", "Subject": [["CN", "é"]]}


def test_a_new_object_takes_few_lines() -> None:
    before, after = (
        {"profile 'P'": {}},
        {"profile 'P'": {**PROFILE, "Key Usage": 1, "More": "x" * 80}},
    )
    assert render_diff({"before": before, "after": after}) == {
        "before": "",
        "after": "profile 'P':\n"
        '  URL: "https://acme.okta.com/scep"; Challenge: "********"; Subject: [["CN", "é"]]; Key Usage: 1\n'
        f'  More: "{"x" * 80}"\n',
    }


def test_a_changed_object_takes_a_line_for_each_key() -> None:
    before, after = {"rule 'R'": {"a": 1, "b": None}}, {"rule 'R'": {"a": 2, "b": [True]}}
    assert render_diff({"before": before, "after": after}) == {
        "before": "rule 'R':\n  a: 1\n  b: null\n",
        "after": "rule 'R':\n  a: 2\n  b: [true]\n",
    }


def test_an_object_of_one_key_takes_one_line() -> None:
    before, after = {"item to 'B'": {}}, {"item to 'B'": {"assigned": True}}
    assert render_diff({"before": before, "after": after, "before_header": "x"}) == {
        "before": "",
        "after": "item to 'B', assigned: true\n",
        "before_header": "x",
    }
    assert render_diff({"before": {"method": "INACTIVE"}, "after": {"method": "ACTIVE"}}) == {
        "before": 'method: "INACTIVE"\n',
        "after": 'method: "ACTIVE"\n',
    }


@pytest.mark.parametrize(
    "diff", [None, [], {}, {"before": "a", "after": "b"}, {"prepared": "text"}]
)
def test_any_other_diff_stays_as_it_is(diff: object) -> None:
    assert render_diff(diff) == diff
