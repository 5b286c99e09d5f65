# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several device records of one serial counts. Pure.

The status of a Mac describes this record, and a reset keeps it.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timezone

_UNKNOWN = datetime.min.replace(tzinfo=timezone.utc)


class Rank(t.NamedTuple):
    """The order of the records of one serial: the greatest counts.

    It is the working one, of several the managed one, else the newest. If all else is equal, the
    id decides.
    """

    is_working: bool
    is_managed: bool
    created: datetime
    id: str


def rank_record(
    record_id: str, is_working: bool, is_managed: bool, created: datetime | None
) -> Rank:
    """Return the rank of a record.

    ``is_managed``: Okta treats the Mac as managed for a user of it. A record whose creation is
    unknown is never the newest.
    """
    return Rank(is_working, is_managed, created or _UNKNOWN, record_id)
