# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets in today and on a date, and on which day who loses access."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.access_calendar import (
    ALREADY,
    ALREADY_TEXT,
    MANAGED_ONLY,
    MAX_SHOWN,
    STATES,
    AccessForecast,
    AccessVerdict,
    AccessVerdicts,
    Day,
    Horizon,
    MacAccess,
    PersonAccess,
    choose_horizon,
    describe_question,
    find_least_access,
    group_by_week,
    judge_access,
    judge_managed_only,
    judge_people,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.facts import MacFacts
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.managed_until import (
    Outlook,
    State,
)

from tests.unit.plugins.module_utils._fleet.builders import NOW as LIMITS
from tests.unit.plugins.module_utils._fleet.builders import SERIAL, mac, record

TODAY = datetime(2026, 12, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
HORIZON = Horizon(TODAY, TODAY + 30 * DAY)
SOON, LATE = TODAY + 5 * DAY, TODAY + 60 * DAY
WHY = "The certificate of C02 expires on 2026-12-06 and nothing renews it before."


def access(
    name: str = "C02",
    today: State = "yes",
    on_date: State = "yes",
    lost: datetime | None = None,
    reason: str = "",
) -> MacAccess:
    return MacAccess(name, today, on_date, lost, reason)


EXPIRING = access("C02", "yes", "no", SOON, WHY)
LASTING = access("C03", "yes", "yes", LATE, "Later.")
GONE = access("C04", "unknown", "unknown", ALREADY, "It left.")
REFUSED = access("C05", "no", "no", None, "No.")
FOR_ALL = access("C06")


def verdicts(yes: State, unknown: State, no: State) -> AccessVerdicts:
    reasons = {"yes": "Rule 'A'.", "unknown": "", "no": "Rule 'B'."}
    return {
        "yes": AccessVerdict(yes, reasons["yes"]),
        "unknown": AccessVerdict(unknown, reasons["unknown"]),
        "no": AccessVerdict(no, reasons["no"]),
    }


# One Mac


@pytest.mark.parametrize(
    "outlook, expected",
    [
        (Outlook("yes", WHY, SOON, SOON), EXPIRING),
        (Outlook("yes", WHY, SOON), access("C02", "yes", "unknown", SOON, WHY)),
        (Outlook("yes", WHY, LATE, LATE), access("C02", "yes", "yes", LATE, WHY)),
        (Outlook("unknown", WHY), access("C02", "unknown", "unknown", ALREADY, WHY)),
        (Outlook("no", WHY), access("C02", "no", "no", None, WHY)),
    ],
)
def test_a_mac_gives_access_while_it_is_managed(outlook: Outlook, expected: MacAccess) -> None:
    assert judge_access("C02", outlook, MANAGED_ONLY, HORIZON) == expected


def test_rules_that_admit_any_mac_are_never_lost() -> None:
    shown = judge_access(
        "C02", Outlook("yes", WHY, SOON, SOON), verdicts("yes", "yes", "yes"), HORIZON
    )
    assert shown == access("C02")
    shown = judge_access("C02", Outlook("no", WHY), verdicts("no", "unknown", "yes"), HORIZON)
    assert shown == access("C02")


def test_a_refusal_names_what_is_missing_and_the_rule() -> None:
    shown = judge_access("C02", Outlook("no", WHY), verdicts("yes", "unknown", "no"), HORIZON)
    assert shown == access("C02", "no", "no", None, f"{WHY} Rule 'B'.")
    shown = judge_access(
        "C02", Outlook("yes", WHY, SOON, LATE), verdicts("unknown", "unknown", "no"), HORIZON
    )
    assert shown == access("C02", "unknown", "unknown", LATE, f"{WHY} Rule 'A'.")


def test_what_only_the_rules_leave_unknown_is_not_lost() -> None:
    unsure = verdicts("unknown", "unknown", "unknown")
    for outlook in (Outlook("yes", WHY, SOON, SOON), Outlook("unknown", WHY), Outlook("no", WHY)):
        assert judge_access("C02", outlook, unsure, HORIZON).lost is None
    gone = Outlook("unknown", WHY, ends=LATE)
    assert judge_access("C02", gone, verdicts("unknown", "unknown", "no"), HORIZON).lost == LATE
    assert judge_access("C02", gone, verdicts("yes", "unknown", "no"), HORIZON).lost == ALREADY
    assert judge_access("C02", gone, verdicts("no", "unknown", "yes"), HORIZON).lost is None


def test_of_several_records_each_thing_is_the_least() -> None:
    shown = find_least_access([access(today="unknown", on_date="yes", reason="Why."), EXPIRING])
    assert shown == access("C02", "unknown", "no", SOON, f"{WHY} Why.")
    assert find_least_access([EXPIRING, access(reason="Never shown.")]) == EXPIRING
    longer = replace(EXPIRING, today="unknown", reason=f"{WHY} Rule 'A'.", lost=None)
    assert find_least_access([longer, EXPIRING]).reason == f"{WHY} Rule 'A'."
    refused = access(today="no", on_date="no", reason="No.")
    assert (
        find_least_access([refused, access()]) == find_least_access([access(), refused]) == refused
    )
    soon_unsure = access("C02", "yes", "unknown", SOON, WHY)
    assert find_least_access([replace(EXPIRING, lost=LATE), soon_unsure]) == EXPIRING


# One person


UNSURE = access("C09", "unknown", "unknown", None, "Whether it has a phone.")


@pytest.mark.parametrize(
    "macs, today, on_date, longest",
    [
        ((EXPIRING, LASTING), "yes", "yes", LASTING),
        ((EXPIRING,), "yes", "no", EXPIRING),
        ((EXPIRING, GONE), "yes", "unknown", EXPIRING),
        ((GONE, REFUSED), "unknown", "unknown", GONE),
        ((REFUSED,), "no", "no", REFUSED),
        ((LASTING, FOR_ALL), "yes", "yes", FOR_ALL),
        ((access("C08", "no", "yes"),), "no", "yes", None),
        ((UNSURE, GONE), "unknown", "unknown", GONE),
        ((UNSURE, EXPIRING), "yes", "unknown", EXPIRING),
        ((REFUSED, UNSURE), "unknown", "unknown", UNSURE),
    ],
)
def test_the_best_mac_decides(
    macs: tuple[MacAccess, ...], today: str, on_date: str, longest: MacAccess | None
) -> None:
    person = PersonAccess("ann", macs)
    assert (person.today, person.on_date) == (today, on_date)
    assert person.longest is (longest or macs[0])
    assert (person.lost, person.reason) == (person.longest.lost, person.longest.reason)


def test_people_are_joined_over_their_macs_in_any_case() -> None:
    first = mac(record(**{"ada@acme.com": "MANAGED"}), person="Ada@Acme.com")
    second = mac(record(record_id="guo2", **{"ADA@acme.com": "NOT_MANAGED"}))
    second.serial = "C09"
    people = judge_managed_only([first, second], LIMITS, HORIZON)
    assert [(each.login, each.app) for each in people] == [("ada@acme.com", "")]
    assert [(each.mac, each.today) for each in people[0].macs] == [(SERIAL, "yes"), ("C09", "no")]


def test_a_person_as_results_show_them() -> None:
    assert PersonAccess("ann", (EXPIRING, GONE), "Slack").as_result() == {
        "login": "ann",
        "app": "Slack",
        "today": "gets_in",
        "on_date": "unknown",
        "lost": "2026-12-06T00:00:00Z",
        "reason": WHY,
        "macs": [
            {
                "mac": "C02",
                "today": "gets_in",
                "on_date": "refused",
                "lost": "2026-12-06T00:00:00Z",
                "reason": WHY,
            },
            {
                "mac": "C04",
                "today": "unknown",
                "on_date": "unknown",
                "lost": "now",
                "reason": "It left.",
            },
        ],
    }
    assert PersonAccess("ann", (FOR_ALL,)).as_result()["lost"] is None


# All people

ANN = PersonAccess("ann", (EXPIRING, GONE))
BEN = PersonAccess("ben", (GONE,))
CYD = PersonAccess("cyd", (REFUSED,))
DOT = PersonAccess("dot", (LASTING,))
EVE = PersonAccess("eve", (FOR_ALL,))
ALL = AccessForecast(HORIZON, (ANN, BEN, CYD, DOT, EVE))


def test_those_who_lose_access_come_in_the_order_of_their_loss() -> None:
    assert ALL.losing == [BEN, ANN]
    assert ALL.losing_logins == ["ben", "ann"]
    apps = AccessForecast(
        HORIZON, (PersonAccess("ann", (EXPIRING,), "B"), PersonAccess("ann", (EXPIRING,), "A"))
    )
    assert [each.app for each in apps.losing] == ["A", "B"] and apps.losing_logins == ["ann"]


def test_access_is_lost_until_the_date_if_it_is_lost_by_then() -> None:
    at = replace(EXPIRING, lost=HORIZON.on_date)
    after = replace(EXPIRING, lost=HORIZON.on_date + timedelta(seconds=1))
    people = (PersonAccess("ann", (at,)), PersonAccess("ben", (after,)))
    assert AccessForecast(HORIZON, people).losing_logins == ["ann"]


def test_a_person_counts_once_with_the_worst_app() -> None:
    assert ALL.count_people("today") == {"gets_in": 3, "unknown": 1, "refused": 1}
    assert ALL.count_people("on_date") == {"gets_in": 2, "unknown": 2, "refused": 1}
    two = AccessForecast(HORIZON, (PersonAccess("ann", (EXPIRING,), "A"), replaced("ann", "B")))
    assert two.count_people("on_date") == {"gets_in": 0, "unknown": 0, "refused": 1}


def replaced(login: str, app: str) -> PersonAccess:
    return PersonAccess(login, (FOR_ALL,), app)


def test_each_day_has_those_who_lose_access_and_their_macs() -> None:
    assert ALL.days == [
        Day(ALREADY_TEXT, ("ben",), ("C04",)),
        Day("2026-12-06", ("ann",), ("C02",)),
        Day("2027-01-30", ("dot",), ("C03",)),
    ]


def test_a_person_is_on_the_day_of_their_first_app() -> None:
    people = (
        PersonAccess("ann", (LASTING,), "A"),
        PersonAccess("ann", (EXPIRING,), "B"),
        PersonAccess("ann", (LASTING,), "C"),
    )
    days = AccessForecast(HORIZON, people).days
    assert [(day.date, day.people) for day in days] == [
        ("2026-12-06", ("ann",)),
        ("2027-01-30", ()),
    ]


def test_weeks_begin_on_monday_and_now_stays_apart() -> None:
    days = [
        Day(ALREADY_TEXT, ("ann",), ("C1",)),
        Day("2026-12-06", ("dot",), ("C3",)),
        Day("2026-12-07", ("ben", "cyd"), ("C2",)),
        Day("2026-12-13", ("ben",), ("C2", "C1")),
        Day("2026-12-14", (), ("C4",)),
    ]
    assert group_by_week(days) == [
        Day(ALREADY_TEXT, ("ann",), ("C1",)),
        Day("2026-11-30", ("dot",), ("C3",)),
        Day("2026-12-07", ("ben", "cyd"), ("C1", "C2")),
        Day("2026-12-14", (), ("C4",)),
    ]


def test_the_forecast_as_results_show_it() -> None:
    result = ALL.as_result()
    assert {name: result[name] for name in result if name != "losing"} == {
        "apps": [],
        "on_date": "2026-12-31T00:00:00Z",
        "counts_today": {"gets_in": 3, "unknown": 1, "refused": 1},
        "counts_on_date": {"gets_in": 2, "unknown": 2, "refused": 1},
        "losing_people": 2,
        "calendar": [
            {"date": "now", "people": 1, "macs": 1},
            {"date": "2026-12-06", "people": 1, "macs": 1},
            {"date": "2027-01-30", "people": 1, "macs": 1},
        ],
        "notes": [],
    }
    assert result["losing"] == [BEN.as_result(), ANN.as_result()]
    assert ALL.summarize() == {name: result[name] for name in result if name != "losing"}
    many = AccessForecast(HORIZON, tuple(PersonAccess(f"p{n:04}", (GONE,)) for n in range(501)))
    assert len(many.as_result()["losing"]) == MAX_SHOWN  # type: ignore[arg-type]  # a list
    assert many.as_result()["losing_people"] == 501


def test_what_a_forecast_assumes() -> None:
    assert ALL.assumption == (
        "If nothing is renewed, and apps admitted managed Macs alone. No rule is evaluated."
    )
    assert AccessForecast(HORIZON, apps=("A", "B")).assumption == (
        "If nothing is renewed, by the present rules of A, B; sign-ins from Macs alone. A person"
        " counts once, with the app to which they least get in."
    )
    assert AccessForecast(HORIZON, apps=("A",)).assumption == (
        "If nothing is renewed, by the present rules of A; sign-ins from Macs alone."
    )


# Reasons, and people apart


def test_a_reason_names_the_mac_only_if_it_matters_whether_it_is_managed() -> None:
    outlook = Outlook("yes", WHY, SOON, SOON)
    refused: AccessVerdicts = dict.fromkeys(STATES, AccessVerdict("no", "Refused."))
    assert judge_access("C02", outlook, refused, HORIZON).reason == "Refused."
    managed: AccessVerdicts = {
        "yes": AccessVerdict("yes", "Rule 'A' admits it."),
        "unknown": AccessVerdict("unknown", "?"),
        "no": AccessVerdict("no", "Refused."),
    }
    assert judge_access("C02", outlook, managed, HORIZON).reason == WHY


def test_a_reason_does_not_name_the_mac_where_only_the_names_of_rules_differ() -> None:
    unsure: AccessVerdicts = {
        state: AccessVerdict("unknown", f"Whether rule {state!r} admits it.") for state in STATES
    }
    shown = judge_access("C02", Outlook("yes", WHY, SOON, SOON), unsure, HORIZON)
    assert (shown.lost, shown.reason) == (None, "Whether rule 'yes' admits it.")
    less = {**unsure, "no": unsure["no"]._replace(shortfall=1)}
    shown = judge_access("C02", Outlook("yes", WHY, SOON, SOON), less, HORIZON)
    assert shown.reason.startswith(WHY)


def test_a_mac_that_is_not_managed_loses_nothing_by_an_unknown_end() -> None:
    outlook = Outlook("no", "It is not.", SOON, LATE)
    assert judge_access("C02", outlook, MANAGED_ONLY, HORIZON).lost is None


def test_two_people_of_a_mac_are_judged_apart_and_by_their_login() -> None:
    shared = mac(record(**{"ada@acme.com": "MANAGED", "ben@acme.com": "NOT_MANAGED"}))
    asked: list[str] = []

    def judge(facts: MacFacts, login: str, outlook: Outlook) -> MacAccess:
        asked.append(login)
        return access(facts.serial, outlook.today)

    people = judge_people([shared], LIMITS, judge)
    assert asked == list(people) == ["ada@acme.com", "ben@acme.com"]
    assert [known[0].today for known in people.values()] == ["yes", "no"]


@pytest.mark.parametrize("person", [" Ada.Long@Acme.com", "ADA@acme.com ", "Ada Long", " "])
def test_a_person_whom_kandji_names_otherwise_has_one_row(person: str) -> None:
    of_ada = record(**{"ada@acme.com": "MANAGED"})
    of_ada = replace(of_ada, emails={"ada@acme.com": "ada.long@acme.com"})
    first, second = mac(of_ada, person=person), mac(person=" ada.LONG@acme.com")
    people = judge_people([second, first], LIMITS, lambda *of: access(of[1], of[2].today))
    assert {login: [(one.mac, one.today) for one in known] for login, known in people.items()} == {
        "ada@acme.com": [("ada@acme.com", "no"), ("ada@acme.com", "yes")]
    }


def test_a_person_whom_nothing_identifies_has_a_row_if_the_mac_has_no_other_user() -> None:
    named, unnamed = mac(person="Ada Long"), mac()
    people = judge_people([named, unnamed], LIMITS, lambda *of: access(of[1], of[2].today))
    assert list(people) == ["Ada Long"]


def test_a_summary_counts_the_date_apart_from_today_and_names_now() -> None:
    summary = ALL.summarize()
    assert summary["counts_today"] != summary["counts_on_date"] == ALL.count_people("on_date")
    assert AccessForecast(HORIZON, (BEN,)).days[0].date == ALREADY_TEXT


# The options of a report


def test_access_is_forecast_for_days_or_for_a_time() -> None:
    assert choose_horizon(TODAY, 14, None) == Horizon(TODAY, TODAY + 14 * DAY)
    whole_day = Horizon(TODAY, datetime(2026, 12, 24, 23, 59, 59, tzinfo=timezone.utc))
    assert choose_horizon(TODAY, 14, "2026-12-24") == whole_day
    noon = Horizon(TODAY, datetime(2026, 12, 24, 12, tzinfo=timezone.utc))
    assert choose_horizon(TODAY, 14, "2026-12-24T12:00:00Z") == noon
    assert choose_horizon(TODAY, 14, "2026-12-01").on_date > TODAY
    assert choose_horizon(TODAY, 14, "2026-12-01T00:00:00Z").on_date == TODAY


@pytest.mark.parametrize("text", ["2026-11-30", "2026-11-30T23:59:59Z"])
def test_no_access_is_forecast_for_a_time_that_has_passed(text: str) -> None:
    with pytest.raises(BadOption) as raised:
        choose_horizon(TODAY, 14, text)
    assert raised.value.message == f"on_date: {text} has passed. Set a time in the future."
    with pytest.raises(BadOption, match="on_date"):
        choose_horizon(TODAY, 14, "soon")


def test_a_question_of_days_is_the_same_on_any_day() -> None:
    assert describe_question(HORIZON, 30, None) == "30 days"
    assert describe_question(HORIZON, 30, "2026-12-31") == "2026-12-31T00:00:00Z"


def test_losses_are_described_if_more_people_lose_access_than_may() -> None:
    assert ALL.describe_losses(None) == ALL.describe_losses(2) == ""
    assert ALL.describe_losses(1) == (
        "max_losing_access: 2 people would lose access until 2026-12-31: ben, ann. If nothing is"
        " renewed, and apps admitted managed Macs alone. No rule is evaluated. Renew their"
        " certificates (playbook renew_certificates) and see the report for those who need"
        " something else, or set max_losing_access to 2."
    )
    alone = AccessForecast(HORIZON, (BEN,)).describe_losses(0)
    assert alone.startswith("max_losing_access: 1 person would lose access until 2026-12-31: ben.")
