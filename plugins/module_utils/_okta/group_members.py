# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of groups that policies and rules name."""

from __future__ import annotations

import typing as t

from .._core.errors import NotFound
from .client import Okta
from .records import OktaUser


def read_members(okta: Okta, group_id: str) -> t.Iterator[OktaUser]:
    """Yield the members of a group that a policy or a rule names. listGroupUsers.

    Raises NotFound for a group that was deleted: a policy may still name it.
    """
    try:
        yield from okta.group_users(group_id)
    except NotFound as error:
        raise NotFound(
            f"Okta has no group {group_id}, which a policy or a rule names, so whom it concerns is"
            " unknown. Remove the group there, and run again.",
            **error.details,
        ) from None
