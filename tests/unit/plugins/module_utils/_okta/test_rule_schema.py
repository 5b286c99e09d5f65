# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of a rule have the documented form, and which are left out and named."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.rule_schema import (
    CONDITIONS,
    SIGN_ON,
    Form,
    read_object,
)

MACS = [{"type": "DESKTOP", "os": {"type": "OSX"}}]
DEVICE = {"managed": True, "registered": True}
MANAGED_MACS = {
    "device": DEVICE,
    "people": {"groups": {"include": ["00g1"], "exclude": []}},
    "platform": {"include": MACS},
    "network": {"connection": "ANYWHERE"},
}
FAST_PASS = {"key": "okta_verify", "method": "signed_nonce"}
STEPS = {"authenticationMethods": [FAST_PASS], "next": [{"authenticationMethods": [FAST_PASS]}]}


@pytest.mark.parametrize(
    "value, form",
    [
        (MANAGED_MACS, CONDITIONS),
        ({"device": {"assurance": {"include": []}}}, CONDITIONS),
        ({"elCondition": {"condition": ""}}, CONDITIONS),
        ({"access": "ALLOW", "verificationMethod": {"factorMode": "2FA"}}, SIGN_ON),
        ({"verificationMethod": {"chains": [STEPS]}}, SIGN_ON),
    ],
)
def test_what_has_the_documented_form_is_read_as_it_is(value: t.Any, form: Form) -> None:
    assert read_object(value, form, "rule") == (value, ())


def test_keys_that_are_not_documented_are_kept_in_any_form() -> None:
    value = {"device": {"next_year": [1, {"a": None}]}, "weather": 5}
    assert read_object(value, CONDITIONS, "conditions") == (value, ())


@pytest.mark.parametrize(
    "value, readable",
    [
        (None, {}),
        ({"device": None, "network": {"connection": "ZONE"}}, {"network": {"connection": "ZONE"}}),
        ({"device": {"managed": None, "registered": True}}, {"device": {"registered": True}}),
        ({"weather": None}, {}),
    ],
)
def test_nothing_is_absent_and_can_be_read(value: t.Any, readable: t.Any) -> None:
    assert read_object(value, CONDITIONS, "conditions") == (readable, ())


@pytest.mark.parametrize(
    "value, readable, unreadable",
    [
        # Another type, in each kind of form: the parts next to it are read.
        (
            {"device": {"managed": "true", "registered": True}, "platform": {"include": MACS}},
            {"device": {"registered": True}, "platform": {"include": MACS}},
            ["conditions.device.managed"],
        ),
        ({"device": ["managed"]}, {}, ["conditions.device"]),
        # A word that is not printable is damaged, so that nobody knows which one it was.
        *(
            (
                {"platform": {"include": [{"type": "DESKTOP", "os": {"type": word}}]}},
                {"platform": {}},
                ["conditions.platform.include"],
            )
            for word in ("\ud800MACOS", "\x1b[31mMACOS\u202e")
        ),
        (
            {"network": {"connection": 5}, "riskScore": "LOW"},
            {"network": {}},
            ["conditions.network.connection", "conditions.riskScore"],
        ),
        (
            {"people": {"users": {"include": "00u1", "exclude": ["00u2"]}}},
            {"people": {"users": {"exclude": ["00u2"]}}},
            ["conditions.people.users.include"],
        ),
        # Of a list that is only partly readable, nothing is known: it may name anybody else.
        (
            {"userType": {"include": ["oty1", 5]}},
            {"userType": {}},
            ["conditions.userType.include"],
        ),
        (
            {"userType": {"exclude": ["oty1", None]}},
            {"userType": {}},
            ["conditions.userType.exclude"],
        ),
        (
            {"platform": {"include": [*MACS, {"type": "MOBILE", "os": "IOS"}]}},
            {"platform": {}},
            ["conditions.platform.include"],
        ),
        # A word of no letter is none.
        (
            {"platform": {"include": [{"type": ""}]}},
            {"platform": {}},
            ["conditions.platform.include"],
        ),
        ({"network": {"connection": " "}}, {"network": {}}, ["conditions.network.connection"]),
        # The whole of it.
        ("ANYONE", {}, ["conditions"]),
        ([], {}, ["conditions"]),
    ],
)
def test_what_has_another_form_is_left_out_and_named(
    value: t.Any, readable: t.Any, unreadable: list[str]
) -> None:
    assert read_object(value, CONDITIONS, "conditions") == (readable, tuple(unreadable))
