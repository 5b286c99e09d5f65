# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The profile that Macs get.

What the settings ask for, what is kept of a profile that is there, and what a person sees of the
challenge.
"""

from __future__ import annotations

import copy
import plistlib
import re
import typing as t
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import (
    ABSENT,
    Difference,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    mobileconfig,
    scep,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.challenge import (
    check_challenge,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.scep import (
    ScepSettings,
)
from hypothesis import assume, given
from hypothesis import strategies as st

URL = "https://acme.okta.com/pki/0123456789ABCDEF0123456789ABCDEF01234567/scep/rac1a2B3c4D5e6F7g8h9"
CHALLENGE = "q7_Zk-W2b9Xv4LrT1mYc8NdHs3PfJg6KuAeQoViB5xE"
SETTINGS = ScepSettings(URL, CHALLENGE)
SHA1 = "7f" * 20

printable = st.text(
    st.characters(exclude_categories=["C", "Z"]) | st.just(" "), min_size=1, max_size=60
)


def payload_of(plist: t.Mapping[str, t.Any] | None) -> dict[str, t.Any]:
    return mobileconfig.scep_payloads(plist)[0]


def profile(
    settings: ScepSettings = SETTINGS,
    generation: str | None = None,
    current: t.Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """The profile for these settings, through XML and back, as a tenant would keep it."""
    plist = mobileconfig.parse(
        mobileconfig.to_xml(scep.build_profile("Okta SCEP", settings, generation, current))
    )
    assert plist is not None
    return plist


def somebody_elses(**content: t.Any) -> dict[str, t.Any]:
    """A profile as another tool would have written it.

    Own identifiers, another order, keys and payloads that we know nothing of.
    """
    wanted = {
        key: value for key, value in scep.build_content(SETTINGS).items() if value is not ABSENT
    }
    return {
        "PayloadOrganization": "Acme",
        "PayloadUUID": "4B1D",
        "PayloadContent": [
            {
                "PayloadType": "com.apple.wifi.managed",
                "PayloadVersion": 1,
                "PayloadUUID": "W",
                "PayloadIdentifier": "acme.wifi",
                "SSID_STR": "Acme",
            },
            {
                "PayloadUUID": "S",
                "PayloadIdentifier": "acme.scep",
                "PayloadVersion": 1,
                "PayloadType": "com.apple.security.scep",
                "PayloadContent": dict(
                    reversed(list({**wanted, "CAInstance": "one", **content}.items()))
                ),
            },
            {
                "PayloadUUID": "R",
                "PayloadIdentifier": "acme.root",
                "PayloadVersion": 1,
                "PayloadType": "com.apple.security.root",
                "PayloadContent": b"\x30\x82",
            },
        ],
        "PayloadVersion": 1,
        "PayloadType": "Configuration",
        "PayloadIdentifier": "com.kandji.profile.custom.1",
        "PayloadDisplayName": "Okta SCEP",
    }


# The subject


@pytest.mark.parametrize(
    "text, parsed",
    [
        ("CN=$SERIAL_NUMBER $PROFILE_UUID", [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]]),
        ("CN=$SERIAL_NUMBER,O=Acme", [[["CN", "$SERIAL_NUMBER"]], [["O", "Acme"]]]),
        (" cn = $SERIAL_NUMBER , ou = IT ", [[["CN", "$SERIAL_NUMBER"]], [["OU", "IT"]]]),
        (r"CN=$UDID,O=Acme\, Inc.", [[["CN", "$UDID"]], [["O", "Acme, Inc."]]]),
        ("CN=a=b", [[["CN", "a=b"]]]),
        ("1.2.840.113549.1.9.1=$EMAIL", [[["1.2.840.113549.1.9.1", "$EMAIL"]]]),
        ("CN=Müller & Söhne <1>", [[["CN", "Müller & Söhne <1>"]]]),
        ("CN=100$ or $5", [[["CN", "100$ or $5"]]]),
        ("CN=$EMAIL_PREFIX-$SERIAL_NUMBER", [[["CN", "$EMAIL_PREFIX-$SERIAL_NUMBER"]]]),
    ],
)
def test_a_subject_is_read_as_the_payload_has_it(text: str, parsed: t.Any) -> None:
    assert scep.parse_subject(text) == parsed


NO_TYPE = "is not an attribute type. Use C, L, ST, O, OU, CN or a dotted object identifier."
NO_VARIABLE = (
    "is not a variable that Kandji knows. Use one of"
    f" {', '.join('$' + name for name in mobileconfig.VARIABLES)}."
)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "'' in '' is not TYPE=value. Write it like CN=$SERIAL_NUMBER,O=Acme."),
        (
            "CN=$UDID,Acme",
            "'Acme' in 'CN=$UDID,Acme' is not TYPE=value. Write it like CN=$SERIAL_NUMBER,O=Acme.",
        ),
        ("$SERIAL_NUMBER", "is not TYPE=value. Write it like CN=$SERIAL_NUMBER,O=Acme."),
        ("CN=", "is not TYPE=value. Write it like CN=$SERIAL_NUMBER,O=Acme."),
        ("CN=$SERIAL_NUMBER,", "is not TYPE=value. Write it like CN=$SERIAL_NUMBER,O=Acme."),
        ("/CN=$SERIAL_NUMBER", f"'/CN' in '/CN=$SERIAL_NUMBER' {NO_TYPE}"),
        ("XY=$SERIAL_NUMBER", f"'XY' in 'XY=$SERIAL_NUMBER' {NO_TYPE}"),
        ("1=$SERIAL_NUMBER", f"'1' in '1=$SERIAL_NUMBER' {NO_TYPE}"),
        ("=value", f"'' in '=value' {NO_TYPE}"),
        ("CN=$SERIALNUMBER", f"$SERIALNUMBER {NO_VARIABLE}"),
        ("CN=$UDID $SERIAL", f"$SERIAL {NO_VARIABLE}"),
        ("CN=a\nb", "the value of CN holds a control character. Remove it."),
        ("o=a\x7fb", "the value of O holds a control character. Remove it."),
    ],
)
def test_a_wrong_subject_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(BadOption) as raised:
        scep.parse_subject(text)
    assert raised.value.message.startswith("subject: ")
    assert raised.value.message.endswith(said)


# The challenge


@pytest.mark.parametrize(
    "challenge",
    [
        CHALLENGE,
        "a&b<c>\"d'e",
        "pass $5 word",
        "Straße_ñ",
        "$serial_number",
        "ends with $",
        "$$",
        "-_-_",
        f"X{CHALLENGE}X",
    ],
)
def test_a_challenge_that_arrives_as_it_is_is_taken(challenge: str) -> None:
    check_challenge(challenge)
    assert (
        payload_of(profile(replace(SETTINGS, challenge=challenge)))["PayloadContent"]["Challenge"]
        == challenge
    )


EMPTY = "it is empty. Set the secret key that Okta showed next to the SCEP URL."
CONTROL = "it holds a control character, perhaps a line break. Set the secret key alone."
SPACE = "it begins or ends with a space. Set the secret key alone."
QUOTES = "it is in quotes. Set the secret key alone, without them."
VARIABLE = (
    "it holds text that Kandji would replace as a variable. Reset the secret key in Okta to get"
    " another."
)


@pytest.mark.parametrize(
    "challenge, problem",
    [
        ("", EMPTY),
        ("   ", EMPTY),
        (f"{CHALLENGE}\n", CONTROL),
        (f"{CHALLENGE}\r\n", CONTROL),
        ("one\ttwo-three", CONTROL),
        ("zero\0byte", CONTROL),
        ("delete\x7f!", CONTROL),
        (f" {CHALLENGE}", SPACE),
        (f"{CHALLENGE} ", SPACE),
        ("\u00a0no-break", SPACE),
        (f"'{CHALLENGE}'", QUOTES),
        (f'"{CHALLENGE}"', QUOTES),
        ("''", QUOTES),
        ("secret$UDIDsecret", VARIABLE),
        ("$SERIAL_NUMBER", VARIABLE),
        ("$$EMAIL", VARIABLE),
        ("x$EMAILx", VARIABLE),
    ],
)
def test_a_challenge_that_would_arrive_as_another_is_refused_and_not_shown(
    challenge: str, problem: str
) -> None:
    for option in ("challenge", "scep_challenge"):
        with pytest.raises(BadOption) as raised:
            check_challenge(challenge, option)
        assert raised.value.message == f"{option}: {problem}"
        assert raised.value.details == {"option": option}
    with pytest.raises(BadOption, match="^challenge: "):
        check_challenge(challenge)


@pytest.mark.parametrize(
    "challenge", ['"', "'", f"'{CHALLENGE}\"", f"'{CHALLENGE}", f'{CHALLENGE}"']
)
def test_a_quote_may_be_a_part_of_a_challenge(challenge: str) -> None:
    check_challenge(challenge)


def test_the_settings_do_not_show_the_challenge() -> None:
    assert CHALLENGE not in repr(SETTINGS)


# The content


@pytest.mark.parametrize(
    "setting, option",
    [
        ({"scep_name": "okta\n"}, "scep_name"),
        ({"subject_alt_name": {"dns_name": "a.acme.test\n"}}, "subject_alt_name.dns_name"),
    ],
)
def test_a_text_of_the_payload_with_a_line_break_is_refused(
    setting: dict[str, t.Any], option: str
) -> None:
    with pytest.raises(
        BadOption,
        match=f"^{option}: it holds a line break or another control character. Remove it.$",
    ):
        scep.build_content(replace(SETTINGS, **setting))


def test_the_defaults_are_those_of_the_guide() -> None:
    assert scep.build_content(SETTINGS) == {
        "URL": URL,
        "Challenge": CHALLENGE,
        "Subject": [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]],
        "SubjectAltName": ABSENT,
        "Key Type": "RSA",
        "Keysize": 2048,
        "Key Usage": 1,
        "Retries": 5,
        "RetryDelay": 30,
        "KeyIsExtractable": False,
        "AllowAllAppsAccess": True,
    }


@pytest.mark.parametrize(
    "setting, key, value",
    [
        ({"scep_name": "okta"}, "Name", "okta"),
        ({"scep_name": ""}, "Name", ""),
        ({"key_usage": "encryption"}, "Key Usage", 4),
        ({"key_usage": "both"}, "Key Usage", 5),
        ({"key_size": 4096}, "Keysize", 4096),
        ({"retries": 0}, "Retries", 0),
        ({"key_is_extractable": True}, "KeyIsExtractable", True),
        ({"allow_all_apps_access": False}, "AllowAllAppsAccess", False),
        ({"ca_fingerprint": SHA1}, "CAFingerprint", bytes.fromhex(SHA1)),
        (
            {"subject_alt_name": {"dns_name": "a.acme.test", "rfc822_name": None}},
            "SubjectAltName",
            {"dNSName": "a.acme.test"},
        ),
        (
            {"subject_alt_name": {"nt_principal_name": "$EMAIL"}},
            "SubjectAltName",
            {"ntPrincipalName": "$EMAIL"},
        ),
    ],
)
def test_a_setting_is_a_key_of_the_payload(
    setting: dict[str, t.Any], key: str, value: t.Any
) -> None:
    settings = replace(SETTINGS, **setting)
    assert scep.build_content(settings)[key] == value
    payload = payload_of(profile(settings))
    assert payload["PayloadContent"][key] == value
    assert scep.compare_payload(settings, None, payload) == []


@pytest.mark.parametrize("text", ["absent", "Absent"])
def test_a_pin_is_removed_and_unset_it_is_not_compared(text: str) -> None:
    pinned = profile(replace(SETTINGS, ca_fingerprint=SHA1))
    removed = replace(SETTINGS, ca_fingerprint=text)
    assert scep.compare_payload(SETTINGS, None, payload_of(pinned)) == []
    (difference,) = scep.compare_payload(removed, None, payload_of(pinned))
    assert (difference.path, difference.before, difference.after) == (
        "CAFingerprint",
        bytes.fromhex(SHA1),
        ABSENT,
    )
    assert scep.mask_difference(difference) == (SHA1, None)
    after = payload_of(scep.build_profile("Okta SCEP", removed, None, pinned))
    assert "CAFingerprint" not in after["PayloadContent"]
    assert scep.compare_payload(removed, None, after) == []


def test_a_pin_that_somebody_added_by_hand_is_not_one_that_the_tenant_restored() -> None:
    """The module wrote the profile without one; now it is to remove it, for the first time."""
    by_hand = changed_by_the_tenant(profile(), CAFingerprint=bytes.fromhex(SHA1))
    removed = replace(SETTINGS, ca_fingerprint="absent")
    assert scep.compare_payload(removed, None, by_hand) != []
    assert not scep.was_written(removed, None, by_hand)


def test_all_names_of_an_empty_alternative_name_are_no_alternative_name() -> None:
    settings = replace(SETTINGS, subject_alt_name={"dns_name": None, "rfc822_name": ""})
    assert "SubjectAltName" not in payload_of(profile(settings))["PayloadContent"]


@pytest.mark.parametrize(
    "text, value",
    [
        ("7F" * 20, b"\x7f" * 20),
        (":".join(["7f"] * 20), b"\x7f" * 20),
        (" ".join(["0a"] * 32), b"\x0a" * 32),
    ],
)
def test_a_fingerprint_is_read_with_or_without_colons(text: str, value: bytes) -> None:
    assert scep.parse_fingerprint(text) == value


@pytest.mark.parametrize(
    "text", ["", "7f", "7f" * 16, "7g" * 20, "SHA1:" + "7f" * 20, "7f" * 19 + "7"]
)
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    with pytest.raises(BadOption, match="^ca_fingerprint: .* Set 40 or 64 hexadecimal digits.$"):
        scep.parse_fingerprint(text)


# Building, parsing, comparing


def test_a_new_profile_holds_one_scep_payload_of_the_first_generation() -> None:
    plist = profile()
    assert (
        plist["PayloadType"],
        plist["PayloadVersion"],
        plist["PayloadDisplayName"],
        plist["PayloadScope"],
    ) == ("Configuration", 1, "Okta SCEP", "System")
    assert plist["PayloadIdentifier"] == "devicetrust.okta_kandji.scep"
    (payload,) = plist["PayloadContent"]
    assert (
        payload["PayloadType"],
        payload["PayloadVersion"],
        payload["PayloadDisplayName"],
        payload["PayloadIdentifier"],
    ) == ("com.apple.security.scep", 1, "SCEP", "devicetrust.okta_kandji.scep.1")
    assert scep.read_generation(payload) == "1"


def test_a_profile_and_its_payload_have_uuids_that_follow_from_the_name() -> None:
    uuids = [
        level["PayloadUUID"]
        for name in ("Okta SCEP", "Other")
        for plist in [scep.build_profile(name, SETTINGS, None, None)]
        for level in (plist, payload_of(plist))
    ]
    assert len(set(uuids)) == 4
    assert all(re.fullmatch("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", each) for each in uuids)


def test_the_uuid_of_a_generation_is_another_one_only_where_it_is_taken() -> None:
    """A renewal that is undone and repeated gives the same UUID."""
    adopted = somebody_elses()
    renewed = payload_of(profile(SETTINGS, "2", adopted))["PayloadUUID"]
    assert renewed == payload_of(profile(SETTINGS, "2"))["PayloadUUID"]
    wifi = {"PayloadType": "com.apple.wifi.managed", "PayloadUUID": renewed.lower()}
    crowded = {**adopted, "PayloadContent": [*adopted["PayloadContent"], wifi]}
    other = payload_of(profile(SETTINGS, "2", crowded))["PayloadUUID"]
    assert other.upper() != renewed
    assert other == payload_of(profile(SETTINGS, "2", crowded))["PayloadUUID"]


def test_the_same_settings_give_the_same_bytes() -> None:
    first, second = (
        mobileconfig.to_xml(scep.build_profile("Okta SCEP", replace(SETTINGS), None, None))
        for _unused in range(2)
    )
    assert first == second


@given(printable)
def test_any_challenge_that_is_taken_survives_the_way_through_xml(challenge: str) -> None:
    try:
        check_challenge(challenge)
    except BadOption:
        assume(False)
    settings = replace(SETTINGS, challenge=challenge)
    payload = payload_of(profile(settings))
    assert payload["PayloadContent"]["Challenge"] == challenge
    assert scep.compare_payload(settings, None, payload) == []
    assert scep.was_written(settings, None, payload)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        b"",
        "<html>",
        "not a plist",
        b"\x30\x82\x05\x01signed",
        b"bplist00",
        "<?xml version='1.0'?><plist><array/></plist>",
        "\ud800",
    ],
)
def test_what_is_no_property_list_of_a_profile_is_none(text: t.Any) -> None:
    assert mobileconfig.parse(text) is None


@pytest.mark.parametrize(
    "plist",
    [
        None,
        {},
        {"PayloadContent": None},
        {"PayloadContent": {}},
        {"PayloadContent": ["text", 5]},
        {"PayloadContent": [{"PayloadType": "com.apple.security.root"}]},
        {"PayloadContent": [{"PayloadType": "com.apple.security.scep"}]},
        {"PayloadContent": [{"PayloadType": "com.apple.security.scep", "PayloadContent": []}]},
    ],
)
def test_a_profile_without_a_usable_scep_payload_has_none(plist: t.Any) -> None:
    assert mobileconfig.scep_payloads(plist) == []


@pytest.mark.parametrize(
    "key, value",
    [
        ("URL", URL + "x"),
        ("Challenge", "another"),
        ("Subject", [[["CN", "x"]]]),
        ("Keysize", 1024),
        ("Key Usage", 5),
        ("Retries", 3),
        ("RetryDelay", 10),
        ("KeyIsExtractable", True),
        ("AllowAllAppsAccess", False),
        ("SubjectAltName", {"dNSName": "x"}),
        ("Retries", "5"),
        ("KeyIsExtractable", 0),
    ],
)
def test_a_key_of_another_value_or_another_type_is_a_difference(key: str, value: t.Any) -> None:
    (found,) = scep.compare_payload(SETTINGS, None, payload_of(somebody_elses(**{key: value})))
    assert (found.path, found.before) == (key, value)


@pytest.mark.parametrize(
    ("names", "differ"),
    [({}, False), ({"dNSName": ""}, False), ({"dNSName": []}, False), ({"dNSName": "x"}, True)],
)
def test_an_alternative_name_without_a_name_is_none(names: dict[str, t.Any], differ: bool) -> None:
    changed = scep.compare_payload(SETTINGS, None, payload_of(somebody_elses(SubjectAltName=names)))
    assert changed == [Difference("SubjectAltName", names, ABSENT)] * differ


@pytest.mark.parametrize("names, differ", [(["a.test"], False), (["b.test"], True), ([], True)])
def test_an_alternative_name_may_be_a_list_of_one_name(names: list[str], differ: bool) -> None:
    settings = replace(SETTINGS, subject_alt_name={"dns_name": "a.test"})
    payload = payload_of(somebody_elses(SubjectAltName={"dNSName": names}))
    changed = scep.compare_payload(settings, None, payload)
    assert changed == [Difference("SubjectAltName.dNSName", names, "a.test")] * differ


@pytest.mark.parametrize(
    "subject, is_same",
    [
        ([[["2.5.4.3", "$SERIAL_NUMBER $PROFILE_UUID"]]], True),
        ([[["cn", "$SERIAL_NUMBER $PROFILE_UUID"]]], True),
        ([[["2.5.4.10", "$SERIAL_NUMBER $PROFILE_UUID"]]], False),
        ([[["CN", "$SERIAL_NUMBER"]]], False),
        ([["CN", "$SERIAL_NUMBER $PROFILE_UUID"]], False),
        ([[["CN", "$SERIAL_NUMBER $PROFILE_UUID", "x"]]], False),
        ([[["CN", 1]]], False),
        ("CN=$SERIAL_NUMBER $PROFILE_UUID", False),
        ([], False),
    ],
)
def test_a_subject_may_name_its_attributes_by_identifiers(subject: t.Any, is_same: bool) -> None:
    changed = scep.compare_payload(SETTINGS, None, payload_of(somebody_elses(Subject=subject)))
    assert [difference.path for difference in changed] == ["Subject"] * (not is_same)


def test_attributes_of_other_types_are_compared_by_the_identifiers_that_they_have() -> None:
    settings = replace(SETTINGS, subject="1.2.3.4=a,O=b")
    subject = [[["1.2.3.4", "a"]], [["2.5.4.10", "b"]]]
    payload = payload_of(somebody_elses(Subject=subject))
    assert scep.compare_payload(settings, None, payload) == []
    other = payload_of(somebody_elses(Subject=[[["1.2.3.5", "a"]], [["2.5.4.10", "b"]]]))
    assert [each.path for each in scep.compare_payload(settings, None, other)] == ["Subject"]


def test_any_other_key_may_not_be_a_list_of_one_value() -> None:
    (difference,) = scep.compare_payload(SETTINGS, None, payload_of(somebody_elses(Retries=[5])))
    assert difference == Difference("Retries", [5], 5)


def test_of_an_empty_payload_only_what_apple_defaults_to_is_no_difference() -> None:
    settings = replace(SETTINGS, retries=3, retry_delay=10, allow_all_apps_access=False)
    assert [each.path for each in scep.compare_payload(settings, None, {})] == [
        "URL",
        "Challenge",
        "Subject",
        "Keysize",
        "Key Usage",
        "KeyIsExtractable",
    ]


def test_a_missing_key_is_a_difference_and_an_unknown_key_is_none() -> None:
    payload = payload_of(somebody_elses(Unknown=1))
    del payload["PayloadContent"]["Retries"]
    assert scep.compare_payload(SETTINGS, None, payload) == [Difference("Retries", ABSENT, 5)]


# The payload to manage


@pytest.mark.parametrize(
    "urls, selected",
    [
        ([], None),
        # The only payload is the one to manage, whatever its URL: an option may change it
        (["https://old.test"], 0),
        ([URL], 0),
        (["https://old.test", URL], 1),
        (["https://old.test", "https://older.test"], None),
        ([URL, URL], None),
    ],
)
def test_the_payload_to_manage_is_the_only_one_or_the_only_one_with_the_url(
    urls: list[str], selected: int | None
) -> None:
    payloads = [payload_of(somebody_elses(URL=url)) for url in urls]
    expected = None if selected is None else payloads[selected]
    assert scep.find_payload({"PayloadContent": payloads}, URL) == expected


# A profile that is there already


def test_the_order_of_keys_and_foreign_identifiers_are_no_difference() -> None:
    assert scep.compare_payload(SETTINGS, None, payload_of(somebody_elses())) == []


def test_an_adopted_profile_keeps_its_other_payloads_keys_and_identifiers() -> None:
    before = somebody_elses(Retries=1)
    untouched = copy.deepcopy(before)
    after = profile(current=before)
    assert before == untouched
    assert {key: value for key, value in after.items() if key != "PayloadContent"} == {
        key: value for key, value in before.items() if key != "PayloadContent"
    }
    assert [row["PayloadIdentifier"] for row in after["PayloadContent"]] == [
        "acme.wifi",
        "acme.scep",
        "acme.root",
    ]
    assert (after["PayloadContent"][0], after["PayloadContent"][2]) == (
        before["PayloadContent"][0],
        before["PayloadContent"][2],
    )
    assert payload_of(after)["PayloadContent"] == {
        **payload_of(before)["PayloadContent"],
        "Retries": 5,
    }


def test_an_alternative_name_that_is_there_is_taken_away() -> None:
    after = profile(current=somebody_elses(SubjectAltName={"dNSName": "x"}))
    assert "SubjectAltName" not in payload_of(after)["PayloadContent"]
    assert scep.compare_payload(SETTINGS, None, payload_of(after)) == []


# Generations


@pytest.mark.parametrize(
    "asked, there, expected",
    [
        (None, None, "1"),
        ("2026-11", None, "2026-11"),
        (None, "7", "7"),
        ("8", "7", "8"),
        ("7", "7", "7"),
    ],
)
def test_the_generation_is_the_asked_one_else_the_one_that_is_there_else_the_first(
    asked: str | None, there: str | None, expected: str
) -> None:
    current = profile(generation=there) if there else None
    assert scep.read_generation(payload_of(profile(generation=asked, current=current))) == expected


def test_another_generation_is_a_difference_and_gives_another_uuid() -> None:
    first = profile()
    assert scep.compare_payload(SETTINGS, "2", payload_of(first)) == [
        Difference("generation", "1", "2")
    ]
    second = profile(generation="2", current=first)
    assert scep.compare_payload(SETTINGS, "2", payload_of(second)) == []
    assert payload_of(second)["PayloadUUID"] != payload_of(first)["PayloadUUID"]
    assert second["PayloadUUID"] == first["PayloadUUID"]


def test_another_name_does_not_change_the_identity_of_the_payload() -> None:
    payload = payload_of(profile())
    renamed = payload_of(scep.build_profile("Renamed", SETTINGS, "1", profile()))
    assert renamed == payload


@pytest.mark.parametrize(
    "payload, generation, mark",
    [
        ({}, None, None),
        ({"PayloadIdentifier": "acme.scep", "PayloadDescription": "Ours"}, None, None),
        (
            {
                "PayloadIdentifier": "devicetrust.okta_kandji.scep.7",
                "PayloadDescription": "Written by devicetrust.okta_kandji, content abc",
            },
            "7",
            "abc",
        ),
    ],
)
def test_a_payload_of_ours_names_its_generation_and_its_digest(
    payload: dict[str, t.Any], generation: str | None, mark: str | None
) -> None:
    assert (scep.read_generation(payload), scep.read_mark(payload)) == (generation, mark)


def test_somebody_elses_profile_has_no_generation_until_one_is_asked_for() -> None:
    theirs = somebody_elses()
    assert scep.read_generation(payload_of(theirs)) is None
    assert scep.read_generation(payload_of(profile(current=theirs))) is None
    assert scep.read_generation(payload_of(profile(generation="1", current=theirs))) == "1"


# What was written before


def changed_by_the_tenant(plist: dict[str, t.Any], **content: t.Any) -> dict[str, t.Any]:
    changed = copy.deepcopy(plist)
    payload_of(changed)["PayloadContent"].update(content)
    return payload_of(changed)


def test_what_was_written_is_known_again_though_the_tenant_changed_it() -> None:
    payload = changed_by_the_tenant(profile(), Retries=4)
    assert scep.compare_payload(SETTINGS, None, payload) != []
    assert scep.was_written(SETTINGS, None, payload)
    assert scep.was_written(SETTINGS, "1", payload)


@pytest.mark.parametrize(
    "setting",
    [
        {"retries": 3},
        {"challenge": "another one"},
        {"url": URL + "x"},
        {"ca_fingerprint": SHA1},
        {"subject_alt_name": {"dns_name": "x"}},
    ],
)
def test_other_settings_were_not_written_before(setting: dict[str, t.Any]) -> None:
    assert not scep.was_written(replace(SETTINGS, **setting), None, payload_of(profile()))


def test_another_generation_was_not_written_before() -> None:
    assert not scep.was_written(SETTINGS, "2", changed_by_the_tenant(profile(), Retries=4))


def test_somebody_elses_profile_was_not_written_before_and_after_its_adoption_it_was() -> None:
    theirs = somebody_elses(Retries=1)
    assert not scep.was_written(SETTINGS, None, payload_of(theirs))
    assert scep.was_written(
        SETTINGS, None, changed_by_the_tenant(profile(current=theirs), Retries=1)
    )


# What a person sees


@given(before=printable, after=printable)
def test_the_challenge_is_shown_neither_before_nor_after(before: str, after: str) -> None:
    """Nothing of it: what is shown is the same for any two challenges."""
    assume(before != after)
    payload = payload_of(somebody_elses(Challenge=before))
    (found,) = scep.compare_payload(replace(SETTINGS, challenge=after), None, payload)
    assert scep.mask_difference(found) == ("******** (another one)", "********")


@pytest.mark.parametrize(
    "difference, pair",
    [
        (Difference("Challenge", ABSENT, CHALLENGE), (None, "********")),
        (Difference("Challenge", 5, CHALLENGE), ("******** (another one)", "********")),
        (Difference("Retries", ABSENT, 5), (None, 5)),
        (Difference("SubjectAltName", {"dNSName": "x"}, ABSENT), ({"dNSName": "x"}, None)),
        (Difference("CAFingerprint", b"\x01\x02", b"\x7f"), ("0102", "7f")),
        (Difference("generation", "1", "2"), ("1", "2")),
    ],
)
def test_a_difference_is_shown_as_plain_data(
    difference: Difference, pair: tuple[t.Any, t.Any]
) -> None:
    assert scep.mask_difference(difference) == pair


@given(one=printable, other=printable)
def test_the_mark_in_the_profile_tells_challenges_apart_without_holding_them(
    one: str, other: str
) -> None:
    assume(one != other)
    descriptions = [
        payload_of(profile(replace(SETTINGS, challenge=challenge)))["PayloadDescription"]
        for challenge in (one, other)
    ]
    assert descriptions[0] != descriptions[1]
    assert all(
        re.fullmatch("Written by devicetrust.okta_kandji, content [0-9a-f]{32}", text)
        for text in descriptions
    )


def test_xml_special_characters_are_escaped_once() -> None:
    document = mobileconfig.to_xml(
        scep.build_profile("A & B <1>", replace(SETTINGS, challenge="x&y<z>\"'"), None, None)
    )
    assert b"x&amp;y&lt;z&gt;" in document
    assert plistlib.loads(document)["PayloadDisplayName"] == "A & B <1>"
