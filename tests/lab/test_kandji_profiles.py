# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Custom profiles.

What is refused, what the tenant rewrites, and when a profile gets a new identity.
"""

from __future__ import annotations

import plistlib

import pytest

PATH = "/library/custom-profiles"


@pytest.fixture
def profile(client, scep_profile):
    return client.upload(
        "POST", PATH, {"name": "Okta SCEP", "runs_on_mac": "true"}, scep_profile
    ).json


def stored(profile):
    return plistlib.loads(profile["profile"].encode())


def patch(client, profile, fields, document=None):
    return client.upload("PATCH", f"{PATH}/{profile['id']}", fields, document).json


def test_creating_returns_the_profile(client, scep_profile):
    reply = client.upload("POST", PATH, {"name": "Okta SCEP", "runs_on_mac": "true"}, scep_profile)
    assert reply.status == 201
    assert {
        "active": True,
        "runs_on_mac": True,
        "runs_on_iphone": False,
        "runs_on_android": False,
    }.items() <= reply.json.items()
    assert reply.json["mdm_identifier"] == f"com.kandji.profile.custom.{reply.json['id']}"


def test_three_keys_are_rewritten_and_the_content_is_kept(profile, scep_profile):
    document = stored(profile)
    assert document["PayloadIdentifier"] == profile["mdm_identifier"]
    assert document["PayloadDisplayName"] == "Okta SCEP"
    assert document["PayloadUUID"] == profile["id"]  # as long as it is never changed
    assert document["PayloadContent"] == scep_profile["PayloadContent"]
    assert document["PayloadDescription"] == "kept"


@pytest.mark.parametrize(
    ("fields", "with_file", "named"),
    [
        ({"runs_on_mac": "true"}, True, "name"),
        ({"name": "x", "runs_on_mac": "true"}, False, "file"),
        ({"name": "x"}, True, "non_field_errors"),
        ({"name": "x", "runs_on_mac": "perhaps"}, True, "runs_on_mac"),
    ],
)
def test_what_is_missing_is_named_by_field(client, scep_profile, fields, with_file, named):
    reply = client.upload("POST", PATH, fields, scep_profile if with_file else None)
    assert reply.status == 400
    assert list(reply.json) == [named]


@pytest.mark.parametrize(
    "document", [{"PayloadType": "com.apple.security.scep"}, {"PayloadType": "Configuration"}]
)
def test_a_plist_that_is_no_profile_is_refused(client, document):
    reply = client.upload("POST", PATH, {"name": "x", "runs_on_mac": "true"}, document)
    assert (reply.status, list(reply.json)) == (400, ["file"])


def test_rubbish_is_refused(client):
    files = {
        "name": (None, "x"),
        "runs_on_mac": (None, "true"),
        "file": ("a.mobileconfig", b"<plist><dict>"),
    }
    assert client.send("POST", PATH, files=files).status == 400


def test_json_is_the_wrong_media_type(client):
    assert client.post(PATH, {"name": "x"}).status == 415


def test_two_profiles_may_have_one_name(client, profile, scep_profile):
    assert (
        client.upload(
            "POST", PATH, {"name": "Okta SCEP", "runs_on_mac": "true"}, scep_profile
        ).status
        == 201
    )
    assert client.get(PATH).json["count"] == 2


def test_even_a_new_name_alone_gives_the_profile_a_new_identity(client, profile):
    changed = patch(client, profile, {"name": "Renamed"})
    assert stored(changed)["PayloadDisplayName"] == "Renamed"
    assert stored(changed)["PayloadUUID"] != stored(profile)["PayloadUUID"]
    assert stored(changed)["PayloadContent"] == stored(profile)["PayloadContent"]


def test_or_keeps_it_when_the_switch_says_so(client, profile, kandji_world):
    kandji_world.switches.set(new_identity_on_every_patch=False)
    assert (
        stored(patch(client, profile, {"name": "Renamed"}))["PayloadUUID"]
        == stored(profile)["PayloadUUID"]
    )


def test_a_new_file_gives_a_new_identity_whatever_the_switch_says(
    client, profile, scep_profile, kandji_world
):
    kandji_world.switches.set(new_identity_on_every_patch=False)
    assert (
        stored(patch(client, profile, {}, scep_profile))["PayloadUUID"]
        != stored(profile)["PayloadUUID"]
    )


def test_patching_keeps_what_it_does_not_name(client, profile):
    changed = patch(client, profile, {"runs_on_iphone": "true"})
    assert (
        changed["name"],
        changed["active"],
        changed["runs_on_mac"],
        changed["runs_on_iphone"],
    ) == ("Okta SCEP", True, True, True)


def test_patching_may_be_form_encoded(client, profile):
    assert (
        client.send("PATCH", f"{PATH}/{profile['id']}", data={"active": "false"}).json["active"]
        is False
    )


def test_the_case_of_the_identity_is_a_switch(client, profile, kandji_world):
    assert stored(profile)["PayloadUUID"].islower()
    kandji_world.switches.set(profile_uuid_case="upper")
    assert stored(patch(client, profile, {"name": "x"}))["PayloadUUID"].isupper()


def test_the_tenant_may_drop_other_top_level_keys(client, scep_profile, kandji_world):
    kandji_world.switches.set(top_level_keys_survive=False)
    created = client.upload("POST", PATH, {"name": "x", "runs_on_mac": "true"}, scep_profile).json
    assert "PayloadDescription" not in stored(created)


def test_the_identity_of_inner_payloads_may_be_rewritten_too(client, scep_profile, kandji_world):
    kandji_world.switches.set(inner_identity_survives=False)
    created = client.upload(
        "POST", PATH, {"name": "Okta SCEP", "runs_on_mac": "true"}, scep_profile
    ).json
    inner, sent = stored(created)["PayloadContent"][0], scep_profile["PayloadContent"][0]
    assert (
        inner["PayloadUUID"] != sent["PayloadUUID"]
        and inner["PayloadIdentifier"] != sent["PayloadIdentifier"]
    )
    assert inner["PayloadContent"] == sent["PayloadContent"]


def test_references_follow_where_the_tenant_rewrites_identities(client, kandji_world):
    kandji_world.switches.set(inner_identity_survives=False)
    certificate, wifi = ("AAAAAAAA-0000-4000-8000-000000000001", "AAAAAAAA-0000-4000-8000-00000002")
    document = {
        "PayloadType": "Configuration",
        "PayloadContent": [
            {"PayloadType": "com.apple.security.root", "PayloadUUID": certificate},
            {
                "PayloadType": "com.apple.wifi.managed",
                "PayloadUUID": wifi,
                "EAPClientConfiguration": {"PayloadCertificateAnchorUUID": [certificate]},
            },
        ],
    }
    created = client.upload("POST", PATH, {"name": "x", "runs_on_mac": "true"}, document).json
    root, network = stored(created)["PayloadContent"]
    assert root["PayloadUUID"] != certificate
    assert network["EAPClientConfiguration"]["PayloadCertificateAnchorUUID"] == [
        root["PayloadUUID"]
    ]


def test_a_tenant_of_2024_lists_no_platforms(client, profile, kandji_world):
    kandji_world.switches.set(profile_flags_listed=False)
    row = client.get(PATH).json["results"][0]
    assert "active" in row and not [key for key in row if key.startswith("runs_on_")]


def test_the_tenant_may_turn_tabs_into_spaces(client, scep_profile, kandji_world):
    kandji_world.switches.set(tabs_become_spaces=True)
    created = client.upload("POST", PATH, {"name": "x", "runs_on_mac": "true"}, scep_profile).json
    assert "\t" not in created["profile"]
    assert stored(created)["PayloadContent"] == scep_profile["PayloadContent"]


def test_the_tenant_may_store_something_else_than_was_sent(client, scep_profile, kandji_world):
    kandji_world.switches.set(tenant_changes_profile=True)
    created = client.upload("POST", PATH, {"name": "x", "runs_on_mac": "true"}, scep_profile).json
    assert stored(created)["PayloadContent"][0]["PayloadContent"]["Retries"] == 6


def test_listing_shows_the_payload_page_by_page(client, tenant, scep_profile):
    for number in range(3):
        tenant.library.create_profile(
            name=f"Profile {number}", document=scep_profile, runs_on={"Mac"}
        )
    tenant.profile_page_size = 2
    first = client.get(PATH).json
    assert (first["count"], len(first["results"]), first["previous"]) == (3, 2, None)
    assert "a-secret-challenge" in first["results"][0]["profile"]
    assert first["next"].endswith("?page=2")
    last = client.get(PATH, page=2).json
    assert ([row["name"] for row in last["results"]], last["next"]) == (["Profile 2"], None)


def test_unknown_profiles(client):
    unknown = f"{PATH}/00000000-0000-4000-8000-000000000000"
    assert (client.get(unknown).status, client.get(unknown).json) == (404, {"detail": "Not found."})
    deleted = client.send("DELETE", unknown)
    assert deleted.status == 404
    assert deleted.content.startswith(b"<!doctype html>")


def test_deleting_takes_the_profile_off_its_blueprints(client, tenant, profile):
    blueprint = tenant.add_blueprint("Canary")
    tenant.assignments.assign(blueprint, tenant.items[profile["id"]], None)
    assert client.send("DELETE", f"{PATH}/{profile['id']}").status == 204
    assert client.get(f"/blueprints/{blueprint.id}/list-library-items").json["results"] == []
