# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Kandji enrolled a Mac after its person registered it with Okta. Pure.

Who erases a Mac takes the account from its Okta Verify, and Okta's record stays ACTIVE and MANAGED.
Kandji enrolls the Mac again then. It does that without erasing, too, therefore what the person is
admitted by is unknown until Okta Verify has shown that it has the account.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._core.timestamps import parse_timestamp
from .._okta.events.device_events import RecordEvents
from .certificates.use import earliest_unread, outlived_disuse
from .facts import UNORDERED, AgeLimits, MacFacts


def enrolled_since(mac: MacFacts, login: str, limits: AgeLimits) -> datetime | None:
    """Return when Kandji enrolled a Mac if a person may not have registered it since, else None.

    A record that was made since shows the registration, and so does what Okta Verify did with an
    older one: after the Mac was erased it has another. A certificate that came with the enrollment
    or later, and that Okta did not revoke in the time after which it revokes unused ones, was used.
    """
    enrolled = parse_timestamp(mac.enrolled)
    own = [record for record in mac.records if record.is_working and login in record.users]
    if enrolled is None or not own:
        return None
    events = (mac.events or {}).get
    times = [record.created for record in own]
    times += [mac.last_bound, *(events(each.id, RecordEvents()).acted_at for each in mac.records)]
    acted = max((time for time in map(parse_timestamp, times) if time), default=None)
    if acted and acted >= enrolled - UNORDERED:
        return None
    return None if outlived_disuse(mac, enrolled, limits) else enrolled


def unread_since(macs: t.Iterable[MacFacts], limits: AgeLimits) -> datetime | None:
    """Return from when on the System Log has to be read for these Macs, or None if it was read.

    It tells whether their Okta Verify did something after Kandji enrolled them.
    """
    starts = (
        enrolled
        for mac in macs
        for login in {login for record in mac.records for login in record.users}
        for enrolled in [enrolled_since(mac, login, limits)]
        if enrolled
    )
    return earliest_unread(starts, limits)
