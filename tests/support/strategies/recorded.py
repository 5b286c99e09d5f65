# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of recorded answers, where DEVICE_TRUST_RECORDINGS names their directory.

The recordings are not part of the project. Without them properties draw from rows of the same
shape, which the project has written itself.
"""

from __future__ import annotations

import typing as t
from functools import cache

from tests.conformance import recordings

Json = dict[str, t.Any]


@cache
def recorded_rows(*operations: str) -> tuple[Json, ...]:
    """Return the objects that recorded answers of these operations hold, () without recordings.

    ``events`` stands for the events of the System Log that were quoted alone.
    """
    root = recordings.directory()
    if root is None:
        return ()
    rows: list[Json] = recordings.load_events(root) if "events" in operations else []
    for answer in recordings.load(root):
        if answer.operation in operations and answer.worked:
            rows += _objects(answer.body)
    return tuple(rows)


def _objects(body: t.Any) -> list[Json]:
    if isinstance(body, dict) and isinstance(body.get("results"), list):
        body = body["results"]
    rows = body if isinstance(body, list) else [body]
    return [row for row in rows if isinstance(row, dict)]
