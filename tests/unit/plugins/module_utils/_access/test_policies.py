# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which policy an interrupted run has left as its clone."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access import policies
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import Policy

EARLIER, LATER = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"


def policy(**values: t.Any) -> Policy:
    row = {"id": "rst2", "name": "Copy of Strict", "description": "", "created": LATER, **values}
    return Policy.from_row({key: value for key, value in row.items() if value is not None})


def original(**values: t.Any) -> Policy:
    return policy(**{"id": "rst1", "name": "Strict", "created": EARLIER, **values})


def test_a_later_copy_of_the_original_may_be_its_clone():
    assert policies._may_be_clone(policy(), original())


@pytest.mark.parametrize(
    "values",
    [
        {"id": "rst1"},
        {"system": True},
        {"name": "Something else"},
        {"description": "Made by a person"},
        {"created": EARLIER},
        {"created": None},
    ],
)
def test_another_policy_is_not_a_clone(values):
    assert not policies._may_be_clone(policy(**values), original())


def test_nothing_is_a_clone_of_a_policy_whose_creation_time_is_unknown():
    assert not policies._may_be_clone(policy(), original(created=None))
