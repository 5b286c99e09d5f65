# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several device records of one serial counts. Pure.

The status of a Mac describes this record, and a reset keeps it.
"""

from __future__ import annotations

import typing as t
from collections.abc import Collection
from datetime import datetime, timezone

from .records import WORKING_STATUSES

_UNKNOWN = datetime.min.replace(tzinfo=timezone.utc)


class Rank(t.NamedTuple):
    """The order of the records of one serial: the greatest counts.

    It is one that users have, of several the working one, then the managed one, else the newest. If
    all else is equal, the id decides. A deactivated record has lost its users.
    """

    is_used: bool
    is_working: bool
    is_managed: bool
    created: datetime
    id: str


def rank_record(
    record_id: str,
    status: str | None,
    management: Collection[str | None],
    created: datetime | None,
) -> Rank:
    """Return the rank of a record.

    ``management`` is the managementStatus of each of its users. A record whose creation is unknown
    is never the newest.
    """
    return Rank(
        is_used=bool(management) and status != "DEACTIVATED",
        is_working=status in WORKING_STATUSES,
        is_managed="MANAGED" in management,
        created=created or _UNKNOWN,
        id=record_id,
    )
