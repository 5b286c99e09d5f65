# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What options name in Kandji: a new name is not one that another item has."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.lookups import (
    check_rename,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomScript,
)

OWN, OTHER = CustomScript("s1", "Check"), CustomScript("s2", "Clean up")


@pytest.mark.parametrize("name", [None, "Check", "Another"])
def test_an_item_keeps_its_name_or_gets_a_new_one(name: str | None) -> None:
    check_rename(OWN, name, [OWN, OTHER])


def test_an_item_does_not_get_the_name_of_another_one() -> None:
    with pytest.raises(BadOption) as raised:
        check_rename(OWN, "Clean up", [OWN, OTHER])
    assert raised.value.message == (
        "name: Kandji has another one named 'Clean up' (s2). Choose another name, or leave name out."
    )


def test_of_two_items_of_one_name_each_stays() -> None:
    twin = CustomScript("s3", "Check")
    check_rename(OWN, "Check", [OWN, twin])


def test_a_new_item_is_not_renamed() -> None:
    check_rename(None, "Clean up", [OWN, OTHER])
