# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of event sources."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.basic import env_fallback
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.events.sources import (
    options,
)

SPEC: dict[str, dict[str, t.Any]] = {
    "auth_value": {
        "type": "str",
        "required": True,
        "no_log": True,
        "fallback": (env_fallback, ["HOOK_SECRET", "OTHER_SECRET"]),
    },
    "state_file": {"type": "path", "required": True},
}
REQUIRED = "auth_value is required: set the option or the environment variable HOOK_SECRET."


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@pytest.mark.parametrize("in_environment", [True, False])
def test_a_blank_secret_counts_as_none(
    blank: str, in_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"state_file": "/tmp/state"}
    if in_environment:
        monkeypatch.setenv("HOOK_SECRET", blank)
        monkeypatch.setenv("OTHER_SECRET", "s3cret")  # Ansible takes the first one that is set
    else:
        given["auth_value"] = blank
    with pytest.raises(BadOption) as raised:
        options(given, SPEC)
    assert raised.value.message == REQUIRED


@pytest.mark.parametrize("blank", ["", " ", None])
def test_each_required_option_needs_a_value(blank: str | None) -> None:
    with pytest.raises(BadOption) as raised:
        options({"auth_value": "s3cret", "state_file": blank}, SPEC)
    assert raised.value.message == "state_file is required: set the option."


def test_a_secret_of_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTHER_SECRET", "s3cret")
    assert options({"state_file": "/s", "auth_value": ""}, SPEC)["auth_value"] == "s3cret"
