# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stops a run whose plan was made for what Kandji no longer holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    Forbidden,
    Refused,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import recheck
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.assignments import (
    Assignment,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    Blueprint,
    CustomProfile,
    CustomScript,
)

EARLY, LATE = "2026-11-26T05:00:00.000001Z", "2026-11-26T05:00:00.000002Z"
PROFILE = CustomProfile("b", "SCEP", "<plist/>", {"active": True}, created_at=LATE)
CANARY = Blueprint("c", "Canary")


def changed(what: str) -> str:
    """Return the message about a change of the profile since the plan."""
    return (
        f"profile 'SCEP': it {what} in Kandji after this run read it. This run wrote nothing to it."
        " Run again to plan with what Kandji holds now."
    )


def check(planned: CustomProfile | None, *listed: CustomProfile, name: str = "SCEP") -> None:
    recheck.check_unchanged(f"profile {name!r}", name, planned, listed)


@pytest.mark.parametrize(
    ("planned", "listed", "what"),
    [
        (None, [PROFILE], "was created"),
        (PROFILE, [], "was deleted"),
        (PROFILE, [replace(PROFILE, mobileconfig="<other/>")], "was changed"),
        (PROFILE, [replace(PROFILE, flags={"active": False})], "was changed"),
        (PROFILE, [replace(PROFILE, name="Renamed")], "was changed"),
    ],
)
def test_a_change_since_the_plan_stops_the_run(planned, listed, what):
    with pytest.raises(Refused) as raised:
        check(planned, *listed)
    assert raised.value.message == changed(what)


def test_a_new_name_that_another_profile_got_meanwhile_stops_the_run():
    with pytest.raises(Refused) as raised:
        check(PROFILE, PROFILE, replace(PROFILE, id="a", name="New"), name="New")
    assert raised.value.message == changed("got a namesake").replace("SCEP", "New")


def test_other_profiles_and_a_new_timestamp_alone_stop_nothing():
    check(None, replace(PROFILE, name="Other"))
    check(PROFILE, replace(PROFILE, updated_at=LATE), replace(PROFILE, id="a", name="Other"))


@pytest.mark.parametrize(
    ("on_blueprint", "assignment", "what"),
    [
        (["b"], Assignment([CANARY], []), "was assigned to the blueprint 'Canary'"),
        ([], Assignment([], [CANARY]), "was removed from the blueprint 'Canary'"),
    ],
)
def test_an_assignment_since_the_plan_stops_the_run(on_blueprint, assignment, what):
    with pytest.raises(Refused) as raised:
        recheck.check_assignment("profile 'SCEP'", "B", assignment, {"c": set(on_blueprint)})
    assert raised.value.message == changed(what)


def test_an_assignment_as_planned_stops_nothing():
    for item_id, on_blueprint, assignment in (
        ("B", "x", Assignment([CANARY], [])),
        ("B", "b", Assignment([], [CANARY])),
        (None, "b", Assignment([CANARY], [])),
    ):
        recheck.check_assignment("profile 'SCEP'", item_id, assignment, {"c": {on_blueprint}})


@pytest.mark.parametrize(
    ("twin", "first"),
    [
        (replace(PROFILE, id="z", created_at=EARLY), "z"),
        (replace(PROFILE, id="a"), "a"),
        (replace(PROFILE, id="z"), "b"),
        (replace(PROFILE, id="a", name="Other", created_at=EARLY), "b"),
    ],
)
def test_both_runs_agree_on_the_twin_that_stays(twin, first):
    listed = [PROFILE, twin]
    older = recheck.find_older_twin(PROFILE, listed)
    assert (older.id if older else PROFILE.id) == first
    if twin.name == PROFILE.name:
        assert (recheck.find_older_twin(twin, listed) is None) == (first == twin.id)


@pytest.mark.parametrize(
    "answer",
    [
        replace(PROFILE, created_at=None),
        replace(PROFILE, name="", created_at=None),
        replace(PROFILE, created_at="2026-11-26T05:00:00Z"),
    ],
)
def test_the_time_of_the_list_counts_and_not_that_of_the_answer_to_the_write(
    answer: CustomProfile,
) -> None:
    """The answer to POST may lack the time. Each of two runs would find its own to be the first."""
    older = replace(PROFILE, id="z", created_at=EARLY)
    assert recheck.find_older_twin(answer, iter([PROFILE, older])) == older
    assert recheck.find_older_twin(replace(older, created_at=None), [PROFILE, older]) is None


def test_a_profile_without_a_time_in_the_list_is_the_first_one() -> None:
    """Both runs see the same list, so each of them decides alike."""
    timeless, twin = replace(PROFILE, id="z", created_at=None), replace(PROFILE, created_at=EARLY)
    listed = [timeless, twin]
    assert recheck.find_older_twin(replace(timeless, created_at=LATE), listed) is None
    assert recheck.find_older_twin(twin, listed) == timeless


def test_a_profile_that_the_list_does_not_show_yet_is_the_later_one_without_a_time() -> None:
    twin = replace(PROFILE, id="z")
    assert recheck.find_older_twin(replace(PROFILE, created_at=None), [twin]) == twin
    assert recheck.find_older_twin(replace(PROFILE, created_at=EARLY), [twin]) is None
    nameless = replace(PROFILE, name="", created_at=None)
    assert recheck.find_older_twin(nameless, [twin, replace(twin, name="")]) is None


WRITTEN = replace(
    PROFILE, mobileconfig="<plist><dict><key>A</key><integer>2</integer></dict></plist>"
)
LAYOUT = "<plist>\n<dict><key>A</key>  <integer>2</integer></dict></plist>"


def check_write(*listed: CustomProfile, written: CustomProfile = WRITTEN) -> None:
    recheck.check_last_write("profile 'SCEP'", PROFILE, written, listed)


def test_a_write_that_kandji_still_holds_stops_nothing():
    check_write(WRITTEN)
    check_write(replace(WRITTEN, updated_at=LATE, mobileconfig=LAYOUT))
    check_write(replace(WRITTEN, created_at=EARLY, malformed=frozenset({"flags"})))
    # The list may show fewer fields than the answer to the write.
    check_write(replace(WRITTEN, flags={}), written=replace(WRITTEN, flags={"runs_on_mac": True}))
    check_write(replace(WRITTEN, mobileconfig=None))


def test_a_list_that_is_not_up_to_date_stops_nothing():
    check_write(PROFILE)


@pytest.mark.parametrize(
    ("listed", "text"),
    [
        ([replace(WRITTEN, mobileconfig="<other/>")], "wrote to it"),
        ([replace(WRITTEN, mobileconfig="<plist><dict/></plist>")], "wrote to it"),
        ([replace(WRITTEN, flags={"active": False})], "wrote to it"),
        ([replace(WRITTEN, name="Renamed")], "wrote to it"),
        ([replace(WRITTEN, id="x")], "deleted it"),
        ([], "deleted it"),
    ],
)
def test_a_write_after_that_of_this_run_is_noticed(listed, text):
    with pytest.raises(Refused) as raised:
        check_write(*listed)
    assert raised.value.message == (
        f"profile 'SCEP': another run or person {text} right after this run wrote to it. Kandji"
        " does not hold what this run wrote. Wait for the other run, then run again."
    )
    assert raised.value.details == {"library_item_id": "b"}


def test_a_write_that_changes_the_type_of_a_value_alone_is_noticed():
    written, listed = (
        replace(
            PROFILE, mobileconfig=f"<plist><dict><key>A</key><array>{value}</array></dict></plist>"
        )
        for value in ("<integer>1</integer>", "<true/>")
    )
    check_write(written, written=written)
    with pytest.raises(Refused, match="wrote to it right after this run"):
        check_write(listed, written=written)


def test_scripts_are_compared_without_their_last_newline():
    planned = CustomScript("s", "Say hello", "echo\n")
    written = replace(planned, script="echo hello\n", active=True)
    bare = replace(written, script="echo hello")
    recheck.check_last_write("script", planned, written, [bare])
    recheck.check_last_write("script", planned, bare, [written])
    with pytest.raises(Refused):
        recheck.check_last_write("script", planned, written, [replace(written, script="echo bye")])
    with pytest.raises(Refused):
        recheck.check_last_write("script", planned, written, [replace(written, active=False)])


def test_a_twin_that_could_not_be_deleted_is_named_with_what_to_do():
    twin, error = replace(PROFILE, id="a"), Forbidden("Kandji: 403.")
    refused = recheck.twin_left("profile 'SCEP'", twin, PROFILE, error)
    assert refused.message == (
        "profile 'SCEP': another run created it at the same time (a). The copy of this run (b) is"
        " assigned to nothing. Delete the copy in Kandji, then run again. This run could not delete"
        " it: Kandji: 403."
    )
    assert refused.details == {"library_item_id": "b"}
    undeleted = recheck.twin_left("profile 'SCEP'", twin, PROFILE)
    assert undeleted.message == refused.message.partition(" This run could not")[0]


def test_a_twin_that_was_deleted_leaves_the_one_of_the_other_run():
    refused = recheck.twin_refused("profile 'SCEP'", replace(PROFILE, id="a"))
    assert refused.message == (
        "profile 'SCEP': another run created it at the same time (a). This run deleted its own copy"
        " before it was assigned. Wait for the other run, then run again."
    )
    assert refused.details == {"library_item_id": "a"}
