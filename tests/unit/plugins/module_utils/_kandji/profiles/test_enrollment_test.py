# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is proved of a profile's SCEP payloads before Macs enroll with it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    enrollment_test,
)

PIN = b"\x7f" * 20
URL = "https://acme.okta.com/pki/0a/scep/rac"


class Endpoint:
    """An endpoint that keeps what it is asked, and whose certificates have other fingerprints."""

    def __init__(self, pins: t.Collection[bytes] = ()) -> None:
        self.pins, self.asked = pins, []

    def check_pin(self, pinned_by, fingerprint, remedy):
        self.asked.append(("pin", fingerprint))
        if fingerprint not in self.pins:
            raise Refused(f"{pinned_by}: none has it. {remedy}")

    def make_test_enrollment(self, challenge, pin):
        self.asked.append(("enrollment", challenge, pin))


class Run:
    """What a module's run opens its connections with."""

    def __init__(self, check_mode: bool) -> None:
        self.check_mode, self.secrets = check_mode, []
        self.masker = self

    def add(self, secret):
        self.secrets.append(secret)


def profile(*contents: dict[str, t.Any]) -> dict[str, t.Any]:
    payloads = [
        {"PayloadType": "com.apple.security.scep", "PayloadContent": each} for each in contents
    ]
    return {"PayloadContent": payloads}


def content(**more: t.Any) -> dict[str, t.Any]:
    return {"URL": URL, "Challenge": "vFq93-Lm", **more}


@pytest.fixture
def enroll(monkeypatch):
    def run(plist, *pins, check_mode=False):
        endpoint, made = Endpoint(pins), Run(check_mode)
        monkeypatch.setattr(enrollment_test, "open_endpoint", lambda _run, _url, _option: endpoint)
        enrollment_test.try_payloads("mobileconfig", plist, made)
        return endpoint.asked, made.secrets

    return run


def test_each_scep_payload_enrolls_once_with_its_own_pin(enroll):
    asked, secrets = enroll(profile(content(CAFingerprint=PIN), content(Challenge="other-8Q")), PIN)
    assert asked == [
        ("pin", PIN),
        ("enrollment", "vFq93-Lm", PIN),
        ("enrollment", "other-8Q", None),
    ]
    assert secrets == ["vFq93-Lm", "other-8Q"]


def test_check_mode_compares_pins_and_enrolls_nothing(enroll):
    assert enroll(profile(content(CAFingerprint=PIN)), PIN, check_mode=True)[0] == [("pin", PIN)]
    assert enroll(profile(content()), check_mode=True)[0] == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_pin_of_another_authority_is_refused_by_the_name_of_its_payload(enroll, check_mode):
    with pytest.raises(Refused) as refused:
        enroll(profile(content(CAFingerprint=PIN)), check_mode=check_mode)
    assert refused.value.message.startswith("mobileconfig: ")
    assert "its CAFingerprint: none has it. Correct it in the profile" in refused.value.message


@pytest.mark.parametrize("key", ["URL", "Challenge"])
def test_a_variable_of_kandji_cannot_be_tested(enroll, key):
    with pytest.raises(BadOption, match="holds a Kandji variable"):
        enroll(profile(content(**{key: "https://acme.okta.com/$SERIAL_NUMBER"})))


def test_a_profile_without_scep_payload_needs_no_test(enroll):
    assert enroll({"PayloadContent": [{"PayloadType": "com.apple.wifi.managed"}]}) == ([], [])
