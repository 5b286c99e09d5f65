# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Okta reset the challenge since the rings' profiles got it. Pure.

Okta's console calls the challenge of a SCEP URL its secret key, as do the events of its reset.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ..._core.errors import BadOption
from ..._core.text import abbreviate
from ..._core.timestamps import format_timestamp
from ..._okta.authorities.device_integration import find_later_reset, split_resets
from ..._okta.records import LogEvent
from .renewal import RingFacts


@dataclass(frozen=True)
class SecretAges:
    """The rings that hold the challenge.

    ``dated`` is ring -> when its profile was written, ``undated`` are those whose profile has no
    time in Kandji's list.
    """

    dated: t.Mapping[str, datetime] = field(default_factory=dict)
    undated: t.Sequence[str] = ()

    @classmethod
    def of_rings(cls, rings: t.Iterable[RingFacts]) -> SecretAges:
        """Return the ages for the rings that have the challenge already."""
        holding = [ring for ring in rings if ring.has_profile and not ring.has_stale_secret]
        return cls(
            {ring.name: ring.written for ring in holding if ring.written},
            [ring.name for ring in holding if ring.written is None],
        )

    def warn_undated(self) -> str:
        """Return a warning of the rings of which no log can show whether the challenge is old."""
        if not self.undated:
            return ""
        return (
            "challenge: whether Okta reset it since the profiles were written cannot be read for"
            f" {abbreviate(self.undated, 5)}. Kandji does not list when their profiles were"
            " written. Make sure that it is the one of the last reset."
        )

    def find_possible_reset(self, events: t.Iterable[LogEvent], url: str) -> tuple[str | None, str]:
        """Return when Okta reset what may be the challenge, with a warning.

        Raises BadOption if a ring holds the challenge since before Okta reset it.

        :arg url: the SCEP URL, which may name the platform of the challenge.
        """
        certain, possible = split_resets(events, url)
        for name, time in self.dated.items():
            if reset := find_later_reset(certain, time.isoformat()):
                raise BadOption(
                    f"challenge: it is the old one. The profile of {name} holds it since"
                    f" {format_timestamp(time)}, and Okta reset it on {reset}. Set the new one,"
                    " which Okta displayed after the reset, then run the playbook"
                    " rotate_scep_challenge again."
                )
        for name, time in self.dated.items():
            if reset := find_later_reset(possible, time.isoformat()):
                return reset, (
                    f"challenge: it may be the old one. The profile of {name} holds it since"
                    f" {format_timestamp(time)}, Okta reset a challenge on {reset}, and the event"
                    " does not show of which platform. A test enrollment decides."
                )
        return None, ""
