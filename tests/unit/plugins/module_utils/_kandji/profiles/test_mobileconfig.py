# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Property lists of profiles: refused with a remedy, compared key by key, and masked."""

from __future__ import annotations

import plistlib
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
    references,
)

DIGEST = "0123456789abcdef" * 2
MARK = f"Written by devicetrust.okta_kandji, content {DIGEST}"


def payload(kind: str = "com.acme.app", **values: t.Any) -> dict[str, t.Any]:
    identity = {"PayloadVersion": 1, "PayloadIdentifier": "com.acme", "PayloadUUID": "U"}
    return {"PayloadType": kind, **identity, **values}


def profile(*payloads: dict[str, t.Any], **values: t.Any) -> dict[str, t.Any]:
    return {"PayloadType": "Configuration", **values, "PayloadContent": list(payloads)}


def xml(value: object) -> str:
    return plistlib.dumps(value).decode()


ANOTHER = "AAAAAAAA-0000-4000-8000-000000000003"

# Reading and writing


def test_the_order_of_keys_does_not_change_the_xml() -> None:
    assert mobileconfig.to_xml({"b": 1, "a": 2}) == mobileconfig.to_xml({"a": 2, "b": 1})


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "it is empty. Set the text of a configuration profile."),
        (
            "X" + xml(profile(payload())),
            "it is not well-formed XML (line 1, column 1). Correct the file.",
        ),
        (
            "bplist00",
            "it is a binary property list. Convert it to XML (plutil -convert xml1).",
        ),
        (
            "MIIG",
            "it is a signed profile, which cannot be compared with what Kandji holds. Set the text"
            " that was signed (security cms -D -i FILE shows it).",
        ),
        (
            "<plist><integer>one</integer></plist>",
            "line 1: an integer is not a number. Correct the file.",
        ),
        (
            xml({"PayloadType": "Other"}),
            "it is a property list, but not a configuration profile (a dictionary whose PayloadType"
            " is Configuration). Set the content of a .mobileconfig file.",
        ),
        (
            xml(profile(payload(), EncryptedPayloadContent=b"x")),
            "its content is encrypted for one device. Set the profile before it was encrypted.",
        ),
        (
            xml(profile()),
            "it has no PayloadContent, a list of payloads with at least one. Add a payload.",
        ),
        (
            xml(profile(payload(PayloadVersion="1"))),
            "payload 1 (com.acme.app) has no PayloadVersion, without which no Mac installs it. Add the key.",
        ),
        *(
            (
                xml(profile(payload(**{key: value}))),
                f"payload 1 (com.acme.app) has no {key}, without which no Mac installs it. Add the key.",
            )
            for key, value in (
                ("PayloadVersion", True),
                ("PayloadIdentifier", ""),
                ("PayloadUUID", ""),
            )
        ),
        (
            xml(profile(payload("com.apple.wifi.managed", PayloadCertificateUUID=ANOTHER))),
            "no payload of the profile has this PayloadUUID, and no Mac installs a profile whose"
            " certificate is missing (payload 1 (com.apple.wifi.managed), PayloadCertificateUUID:"
            f" {ANOTHER})."
            " Add the payload of the certificate to the file.",
        ),
    ],
)
def test_a_file_that_is_not_a_usable_profile_is_refused(text: str, problem: str) -> None:
    with pytest.raises(BadOption) as raised:
        mobileconfig.read(text)
    assert raised.value.message == f"mobileconfig: {problem}"


def test_a_description_that_is_no_text_is_refused() -> None:
    with pytest.raises(BadOption) as raised:
        mobileconfig.check(
            profile(payload(PayloadDescription="Fine"), payload(PayloadDescription=7))
        )
    assert raised.value.message == (
        "mobileconfig: the PayloadDescription of payload 2 (com.acme.app) is not a text. Set a"
        " text, or leave it out."
    )


def test_payloads_that_share_an_identity_are_named() -> None:
    own = {"PayloadUUID": "V", "PayloadIdentifier": "com.acme.other"}
    assert mobileconfig.shared_identities(profile(payload(), payload("com.acme.b", **own))) == []
    plist = profile(payload(), payload("com.acme.b", **own), payload("com.acme.c"))
    assert mobileconfig.shared_identities(plist) == [
        f"payload 1 (com.acme.app) and payload 3 (com.acme.c) have the same {key}"
        for key in ("PayloadUUID", "PayloadIdentifier")
    ]


def test_a_value_that_cannot_be_written_is_named_with_its_payload() -> None:
    plist = profile(payload("com.acme.app"), payload("com.apple.wifi.managed", SSID_STR="a\x01"))
    with pytest.raises(BadOption) as raised:
        mobileconfig.to_xml(plist)
    assert raised.value.message == (
        "The profile cannot be written. Payload 2 (com.apple.wifi.managed): 'SSID_STR': its value"
        " holds a control character. Set another value."
    )


# Payloads


def test_a_profile_claims_the_resources_of_all_its_payloads() -> None:
    plist = profile(
        payload("com.apple.security.scep", PayloadContent={"URL": "https://acme.test/scep"}),
        payload("com.okta.mobile"),
        payload("com.apple.extensiblesso", Hosts=["Acme.Okta.com"]),
        payload("com.acme.app", Hosts=["hosts-of-an-app.acme.test"]),
    )
    assert mobileconfig.exclusive_resources(plist) == {
        "the SCEP URL https://acme.test/scep",
        "Okta Verify's settings (com.okta.mobile)",
        "the single sign-on host acme.okta.com",
    }


# The mark


@pytest.mark.parametrize(
    "description, own, generation",
    [
        (MARK, "", None),
        (f"For canaries. {MARK}", "For canaries.", None),
        (f"{MARK}, generation 2027, spring", "", "2027, spring"),
    ],
)
def test_a_mark_is_taken_out_of_a_description(
    description: str, own: str, generation: str | None
) -> None:
    marked = payload(PayloadDescription=description)
    text, match = mobileconfig.split_mark(marked)
    assert match and (text, match.groups()) == (own, (DIGEST, generation))
    assert mobileconfig.read_mark(profile(payload(), marked)) == (DIGEST, generation)
    assert mobileconfig.remove_mark(marked) == payload(
        **({"PayloadDescription": own} if own else {})
    )


@pytest.mark.parametrize(
    "unmarked",
    [payload(), payload(PayloadDescription="For canaries"), payload(PayloadDescription="")],
)
def test_a_payload_without_a_mark_stays_as_it_is(unmarked: dict[str, t.Any]) -> None:
    description = unmarked.get("PayloadDescription", "")
    assert mobileconfig.split_mark(unmarked) == (description, None)
    assert mobileconfig.read_mark(profile(unmarked)) == (None, None)
    assert mobileconfig.remove_mark(unmarked) == unmarked


# Comparison


@pytest.mark.parametrize(
    "desired, current, changed",
    [
        (
            [payload("a", Url="x"), payload("b", Url="x")],
            [payload("a", Url="y"), payload("b", Url="y")],
            [Difference("a/Url", "y", "x"), Difference("b/Url", "y", "x")],
        ),
        (
            [payload("a", Url="x"), payload("a", Url="y")],
            [payload("a", Url="z"), payload("a", Url="zz")],
            [Difference("a/Url", "z", "x"), Difference("a (2)/Url", "zz", "y")],
        ),
        (
            [payload("a", Set={"x": 1})],
            [payload("a", Set={"x": 1, "y": {"z": 2}})],
            [Difference("a/Set.y", {"z": 2}, ABSENT)],
        ),
        (
            [payload("a", Set={"x": {"y": 1}})],
            [payload("a", Set={"x": {"z": 2}})],
            [Difference("a/Set.x.y", ABSENT, 1), Difference("a/Set.x.z", 2, ABSENT)],
        ),
        (
            [payload("a", List=[True])],
            [payload("a", List=[1])],
            [Difference("a/List", [1], [True])],
        ),
    ],
)
def test_every_difference_of_every_payload_is_named(
    desired: list[dict[str, t.Any]], current: list[dict[str, t.Any]], changed: list[Difference]
) -> None:
    assert comparison.compare_profiles(profile(*desired), profile(*current)) == changed


def test_a_difference_of_the_profile_comes_before_those_of_its_payloads() -> None:
    desired = profile(payload(Url="x"), PayloadVersion=1)
    current = profile(payload(Url="y"), PayloadVersion=2)
    assert comparison.compare_profiles(desired, current) == [
        Difference("PayloadVersion", 2, 1),
        Difference("com.acme.app/Url", "y", "x"),
    ]


def test_the_canonical_text_of_a_value_stays_the_same() -> None:
    """The digests in profiles that exist already are of this text."""
    value = {"b": [1, True, "x"], "a": {"data": b"\x00", "real": 1.0}}
    assert references.canonical(value) == (
        r"{'a':{'data':bytes:b'\x00','real':float:1.0},'b':[int:1,bool:True,str:'x']}"
    )


# Kandji's variables


@pytest.mark.parametrize(
    "texts, holds",
    [
        ([], False),
        (["https://acme.test", None], False),
        (["SERIAL_NUMBER"], False),
        ([None, "https://acme.test/$SERIAL_NUMBER"], True),
    ],
)
def test_a_variable_may_be_anywhere_in_a_text(texts: list[object], holds: bool) -> None:
    assert mobileconfig.holds_variable(texts) is holds
