# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom Profiles that were there before.

Made by hand in another order, with other identifiers, beside other payloads.
"""

from __future__ import annotations

import plistlib
import typing as t

import pytest
import requests

MODULE = "kandji_scep_profile"
NAME = "SCEP for Okta, by hand"

pytestmark = pytest.mark.lab(macs=3)

# Tabs, comments, another order, keys left out whose default is Apple's, and a Wi-Fi payload beside
# it.
BY_HAND = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Ann made this one -->
<plist version="1.0"><dict>
  <key>PayloadUUID</key><string>D9A1C7E2-2B43-4B7B-9B51-0A8A4B0D6C11</string>
  <key>PayloadType</key><string>Configuration</string>
  <key>PayloadVersion</key><integer>1</integer>
  <key>PayloadIdentifier</key><string>com.acme.scep</string>
  <key>PayloadContent</key><array>
    <dict>
      <key>PayloadType</key><string>com.apple.wifi.managed</string>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadIdentifier</key><string>com.acme.wifi</string>
      <key>PayloadUUID</key><string>7E7A1C7E-2B43-4B7B-9B51-0A8A4B0D6C12</string>
      <key>SSID_STR</key><string>Acme</string>
    </dict>
    <dict>
      <!-- the guide's settings -->
      <key>PayloadContent</key><dict>
\t\t<key>Subject</key><array><array><array><string>CN</string><string>$SERIAL_NUMBER $PROFILE_UUID</string></array></array></array>
\t\t<key>AllowAllAppsAccess</key><true/>
\t\t<key>KeyIsExtractable</key><false/>
\t\t<key>Key Usage</key><integer>1</integer>
\t\t<key>Keysize</key><integer>2048</integer>
\t\t<key>RetryDelay</key><integer>30</integer>
\t\t<key>Challenge</key><string>{challenge}</string>
\t\t<key>URL</key><string>{url}</string>
      </dict>
      <key>PayloadVersion</key><integer>1</integer>
      <key>PayloadType</key><string>com.apple.security.scep</string>
      <key>PayloadIdentifier</key><string>com.acme.scep.payload</string>
      <key>PayloadUUID</key><string>8E7A1C7E-2B43-4B7B-9B51-0A8A4B0D6C13</string>
    </dict>
  </array>
</dict></plist>
"""


@pytest.fixture
def by_hand(watched) -> str:
    """Id of a profile that somebody uploaded and assigned to the canary's blueprint."""
    told = watched.lab.announcement
    text = BY_HAND.format(challenge=told["scep_challenge"], url=told["scep_url"])

    def post(path: str, **body: t.Any) -> t.Any:
        answer = requests.post(
            told["kandji_url"] + path,
            headers={"Authorization": f"Bearer {told['kandji_api_token']}"},
            verify=told["ca_file"],
            timeout=30,
            **body,
        )
        answer.raise_for_status()
        return answer.json()

    fields = {
        "name": (None, NAME),
        "active": (None, "true"),
        "runs_on_mac": (None, "true"),
        "file": ("by-hand.mobileconfig", text),
    }
    item_id = post("/api/v1/library/custom-profiles", files=fields)["id"]
    blueprint = next(
        one
        for one in watched.world.kandji.blueprints.values()
        if one.name == watched.canary["blueprints"][0]
    )
    post(
        f"/api/v1/blueprints/{blueprint.id}/assign-library-item", json={"library_item_id": item_id}
    )
    return item_id


@pytest.mark.parametrize("by", ["name", "library_item_id"])
@pytest.mark.parametrize("tabs", [False, True])
def test_it_is_adopted_without_a_write_when_it_says_the_same(
    watched, run_module, by_hand, by, tabs
):
    watched.switch(tabs_become_spaces=tabs)
    wanted = {
        by: NAME if by == "name" else by_hand.upper(),
        "blueprints": watched.canary["blueprints"],
        "retries": 3,
    }
    mark = watched.mark()
    adopted = run_module(MODULE, wanted, lab=watched.lab)
    assert not adopted["changed"] and watched.writes(mark) == [], adopted
    row = adopted["profiles"][0]
    assert (row["library_item_id"], row["generation"], row["challenge_matches"]) == (
        by_hand,
        None,
        True,
    )


def test_what_it_says_otherwise_is_shown_masked_and_written_once_beside_what_is_kept(
    watched, run_module, by_hand, shown
):
    wanted = {
        "library_item_id": by_hand,
        "blueprints": watched.canary["blueprints"],
        "retry_delay": 60,
        "challenge": "canary-other-secret-<&>",
        "test_enrollment": False,
    }
    predicted = run_module(MODULE, wanted, lab=watched.lab, check=True, diff=True)
    assert predicted["changes"] == [f"update profile {NAME!r}: Challenge, Retries, RetryDelay"], (
        predicted
    )
    assert predicted["diff"]["before"][f"profile {NAME!r}"] == {
        "Challenge": "******** (another one)",
        "Retries": None,
        "RetryDelay": 30,
    }
    written = run_module(MODULE, wanted, lab=watched.lab, diff=True)
    assert written["diff"] == predicted["diff"]
    document = next(
        one for one in watched.world.kandji.library.profiles() if one.id == by_hand
    ).document
    wifi, scep = document["PayloadContent"]
    assert wifi["SSID_STR"] == "Acme" and scep["PayloadIdentifier"] == "com.acme.scep.payload"
    assert scep["PayloadContent"]["RetryDelay"] == 60 and plistlib.dumps(document)
    mark = watched.mark()
    assert not run_module(MODULE, wanted, lab=watched.lab)["changed"] and watched.writes(mark) == []
    for secret in ("canary-other-secret-<&>", watched.lab.announcement["scep_challenge"]):
        assert shown(secret) == []


def reference(kind: str, **keys: t.Any) -> dict[str, t.Any]:
    """Return a payload that names its certificate in the keys."""
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"com.acme.{kind}",
        "PayloadUUID": "9E7A1C7E-2B43-4B7B-9B51-0A8A4B0D6C14",
        **keys,
    }


SCEP_UUID = "8E7A1C7E-2B43-4B7B-9B51-0A8A4B0D6C13"
REFERENCES = [
    reference(
        "com.apple.security.identitypreference",
        Name="https://vpn.acme.com",
        PayloadCertificateUUID=SCEP_UUID,
    ),
    reference("com.apple.wifi.managed", SSID_STR="Acme", PayloadCertificateUUID=SCEP_UUID),
    reference("com.apple.vpn.managed", IKEv2={"PayloadCertificateUUID": SCEP_UUID.lower()}),
    reference(
        "com.apple.wifi.managed",
        SSID_STR="Acme",
        EAPClientConfiguration={"PayloadCertificateAnchorUUID": [SCEP_UUID]},
    ),
]


@pytest.mark.parametrize("referring", REFERENCES)
def test_what_refers_to_its_certificate_follows_a_new_generation(
    watched, run_module, by_hand, referring
):
    """macOS refuses a profile with a reference to a payload that it does not hold."""
    told = watched.lab.announcement
    item = watched.world.kandji.items[by_hand]
    scep = item.document["PayloadContent"][1]
    assert scep["PayloadUUID"] == SCEP_UUID
    watched.world.kandji.library.update_profile(
        item,
        name=NAME,
        document={**item.document, "PayloadContent": [referring, scep]},
        runs_on={"Mac"},
        active=True,
    )
    args = {
        "name": NAME,
        "blueprints": watched.canary["blueprints"],
        "url": told["scep_url"],
        "challenge": told["scep_challenge"],
        "generation": "2",
        "max_reissue": 10,
    }
    assert run_module(MODULE, args, lab=watched.lab)["changed"]
    referring, scep = plistlib.loads(item.text.encode())["PayloadContent"]
    assert scep["PayloadIdentifier"].endswith(".2") and scep["PayloadUUID"] != SCEP_UUID
    assert scep["PayloadUUID"] in repr(referring) and SCEP_UUID not in repr(referring).upper()
    results = [mac.check_in() for mac in watched.world.macs]
    assert any(NAME in each.installed for each in results)
    assert not any(each.failed for each in results)
