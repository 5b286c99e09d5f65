# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A profile as a file holds it: what is no profile, what is no difference, what is shown."""

from __future__ import annotations

import copy
import datetime
import plistlib
import random
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import (
    ABSENT,
    Difference,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    comparison,
    mobileconfig,
    secrets,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.file_content import (
    FileContent,
)
from hypothesis import given
from hypothesis import strategies as st

SECRET = "a-canary-secret"


def payload(kind: str, **values: t.Any) -> dict[str, t.Any]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"com.acme.{kind}",
        "PayloadUUID": "U",
        **values,
    }


def profile(*payloads: dict[str, t.Any], **top: t.Any) -> dict[str, t.Any]:
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "com.acme",
        "PayloadUUID": "P",
        **top,
        "PayloadContent": list(payloads),
    }


def xml(value: t.Any) -> str:
    return plistlib.dumps(value).decode()


WIFI, APP = (
    payload("com.apple.wifi.managed", SSID_STR="Acme", Password=SECRET),
    payload("com.acme.app", Url="https://acme.com", On=True),
)
MINE = profile(WIFI, APP)


# What can be read


def test_a_profile_is_read_with_all_types_of_values() -> None:
    full = profile(
        payload(
            "x",
            Data=b"\x00",
            When=datetime.datetime(2026, 1, 2),
            Real=1.5,
            List=[{"a": [1]}],
            Flag=False,
        )
    )
    assert mobileconfig.read("\ufeff\n" + xml(full)) == full


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "it is empty"),
        (
            plistlib.dumps(MINE, fmt=plistlib.FMT_BINARY).decode(errors="surrogateescape"),
            "binary property list",
        ),
        ("0\udc82\x06\x00\x06\t*\udc86H\udc86" + xml(MINE), "it is a signed profile"),
        ("-----BEGIN PKCS7-----\nMIIG\n", "it is a signed profile"),
        (xml(MINE)[:-20], "not well-formed XML (line"),
        ("\ud800", "not well-formed XML (line 1, column 0)"),
        ("hello", "not well-formed XML (line 1, column 0)"),
        ("<html><body>Sign in</body></html>", "line 1: <html> is not an element of"),
        (
            '<!DOCTYPE plist [<!ENTITY a "b">]><plist><string>&a;</string></plist>',
            "line 1: it declares an entity",
        ),
        (
            "<plist><dict><key>PayloadVersion</key><integer>one</integer></dict></plist>",
            "line 1 (key 'PayloadVersion'): an integer is not a number",
        ),
        (xml(["a"]), "not a configuration profile"),
        (xml({"PayloadContent": []}), "not a configuration profile"),
        (xml({**MINE, "EncryptedPayloadContent": b"x"}), "encrypted for one device"),
        (xml(profile()), "no PayloadContent, a list of payloads"),
        (xml({**MINE, "PayloadContent": {"a": 1}}), "no PayloadContent, a list of payloads"),
        (xml(profile(t.cast(t.Any, "text"))), "payload 1 is not a dictionary with a PayloadType"),
        (
            xml(profile(APP, {"PayloadVersion": 1})),
            "payload 2 is not a dictionary with a PayloadType",
        ),
        (
            xml(profile({key: value for key, value in APP.items() if key != "PayloadUUID"})),
            "payload 1 (com.acme.app) has no PayloadUUID",
        ),
    ],
)
def test_what_is_no_profile_is_said_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(BadOption) as raised:
        mobileconfig.read(text)
    assert (
        raised.value.message.startswith("mobileconfig: ")
        and said in raised.value.message
        and SECRET not in raised.value.message
    )


@given(
    st.text(max_size=300)
    | st.binary(max_size=300).map(lambda data: data.decode(errors="surrogateescape"))
)
def test_no_text_at_all_makes_another_error(text: str) -> None:
    try:
        mobileconfig.read(text)
    except BadOption as error:
        assert error.message.startswith("mobileconfig: ")


# What is a difference


values = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3) | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text("kx", min_size=1, max_size=2), inner, max_size=2)
    ),
    max_leaves=6,
)
payloads = st.builds(
    lambda kind, keys, note: payload(
        kind, **keys, **({"PayloadDescription": note} if note is not None else {})
    ),
    st.sampled_from(["one", "two"]),
    st.dictionaries(st.sampled_from(["A", "B", "C"]), values, max_size=3),
    st.sampled_from([None, "", " ", "Theirs ", "Written by Ann"]),
)


@given(
    st.lists(payloads, min_size=1, max_size=4),
    st.sampled_from([None, "2", "2027, spring"]),
    st.integers(),
)
def test_what_was_written_is_no_difference_in_any_order_and_with_any_identity(
    inner: list[dict[str, t.Any]], generation: str | None, seed: int
) -> None:
    content = FileContent(profile(*inner), generation)
    stored = plistlib.loads(plistlib.dumps(content.build("Name", None)))
    random.Random(seed).shuffle(stored["PayloadContent"])
    stored.update(
        {
            "PayloadUUID": "KANDJI",
            "PayloadIdentifier": "com.kandji.profile.custom.1",
            "PayloadDisplayName": "Name",
        }
    )
    for number, one in enumerate(stored["PayloadContent"]):
        one.update({"PayloadUUID": f"U{number}", "PayloadIdentifier": f"I{number}"})
    assert (
        content.compare(stored) == []
        and content.was_written(stored)
        and mobileconfig.read_mark(stored)[1] == generation
    )
    # And what comes back is as good a file as the first one: its mark is not taken for the user's
    # own words.
    assert FileContent(stored, generation).compare(stored) == []
    assert (
        comparison.compare_profiles(
            profile(*inner), FileContent(stored, generation).build("Name", stored)
        )
        == []
    )


@given(st.lists(payloads, min_size=1, max_size=3), st.lists(payloads, min_size=1, max_size=3))
def test_two_files_that_say_different_things_differ(
    one: list[dict[str, t.Any]], other: list[dict[str, t.Any]]
) -> None:
    def says(inner: list[dict[str, t.Any]]) -> list[str]:
        return sorted(
            repr(sorted((key, repr(value)) for key, value in each.items()))
            for each in map(plain, inner)
        )

    def plain(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {
                key: plain(value[key])
                for key in sorted(value)
                if (key, value[key]) != ("PayloadDescription", "")
            }
        return [plain(each) for each in value] if isinstance(value, list) else value

    assert (comparison.compare_profiles(profile(*one), profile(*other)) == []) == (
        says(one) == says(other)
    )


@pytest.mark.parametrize(
    "current, found",
    [
        (profile(APP, WIFI), []),
        (profile(WIFI, APP, ConsentText={"default": "theirs"}), []),
        (
            profile({**WIFI, "SSID_STR": "Guests"}, APP),
            [Difference("com.apple.wifi.managed/SSID_STR", "Guests", "Acme")],
        ),
        (profile(WIFI, {**APP, "On": 1}), [Difference("com.acme.app/On", 1, True)]),
        (
            profile(WIFI, {**APP, "More": {"x": 1}}),
            [Difference("com.acme.app/More", {"x": 1}, ABSENT)],
        ),
        (profile(WIFI), [Difference("com.acme.app", ABSENT, comparison.comparable_payload(APP))]),
        (
            profile(WIFI, APP, APP),
            [Difference("com.acme.app", comparison.comparable_payload(APP), ABSENT)],
        ),
        ({**MINE, "PayloadVersion": 2}, [Difference("PayloadVersion", 2, 1)]),
    ],
)
def test_a_difference_is_named_by_payload_and_key(
    current: dict[str, t.Any], found: list[Difference]
) -> None:
    assert comparison.compare_profiles(MINE, current) == found


def test_of_what_kandji_may_not_keep_only_another_value_is_a_difference() -> None:
    mine = {**MINE, "PayloadOrganization": "Acme"}
    assert comparison.compare_profiles(mine, MINE) == []
    assert comparison.compare_profiles(mine, {**MINE, "PayloadOrganization": "Other"}) == [
        Difference("PayloadOrganization", "Other", "Acme")
    ]


def test_a_generation_is_compared_only_where_one_is_asked_for_and_stays_otherwise() -> None:
    stored = FileContent(MINE, "1").build("Name", None)
    assert FileContent(MINE).compare(stored) == [] and FileContent(MINE, "1").compare(stored) == []
    assert FileContent(MINE, "2").compare(stored) == [Difference("generation", "1", "2")]
    assert mobileconfig.read_mark(FileContent({**MINE, "X": 1}).build("Name", stored))[1] == "1"


@pytest.mark.parametrize(
    "other",
    [
        FileContent({**MINE, "X": 1}),
        FileContent(MINE, "2"),
        FileContent(MINE, runs_on=("mac", "ipad")),
        FileContent(profile({**WIFI, "Password": "another"}, APP)),
    ],
)
def test_only_exactly_this_was_written_before(other: FileContent) -> None:
    stored = FileContent(MINE).build("Name", None)
    assert (
        FileContent(MINE).was_written(stored)
        and not other.was_written(stored)
        and not FileContent(MINE).was_written(MINE)
    )


def test_a_generation_is_a_part_of_what_was_written() -> None:
    stored = FileContent(MINE, "1").build("Name", None)
    assert FileContent(MINE, "1").was_written(stored)
    assert FileContent(MINE).was_written(stored)  # no generation is asked for
    assert not FileContent(MINE, "2").was_written(stored)


def test_the_mark_follows_the_description_of_the_first_payload() -> None:
    content = FileContent(profile({**WIFI, "PayloadDescription": "Office"}, APP), "1")
    first, second = content.build("Name", None)["PayloadContent"]
    mark = f"{mobileconfig.MARK}{content.digest('1')}, generation 1"
    assert first["PayloadDescription"] == f"Office {mark}" and second == APP
    [alone] = FileContent(profile(APP)).build("Name", None)["PayloadContent"]
    assert (
        alone["PayloadDescription"]
        == f"{mobileconfig.MARK}{FileContent(profile(APP)).digest(None)}"
    )


def test_the_file_that_was_given_is_not_touched() -> None:
    before = copy.deepcopy(MINE)
    FileContent(MINE, "1").build("Name", None)
    assert before == MINE


# What is shown


def test_secrets_are_masked_and_data_is_shown_as_its_digest() -> None:
    full = profile(
        {**WIFI, "EAPClientConfiguration": {"UserPassword": SECRET, "UserName": "ann"}},
        payload("com.apple.security.pkcs12", PayloadContent=b"key", Password=SECRET),
        payload("com.acme.app", License={"Number": [SECRET]}, Url="u"),
    )
    content = FileContent(full, secret_keys=["license"])
    shown = content.describe()
    assert (
        SECRET not in repr(shown)
        and shown["com.apple.wifi.managed"]["SSID_STR"] == "Acme"
        and shown["com.acme.app"]["Url"] == "u"
    )
    assert shown["com.apple.wifi.managed"]["EAPClientConfiguration"]["UserName"] == "ann"
    assert shown["com.apple.security.pkcs12"]["PayloadContent"].startswith(
        "3 bytes, sha256:2c70e12b"
    )
    differing = [
        content.mask(one)
        for one in content.compare(profile(WIFI, payload("com.acme.app", License="old-canary")))
    ]
    assert SECRET not in repr(differing) and "old-canary" not in repr(differing)
    assert set(secrets.secret_texts(full, ["license"])) == {SECRET}


EXCHANGE = payload("com.apple.eas.account", HeaderMagic=SECRET, Host="mail.acme.com")


def test_what_apple_describes_as_a_secret_of_a_type_of_payload_is_masked() -> None:
    content = FileContent(
        profile(EXCHANGE, ConsentText={"default": SECRET}), secret_keys=["default"]
    )
    assert content.describe() == {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "ConsentText": {"default": "********"},
        "com.apple.eas.account": {
            "PayloadType": "com.apple.eas.account",
            "PayloadVersion": 1,
            "HeaderMagic": "********",
            "Host": "mail.acme.com",
        },
    }


@pytest.mark.parametrize(
    ("difference", "before", "after"),
    [
        (("com.apple.eas.account/Host", "old.test", "mail.test"), "old.test", "mail.test"),
        (("com.apple.eas.account/HeaderMagic", ABSENT, "x"), None, "********"),
        (("com.apple.eas.account (2)/HeaderMagic", ABSENT, "x"), None, "********"),
        (
            ("com.apple.eas.account", ABSENT, {"HeaderMagic": "x"}),
            None,
            {"HeaderMagic": "********"},
        ),
        # The name of a header may have a slash.
        (
            ("com.apple.relay.managed/AdditionalHTTPHeaderFields.A/B", ABSENT, "x"),
            None,
            "********",
        ),
        # A value is shown next to the one that replaces it, other old values are not.
        (("com.acme.app/Hosts", ["a.test"], ["b.test"]), ["a.test"], ["b.test"]),
        (
            ("com.acme.app/Hosts", [{"Name": "a", "Old": "x"}], [{"Name": "b"}]),
            [{"Name": "a", "Old": "********"}],
            [{"Name": "b"}],
        ),
        # Of the whole profile
        (("PayloadOrganization", "Acme", "Acme Inc."), "Acme", "Acme Inc."),
        (("PinCode", "1", "2"), "******** (another one)", "********"),
        (("Acme.Code", "1", "2"), "******** (another one)", "********"),
        (("Acme.Password", "1", "2"), "******** (another one)", "********"),
        (("Acme.a/b.Password", "1", "2"), "******** (another one)", "********"),
        (("Acme.Name", "1", "2"), "1", "2"),
        (("generation", "1", "2"), "1", "2"),
    ],
)
def test_each_difference_is_shown_without_secrets(
    difference: tuple[str, t.Any, t.Any], before: t.Any, after: t.Any
) -> None:
    top = {"PinCode": "2", "PayloadOrganization": "Acme Inc.", "Acme": {"Code": "2"}}
    content = FileContent(profile(EXCHANGE, APP, **top), secret_keys=["PinCode", "Code"])
    assert content.mask(Difference(*difference)) == (before, after)


def test_a_secret_inside_a_key_of_the_whole_profile_is_not_shown() -> None:
    content = FileContent(profile(APP, Acme={"Password": SECRET}))
    [difference] = content.compare(profile(APP, Acme={"Password": "old-canary"}))
    assert content.mask(difference) == ("******** (another one)", "********")
    assert secrets.secret_texts(content.plist, []) == [SECRET]


def test_another_secret_is_told_apart_and_a_variable_is_none() -> None:
    content = FileContent(profile({**WIFI, "Password": "$SERIAL_NUMBER"}))
    assert content.mask(Difference("com.apple.wifi.managed/Password", "x", "y")) == (
        "******** (another one)",
        "********",
    )
    assert secrets.secret_texts(content.plist, []) == []


def test_a_reference_to_another_payload_is_shown_as_one_though_its_text_is_the_same() -> None:
    difference = Difference("com.apple.wifi.managed/PayloadCertificateUUID", "A-1", "A-1")
    assert FileContent(MINE).mask(difference) == ("A-1 (names another payload)", "A-1")


def test_values_that_look_like_variables_are_told_and_secrets_are_not() -> None:
    inner = payload(
        "com.acme.app",
        User="$EMIAL",
        Good="$EMAIL",
        Path="$HOME/x",
        Token="$TOKEN_CANARY",
        Short="$A",
    )
    assert secrets.unknown_variables(profile(inner), []) == ["$EMIAL"]


SCEP = payload("com.apple.security.scep", PayloadContent={"URL": "https://x/y"})


@pytest.mark.parametrize(
    "inner, enrolls, okta, claimed",
    [
        (WIFI, False, False, set()),
        (payload("com.apple.security.acme"), True, False, set()),
        (
            payload("com.apple.security.scep", PayloadContent={"URL": "https://x/y"}),
            True,
            False,
            {"the SCEP URL https://x/y"},
        ),
        (payload("com.okta.mobile"), False, True, {"Okta Verify's settings (com.okta.mobile)"}),
        (
            payload("com.apple.extensiblesso", ExtensionIdentifier="com.other", Hosts=["A.com"]),
            False,
            False,
            {"the single sign-on host a.com"},
        ),
        (
            payload(
                "com.apple.extensiblesso",
                ExtensionIdentifier="com.okta.mobile.auth-service-extension",
                Hosts=[],
            ),
            False,
            True,
            set(),
        ),
    ],
)
def test_what_a_profile_brings(
    inner: dict[str, t.Any], enrolls: bool, okta: bool, claimed: set[str]
) -> None:
    plist = profile(inner)
    assert (
        mobileconfig.enrolls(plist),
        mobileconfig.configures_okta_verify(plist),
        mobileconfig.exclusive_resources(plist),
    ) == (enrolls, okta, claimed)


@pytest.mark.parametrize(
    "held, wanted, counts_as",
    [
        ([], [WIFI], "reinstall"),
        ([WIFI], [WIFI], "reinstall"),
        ([WIFI], [SCEP], "reissue"),
        ([SCEP], [SCEP], "reissue"),
        ([SCEP], [WIFI], "reissue"),  # the certificates go with the payload
    ],
)
def test_a_change_counts_as_new_certificates_if_macs_get_or_lose_one(
    held: list[dict[str, t.Any]], wanted: list[dict[str, t.Any]], counts_as: str
) -> None:
    assert FileContent(profile(*wanted)).counts_as(profile(*held)) == counts_as
