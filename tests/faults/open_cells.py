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
        r".*: List Devices \d+: .*: blueprint_id, .*",
        rf"{_ANSWERED}\.(macs_in_scope|macs_touched\.)",
        "a Mac whose blueprint Kandji does not show may be in scope, and counts so",
        "move Okta Verify, in check mode: List Devices 0: a list: blueprint_id, for good",
    ),
    OpenCells(
        r"integration.*: listLogEvents \d+: .*: actor\.\w+, .*",
        rf"{_ANSWERED}\.platform_events\[\d+\]\.actor",
        "an actor without one name is shown with another one",
        "integration: listLogEvents 0: of no content: actor.alternateId, once",
    ),
    OpenCells(
        r"renewal: .*",
        rf"{_ANSWERED}\.rings\[\d+\]\.healthy_percent",
        "a Mac of which Kandji shows too little is not known to hold the generation",
        "renewal: List Devices 0: a lone surrogate: serial_number, for good",
    ),
    OpenCells(
        r"integration.*: GetCACaps \d+: (gzip cut short|body cut short|body without .*), .*",
        rf"{_ANSWERED}\.capabilities",
        "the list of capabilities has no end by which a cut one could be known",
        "integration: GetCACaps 0: body cut short, once",
    ),
    OpenCells(
        r"clone and move.*: listPolicyRules \d+: .*: (actions\.appSignOn\..*|status), .*",
        r"(silently different: \.(diff\.after\.policy|policy\.description)"
        r"|silently another state: \.policies|the next run does not converge: \.policies)",
        "a rule that Okta shows with another value is another rule, of which another digest is kept",
        "clone and move, in check mode: listPolicyRules 0: an unknown word:"
        " actions.appSignOn.verificationMethod.type, for good",
    ),
)


def find_open(name: str, problems: Sequence[str]) -> OpenCells | None:
    """Return the entry of a wrong cell, or None."""
    return next((entry for entry in OPEN if entry.holds(name, problems)), None)
