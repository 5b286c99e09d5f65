# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Payloads that name other payloads: followed when a name changes, and compared by meaning."""

from __future__ import annotations

import copy
import random
import typing as t
import uuid
from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import (
    ABSENT,
    Difference,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    comparison,
    payload_keys,
    references,
    scep,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.file_content import (
    FileContent,
)
from hypothesis import given
from hypothesis import strategies as st

SCEP, ROOT, WIFI, VPN = (str(uuid.UUID(int=number)).upper() for number in range(1, 5))
URL = "https://acme.okta.com/pki/0123456789ABCDEF0123456789ABCDEF01234567/scep/rac1a2B3c4D5e6F7g8h9"
SETTINGS = scep.ScepSettings(URL, "q7_Zk-W2b9Xv4LrT1mYc8NdHs3PfJg6KuAeQoViB5xE")


def payload(kind: str, name: str, **values: t.Any) -> dict[str, t.Any]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{kind}.{name}",
        "PayloadUUID": name,
        **values,
    }


def profile(*payloads: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"PayloadType": "Configuration", "PayloadContent": list(payloads)}


def scep_payload(name: str = SCEP, **values: t.Any) -> dict[str, t.Any]:
    content = {"URL": URL, "Challenge": SETTINGS.challenge, **values}
    return payload("com.apple.security.scep", name, PayloadContent=content)


def root(name: str = ROOT, data: bytes = b"root") -> dict[str, t.Any]:
    return payload("com.apple.security.root", name, PayloadContent=data)


def wifi(certificate: str, *anchors: str, name: str = WIFI, ssid: str = "Acme") -> dict[str, t.Any]:
    return payload(
        "com.apple.wifi.managed",
        name,
        SSID_STR=ssid,
        PayloadCertificateUUID=certificate,
        EAPClientConfiguration={"PayloadCertificateAnchorUUID": list(anchors)},
    )


# A new name is followed


@pytest.mark.parametrize(
    "key",
    [
        {"PayloadCertificateUUID": SCEP},
        {"PayloadCertificateUUID": SCEP.lower()},
        {"IKEv2": {"PayloadCertificateUUID": SCEP}},
        {"EAPClientConfiguration": {"PayloadCertificateAnchorUUID": [ROOT, SCEP]}},
        {"Relays": [{"PayloadCertificateUUID": SCEP}]},
        {"IdentityIdentifier": f"com.apple.security.scep.{SCEP}"},
        {"Identity": f"payload:{SCEP}"},
    ],
)
def test_a_new_generation_takes_every_reference_along(key: dict[str, t.Any]) -> None:
    current = profile(scep_payload(), root(), payload("com.acme.app", WIFI, **key))
    before = copy.deepcopy(current)
    built = scep.build_profile("Okta SCEP", SETTINGS, "2", current)
    payloads = built["PayloadContent"]
    assert payloads[0]["PayloadUUID"] != SCEP and SCEP not in repr(payloads).upper()
    assert comparison.compare_profiles(profile(before["PayloadContent"][2]), profile(payloads[2]))
    follows = references.Identities(payloads)
    meant = references.Identities(before["PayloadContent"])
    for name, now in zip(_texts(before["PayloadContent"][2]), _texts(payloads[2]), strict=True):
        assert follows.split(now) == meant.split(name) or follows.named_by(now) == {0}
    assert current == before


def _texts(value: t.Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key in value for text in _texts(value[key])]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def test_an_unchanged_generation_keeps_names_and_references() -> None:
    first = scep.build_profile("Okta SCEP", SETTINGS, "1", None)
    name = first["PayloadContent"][0]["PayloadUUID"]
    first["PayloadContent"].append(wifi(name))
    again = scep.build_profile("Okta SCEP", replace(SETTINGS, retries=9), None, first)
    assert again["PayloadContent"][1] == wifi(name)


def test_a_reference_to_a_name_that_another_payload_keeps_stays() -> None:
    current = profile(scep_payload(), root(SCEP), wifi(SCEP))
    built = scep.build_profile("Okta SCEP", SETTINGS, "2", current)
    assert built["PayloadContent"][1:] == [root(SCEP), wifi(SCEP)]


def test_a_value_that_equals_the_type_of_the_payload_is_not_a_reference() -> None:
    named = {**scep_payload(), "PayloadIdentifier": "com.apple.security.scep"}
    other = payload("com.acme.app", WIFI, Types=["com.apple.security.scep"])
    built = scep.build_profile("Okta SCEP", SETTINGS, "2", profile(named, other))
    assert built["PayloadContent"][1] == other


def test_two_payloads_of_one_profile_never_get_one_uuid() -> None:
    second = "https://acme.okta.com/pki/another"
    both = profile(scep_payload(), scep_payload(VPN, URL=second))
    first = scep.build_profile("Okta SCEP", SETTINGS, "2", both)
    built = scep.build_profile("Okta SCEP", replace(SETTINGS, url=second), "2", first)
    assert len({each["PayloadUUID"] for each in built["PayloadContent"]}) == 2


# A certificate that is missing


@pytest.mark.parametrize("key", sorted(payload_keys.REFERENCE_KEYS))
@pytest.mark.parametrize("above", ["", "Inner"])
def test_a_certificate_that_no_payload_is_is_found(key: str, above: str) -> None:
    """Apple: "The UUID of the certificate payload within the same profile"."""
    value: t.Any = [ROOT, SCEP] if key.endswith(("s", "AnchorUUID")) else SCEP
    named = payload("com.apple.acme", WIFI, **({above: [{key: value}]} if above else {key: value}))
    path = f"{above}.{key}" if above else key
    assert references.dangling_references([root(), named]) == [
        f"payload 2 (com.apple.acme), {path}: {SCEP}"
    ]
    assert references.dangling_references([root(), named, scep_payload(SCEP.lower())]) == []


@pytest.mark.parametrize(
    "kind, values",
    [
        # What apps outside the profile refer to, and what is empty.
        ("com.apple.mail.managed", {"VPNUUID": SCEP}),
        ("com.apple.webcontent-filter", {"ContentFilterUUID": SCEP}),
        ("com.apple.dnsProxy.managed", {"DNSProxyUUID": SCEP}),
        ("com.apple.relay.managed", {"RelayUUID": SCEP}),
        ("com.apple.education", {"OrganizationUUID": SCEP}),
        ("com.apple.wifi.managed", {"PayloadCertificateUUID": ""}),
        # Of another maker's payload, nobody knows what the key means.
        ("com.acme.app", {"PayloadCertificateUUID": SCEP}),
    ],
)
def test_what_does_not_name_a_payload_is_not_missing(kind: str, values: dict[str, t.Any]) -> None:
    assert references.dangling_references([payload(kind, WIFI, **values)]) == []


def test_names_and_types_stay_where_references_follow() -> None:
    name = "ABCDEF00-0000-4000-8000-00000000000A"
    app = payload("com.acme.app", SCEP, Certificate=SCEP, App="com.acme.app", Text=f"a {name} b")
    names = {"com.acme.app": "new", SCEP.lower(): VPN, name.lower(): WIFI}
    assert references.rename_references([app], names) == [
        {**app, "Certificate": VPN, "App": "new", "Text": f"a {WIFI} b"}
    ]


# Comparison by meaning


def renamed(plist: dict[str, t.Any], seed: int = 0) -> dict[str, t.Any]:
    """Return the profile as a tool builds it once more: other UUIDs, other order."""
    chance = random.Random(seed)
    names = {
        each["PayloadUUID"]: str(uuid.UUID(int=chance.getrandbits(128))).upper()
        for each in plist["PayloadContent"]
    }

    def rename(value: t.Any) -> t.Any:
        if isinstance(value, dict):
            return {key: rename(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [rename(inner) for inner in value]
        for old, new in names.items() if isinstance(value, str) else ():
            value = value.replace(old, new)
        return value

    payloads = [rename(each) for each in plist["PayloadContent"]]
    chance.shuffle(payloads)
    return {**plist, "PayloadContent": payloads}


ENTERPRISE = profile(
    scep_payload(),
    root(),
    root(VPN, b"another root"),
    wifi(SCEP, ROOT, VPN),
    payload("com.apple.vpn.managed", str(uuid.UUID(int=9)), IKEv2={"PayloadCertificateUUID": SCEP}),
)


@pytest.mark.parametrize("seed", range(5))
def test_a_file_that_a_tool_builds_once_more_is_unchanged(seed: int) -> None:
    again = FileContent(renamed(ENTERPRISE, seed))
    stored = FileContent(ENTERPRISE).build("Wi-Fi", None)
    assert again.compare(stored) == [] and again.was_written(stored)


@pytest.mark.parametrize(
    "current, changed",
    [
        (
            profile(root(SCEP, b"1"), root(ROOT, b"2"), wifi(ROOT)),
            [Difference("com.apple.wifi.managed/PayloadCertificateUUID", ROOT, SCEP)],
        ),
        (
            profile(root(ROOT, b"1"), root(SCEP, b"2"), wifi(SCEP)),
            [Difference("com.apple.wifi.managed/PayloadCertificateUUID", SCEP, SCEP)],
        ),
        (
            profile(root(VPN, b"1"), root(ROOT, b"2"), wifi(SCEP)),
            [Difference("com.apple.wifi.managed/PayloadCertificateUUID", SCEP, SCEP)],
        ),
        (profile(root(VPN, b"1"), root(ROOT, b"2"), wifi(VPN.lower())), []),
    ],
)
def test_a_reference_is_compared_by_the_payload_that_it_means(
    current: dict[str, t.Any], changed: list[Difference]
) -> None:
    desired = profile(root(SCEP, b"1"), root(ROOT, b"2"), wifi(SCEP))
    assert comparison.compare_profiles(desired, current) == changed


def test_a_list_of_references_has_an_order() -> None:
    desired = profile(root(SCEP, b"1"), root(ROOT, b"2"), wifi(SCEP, SCEP, ROOT))
    current = profile(root(SCEP, b"1"), root(ROOT, b"2"), wifi(SCEP, ROOT, SCEP))
    assert [each.path for each in comparison.compare_profiles(desired, current)] == [
        "com.apple.wifi.managed/EAPClientConfiguration.PayloadCertificateAnchorUUID"
    ]


def test_equal_payloads_are_told_apart_by_what_refers_to_them() -> None:
    """Each network has a certificate of its own, though both ask for it in the same way."""
    own = profile(
        scep_payload(), scep_payload(ROOT), wifi(SCEP), wifi(ROOT, name=VPN, ssid="Guests")
    )
    shared = profile(
        scep_payload(), scep_payload(ROOT), wifi(SCEP), wifi(SCEP, name=VPN, ssid="Guests")
    )
    assert comparison.compare_profiles(own, renamed(own, 3)) == []
    assert [each.path for each in comparison.compare_profiles(own, renamed(shared, 3))] == [
        "com.apple.wifi.managed/PayloadCertificateUUID"
    ]


@pytest.mark.parametrize("seed", range(10))
def test_pairs_of_equal_payloads_stay_together(seed: int) -> None:
    names = [str(uuid.UUID(int=number)).upper() for number in range(1, 7)]
    twins = profile(
        *(scep_payload(name) for name in names[:3]),
        *(wifi(name, name=own) for name, own in zip(names[:3], names[3:], strict=True)),
    )
    assert comparison.compare_profiles(twins, renamed(twins, seed)) == []


def test_a_text_refers_to_payloads_by_their_whole_names_or_by_uuids_in_it() -> None:
    named_after_it = {**root(), "PayloadIdentifier": f"Acme.{SCEP}"}
    names = references.Identities([scep_payload(), named_after_it])
    assert names.split(f"acme.{SCEP}") == ("\0", ({1},))
    assert names.split(f"{ROOT.lower()} or {SCEP}, {WIFI}") == (f"\0 or \0, {WIFI}", ({1}, {0}))
    # An identifier without a UUID may be an ordinary word.
    word = {"PayloadIdentifier": "acme", "PayloadUUID": ""}
    names = references.Identities([word, {"PayloadIdentifier": 7}])
    assert names.split("acme") == ("acme", ()) and names.named_by("Acme") == {0}
    assert names.named_by("") == names.named_by("other") == frozenset()


def test_of_equal_payloads_those_of_one_name_correspond() -> None:
    here, there = root(SCEP, b"1"), root(ROOT, b"1")
    assert references.match_payloads([here, there], [there, here]) == {0: 1, 1: 0}
    assert references.match_payloads([here, there], [here, there]) == {0: 0, 1: 1}


def test_an_equal_payload_corresponds_before_one_of_the_same_name() -> None:
    network = payload("com.apple.wifi.managed", WIFI, SSID_STR="Acme")
    desired = [root(), network]
    current = [{**network, "PayloadUUID": VPN}, {**network, "AutoJoin": True}]
    assert references.match_payloads(desired, current) == {1: 0}


def test_an_equal_payload_corresponds_whatever_else_the_profile_holds() -> None:
    app = payload("com.acme.app", VPN, Server="\ud800")  # a text of a damaged profile
    current = [{**app, "PayloadUUID": "P"}, {**app, "Port": 443}]
    assert references.match_payloads([scep_payload(), wifi(SCEP), app], current) == {2: 0}


def test_of_payloads_with_as_much_in_common_the_name_decides_and_then_the_place() -> None:
    network = payload("com.apple.wifi.managed", WIFI, SSID_STR="Acme")
    other = payload("com.apple.wifi.managed", VPN, SSID_STR="Guests")
    renamed_network = payload("com.apple.wifi.managed", WIFI.lower(), SSID_STR="Employees")
    assert references.match_payloads([network], [other, renamed_network]) == {0: 1}
    third = payload("com.apple.wifi.managed", SCEP, SSID_STR="Employees")
    assert references.match_payloads([root(), network], [other, third, root()]) == {0: 2, 1: 1}


def test_a_reference_to_the_same_payload_is_in_common() -> None:
    app = payload("com.acme.app", WIFI, Certificate=SCEP, Server="a")
    without = payload("com.acme.app", VPN, Certificate="none", Server="b")
    with_reference = payload("com.acme.app", "P", Certificate=ROOT, Server="b")
    current = [scep_payload(ROOT), without, with_reference]
    assert references.match_payloads([scep_payload(), app], current) == {0: 0, 1: 2}


def test_a_reference_of_the_profile_itself_is_compared_by_its_payload() -> None:
    desired = {**profile(root(SCEP)), "Trusts": SCEP}
    assert comparison.compare_profiles(desired, {**profile(root(ROOT)), "Trusts": ROOT}) == []
    assert comparison.compare_profiles(desired, {**profile(root(ROOT)), "Trusts": VPN}) == [
        Difference("Trusts", VPN, SCEP)
    ]


def test_a_payload_without_references_does_not_part_those_with_them() -> None:
    wanted = profile(
        *(scep_payload("A" + SCEP[1:]), scep_payload("B" + SCEP[1:]), root()),
        *(wifi("A" + SCEP[1:], name=WIFI), wifi("B" + SCEP[1:], name=VPN)),
    )
    present = profile(
        *(root(), scep_payload("C" + SCEP[1:]), scep_payload("D" + SCEP[1:])),
        *(wifi("D" + SCEP[1:], name="P"), wifi("C" + SCEP[1:], name="Q")),
    )
    assert comparison.compare_profiles(wanted, present) == []


def test_a_name_that_is_an_ordinary_word_is_compared_as_a_word() -> None:
    """Many profiles have the bundle identifier of an app as identifier of a payload."""
    app = payload("com.acme.app", SCEP, Bundle="com.acme.app")
    named = {**app, "PayloadIdentifier": "com.acme.app"}
    assert comparison.compare_profiles(profile(named), profile(app)) == []
    assert comparison.compare_profiles(profile(app), profile(named)) == []
    assert comparison.compare_profiles(profile(named), profile({**app, "Bundle": "x"})) == [
        Difference("com.acme.app/Bundle", "x", "com.acme.app")
    ]


def test_payloads_of_one_type_are_matched_by_content() -> None:
    desired = profile(*(wifi(SCEP, name=n, ssid=n) for n in ("A", "C")))
    current = profile(*(wifi(SCEP, name=n, ssid=n) for n in ("A", "B", "C")))
    current["PayloadContent"][2]["AutoJoin"] = True
    assert comparison.compare_profiles(desired, current) == [
        Difference("com.apple.wifi.managed/AutoJoin", True, ABSENT),
        Difference(
            "com.apple.wifi.managed (2)",
            comparison.comparable_payload(current["PayloadContent"][1]),
            ABSENT,
        ),
    ]


# Any profile

words = st.text("ab$\n é", max_size=4)
leaves: st.SearchStrategy[t.Any] = (
    st.booleans() | st.integers(-2, 2) | words | st.binary(max_size=2) | st.just([]) | st.just({})
)


@st.composite
def drawn_profiles(draw: st.DrawFn) -> dict[str, t.Any]:
    """Draw a profile of up to five payloads, which refer to each other in any way."""
    names = [str(uuid.UUID(int=number)).upper() for number in range(draw(st.integers(1, 5)))]
    values = leaves | st.sampled_from(names) | st.lists(st.sampled_from(names), max_size=2)
    values |= st.dictionaries(st.sampled_from("xy"), values, max_size=2)
    return profile(
        *(
            payload(
                draw(st.sampled_from(["one", "two"])),
                name,
                **draw(st.dictionaries(st.sampled_from("ABC"), values, max_size=2)),
            )
            for name in names
        )
    )


@given(drawn_profiles(), st.integers(0, 99))
def test_any_profile_is_equal_to_itself_with_other_names(
    plist: dict[str, t.Any], seed: int
) -> None:
    other = renamed(plist, seed)
    assert comparison.compare_profiles(plist, other) == []
    assert comparison.compare_profiles(other, plist) == []
    assert comparison.describe_content(plist) == comparison.describe_content(other)


@given(drawn_profiles(), st.integers(0, 99), st.data())
def test_any_profile_differs_from_itself_with_another_value(
    plist: dict[str, t.Any], seed: int, data: st.DataObject
) -> None:
    changed = copy.deepcopy(plist)
    place = data.draw(st.integers(0, len(plist["PayloadContent"]) - 1))
    changed["PayloadContent"][place]["A"] = "a value that no drawn profile holds"
    other = renamed(changed, seed)
    assert comparison.compare_profiles(plist, other) != []
    assert comparison.compare_profiles(other, plist) != []
    assert comparison.describe_content(plist) != comparison.describe_content(other)


@given(drawn_profiles(), st.text("ab", min_size=1, max_size=3))
def test_any_reference_follows_a_new_name(plist: dict[str, t.Any], generation: str) -> None:
    target = plist["PayloadContent"][0]["PayloadUUID"]
    current = profile(scep_payload(target), *plist["PayloadContent"][1:])
    built = scep.build_profile("Okta SCEP", SETTINGS, generation, current)
    first, *others = built["PayloadContent"]
    assert first["PayloadUUID"] != target
    expected = [
        {"PayloadType": first["PayloadType"], "PayloadUUID": target},
        *plist["PayloadContent"][1:],
    ]
    actual = [{"PayloadType": first["PayloadType"], "PayloadUUID": first["PayloadUUID"]}, *others]
    assert comparison.compare_profiles(profile(*expected), profile(*actual)) == []
