# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells that the verdict calls wrong, and why that stays: one list for each run of the matrix. Pure.

An entry allows its cells nothing but the problems that it names, so that a worse one is found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class OpenCells:
    """Cells of one cause.

    :arg cells: a pattern of their whole names.
    :arg problems: a pattern of the beginning of each of their problems.
    :arg example: the name of one of them, which the quick slice runs: it has to be wrong still.
    """

    cells: str
    problems: str
    why: str
    example: str

    def holds(self, name: str, problems: Sequence[str]) -> bool:
        """Return whether a cell with these problems is one of them."""
        return bool(re.fullmatch(self.cells, name)) and all(
            re.match(self.problems, problem) for problem in problems
        )


_ANSWERED = r"silently different: "
OPEN = (
    OpenCells(
        r"integration.*: GetCACaps \d+: (gzip cut short|body cut short|body without .*), .*",
        rf"{_ANSWERED}\.capabilities",
        "the list of capabilities has no end by which a cut one could be known",
        "integration: GetCACaps 0: body cut short, once",
    ),
)


def find_open(name: str, problems: Sequence[str]) -> OpenCells | None:
    """Return the entry of a wrong cell, or None."""
    return next((entry for entry in OPEN if entry.holds(name, problems)), None)
