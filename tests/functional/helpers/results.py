# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the results of modules."""

from __future__ import annotations

import typing as t
from collections import Counter


def states(result: dict[str, t.Any]) -> dict[str, str]:
    """Return what became of each device record, by its id."""
    return {row["device_id"]: row["state"] for row in result["devices"]}


def okta_calls(result: dict[str, t.Any]) -> Counter[str]:
    """Return how often a run called each operation of Okta."""
    return Counter(
        {row["operation"]: row["count"] for row in result["api_calls"] if row["vendor"] == "okta"}
    )
