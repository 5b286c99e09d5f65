# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action groups of the collection, as ansible-core resolves meta/runtime.yml."""

from __future__ import annotations

import typing as t
from functools import cache

import yaml

from tools.support.environment import CHECKOUT


@cache
def action_groups() -> dict[str, list[str]]:
    """Return the sorted modules of each group, also of those that a group extends."""
    groups = yaml.safe_load((CHECKOUT / "meta" / "runtime.yml").read_text(encoding="utf-8"))[
        "action_groups"
    ]
    return {name: sorted(set(_modules(groups, name))) for name in groups}


def _modules(groups: dict[str, list[t.Any]], name: str) -> t.Iterator[str]:
    for entry in groups[name]:
        if isinstance(entry, str):
            yield entry
        else:
            for extended in entry["metadata"]["extend_group"]:
                yield from _modules(groups, extended)
