# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Macs that belong to another Okta org or Kandji tenant, as the user declares them.

Pure, but for the MacFacts that it gets: ``mark`` notes it at each Mac in place.
Neither vendor says that one tenant serves several orgs, or one org several tenants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._core.lookup import fold_name
from .facts import MacFacts


@dataclass(frozen=True)
class Elsewhere:
    """What is declared of others.

    :arg blueprints: names or ids of the blueprints whose Macs are of another org.
    :arg serials: serial numbers of the Macs that are in another Kandji tenant.
    """

    blueprints: Sequence[str] = ()
    serials: Sequence[str] = ()

    @classmethod
    def of_options(cls, params: Mapping[str, Sequence[str]]) -> Elsewhere:
        """Return what the options of a module declare."""
        return cls(tuple(params["other_blueprints"]), tuple(params["other_serials"]))

    def mark(self, macs: Iterable[MacFacts]) -> None:
        """Note at each Mac of others that it is one. A Mac of a ring is none of others."""
        blueprints = {fold_name(each) for each in self.blueprints}
        serials = {each.strip().upper() for each in self.serials}
        for mac in macs:
            if mac.in_kandji:
                mac.elsewhere = (
                    bool(blueprints) and mac.ring is None and not blueprints.isdisjoint(_names(mac))
                )
            else:
                mac.elsewhere = mac.serial.upper() in serials

    def describe_unknown(self, macs: Iterable[MacFacts]) -> str:
        """Return a warning that names the blueprints without a Mac, or ""."""
        if not self.blueprints:
            return ""
        known = {name for mac in macs if mac.in_kandji for name in _names(mac)}
        unknown = [each for each in self.blueprints if fold_name(each) not in known]
        if not unknown:
            return ""
        quoted = ", ".join(f"'{each}'" for each in unknown)
        return (
            f"other_blueprints: no Mac of Kandji is on a blueprint with the name or id {quoted}."
            " Correct it, or remove it."
        )


def _names(mac: MacFacts) -> set[str]:
    return {fold_name(each) for each in (mac.blueprint, mac.blueprint_id) if each}
