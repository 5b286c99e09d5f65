# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of an inventory: each Mac has one name of its own, and groups of its own values."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.inventory_hosts import (
    GROUPS,
    PREFIX,
    groups,
    hosts,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import row_of
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.fleet import LIMITS, macs


@given(st.lists(macs(), max_size=4))
def test_hosts_have_names_of_their_own(some: list[MacFacts]) -> None:
    for number, mac in enumerate(some):
        mac.device_id = f"d{number}"
    listed = list(hosts(row_of(mac, LIMITS) for mac in some))
    names = [name for name, _host in listed]
    assert len(names) == len(set(names)) == len(some)
    for _name, host in listed:
        assert f"stage_{host[PREFIX + 'stage']}" in groups(host)
        beginnings = tuple(f"{each}_" for each, _key in GROUPS)
        assert all(group.startswith(beginnings) for group in groups(host))
