# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be shown: words of the vendors, and numbers in the place of everything else."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.pseudonyms import (
    Pseudonyms,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("managementStatus", ["management", "status"]),
        ("runs_on_mac", ["runs", "on", "mac"]),
        ("PayloadUUID", ["payload", "uuid"]),
        ("OKTA_AS_CA", ["okta", "as", "ca"]),
        ("x-okta-request-id", ["x", "okta", "request", "id"]),
        ("", []),
        ("1234", []),
    ],
)
def test_words_are_split_at_cases_and_punctuation(text, words):
    assert words_of(text) == words


@pytest.mark.parametrize("text", ["lastEnrollmentStatus", "device_policy_count", "NOT_MANAGED"])
def test_a_text_of_the_vendors_words_is_shown(text):
    assert Pseudonyms().show("key", text) == text


@pytest.mark.parametrize(
    "text",
    [
        "annSmith",
        "Katherine",
        "ann@acme.com",
        "C02XK1ZAJG5J",
        "status1",
        "device.status",
        "status of ann",
        "acmeStatus",
        "",
        "status" * 10,
        "statüs",
        "status\n",
    ],
)
def test_any_other_text_is_replaced(text):
    assert Pseudonyms().show("key", text) == "key 1"


def test_equal_texts_have_equal_replacements_of_their_kind():
    pseudonyms = Pseudonyms()
    row = [pseudonyms.show("key", text) for text in ("qxj", "zzk", "qxj")]
    assert row == ["key 1", "key 2", "key 1"]
    assert pseudonyms.show("value", "zzk") == "value 1"
