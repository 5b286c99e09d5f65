# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a profile and its payloads is compared, and how it is labelled."""

from __future__ import annotations

import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    comparison,
)


def app(name: str, **values: t.Any) -> dict[str, t.Any]:
    return {"PayloadType": "com.acme.app", "PayloadIdentifier": name, "PayloadUUID": name, **values}


def test_names_and_an_empty_description_of_a_payload_are_not_compared() -> None:
    kept = {"PayloadType": "com.acme.app", "Server": "", "PayloadOrganization": ""}
    payload = app("A", Server="", PayloadOrganization="", PayloadDescription="")
    assert comparison.comparable_payload(payload) == kept
    described = {**payload, "PayloadDescription": "Acme"}
    assert comparison.comparable_payload(described) == {**kept, "PayloadDescription": "Acme"}


def test_payloads_are_labelled_by_type_and_number() -> None:
    wifi = {"PayloadType": "com.apple.wifi.managed", "PayloadUUID": "W"}
    profile = {"PayloadContent": [app("A", Port=1), wifi, app("B", Port=2)]}
    assert comparison.label_payloads(profile) == {
        "com.acme.app": {"PayloadType": "com.acme.app", "Port": 1},
        "com.apple.wifi.managed": {"PayloadType": "com.apple.wifi.managed"},
        "com.acme.app (2)": {"PayloadType": "com.acme.app", "Port": 2},
    }


def test_what_the_whole_profile_sets_is_compared_without_what_kandji_writes() -> None:
    identity = {"PayloadIdentifier": "A", "PayloadUUID": "A", "PayloadDisplayName": "Acme"}
    settings = {"PayloadType": "Configuration", "PayloadScope": "System"}
    profile = {**identity, **settings, "PayloadContent": [app("A")]}
    assert comparison.profile_level_keys(profile) == settings


def test_the_content_of_a_profile_identifies_it_in_any_order_of_payloads() -> None:
    first = {"PayloadScope": "System", "PayloadContent": [app("A", Port=1), app("B", Port=2)]}
    second = {**first, "PayloadContent": [app("C", Port=2), app("D", Port=1)]}
    assert comparison.describe_content(first) == comparison.describe_content(second)
    for other in ({**first, "PayloadScope": "User"}, {**first, "PayloadContent": [app("A")]}):
        assert comparison.describe_content(other) != comparison.describe_content(first)
