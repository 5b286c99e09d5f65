# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects that options name, and those that Okta does not list."""

from __future__ import annotations

import typing as t
from types import SimpleNamespace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._access.policies.resolution import (
    apps_of_policy,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.records import App


def test_an_app_that_okta_does_not_list_is_one_of_its_policy_all_the_same() -> None:
    """A token whose role covers a few apps lists only those, and the policy has others too."""
    slack = App("0oa1", "Slack", "slack", "rst1")
    okta: t.Any = SimpleNamespace(apps=lambda: [slack, App("0oa2", "Other", "other", "rst2")])
    apps = apps_of_policy(okta, ["0oa9", "0oa1"], "rst1")
    assert apps == [App("0oa9", "0oa9", None, "rst1"), slack]
    assert [app.is_listed for app in apps] == [False, True]


def test_without_an_app_nothing_is_read() -> None:
    assert apps_of_policy(t.cast(t.Any, None), [], "rst1") == []
