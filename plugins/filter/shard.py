# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a list of serials that a shard stands for."""

from __future__ import annotations

DOCUMENTATION = r"""
name: shard
short_description: The serials that a shard of the fleet stands for
version_added: 0.1.0
description:
  - Of a list of serials, those of one shard. Which shard a serial belongs to depends on the serial
    and the number of shards alone.
  - Meant for the hosts that P(devicetrust.okta_kandji.macs#inventory) makes with its option
    O(devicetrust.okta_kandji.macs#inventory:shards).
author:
  - devicetrust.okta_kandji contributors (@devicetrust)
positional: shard, shards
options:
  _input:
    description: Serials.
    type: list
    elements: str
    required: true
  shard:
    description: Number of the shard, from V(1).
    type: int
    required: true
  shards:
    description: How many shards there are.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Each shard takes its part
  ansible.builtin.debug:
    msg: "{{ serials | devicetrust.okta_kandji.shard(device_trust_shard, device_trust_shards) }}"
"""

RETURN = r"""
_value:
  description: The serials of this shard, in the order of the list.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._status.inventory import shard_of


def shard(serials: t.Sequence[str], shard: int, shards: int) -> list[str]:
    try:
        number, count = int(shard), int(shards)
    except (TypeError, ValueError):
        raise AnsibleFilterError(f"shard: {shard!r} of {shards!r} are no whole numbers.") from None
    if not 1 <= number <= count:
        raise AnsibleFilterError(
            f"shard: there is no shard {number} of {count}; shards count from 1."
        )
    return [one for one in serials if shard_of(str(one), count) == number]


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"shard": shard}
