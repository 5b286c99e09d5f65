# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a SCEP profile, case by case.

What is created, changed, assigned, left alone or refused.
"""

from __future__ import annotations

import copy
import json
import plistlib
import re
import typing as t
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import (
    ABSENT,
    ansible_diff,
    described,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    NotAsWritten,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    mobileconfig,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    plan as custom_profile,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import (
    scep as scep_profile,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Library,
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.scep import (
    MARK,
    Plan,
    ScepContent,
    ScepSettings,
    find_platform_payload,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    InstalledProfile,
    LibraryItem,
)
from hypothesis import assume, given
from hypothesis import strategies as st

URL = "https://acme.okta.com/pki/0123456789ABCDEF0123456789ABCDEF01234567/scep/rac1a2B3c4D5e6F7g8h9"
CHALLENGE = "q7_Zk-W2b9Xv4LrT1mYc8NdHs3PfJg6KuAeQoViB5xE"
SETTINGS = ScepSettings(URL, CHALLENGE)
CANARY, SALES = Blueprint("b-canary", "Canary"), Blueprint("b-sales", "Sales")
KNOWN = [CANARY, SALES]
ID = "0C5E1A10-0000-4000-8000-0000000000FF"
KEY = ID.lower()

printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60)


def in_kandji(
    settings: ScepSettings = SETTINGS, generation: str | None = None, **row: t.Any
) -> dict[str, t.Any]:
    """A profile as Kandji shows it after we wrote it.

    With its own identity around the payload that we sent.
    """
    plist = scep_profile.build_profile("Okta SCEP", settings, generation, None)
    plist.update(
        {
            "PayloadIdentifier": f"com.kandji.profile.custom.{ID}",
            "PayloadUUID": "1F0E",
            "PayloadDisplayName": "Okta SCEP",
        }
    )
    return {
        "id": ID,
        "name": "Okta SCEP",
        "active": True,
        "profile": plistlib.dumps(plist).decode(),
        "mdm_identifier": f"com.kandji.profile.custom.{ID}",
        "runs_on_mac": True,
        "runs_on_iphone": False,
        "runs_on_ipad": False,
        "runs_on_tv": False,
        "runs_on_vision": False,
        "runs_on_android": False,
        "created_at": "2026-11-23T10:00:00.000000Z",
        "updated_at": "2026-11-23T10:00:00.000000Z",
        **row,
    }


def library(
    rows: t.Iterable[dict[str, t.Any]] = (), on: t.Mapping[str, t.Iterable[str]] | None = None
) -> Library:
    """What was read: these Custom Profiles, and on blueprints the items of these ids."""
    items = {
        blueprint: [LibraryItem.from_row({"id": each}) for each in ids]
        for blueprint, ids in (on or {}).items()
    }
    return Library([CustomProfile.from_row(row) for row in rows], KNOWN, items)


def summary(
    planned: Plan, row: dict[str, t.Any] | None, challenge: str = CHALLENGE
) -> dict[str, t.Any]:
    """The result for a profile of which Kandji shows this row."""
    profile = CustomProfile.from_row(row) if row else None
    return scep_profile.summarize(planned, profile, challenge, 30)


def with_content(profile: dict[str, t.Any], **content: t.Any) -> dict[str, t.Any]:
    """The same profile with another content of its SCEP payload, its marks untouched.

    What a tenant or a person in the console makes of it.
    """
    plist = plistlib.loads(profile["profile"].encode())
    mobileconfig.scep_payloads(plist)[0]["PayloadContent"].update(content)
    return {**profile, "profile": plistlib.dumps(plist).decode()}


def unmarked(profile: dict[str, t.Any]) -> dict[str, t.Any]:
    plist = plistlib.loads(profile["profile"].encode())
    mobileconfig.scep_payloads(plist)[0]["PayloadDescription"] = "Somebody's"
    return {**profile, "profile": plistlib.dumps(plist).decode()}


def plan(
    profiles: t.Sequence[dict[str, t.Any]] = (),
    *,
    settings: ScepSettings = SETTINGS,
    name: str | None = "Okta SCEP",
    item_id: str | None = None,
    generation: str | None = None,
    blueprints: t.Sequence[Blueprint] = (CANARY,),
    on: t.Sequence[Blueprint] = (CANARY,),
    mode: str = "add",
    runs_on: t.Sequence[str] = ("mac",),
) -> Plan:
    settings = replace(settings, runs_on=tuple(runs_on))
    return scep_profile.plan_profile(
        Wanted(name, item_id, list(blueprints), generation),
        ScepContent(settings, generation),
        library(profiles, {each.id: {ID} for each in on}),
        mode,
    )


# What is to be done


@pytest.mark.parametrize(
    "profiles, options, steps",
    [
        (
            [],
            {},
            ["create profile 'Okta SCEP'", "assign profile 'Okta SCEP' to blueprint 'Canary'"],
        ),
        (
            [in_kandji(name="Another")],
            {},
            ["create profile 'Okta SCEP'", "assign profile 'Okta SCEP' to blueprint 'Canary'"],
        ),
        ([in_kandji()], {}, []),
        ([in_kandji(name="Another", id="other"), in_kandji()], {}, []),
        ([in_kandji(generation="7")], {}, []),
        ([unmarked(in_kandji())], {}, []),
        ([with_content(in_kandji(), CAInstance="theirs")], {}, []),
        ([in_kandji(more="x")], {}, []),
        ([{key: value for key, value in in_kandji().items() if key != "runs_on_vision"}], {}, []),
        ([in_kandji()], {"on": []}, ["assign profile 'Okta SCEP' to blueprint 'Canary'"]),
        ([in_kandji()], {"on": KNOWN}, []),
        (
            [in_kandji()],
            {"on": KNOWN, "mode": "exact"},
            ["remove profile 'Okta SCEP' from blueprint 'Sales'"],
        ),
        (
            [in_kandji()],
            {"on": [SALES], "mode": "exact"},
            [
                "assign profile 'Okta SCEP' to blueprint 'Canary'",
                "remove profile 'Okta SCEP' from blueprint 'Sales'",
            ],
        ),
        ([in_kandji(active=False)], {}, ["update profile 'Okta SCEP': active"]),
        (
            [in_kandji()],
            {"runs_on": ["mac", "iphone"]},
            ["update profile 'Okta SCEP': runs_on_iphone"],
        ),
        (
            [in_kandji()],
            {"settings": replace(SETTINGS, retries=3, key_size=4096)},
            ["update profile 'Okta SCEP': Keysize, Retries"],
        ),
        (
            [in_kandji()],
            {"settings": replace(SETTINGS, challenge="another")},
            ["update profile 'Okta SCEP': Challenge"],
        ),
        (
            [in_kandji()],
            {"settings": replace(SETTINGS, url=URL + "x")},
            ["update profile 'Okta SCEP': URL"],
        ),
        ([in_kandji()], {"generation": "2"}, ["update profile 'Okta SCEP': generation"]),
        ([in_kandji()], {"generation": "1"}, []),
        (
            [in_kandji(name="Old name")],
            {"item_id": ID.lower()},
            ["update profile 'Okta SCEP': name"],
        ),
        ([in_kandji(name="Old name")], {"item_id": ID.lower(), "name": None}, []),
        ([in_kandji(), in_kandji(id="other")], {"item_id": ID}, []),
    ],
)
def test_the_plan_in_words(
    profiles: list[dict[str, t.Any]], options: dict[str, t.Any], steps: list[str]
) -> None:
    planned = plan(profiles, **options)
    assert described(planned.changes) == steps
    assert planned.writes_profile == any(
        "profile 'Okta SCEP'" in step and step.split()[0] in ("create", "update") for step in steps
    )


# Profiles that somebody else wrote


WIFI = {
    "PayloadType": "com.apple.wifi.managed",
    "PayloadVersion": 1,
    "PayloadUUID": "W",
    "PayloadIdentifier": "acme.wifi",
    "SSID_STR": "Acme",
}
ROOT = {
    "PayloadType": "com.apple.security.root",
    "PayloadVersion": 1,
    "PayloadUUID": "R",
    "PayloadIdentifier": "acme.root",
    "PayloadContent": b"0\x82",
}
OTHER_SCEP = {
    "PayloadType": "com.apple.security.scep",
    "PayloadVersion": 1,
    "PayloadUUID": "O",
    "PayloadIdentifier": "acme.wifi.scep",
    "PayloadContent": {"URL": "https://wifi.example.com/scep", "Challenge": "theirs"},
}


def by_hand(
    content: t.Mapping[str, t.Any], beside: t.Sequence[dict[str, t.Any]] = (), **scep: t.Any
) -> dict[str, t.Any]:
    """A profile of somebody else, with this content in its SCEP payload and further payloads beside
    it.
    """
    payload = {
        "PayloadType": "com.apple.security.scep",
        "PayloadVersion": 1,
        "PayloadUUID": "S",
        "PayloadIdentifier": "acme.scep",
        **scep,
        "PayloadContent": dict(content),
    }
    plist = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "acme",
        "PayloadUUID": "P",
        "PayloadContent": [*beside, payload],
    }
    return in_kandji(profile=plistlib.dumps(plist, sort_keys=False).decode())


def content_of(settings: ScepSettings) -> dict[str, t.Any]:
    return {
        key: value
        for key, value in scep_profile.build_content(settings).items()
        if value is not ABSENT
    }


def shuffled(draw: t.Any, value: t.Any) -> t.Any:
    """The same value with its keys in any order."""
    if isinstance(value, dict):
        return {key: shuffled(draw, value[key]) for key in draw(st.permutations(list(value)))}
    return [shuffled(draw, one) for one in value] if isinstance(value, list) else value


@st.composite
def same_settings(draw: t.Any) -> tuple[ScepSettings, dict[str, t.Any]]:
    """Settings, and a profile that says just that, in whatever way somebody may have written it."""
    settings = ScepSettings(
        URL,
        CHALLENGE,
        key_size=draw(st.sampled_from([1024, 2048])),
        retries=draw(st.sampled_from([3, 5])),
        retry_delay=draw(st.sampled_from([10, 30])),
        key_is_extractable=draw(st.booleans()),
        allow_all_apps_access=draw(st.booleans()),
        subject="CN=$SERIAL_NUMBER,O=Acme",
    )
    content = content_of(settings)
    for key, default in scep_profile.APPLE_DEFAULTS.items():
        if content[key] == default and draw(st.booleans()):
            del content[key]
    if draw(st.booleans()):
        content["Subject"] = [[["2.5.4.3", "$SERIAL_NUMBER"]], [["O", "Acme"]]]
    content |= draw(
        st.sampled_from(
            [
                {},
                {"CAInstance": "one"},
                {"Name": "Theirs", "CACaps": ["POSTPKIOperation"]},
                {"SubjectAltName": {}},
            ]
        )
    )
    names = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=20)
    row = by_hand(
        content,
        draw(st.permutations([one for one in (WIFI, ROOT, OTHER_SCEP) if draw(st.booleans())])),
        PayloadUUID=draw(names),
        PayloadIdentifier="acme." + draw(names),
        PayloadDescription=draw(names),
        PayloadEnabled=True,
    )
    plist = shuffled(draw, plistlib.loads(row["profile"].encode()))
    plist["PayloadContent"] = draw(st.permutations(plist["PayloadContent"]))
    text = plistlib.dumps(plist, sort_keys=False).decode()
    text = text.replace("\t", draw(st.sampled_from(["", "\t", "    "]))).replace(
        "\n", draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
    )
    comment = draw(st.sampled_from(["", "<!-- ours -->", "<!--\n by hand -->"]))
    return settings, {
        **row,
        "profile": re.sub(r"(</key>|<dict>|</dict>)", lambda found: found.group() + comment, text),
    }


@given(same_settings())
def test_a_profile_that_says_the_same_in_any_way_is_not_written(
    given_: tuple[ScepSettings, dict[str, t.Any]],
) -> None:
    settings, row = given_
    planned = plan([row], settings=settings)
    assert (planned.changes, planned.writes_profile) == ((), False)
    assert summary(planned, row)["challenge_matches"] is True


@pytest.mark.parametrize(
    "key, default, wanted",
    [
        ("Keysize", 1024, {"key_size": 2048}),
        ("Retries", 3, {"retries": 5}),
        ("RetryDelay", 10, {"retry_delay": 30}),
        ("KeyIsExtractable", True, {"key_is_extractable": False}),
        ("AllowAllAppsAccess", False, {"allow_all_apps_access": True}),
    ],
)
def test_a_key_that_is_not_there_is_a_difference_where_apples_default_is_another(
    key: str, default: t.Any, wanted: dict[str, t.Any]
) -> None:
    content = {name: value for name, value in content_of(SETTINGS).items() if name != key}
    assert scep_profile.APPLE_DEFAULTS[key] == default
    planned = plan([by_hand(content)], settings=replace(SETTINGS, **wanted))
    assert described(planned.changes) == [f"update profile 'Okta SCEP': {key}"] and planned.changes[
        0
    ].before == {key: None}


def test_a_write_keeps_payloads_and_keys_of_others() -> None:
    row = by_hand(
        {**content_of(SETTINGS), "CAInstance": "one", "Challenge": "another"},
        [WIFI, OTHER_SCEP, ROOT],
        PayloadEnabled=True,
    )
    before = copy.deepcopy(plistlib.loads(row["profile"].encode())["PayloadContent"])
    planned = plan([row])
    (change,) = planned.changes
    assert (
        set(change.after) == {"Challenge"}
        and CHALLENGE not in repr(change)
        and "another" not in repr(change.after)
    )
    after = plistlib.loads(planned.mobileconfig or b"")["PayloadContent"]
    assert after[:3] == before[:3]
    assert (
        after[3]["PayloadContent"] == {**before[3]["PayloadContent"], "Challenge": CHALLENGE}
        and after[3]["PayloadEnabled"] is True
    )
    assert (after[3]["PayloadUUID"], after[3]["PayloadIdentifier"]) == ("S", "acme.scep")


@pytest.mark.parametrize(
    ("may_change", "others"),
    [
        (None, None),
        (["challenge", "generation"], {"Subject", "URL", "runs_on_iphone"}),
        ([], {"Challenge", "Subject", "URL", "generation", "runs_on_iphone"}),
    ],
)
def test_a_run_that_only_re_issues_changes_nothing_else(
    may_change: list[str] | None, others: set[str] | None
) -> None:
    held = {
        **content_of(SETTINGS),
        "URL": "https://other.okta.com/pki/AB/scep/rac1",
        "Challenge": "another",
        "Subject": [[["CN", "$EMAIL"]]],
    }
    planned = plan([by_hand(held)], generation="2", runs_on=["mac", "iphone"])
    if others is None:
        scep_profile.check_changes(planned, may_change)
        return
    with pytest.raises(Refused) as caught:
        scep_profile.check_changes(planned, may_change)
    assert caught.value.details["other_changes"].keys() == others
    kept = " and ".join(may_change or []) or "nothing"
    start = f"may_change: the profile 'Okta SCEP' would change in more than {kept}: "
    assert caught.value.message.startswith(start)
    assert (
        f"URL from 'https://other.okta.com/pki/AB/scep/rac1' to {URL!r}; " in caught.value.message
    )
    assert caught.value.message.endswith(
        ". Nothing was written. Ask for what the profile has, or write the change first, without"
        " may_change."
    )
    assert "another'" not in caught.value.message and CHALLENGE not in caught.value.message


def test_a_run_that_only_re_issues_writes_generation_and_challenge() -> None:
    held = {**content_of(SETTINGS), "Challenge": "another"}
    planned = plan([by_hand(held)], generation="2")
    assert planned.changes
    scep_profile.check_changes(planned, ["challenge", "generation"])
    scep_profile.check_changes(plan([]), [])


def other_payload(**values: t.Any) -> dict[str, t.Any]:
    content = {"URL": "https://wifi.example.com/scep", **values}
    return {"PayloadType": "com.apple.security.scep", "PayloadContent": content}


NDES = "https://ndes.acme.com/certsrv/mscep/mscep.dll?secret=1"


@pytest.mark.parametrize(
    ("url", "own", "is_taken"),
    [
        (NDES, {}, False),
        ("https://acme.okta.com.example.com/scep", {}, False),
        ("no url", {}, False),
        # Made by this collection, or for Okta by hand
        (NDES, {"PayloadDescription": MARK + "0" * 32}, True),
        (NDES, {"PayloadIdentifier": f"{scep_profile.IDENTIFIER}.1"}, True),
        ("https://acme.okta.com/pki/org/1/devicemanagement/mac/2/scep", {}, True),
        (URL.replace("acme.okta.com", "login.acme.com"), {}, True),
        (URL, {}, True),
    ],
)
def test_a_payload_of_another_authority_is_not_taken_over(
    url: str, own: dict[str, str], is_taken: bool
) -> None:
    rows = [by_hand({**content_of(SETTINGS), "URL": url, "Challenge": "another"}, [WIFI], **own)]
    if is_taken:
        planned = plan(rows)
        text = scep_profile.describe_adoption(planned)
        assert planned.mobileconfig and bool(text) is (url != URL and not own)
        assert not text or text == (
            f"The profile 'Okta SCEP' ({planned.item_id}) was not made by this collection, and"
            f" enrolls at {url}. It is taken over, and its SCEP URL becomes {URL}."
        )
        return
    host = urlsplit(url).hostname or "an unknown host"
    with pytest.raises(
        BadOption, match=f"holds a SCEP payload of {re.escape(host)}, which is not Okta's"
    ) as caught:
        plan(rows)
    assert "Choose another name" in caught.value.message and "secret=1" not in caught.value.message


def test_a_profile_that_is_not_written_is_not_taken_over() -> None:
    assert scep_profile.describe_adoption(plan([])) == ""
    assert scep_profile.describe_adoption(plan([by_hand(content_of(SETTINGS))])) == ""


def test_of_several_payloads_the_one_of_okta_is_known_without_its_url() -> None:
    own = {**other_payload(), "PayloadDescription": MARK + "0" * 32}
    shaped = other_payload(URL="https://acme.okta.com/pki/org/1/devicemanagement/mac/2/scep")
    for payload in (own, other_payload()):
        assert find_platform_payload({"PayloadContent": [payload]}) is payload
    assert find_platform_payload({"PayloadContent": [other_payload(), own]}) is own
    assert find_platform_payload({"PayloadContent": [other_payload(), other_payload()]}) is None
    assert find_platform_payload({"PayloadContent": []}) is None
    assert find_platform_payload({"PayloadContent": [shaped, own]}) is own


def test_two_payloads_with_our_url_are_not_guessed_between() -> None:
    twin = {**OTHER_SCEP, "PayloadContent": content_of(SETTINGS)}
    with pytest.raises(BadOption) as raised:
        plan([by_hand(content_of(SETTINGS), [twin])])
    assert (
        "holds 2 SCEP payloads (payload 1 (com.apple.security.scep) and payload 2"
        " (com.apple.security.scep)), and 2 of them have this SCEP URL"
    ) in raised.value.message


def test_a_new_profile_has_the_payload_and_the_flags_and_no_id() -> None:
    planned = plan()
    assert planned.item_id is None
    assert planned.fields == {
        "active": True,
        "runs_on_mac": True,
        "runs_on_iphone": False,
        "runs_on_ipad": False,
        "runs_on_tv": False,
        "runs_on_vision": False,
    }
    (payload,) = mobileconfig.scep_payloads(mobileconfig.parse(planned.mobileconfig))
    assert scep_profile.compare_payload(SETTINGS, "1", payload) == []


def test_an_update_writes_the_changed_fields_alone_and_no_file_where_the_payload_is_right() -> None:
    planned = plan([in_kandji(active=False)])
    assert (planned.item_id, planned.fields, planned.mobileconfig) == (KEY, {"active": True}, None)


def test_an_update_of_the_payload_keeps_what_else_is_in_it() -> None:
    planned = plan([unmarked(with_content(in_kandji(), Retries=1, CAInstance="theirs"))])
    (payload,) = mobileconfig.scep_payloads(mobileconfig.parse(planned.mobileconfig))
    assert (payload["PayloadContent"]["Retries"], payload["PayloadContent"]["CAInstance"]) == (
        5,
        "theirs",
    )
    assert planned.fields == {}


def test_what_was_planned_is_what_the_next_plan_finds_right() -> None:
    """For a new profile and for a changed one: the second run has nothing to do."""
    for profiles, settings in (
        ([], SETTINGS),
        ([in_kandji()], replace(SETTINGS, retries=9, challenge="x&y")),
    ):
        planned = plan(profiles, settings=settings)
        written = in_kandji(profile=(planned.mobileconfig or b"").decode())
        assert plan([written], settings=settings).changes == ()


# What stands in the way


@pytest.mark.parametrize(
    "profiles, options, said",
    [
        (
            [in_kandji(), in_kandji(id="second")],
            {},
            f"2 custom profiles named 'Okta SCEP' ({KEY}, second). Rename all but one of"
            " them in Kandji, or set library_item_id to the id of one.",
        ),
        ([in_kandji()], {"item_id": "gone"}, "no custom profile with the id gone"),
        (
            [in_kandji(profile="signed")],
            {},
            f"'Okta SCEP' ({KEY}) is not a readable configuration profile",
        ),
        ([in_kandji(profile=None)], {}, "is not a readable configuration profile"),
        (
            [in_kandji(profile=plistlib.dumps({"PayloadContent": []}).decode())],
            {},
            "holds no SCEP payload.",
        ),
        (
            [
                in_kandji(
                    profile=plistlib.dumps(
                        {
                            "PayloadContent": (
                                [{"PayloadType": "com.apple.security.scep", "PayloadContent": {}}]
                                * 2
                            )
                        }
                    ).decode()
                )
            ],
            {},
            "(com.apple.security.scep)), and none of them has this SCEP URL, which does not select"
            " one.",
        ),
    ],
)
def test_a_profile_that_cannot_be_told_or_read_is_refused(
    profiles: list[dict[str, t.Any]], options: dict[str, t.Any], said: str
) -> None:
    with pytest.raises(BadOption) as raised:
        plan(profiles, **options)
    assert said in raised.value.message


@pytest.mark.parametrize("generation", [None, "1"])
def test_a_tenant_that_keeps_changing_what_was_written_is_not_written_to_again(
    generation: str | None,
) -> None:
    with pytest.raises(NotAsWritten) as raised:
        plan([with_content(in_kandji(), Retries=4, Keysize=1024)], generation=generation)
    assert raised.value.details["keys"] == ["Keysize", "Retries"]
    assert raised.value.details["differences"]["Retries"] == {"in_kandji": 4, "asked_for": 5}
    assert raised.value.details["vendor"] == "kandji"
    assert raised.value.message == (
        "Kandji holds the profile 'Okta SCEP' with another Keysize, Retries than was written to it:"
        " Kandji did not keep it, or somebody changed it there (differences shows both). It is not"
        " written again, since each write gives every Mac in scope a new certificate. Set the option"
        " to what Kandji keeps, or set another generation to write once more."
    )


def test_a_challenge_that_somebody_changed_there_is_told_and_not_shown() -> None:
    with pytest.raises(NotAsWritten) as raised:
        plan([with_content(in_kandji(), Challenge="somebody-else's-secret")])
    assert raised.value.details["keys"] == ["Challenge"]
    assert "somebody-else" not in repr(
        raised.value.details
    ) + raised.value.message and CHALLENGE not in repr(raised.value.details)


ITEM = LibraryItem("aaaa0000-0000-4000-8000-000000000001", "Okta SCEP (web app)")


@pytest.mark.parametrize(
    "mode, on, assigned, removed",
    [
        ("add", {}, [CANARY], []),
        ("add", {"b-canary": {ITEM.id}}, [], []),
        ("exact", {"b-sales": {ITEM.id}}, [CANARY], [SALES]),
        (
            "remove",
            {"b-canary": {ITEM.id}, "b-sales": {ITEM.id}},
            [],
            [CANARY],
        ),
        ("remove", {}, [], []),
    ],
)
def test_of_an_item_that_the_console_made_only_the_assignment_is_planned(
    mode: str, on: t.Any, assigned: t.Any, removed: t.Any
) -> None:
    found = scep_profile.plan_console_item(
        Wanted(name=None, library_item_id=None, blueprints=[CANARY], library_item=ITEM.name),
        ITEM,
        library(on=on),
        mode,
    )
    assert (found.assignment.assign, found.assignment.remove) == (assigned, removed)
    assert not found.writes_profile and found.name == ITEM.name
    item = "library item 'Okta SCEP (web app)'"
    assert described(found.changes) == [
        *(f"assign {item} to blueprint {each.name!r}" for each in assigned),
        *(f"remove {item} from blueprint {each.name!r}" for each in removed),
    ]


@pytest.mark.parametrize(
    "on, removed", [({}, []), ({"b-canary": {ID.lower()}, "b-sales": {ID.lower()}}, [CANARY])]
)
def test_a_profile_is_taken_off_its_blueprints_and_not_written(on: t.Any, removed: t.Any) -> None:
    found = scep_profile.plan_removal(Wanted(None, ID, [CANARY], None), library([in_kandji()], on))
    assert (
        found.assignment.remove == removed
        and not found.assignment.assign
        and not found.writes_profile
        and found.mobileconfig is None
    )


@pytest.mark.parametrize(
    "held, changed",
    [
        (URL.replace("https://acme.okta.com", "HTTPS://ACME.Okta.com"), []),
        (URL.replace("acme.okta.com", "acme.okta.com:443"), []),
        (URL.lower(), ["URL"]),
        (f"{URL} ", ["URL"]),
    ],
)
def test_another_spelling_of_a_scep_url_re_issues_nothing(held: str, changed: list[str]) -> None:
    plist = scep_profile.build_profile("Okta SCEP", SETTINGS, None, None)
    payload = scep_profile.find_payload(plist, URL)
    assert payload is not None
    payload["PayloadContent"]["URL"] = held
    differences = scep_profile.compare_payload(SETTINGS, None, payload)
    assert [each.path for each in differences] == changed


def test_a_profile_is_not_taken_off_under_the_name_of_another() -> None:
    asked = Wanted("Wi-Fi", ID, [CANARY], None)
    with pytest.raises(BadOption, match="^name: the item with the library_item_id .* not 'Wi-Fi'"):
        scep_profile.plan_removal(asked, library([in_kandji()], {"b-canary": {ID.lower()}}))


def test_a_profile_that_is_not_there_has_nothing_to_be_taken_off() -> None:
    planned = scep_profile.plan_removal(Wanted("Okta SCEP", None, [CANARY], None), library())
    assert planned.changes == () and not planned.writes_profile


@pytest.mark.parametrize(
    "options, written",
    [
        ({"generation": "2"}, ["Retries", "generation"]),
        ({"settings": replace(SETTINGS, retries=6)}, ["Retries"]),
        ({"settings": replace(SETTINGS, retries=4)}, []),
    ],
)
def test_another_option_or_generation_is_written_once_more_and_the_tenants_value_is_accepted(
    options: dict[str, t.Any], written: list[str]
) -> None:
    planned = plan([with_content(in_kandji(), Retries=4)], **options)
    assert sorted(key for change in planned.changes for key in change.after) == written


def test_a_tenant_that_changes_an_updated_profile_is_not_written_to_again_either() -> None:
    settings = replace(SETTINGS, retries=9)
    updated = in_kandji(
        profile=(plan([in_kandji()], settings=settings).mobileconfig or b"").decode()
    )
    with pytest.raises(NotAsWritten):
        plan([with_content(updated, Retries=4)], settings=settings)


def test_a_tenant_that_does_not_keep_a_flag_is_not_written_to_again() -> None:
    """As with the payload.

    Each write of the flag would give every Mac a new certificate, run after run.
    """
    wanted = ("mac", "vision")
    written = in_kandji(
        profile=(plan(runs_on=wanted).mobileconfig or b"").decode(), runs_on_vision=False
    )
    with pytest.raises(NotAsWritten, match="runs_on_vision"):
        plan([written], runs_on=wanted)


# What a write returned


@pytest.mark.parametrize(
    "answer, keys",
    [
        (in_kandji(), None),
        ({key: value for key, value in in_kandji().items() if not key.startswith("runs_on")}, None),
        (with_content(in_kandji(), Retries=4), ["Retries"]),
        (with_content(in_kandji(), SubjectAltName={"dNSName": "x"}), ["SubjectAltName"]),
        (with_content(in_kandji(), Challenge=CHALLENGE.lower()), ["Challenge"]),
        (in_kandji(active=False), ["active"]),
        (in_kandji(runs_on_ipad=True), ["runs_on_ipad"]),
        (in_kandji(profile="not XML"), ["PayloadContent"]),
        ({"id": ID}, ["PayloadContent"]),
        (in_kandji(generation="2"), ["generation"]),
    ],
)
def test_what_a_write_returns_is_compared_with_what_was_asked(
    answer: dict[str, t.Any], keys: list[str] | None
) -> None:
    planned = plan()
    if keys is None:
        custom_profile.check_written(
            planned, ScepContent(SETTINGS, "1"), CustomProfile.from_row(answer)
        )
        return
    with pytest.raises(NotAsWritten) as raised:
        custom_profile.check_written(
            planned, ScepContent(SETTINGS, "1"), CustomProfile.from_row(answer)
        )
    assert raised.value.details["keys"] == keys
    assert all(key in raised.value.message for key in keys)
    assert CHALLENGE not in raised.value.message


# Conflicts


@pytest.mark.parametrize(
    "row, on, found",
    [
        (
            in_kandji(name="Hand-made"),
            [CANARY],
            [f"the custom profile 'Hand-made' ({KEY}) has the same SCEP URL and is on 'Canary'"],
        ),
        (
            in_kandji(name="Hand-made"),
            [CANARY, SALES],
            [f"the custom profile 'Hand-made' ({KEY}) has the same SCEP URL and is on 'Canary'"],
        ),
        (in_kandji(name="Hand-made"), [SALES], []),
        (in_kandji(name="Hand-made"), [], []),
        (in_kandji(active=False), [CANARY], []),
        (in_kandji(replace(SETTINGS, url=URL + "x")), [CANARY], []),
        (in_kandji(profile=None), [CANARY], []),
        (in_kandji(id="own"), [CANARY], []),
    ],
)
def test_a_second_profile_with_the_same_url_on_the_same_blueprint_is_a_conflict(
    row: dict[str, t.Any], on: t.Any, found: list[str]
) -> None:
    read = library([row], {each.id: {row["id"]} for each in on})
    own = Plan(Wanted("Okta SCEP", None, [CANARY]), "Okta SCEP", None)
    assert scep_profile.find_conflicts(URL, {"own"}, own, read) == found


@pytest.mark.parametrize(
    ("row", "url", "is_own"),
    [
        (in_kandji(name="Renamed"), URL, True),
        (in_kandji(name="Renamed"), "", True),
        # Of this collection, for another org or platform
        (in_kandji(replace(SETTINGS, url=URL + "x"), name="Renamed"), URL, False),
        (in_kandji(name="Renamed", active=False), URL, None),
        (in_kandji(name="Renamed", id="own"), URL, None),
    ],
)
def test_a_profile_of_this_collection_on_the_blueprints_of_a_ring_without_one_was_renamed(
    row: dict[str, t.Any], url: str, is_own: bool | None
) -> None:
    read = library([row], {CANARY.id: {row["id"]}, SALES.id: set()})
    sentence = f"the custom profile 'Renamed' ({KEY}) is on 'Canary'"
    expected = [] if is_own is None else [(sentence, is_own)]
    assert scep_profile.find_strays(url, {"own"}, [CANARY], read) == expected
    assert scep_profile.find_strays(url, {"own"}, [SALES], read) == []


@pytest.mark.parametrize("host", ["acme.okta.com", "scep.acme.com", "ca.acme.org"])
def test_a_profile_by_hand_is_a_stray_by_its_url_and_never_renamed(host: str) -> None:
    url = f"https://{host}/scep"
    row = foreign(url)
    row["profile"] = row["profile"].replace(MARK, "By hand: ")
    read = library([row], {CANARY.id: {row["id"]}})
    assert [own for _text, own in scep_profile.find_strays(url, set(), [CANARY], read)] == [False]
    found = scep_profile.find_strays("https://other.okta.com/scep", set(), [CANARY], read)
    assert len(found) == (host == "acme.okta.com")


def foreign(url: str) -> dict[str, t.Any]:
    """A profile whose SCEP payload this collection did not make."""
    row = in_kandji(replace(SETTINGS, url=url))
    return {**row, "profile": row["profile"].replace(scep_profile.IDENTIFIER, "com.acme.scep")}


@pytest.mark.parametrize("url", [None, URL + "x"])
@pytest.mark.parametrize(
    "row, conflict",
    [
        (in_kandji(), True),
        (foreign(URL), True),
        (foreign("https://ca.acme.com/scep"), False),
        (in_kandji(active=False), False),
    ],
)
def test_next_to_a_console_managed_item_each_profile_for_okta_is_a_conflict(
    row: dict[str, t.Any], conflict: bool, url: str | None
) -> None:
    read = library([row], {CANARY.id: {row["id"]}})
    item = scep_profile.plan_console_item(Wanted(None, None, [CANARY]), ITEM, read, "add")
    sentence = (
        f"the custom profile 'Okta SCEP' ({KEY}) is a SCEP profile for Okta and is on 'Canary' (no API"
        " shows the SCEP URL of 'Okta SCEP (web app)')"
    )
    assert scep_profile.find_conflicts(url, {ITEM.id}, item, read) == [sentence] * conflict
    assert scep_profile.find_conflicts(url, {KEY}, item, read) == []


@pytest.mark.parametrize(
    "rows, found",
    [
        ([], []),
        ([{"serial_number": "A", "blueprint_id": "b-sales"}], []),
        (
            [{"serial_number": "A", "blueprint_id": None}, {"serial_number": "B"}],
            [
                "serves 2 Macs whose blueprint Kandji does not show, which may be of these"
                " blueprints (A, B)"
            ],
        ),
        (
            [{"serial_number": "A", "blueprint_id": "b-canary"}, {"device_id": "D1"}],
            [
                "serves 1 Mac of these blueprints already (A)",
                "serves 1 Mac whose blueprint Kandji does not show, which may be of these"
                " blueprints (device d1)",
            ],
        ),
        (
            [{"serial_number": "A", "blueprint_id": "B-CANARY"}] * 2,
            ["serves 1 Mac of these blueprints already (A)"],
        ),
        (
            [{"serial_number": f"M{number}", "blueprint_id": "b-canary"} for number in range(7)],
            ["serves 7 Macs of these blueprints already (M0, M1, M2, M3, M4 and 2 more)"],
        ),
    ],
)
def test_macs_of_kandjis_own_integration_are_a_conflict_on_these_blueprints_alone(
    rows: list[dict[str, t.Any]], found: list[str]
) -> None:
    assert custom_profile.device_trust_conflicts(
        [InstalledProfile.from_row(row) for row in rows], [CANARY]
    ) == [f"Kandji's own Okta Device Trust integration {one}" for one in found]


def test_a_conflict_fails_or_warns_as_it_is_asked() -> None:
    custom_profile.check_conflicts([], "fail", scep_profile.ONE_OF_AN_AUTHORITY)
    custom_profile.check_conflicts(["one", "two"], "warn", scep_profile.ONE_OF_AN_AUTHORITY)
    with pytest.raises(Refused, match="one; two. Nothing was written") as raised:
        custom_profile.check_conflicts(["one", "two"], "fail", scep_profile.ONE_OF_AN_AUTHORITY)
    assert raised.value.details == {"conflicts": ["one", "two"]}


# Renewal


@pytest.mark.parametrize(
    "updated_at, days, date",
    [
        ("2026-11-23T10:00:00.000000Z", 30, "2027-10-24"),
        ("2026-11-23T10:00:00Z", 30, "2027-10-24"),
        ("2026-11-23T10:00:00+00:00", 0, "2027-11-23"),
        ("2026-11-23 10:00:00", 30, "2027-10-24"),
        ("2027-03-01T00:00:00Z", 0, "2028-02-29"),
        ("soon", 30, None),
        (None, 30, None),
    ],
)
def test_certificates_are_to_be_renewed_so_many_days_before_their_year_is_over(
    updated_at: t.Any, days: int, date: str | None
) -> None:
    assert scep_profile.estimate_renewal(updated_at, days) == date


# What is shown


def test_a_summary_says_what_is_there() -> None:
    assert summary(plan([in_kandji()]), in_kandji()) == {
        "name": "Okta SCEP",
        "library_item_id": KEY,
        "mdm_identifier": f"com.kandji.profile.custom.{ID}",
        "payload_uuid": "1F0E",
        "generation": "1",
        "challenge_matches": True,
        "pinned_fingerprint": None,
        "updated_at": "2026-11-23T10:00:00.000000Z",
        "renew_by": "2027-10-24",
        "blueprints": [{"id": "b-canary", "name": "Canary"}],
        "changed": False,
    }


def test_a_summary_of_a_new_profile_has_the_id_that_kandji_gave_it() -> None:
    result = summary(plan(), in_kandji())
    assert result["library_item_id"] == KEY and result["changed"]


def test_a_summary_is_of_the_payload_with_the_url_of_the_plan() -> None:
    row = by_hand(
        content_of(SETTINGS), [OTHER_SCEP], PayloadIdentifier=f"{scep_profile.IDENTIFIER}.7"
    )
    result = summary(plan([row]), row)
    assert (result["generation"], result["challenge_matches"]) == ("7", True)


def test_each_change_of_a_scep_profile_counts_as_a_reissue() -> None:
    assert ScepContent(SETTINGS, None).counts_as({}) == "reissue"


@pytest.mark.parametrize("generation, described_as", [(None, "1"), ("2026-11", "2026-11")])
def test_a_new_profile_is_described_with_its_generation_and_without_its_challenge(
    generation: str | None, described_as: str
) -> None:
    content = ScepContent(replace(SETTINGS, ca_fingerprint="7f" * 20), generation)
    assert content.describe() == {
        "URL": URL,
        "Challenge": "********",
        "Subject": [[["CN", "$SERIAL_NUMBER $PROFILE_UUID"]]],
        "Key Type": "RSA",
        "Keysize": 2048,
        "Key Usage": 1,
        "Retries": 5,
        "RetryDelay": 30,
        "KeyIsExtractable": False,
        "AllowAllAppsAccess": True,
        "CAFingerprint": "7f" * 20,
        "generation": described_as,
    }
    (payload,) = mobileconfig.scep_payloads(content.build("Okta SCEP", None))
    assert scep_profile.read_generation(payload) == described_as


@pytest.mark.parametrize(
    "profile, matches",
    [
        (None, None),
        (in_kandji(), True),
        (in_kandji(replace(SETTINGS, challenge="another")), False),
        ({"id": ID}, None),
    ],
)
def test_a_summary_says_whether_the_challenge_matches(
    profile: dict[str, t.Any] | None, matches: bool | None
) -> None:
    assert summary(plan(), profile)["challenge_matches"] is matches


def everything_shown(planned: Plan, profile: t.Any, challenge: str) -> str:
    result = scep_profile.summarize(planned, profile, challenge, 30)
    return json.dumps([ansible_diff(planned.changes), described(planned.changes), result]) + repr(
        planned.changes
    )


@given(one=printable, other=printable)
def test_what_is_shown_of_a_new_profile_is_the_same_for_any_challenge(one: str, other: str) -> None:
    shown = []
    for challenge in (one, other):
        settings = replace(SETTINGS, challenge=challenge)
        profile = CustomProfile.from_row(in_kandji(settings))
        shown.append(everything_shown(plan(settings=settings), profile, challenge))
    assert shown[0] == shown[1]


@given(before=printable, after=printable, other=printable)
def test_what_is_shown_of_a_changed_challenge_is_the_same_for_any_two(
    before: str, after: str, other: str
) -> None:
    assume(len({before, after, other}) == 3)
    shown = []
    for old, new in ((before, after), (other, before)):
        planned = plan(
            [in_kandji(replace(SETTINGS, challenge=old))], settings=replace(SETTINGS, challenge=new)
        )
        shown.append(everything_shown(planned, planned.current, new))
    assert shown[0] == shown[1]


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=12, max_size=60))
def test_no_challenge_stands_in_a_plan_a_diff_or_a_summary(challenge: str) -> None:
    challenge = f"c4n{challenge}"  # no word of the result itself
    settings = replace(SETTINGS, challenge=challenge)
    planned = plan([in_kandji()], settings=settings)
    shown = json.dumps(
        [
            ansible_diff(planned.changes),
            summary(planned, in_kandji(settings), challenge),
        ],
        ensure_ascii=False,
    )
    assert "☠" not in shown
    assert CHALLENGE not in shown
    assert "☠" not in repr(settings) + repr(planned)


def test_a_name_that_no_profile_can_hold_is_refused() -> None:
    content = ScepContent(ScepSettings("https://a", "c"), None)
    with pytest.raises(BadOption, match="^The profile cannot be written"):
        mobileconfig.to_xml(content.build("Okta \ud800", None))


def test_a_subject_without_the_uuid_of_the_profile_is_warned_of() -> None:
    written = Plan(Wanted("New", None, [CANARY]), "New", None)
    serial = "CN=$SERIAL_NUMBER"
    warning = scep_profile.describe_missing_uuid([written], serial)
    assert warning == (
        "subject: its common name holds no $PROFILE_UUID, so Kandji's inventory cannot show which"
        " certificate is the profile's: stages stay unconfirmed, and renewals are estimated. Use the"
        " default, CN=$SERIAL_NUMBER $PROFILE_UUID."
    )
    assert scep_profile.describe_missing_uuid([written], SETTINGS.subject) == ""
    assert scep_profile.describe_missing_uuid([replace(written, assigned_only=True)], serial) == ""
    assert scep_profile.describe_missing_uuid([], serial) == ""
