# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of Kandji's answers decides a point. The lab shows each position in tests/functional."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    Material,
    Reply,
    Surroundings,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.kandji_points import (
    KANDJI_POINTS,
)

NOWHERE = Surroundings()
POINTS = {point.id: point for point in KANDJI_POINTS}
ITEM, UUID = "6f1d2c3b-4a59-4e68-9777-8695a4b3c2d1", "0f1e2d3c-4b5a-4978-8796-a5b4c3d2e1f0"
SCEP = [{"type": "com.apple.security.scep"}]


def reply(body=None, status=200, path=None, query=None, headers=None, content=b""):
    return Reply(path or {}, query or {}, status, headers or {}, body, content)


def judge(name, surroundings=NOWHERE, **replies):
    named = {key.replace("_", " "): value for key, value in replies.items()}
    finding = POINTS[name].judge(Material(named, {}, surroundings))
    return finding and finding.position


def profiles(*texts, **keys):
    return [reply({"results": [{"id": ITEM, "profile": text, **keys} for text in texts]})]


def xml(uuid, more="", inner=""):
    return (
        f"<dict>{more}<key>PayloadContent</key><array><dict><key>PayloadUUID</key>"
        f"<string>{inner or UUID}</string></dict></array><key>PayloadUUID</key>"
        f"<string>{uuid}</string></dict>"
    )


def test_the_case_is_that_of_the_whole_profile():
    read = profiles(xml(UUID.upper(), inner=UUID), xml(UUID.upper()), xml("123"), "")
    assert judge("profile_uuid_case", List_Custom_Profiles=read) == "upper"
    assert judge("profile_uuid_case", List_Custom_Profiles=profiles("", "<dict/>")) is None


@pytest.mark.parametrize(
    ("uuid", "name", "position"),
    [
        (UUID, f"C02 {UUID.upper()}", "payload_uuid"),
        (UUID, f"C02 {ITEM}", "item_id"),
        (ITEM, f"C02 {ITEM}", None),
        (UUID, "C02", None),
    ],
)
def test_whose_uuid_a_common_name_holds(uuid, name, position):
    certificates = [reply({"data": [{"common_name": name}]})]
    read = {"List_Custom_Profiles": profiles(xml(uuid)), "Certificates": certificates}
    assert judge("profile_uuid_variable", **read) == position


def test_a_description_that_is_there_survived_and_one_of_a_payload_does_not_count():
    kept = profiles(xml(UUID, "<key>PayloadDescription</key><string>x</string>"))
    assert judge("top_level_keys_survive", List_Custom_Profiles=kept) is True
    inner = xml(UUID).replace("<array><dict>", "<array><dict><key>PayloadDescription</key>")
    assert judge("top_level_keys_survive", List_Custom_Profiles=profiles(inner)) is None


def test_a_tab_that_is_there_was_not_rewritten():
    assert judge("tabs_become_spaces", List_Custom_Profiles=profiles("<a>", "\t<b>")) is False
    assert judge("tabs_become_spaces", List_Custom_Profiles=profiles("  <a>")) is None


def test_flags_are_listed_with_any_of_them():
    assert judge("profile_flags_listed", List_Custom_Profiles=profiles("")) is False
    assert judge("profile_flags_listed", List_Custom_Profiles=profiles("", runs_on_tv=True)) is True
    assert judge("profile_flags_listed", List_Custom_Profiles=profiles()) is None


def test_an_id_in_another_case():
    for value, position in ((ITEM, False), (ITEM.upper(), True), ("1", None), (7, None)):
        assert judge("mixed_case_ids", List_Devices=[reply([{"device_id": value}])]) is position


def test_the_status_of_an_app_counts_and_that_of_another_item_does_not():
    items = [reply({"library_items": [{"item_id": ITEM.upper(), "type": "vpp-app"}]})]
    for item, status, position in ((ITEM, 200, True), (ITEM, 404, False), (UUID, 404, None)):
        statuses = [reply({}, status, {"library_item_id": item})]
        read = {"Get_Device_Library_Items": items, "Get_Library_Item_Statuses": statuses}
        assert judge("status_of_console_items", **read) is position
    refused = [reply({}, 403, {"library_item_id": ITEM})]
    read = {"Get_Device_Library_Items": items, "Get_Library_Item_Statuses": refused}
    assert judge("status_of_console_items", **read) is None


@pytest.mark.parametrize(
    ("identifier", "kind", "name", "found_type", "found_identifier"),
    [
        (f"com.kandji.profile.scep.{ITEM}", "profile", "Other", "profile", "item_id"),
        ("com.kandji.profile.1", "scep", "SCEP", "scep", "opaque"),
        ("com.kandji.profile.1", "annSmith", "SCEP", "another", "opaque"),
        ("com.kandji.profile.1", "scep", "Other", None, None),
        (f"com.kandji.profile.custom.{ITEM}", "profile", "SCEP", None, None),
        ("com.kandji.profile.odt.scep", "profile", "SCEP", None, None),
    ],
)
def test_a_scep_item_of_the_web_app(identifier, kind, name, found_type, found_identifier):
    installed = {
        "device_id": UUID,
        "payload_identifier": identifier,
        "profile_display_name": "SCEP",
        "profile_data": SCEP,
    }
    items = {"library_items": [{"item_id": ITEM, "type": kind, "name": name}]}
    read = {
        "Installed_profiles": [reply({"data": [installed]})],
        "Get_Device_Library_Items": [reply(items, path={"device_id": UUID.upper()})],
    }
    assert judge("native_scep_type", **read) == found_type
    assert judge("native_scep_identifier", **read) == found_identifier


def test_what_a_429_says():
    for content, headers, body, position in (
        (b"{}", {"retry-after": "1"}, "detail", True),
        (b" <html>", {}, "html", False),
        (b"", {}, "empty", False),
    ):
        read = {"List_Devices": [reply(None, 429, headers=headers, content=content)]}
        assert judge("too_many_body", **read) == body
        assert judge("retry_after", **read) is position


def test_the_limit_by_the_second_is_a_number():
    for value, position in (("50", 50), ("", None), ("x", None), ("-1", None)):
        headers = {"x-ratelimit-limit-second": value}
        assert judge("per_second_limit", List_Devices=[reply([], headers=headers)]) == position


def certificate(name="C02XK1ZAJG5J", at="2026-11-01T00:00:00Z"):
    serial = "C02XK1ZAJG5J"
    return {"device_id": UUID, "serial_number": serial, "common_name": name, "created_at": at}


def test_two_rows_of_a_name_or_one_that_is_older_than_its_profile():
    installed = {
        "device_id": UUID,
        "payload_identifier": f"com.kandji.profile.custom.{ITEM}",
        "profile_data": SCEP,
        "created_at": "2026-11-20T00:00:00Z",
    }
    newer = certificate(at="2026-11-20T00:00:00Z")
    for rows, position in (
        ([certificate(), certificate()], "certificate"),
        ([certificate()], "common_name"),
        ([newer], None),
        ([certificate(f"C02XK1ZAJG5J {ITEM}")], None),
        ([certificate("Apple")], None),
    ):
        read = {
            "Certificates": [reply({"data": rows})],
            "Installed_profiles": [reply({"data": [installed]})],
        }
        assert judge("certificate_rows", **read) == position


@pytest.mark.parametrize(
    ("host", "position"),
    [
        ("acme.api.kandji.io", "kandji.io"),
        ("acme.api.eu.iru.com:443", "iru.com"),
        ("kandji.io.acme.com", "another"),
        ("", None),
    ],
)
def test_the_domain_of_the_api(host, position):
    there = Surroundings(kandji_host=host)
    assert judge("api_domain", there, List_Devices=[reply([])]) == position


def test_the_rows_of_a_page_that_is_not_the_last():
    def page(rows, limit, total):
        headers = {"x-total-count": total}
        query = {"limit": limit, "offset": 0}
        return [reply([{"id": n} for n in range(rows)], query=query, headers=headers)]

    assert judge("page_rows", List_Devices=page(5, 300, "25")) == 5
    assert judge("page_rows", List_Devices=page(5, 300, "5")) is None
    assert judge("page_rows", List_Devices=page(300, 300, "301")) == 300
    assert judge("page_rows", List_Devices=page(5, 300, "9" * 5000)) == 5
    by_cursor = [reply({"data": [{}], "cursor": "x"}, query={"limit": 300})]
    assert judge("page_rows", Certificates=by_cursor) == 1


def test_where_links_lead():
    there = Surroundings(kandji_host="acme.api.kandji.io")
    for link, position in (
        ("https://acme.kandji.io/api/v1/blueprints?limit=1", True),
        ("https://acme.api.kandji.io/api/v1/blueprints?limit=1", False),
        ("?offset=1", None),
        ("https://[", None),
        (None, None),
    ):
        read = [reply({"results": [], "next": link})]
        assert judge("next_links_on_web_host", there, List_Blueprints=read) is position
