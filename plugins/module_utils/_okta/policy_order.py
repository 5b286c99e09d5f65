# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which Okta evaluates policies of one kind. Pure."""

from __future__ import annotations

import typing as t

from .records import RankedPolicy

AnyPolicy = t.TypeVar("AnyPolicy", bound=RankedPolicy)


def in_order(policies: t.Iterable[AnyPolicy]) -> tuple[AnyPolicy, ...]:
    """Return the active policies in the order in which Okta evaluates them, the default one last.

    A policy without a priority comes after those that have one. One without a status counts as
    active.
    """
    active = [policy for policy in policies if policy.status in (None, "ACTIVE")]

    def place(policy: AnyPolicy) -> tuple[bool, bool, int]:
        return policy.system, policy.priority is None, policy.priority or 0

    return tuple(sorted(active, key=place))
