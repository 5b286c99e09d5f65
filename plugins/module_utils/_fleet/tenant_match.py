# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an Okta org and a Kandji tenant belong together, by the Macs that both know. Pure.

Someone with several orgs may mix their URLs. Then each record of one would count as orphaned, and
the profile of one org would be installed on the fleet of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .facts import MacFacts

MIN_SHARE = 10  # percent; below it, almost none is shared
FEW = 3  # fewer records may be those of Macs that were just replaced
BOTH = "the Okta org and the Kandji tenant"


@dataclass(frozen=True)
class SharedMacs:
    """How many Macs have a working record in Okta, are in Kandji, and both. Serials count once."""

    recorded: int
    enrolled: int
    shared: int

    @classmethod
    def of_serials(cls, recorded: Iterable[str], enrolled: Iterable[str]) -> SharedMacs:
        """Return the counts of serials, which are compared in any case. An empty one is none.

        :arg recorded: the serials of working records of Macs, of no other platform.
        """
        in_okta, in_kandji = (
            {each.lower() for each in side if each} for side in (recorded, enrolled)
        )
        return cls(len(in_okta), len(in_kandji), len(in_okta & in_kandji))

    @classmethod
    def of_fleet(cls, macs: Iterable[MacFacts]) -> SharedMacs:
        """Return the counts of a fleet that was read from both."""
        known = list(macs)
        return cls.of_serials(
            (mac.serial for mac in known if any(record.is_working for record in mac.records)),
            (mac.serial for mac in known if mac.in_kandji),
        )

    @property
    def are_unrelated(self) -> bool:
        """Whether almost none of the smaller side's Macs is on the other side.

        The larger side may have more for many reasons: Macs of a previous device management, or
        personal ones. If one side has no Macs, nothing is known.
        """
        smaller = min(self.recorded, self.enrolled)
        return self.shared * 100 < smaller * MIN_SHARE

    @property
    def forbid_clean_up(self) -> bool:
        """Whether they are unrelated, by more records than those of a few replaced Macs.

        Personal Macs, and those of a previous device management, do not count: the smaller side
        decides.
        """
        return self.are_unrelated and self.recorded >= FEW

    def describe(self) -> str:
        """Return the counts in one sentence."""
        return (
            f"Of {self.recorded} Macs with a working record in Okta, {self.shared or 'none'}"
            f" {'are' if self.shared > 1 else 'is'} among the {self.enrolled} Macs of Kandji."
        )


def describe_warning(counts: SharedMacs, okta_host: str = "", kandji_host: str = "") -> str:
    """Return the warning to somebody who reads or sets up, or "".

    It is not a refusal: at a first rollout, no Mac of Kandji is registered, and personal ones are.
    """
    if not counts.are_unrelated:
        return ""
    org, tenant = (f" {host}" if host else "" for host in (okta_host, kandji_host))
    return (
        f"The Okta org{org} and the Kandji tenant{tenant} may not belong together."
        f" {counts.describe()} Check the URLs and credentials of both. It is normal if few Macs"
        " were enrolled or registered yet."
    )


def describe_refusal(counts: SharedMacs) -> str:
    """Return why no record may be called orphaned, or ""."""
    if not counts.forbid_clean_up:
        return ""
    return (
        f"unused_days: {BOTH} may not belong together. {counts.describe()} So the records may be of"
        " Macs in use. Nothing was written. Correct the URLs and credentials of one. If they are"
        " right, wait until more Macs of Kandji are registered, or name single records in"
        " device_ids."
    )
