# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which devices a plan reaches: every platform, in every way."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import apply
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Plan,
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.reach import (
    Reach,
    changes_secret,
    describe_reach,
    find_reach,
    flag_of,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    KandjiDevice,
)

MACS, PHONES = Blueprint("b-macs", "Macs"), Blueprint("b-phones", "Phones")
DEVICES = [
    KandjiDevice("mac-1", "M1", platform="Mac", blueprint_id="b-macs"),
    KandjiDevice("mac-2", "M2", platform="Mac", blueprint_id="b-phones"),
    KandjiDevice("phone", "P1", platform="iPhone", blueprint_id="b-phones"),
    KandjiDevice("pad", "P2", platform="iPad", blueprint_id="b-phones"),
    KandjiDevice("watch", "W1", platform="Watch", blueprint_id="b-phones"),
]
EVERYWHERE = {f"runs_on_{name}": True for name in ("mac", "iphone", "ipad", "tv", "vision")}
NOWHERE = dict.fromkeys(EVERYWHERE, False)
FOR_MACS = {**NOWHERE, "runs_on_mac": True}


def plan(flags: dict[str, t.Any] | None = None, **values: t.Any) -> Plan:
    """Return a plan for an existing profile with these flags, without anything to write."""
    current = CustomProfile("item", "Wi-Fi", flags={"active": True, **(flags or EVERYWHERE)})
    wanted = Wanted("Wi-Fi", None, values.pop("blueprints", [PHONES]))
    return Plan(wanted, "Wi-Fi", **{"current": current, "assigned_only": True, **values})


def reach(one: Plan, *holders: str, mode: str = "add") -> Reach:
    return find_reach(one, DEVICES, set(holders), mode, ())


def ids(*names: str) -> frozenset[str]:
    return frozenset(names)


def task(one: Plan, reached: Reach) -> apply.ProfileTask[Plan]:
    """Return the task of a plan whose devices were counted."""
    made = apply.ProfileTask(one, None)
    made.reach = reached
    return made


def test_an_assignment_is_new_on_every_platform_that_the_profile_runs_on() -> None:
    on_phones = Assignment([PHONES], [])
    assert reach(plan(assignment=on_phones)).new == ids("mac-2", "phone", "pad", "watch")
    # A platform that is not known counts
    assert reach(plan(FOR_MACS, assignment=on_phones)).new == ids("mac-2", "watch")
    assert reach(plan({"active": False}, assignment=on_phones)).new == ids()


def test_a_profile_that_does_not_exist_yet_is_new_by_what_is_written() -> None:
    made = plan(
        current=None, assigned_only=False, fields=FOR_MACS, assignment=Assignment([MACS], [])
    )
    assert reach(made) == Reach(new=ids("mac-1"))


@pytest.mark.parametrize("mode", ["exact", "remove"])
def test_a_removal_takes_it_from_every_platform(mode: str) -> None:
    taken = plan(blueprints=[MACS], assignment=Assignment([], [PHONES]))
    assert reach(taken, "phone", mode=mode).removed == ids("mac-2", "phone", "pad", "watch")
    for_macs = plan(FOR_MACS, blueprints=[MACS], assignment=Assignment([], [PHONES]))
    # A device that holds it loses it, whatever the flags say
    assert reach(for_macs, "phone", mode=mode).removed == ids("mac-2", "phone", "watch")


def test_a_blueprint_that_is_kept_loses_nothing() -> None:
    both = plan(blueprints=[PHONES], assignment=Assignment([], [PHONES]))
    assert reach(both).removed == ids()
    assert reach(both, mode="remove").removed == ids("mac-2", "phone", "pad", "watch")


@pytest.mark.parametrize(
    "fields, lost, installing",
    [
        # The iPad has not reported its status yet
        ({"active": False}, {"mac-2", "phone", "pad", "watch", "gone"}, set()),
        ({"runs_on_iphone": False}, {"phone", "watch", "gone"}, {"mac-2", "watch", "gone"}),
        ({"runs_on_mac": False}, {"mac-2", "watch", "gone"}, {"phone", "watch", "gone"}),
        ({"runs_on_tv": False}, {"watch", "gone"}, {"mac-2", "phone", "watch", "gone"}),
        ({"name": "x"}, set(), {"mac-2", "phone", "watch", "gone"}),
        ({"active": True}, set(), {"mac-2", "phone", "watch", "gone"}),
    ],
)
def test_a_flag_that_goes_takes_it_from_those_that_hold_it(
    fields: dict[str, t.Any], lost: set[str], installing: set[str]
) -> None:
    """A holder whose platform is unknown, or that is not listed, counts for both.

    What loses the profile does not install it again: one limit counts it.
    """
    written = reach(plan(assigned_only=False, fields=fields), "mac-2", "phone", "watch", "gone")
    assert written.removed == lost and written.changed == installing


def test_a_deletion_takes_it_from_all() -> None:
    deleted = plan(deletes=True, assignment=Assignment([], [PHONES]))
    assert reach(deleted, "mac-1", mode="remove").removed == ids(
        "mac-1", "mac-2", "phone", "pad", "watch"
    )


@pytest.mark.parametrize(
    "flags, fields, new",
    [
        ({**EVERYWHERE, "active": False}, {"active": True}, {"phone", "pad", "watch"}),
        (FOR_MACS, {"runs_on_ipad": True}, {"pad", "watch"}),
        ({**FOR_MACS, "active": False}, {"active": True}, {"watch"}),
        (EVERYWHERE, {"name": "x"}, set()),
    ],
)
def test_a_flag_that_comes_brings_it_to_the_devices_of_its_blueprints(
    flags: dict[str, t.Any], fields: dict[str, t.Any], new: set[str]
) -> None:
    assert reach(plan(flags, assigned_only=False, fields=fields), "mac-2").new == new


def test_a_profile_that_ran_on_macs_alone_is_taken_from_macs() -> None:
    stopped = plan(FOR_MACS, assigned_only=False, fields={"active": False})
    assert reach(stopped).removed == ids("mac-2", "watch")


def test_an_assignment_and_a_flag_bring_it_to_the_devices_of_both() -> None:
    extended = plan(
        FOR_MACS,
        assigned_only=False,
        fields={"runs_on_ipad": True},
        assignment=Assignment([MACS], []),
    )
    assert reach(extended, "mac-2").new == ids("mac-1", "pad", "watch")


def test_a_plan_that_writes_nothing_reaches_nobody() -> None:
    assert reach(plan(), "mac-2", "phone") == Reach()


@pytest.mark.parametrize(
    "platform, flag",
    [
        ("Mac", "runs_on_mac"),
        ("iPhone", "runs_on_iphone"),
        ("iPad", "runs_on_ipad"),
        ("Apple TV", "runs_on_tv"),
        ("AppleTV", "runs_on_tv"),
        ("Apple Vision", "runs_on_vision"),
        ("Watch", None),
        (None, None),
    ],
)
def test_a_platform_has_a_flag_in_a_profile(platform: str | None, flag: str | None) -> None:
    assert flag_of(platform) == flag


def test_the_refusal_names_profile_blueprints_and_keys() -> None:
    change = Change(
        "update", "profile 'Wi-Fi'", {"PayloadContent.SSID": "a"}, {"PayloadContent.SSID": "b"}
    )
    written = plan(assigned_only=False, fields={"name": "x"}, changes=(change,))
    tasks = [task(written, Reach(changed=ids("mac-1", "phone")))]
    with pytest.raises(Refused) as raised:
        apply.check_reaches(tasks, limits(reissue=1))
    assert raised.value.message == (
        "max_reissue: The change (profile 'Wi-Fi' on 'Phones' changing PayloadContent.SSID) would"
        " give new certificates to 2 devices, and 1 is the limit. Nothing was written. Set"
        " max_reissue: 2 if that is intended."
    )
    apply.check_reaches(tasks, limits(reissue=2))
    assert apply.sum_reaches(tasks, limits(reissue=2)) == {"reissue": 2}
    silent = [task(written, Reach())]
    apply.check_reaches(silent, limits(reissue=0))
    assert apply.sum_reaches(silent, limits(reissue=0)) == {"reissue": 0}


EFFECTS = {
    "reissue": "would give new certificates to",
    "new": "would bring it to",
    "removed": "would take it from",
}


def limits(**allowed: int | None) -> apply.ProfileLimits:
    return apply.ProfileLimits({name: EFFECTS[name] for name in allowed}, allowed, "add")


def test_one_change_has_one_refusal_with_every_limit_that_it_exceeds() -> None:
    written = plan(assigned_only=False, fields={"runs_on_iphone": False})
    one = Reach(changed=ids("mac-1"), removed=ids("phone"))
    with pytest.raises(Refused, match="Set max_reissue: 1 and max_removed: 1 if that") as raised:
        apply.check_reaches([task(written, one)], limits(reissue=0, new=None, removed=0))
    assert [each["limit"] for each in raised.value.details["limits"]] == [
        "max_reissue",
        "max_removed",
    ]


@pytest.mark.parametrize(
    "changed, allowed, depends",
    [
        # A profile that comes to blueprints: nobody holds it, so that only max_new counts devices
        ({"current": None, "assignment": Assignment([MACS], [])}, {"new": None}, False),
        ({"current": None, "assignment": Assignment([MACS], [])}, {"new": 2}, True),
        ({"current": None, "assignment": Assignment([MACS], [])}, {"reissue": 0}, False),
        ({"fields": {"name": "x"}}, {"reissue": 0}, True),
        ({"fields": {"name": "x"}}, {"reissue": None}, False),
        ({"fields": {"name": "x"}}, {"removed": 0}, False),
        ({"fields": {"active": False}}, {"removed": 0}, True),
        ({"fields": {"runs_on_tv": False}}, {"removed": 0}, True),
        ({"fields": {"active": True}}, {"new": 0}, True),
        ({"assignment": Assignment([], [PHONES])}, {"removed": 0}, True),
        ({"deletes": True}, {"removed": 0, "new": None}, True),
    ],
)
def test_a_limit_depends_on_the_fleet_if_a_device_that_comes_could_exceed_it(
    changed: dict[str, t.Any], allowed: dict[str, int | None], depends: bool
) -> None:
    some = plan(**{"assigned_only": "fields" not in changed, **changed})
    assert limits(**allowed).depend_on_fleet([some]) is depends


def test_each_device_counts_for_the_limit_of_what_happens_to_it() -> None:
    some = Reach(changed=ids("mac-1", "mac-2"), new=ids("phone"), removed=ids("pad", "watch", "tv"))
    new_and_removed = {"new": 1, "removed": 3}
    assert some.counts("reissue") == {"reissue": 2, "reinstall": 0, **new_and_removed}
    assert some.counts("reinstall") == {"reissue": 0, "reinstall": 2, **new_and_removed}


def blueprints(*names: str) -> list[Blueprint]:
    return [Blueprint(f"b-{name}", name) for name in names]


CHANGE = Change("update", "profile 'Wi-Fi'", {"B": 1, "A": 1}, {"B": 2, "C": 2})
CREATION = Change("create", "profile 'Wi-Fi'", {}, {"PayloadContent": "x"})


@pytest.mark.parametrize(
    "limit, text",
    [
        # A limit of blueprints names those that the profile comes to or leaves,
        ("new", "profile 'Wi-Fi' on 'Berlin'"),
        ("removed", "profile 'Wi-Fi' on 'Paris' changing A, B, C"),
        # and a limit of changes names all that have it.
        ("reissue", "profile 'Wi-Fi' on 'Macs', 'Berlin' changing A, B, C"),
    ],
)
def test_a_limit_names_the_blueprints_that_it_is_about(limit: str, text: str) -> None:
    moved = plan(
        blueprints=blueprints("Macs", "Berlin"),
        assignment=Assignment(blueprints("Berlin"), blueprints("Paris")),
        changes=(CHANGE, CREATION),
    )
    assert describe_reach(moved, limit) == text


def test_a_profile_without_blueprints_and_changes_is_named_alone() -> None:
    assert describe_reach(plan(blueprints=[], changes=(CREATION,)), "reissue") == "profile 'Wi-Fi'"


def test_of_many_blueprints_and_keys_five_are_named() -> None:
    keys = Change("update", "profile 'Wi-Fi'", dict.fromkeys("ABCDEF"), {})
    many = plan(blueprints=blueprints(*"123456"), changes=(keys,))
    assert describe_reach(many, "reissue") == (
        "profile 'Wi-Fi' on '1', '2', '3', '4', '5' and 1 more changing A, B, C, D, E and 1 more"
    )


def test_another_secret_key_comes_with_what_to_look_at_first() -> None:
    secret = Change("update", "profile 'Wi-Fi'", {"Challenge": "***"}, {"Challenge": "***"})
    written = plan(fields={"name": "x"}, changes=(secret,))
    with pytest.raises(Refused) as raised:
        apply.check_reaches([task(written, Reach(changed=ids("mac-1")))], limits(reissue=0))
    assert (
        "Nothing was written. challenge: it is not the one that Kandji has. Set the one that Okta"
        " has now. If the secret key was reset in Okta, run the playbook rotate_scep_challenge,"
        " which renews ring by ring. Set max_reissue: 1 if that is intended."
    ) in raised.value.message
    assert not changes_secret(plan(changes=(CHANGE,)))


def test_a_device_without_a_blueprint_may_be_on_each() -> None:
    lost = KandjiDevice("lost", "L1", platform="Mac")
    gets = plan(assignment=Assignment([MACS], []), blueprints=[MACS])
    assert find_reach(gets, [*DEVICES, lost], set(), "add", ()).new == ids("mac-1", "lost")
    loses = plan(assignment=Assignment([], [MACS]), blueprints=[PHONES])
    assert find_reach(loses, [*DEVICES, lost], set(), "exact", ()).removed == ids("mac-1", "lost")


def test_a_write_that_extends_a_profile_counts_wherever_the_profile_is() -> None:
    """An activation brings it to the blueprints that the plan does not name, too."""
    activated = plan({**EVERYWHERE, "active": False}, blueprints=[MACS], fields={"active": True})
    assert find_reach(activated, DEVICES, set(), "add", [MACS]).new == ids("mac-1")
    places = [MACS, PHONES]
    everywhere = ids("mac-1", "mac-2", "phone", "pad", "watch")
    wide = find_reach(activated, DEVICES, set(), "add", places)
    assert wide.new == everywhere and wide.elsewhere == ("Phones",)
    assert describe_reach(activated, "new", wide.elsewhere) == "profile 'Wi-Fi' on 'Macs', 'Phones'"
    taken = plan(
        {**EVERYWHERE, "active": False},
        blueprints=[MACS],
        fields={"active": True},
        assignment=Assignment([], [PHONES]),
    )
    assert find_reach(taken, DEVICES, set(), "exact", places).new == ids("mac-1")
