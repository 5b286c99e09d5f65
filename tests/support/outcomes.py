# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of two sets of rules on a device as it is, for tests of the forecast."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.conditions import (
    DeviceContext,
    Identity,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.evaluation import (
    OutcomeChange,
    compare_views,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.forecast.signal_policies import (
    NO_SIGNALS,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.rules.rule_order import (
    Rules,
)


def compare_outcomes(
    before: Rules, after: Rules, person: Identity, device: DeviceContext
) -> OutcomeChange:
    """Return how the outcome changes where no device signal collection policy has a say."""
    return compare_views(before, after, person, device, NO_SIGNALS)
