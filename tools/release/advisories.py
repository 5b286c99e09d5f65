# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge what pip-audit says of the packages of a lock file.

pip-audit ends well with "No known vulnerabilities found" if its service knows none of the packages,
for example behind a mirror without advisories. Such an answer counts as not checked.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True)
class Audit:
    """What an audit found. ``vulnerable`` and ``unchecked`` are lines of text."""

    checked: int
    vulnerable: tuple[str, ...]
    unchecked: tuple[str, ...]

    @classmethod
    def from_json(cls, text: str) -> Audit:
        """Read pip-audit's JSON. Raises ValueError if it has another shape."""
        try:
            rows: list[dict[str, t.Any]] = json.loads(text)["dependencies"]
            skipped = [row for row in rows if "skip_reason" in row]
            checked = [row for row in rows if "skip_reason" not in row]
            return cls(
                len(checked),
                tuple(_line(row, advisory) for row in checked for advisory in row["vulns"]),
                tuple(f"{row['name']}: {row['skip_reason']}" for row in skipped),
            )
        except (KeyError, TypeError, json.JSONDecodeError) as problem:
            raise ValueError(f"pip-audit's answer cannot be read: {problem!r}") from problem


def _line(row: t.Mapping[str, t.Any], advisory: t.Mapping[str, t.Any]) -> str:
    fixed = ", ".join(advisory["fix_versions"]) or "no version"
    return f"{row['name']} {row['version']}: {advisory['id']}, fixed in {fixed}"
