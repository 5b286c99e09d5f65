# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of a fleet as lines of text. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .rows import MacRow
from .stages import STAGES

NAMED = 10  # Macs with the same next step that have a line each


def count_by_stage(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts of the stages that have Macs, the highest stage first."""
    return {stage: counts[stage] for stage in reversed(STAGES) if counts.get(stage)}


def render_table(
    rows: Sequence[MacRow],
    counts: Mapping[str, int],
    renewals: Mapping[str, str | None],
    authority: Sequence[str] = (),
    rollout: str = "",
) -> list[str]:
    """Return the lines of a table: Macs by stage, Macs by next step, renewals by ring, authority.

    ``authority`` are sentences on Okta's certificate authority. ``rollout`` is one on rings that
    are not rolled out yet.

    Each group of Macs with the same next step names the first ``NAMED`` of them.
    """
    lines = [rollout, ""] if rollout else []
    lines += [f"{'stage':<31}Macs"] + [f"{stage:<31}{count:>4}" for stage, count in counts.items()]
    groups: dict[tuple[str, str], list[MacRow]] = {}
    for row in rows:
        groups.setdefault((row.stage, row.next_step), []).append(row)
    if groups:
        lines += ["", "Next steps:"]
    for macs in groups.values():
        lines += _render_group(macs)
    if renewals:
        lines += ["", "Renewals:"]
        lines += [
            f"  ring {ring}: renew its certificates by {date or 'unknown'}"
            for ring, date in renewals.items()
        ]
    if authority:
        lines += ["", "Certificate authority:", *(f"  {line}" for line in authority)]
    return lines


def _render_group(macs: Sequence[MacRow]) -> list[str]:
    """Return the lines of Macs with the same next step. Different reasons are next to the Macs."""
    first = macs[0]
    is_shared = all(row.reason == first.reason for row in macs)
    reason = f"{first.reason} " if is_shared else ""
    lines = [f"  {first.stage}: {reason}{first.next_step}"]
    for row in macs[:NAMED]:
        line = f"    {row.serial_number} {row.device_name} ({row.person or 'no user'})"
        lines.append(line if is_shared else f"{line}: {row.reason}")
    return lines + [f"    ... and {len(macs) - NAMED} more"] * (len(macs) > NAMED)
