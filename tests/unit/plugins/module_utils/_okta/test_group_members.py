# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of groups that policies and rules name."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import NotFound
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.group_members import (
    read_members,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import OktaUser

ADA = OktaUser("00uada", "ada@acme.com")


class Org:
    """An org with one group."""

    def group_users(self, group_id: str) -> t.Iterator[OktaUser]:
        if group_id != "00g1":
            raise NotFound("Not found: 00g2 (UserGroup)", status=404, operation="listGroupUsers")
        yield ADA


def test_the_members_of_a_group_are_read() -> None:
    org: t.Any = Org()
    assert list(read_members(org, "00g1")) == [ADA]


def test_a_group_that_was_deleted_is_named_with_what_to_do() -> None:
    org: t.Any = Org()
    with pytest.raises(NotFound) as caught:
        list(read_members(org, "00g2"))
    assert caught.value.message == (
        "Okta has no group 00g2, which a policy or a rule names, so whom it concerns is unknown."
        " Remove the group there, and run again."
    )
    assert caught.value.details == {"status": 404, "operation": "listGroupUsers"}
