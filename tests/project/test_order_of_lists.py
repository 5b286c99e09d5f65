# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs with the same values write and print in the same order.

Ansible's filters for sets return the elements of a list in the order of their hashes, which is
another one in each process. They may be counted. For a list, select and reject keep the order.
"""

from __future__ import annotations

import re

import pytest

from tests.project.test_playbook_variables import FILES
from tools.support.environment import CHECKOUT

SETS = re.compile(r"\|\s*(?:difference|intersect|union|symmetric_difference)\((?P<rest>.*)")


def unordered(text: str) -> list[int]:
    """Return the lines with a filter for sets, the result of which is neither counted nor sorted."""
    return [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if (match := SETS.search(line))
        and not re.search(r"\|\s*(?:length|sort)\b", match.group("rest"))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_a_list_keeps_the_order_of_the_user(path):
    assert unordered(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("{{ apps | difference([canary]) }}", [1]),
        ("{{ apps | difference([canary]) | length > 0 }}", []),
        ("{{ apps | intersect(moved) | sort }}", []),
        ("{{ apps | reject('in', moved) | list }}", []),
    ],
)
def test_a_filter_for_sets_is_found(line, lines):
    assert unordered(line) == lines
