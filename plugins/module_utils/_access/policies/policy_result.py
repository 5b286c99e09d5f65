# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run did to a policy and to its apps, or would do. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ..._core.changes import Change
from ..._core.results import Result, build_result
from ..._core.timestamps import format_known, parse_timestamp
from ..._okta.records import App, Policy
from ..forecast.evaluation import Forecast
from .moves import StayingApp
from .plan import find_original_id


@dataclass(frozen=True)
class PolicyResult:
    """What a run did, or would do in check mode.

    ``came_from`` is the id of the policy that all moved apps had, if it is one. ``staying_apps``
    could not go back.
    """

    policy: Policy
    changes: t.Sequence[Change] = ()
    moved_apps: t.Sequence[App] = ()
    forecast: Forecast | None = None
    came_from: str = ""
    staying_apps: t.Sequence[StayingApp] = ()

    def as_result(self) -> Result:
        """Return the module's result."""
        return build_result(
            self.changes,
            policy={
                "id": self.policy.id or None,
                "name": self.policy.name,
                "description": self.policy.description,
                "made_from": find_original_id(self.policy),
                "created": format_known(parse_timestamp(self.policy.created)),
            },
            moved_apps=[
                {"id": app.id, "label": app.label, "from_policy": self.came_from or app.policy_id}
                for app in self.moved_apps
            ],
            staying_apps=[
                {"id": each.app.id, "label": each.app.label, "reason": each.reason}
                for each in self.staying_apps
            ],
            forecast=self.forecast.as_result() if self.forecast else None,
        )
