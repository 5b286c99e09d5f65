# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the report: counts, the funnel, moves between stages, masked secrets."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.masking import Masker
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.access_calendar import (
    AccessForecast,
    Horizon,
    MacAccess,
    PersonAccess,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.rows import (
    MacRow,
    RowUser,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.stages import (
    STAGES,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    figures,
)

SAMPLE = MacRow(
    serial_number="C02",
    stage="MANAGED",
    ring="canary",
    certificates=1,
    certificate_expires="2027-03-01T00:00:00Z",
)


def meta(**values: t.Any) -> figures.Meta:
    known = {
        "generated_at": "2026-11-24T06:00:00Z",
        "org_url": "https://acme.okta.com",
        "tenant": "https://acme.api.kandji.io",
        "order": STAGES,
    }
    return figures.Meta(**{**known, **values})


def test_a_secret_in_a_row_is_masked_in_any_form() -> None:
    masker = Masker(['s3cret"token<&'])
    row = replace(SAMPLE, device_name='x s3cret"token<& y', users=[RowUser("ada", "MANAGED")])
    (clean,) = figures.masked([row], masker)
    assert "s3cret" not in clean.device_name
    assert replace(clean, device_name="").as_result() == replace(row, device_name="").as_result()


def test_a_secret_with_any_letters_is_masked() -> None:
    row = replace(SAMPLE, device_name="x schlüssel-wörter y")
    (clean,) = figures.masked([row], Masker(["schlüssel-wörter"]))
    assert "schl" not in clean.device_name


def test_a_row_without_a_secret_stays_the_same_object() -> None:
    (clean,) = figures.masked([SAMPLE], Masker(["s3cret"]))
    assert clean is SAMPLE


def test_the_funnel_counts_how_far_macs_have_come() -> None:
    counts = {
        "MANAGED": 5,
        "NOT_REGISTERED": 2,
        "NO_LICENSE": 1,
        "PROFILE_PENDING": 3,
        "NOT_IN_SCOPE": 4,
        "KANDJI_MISSING": 1,
    }
    assert [macs for _step, macs in figures.funnel(counts)] == [15, 11, 8, 8, 7, 5, 5]


def test_macs_of_others_are_counted_apart() -> None:
    known = figures.Figures(counts={"MANAGED": 2, "OTHER_TENANT": 3})
    assert (known.total, known.others) == (2, 3)
    assert figures.funnel(known.counts)[0] == ("Known to Kandji", 2)


def test_each_stage_but_managed_stops_at_one_step_of_the_funnel() -> None:
    stopped = [stage for _step, stages in figures.FUNNEL for stage in stages]
    assert sorted(stopped) == sorted(set(STAGES) - {"MANAGED", figures.OTHERS})


def test_a_stage_that_the_funnel_does_not_name_takes_no_step() -> None:
    steps = figures.funnel({"MANAGED": 2, "NEW_STAGE": 3})
    assert {macs for _step, macs in steps} == {2}


def test_no_mac_is_managed_at_first() -> None:
    assert [macs for _step, macs in figures.funnel({"NOT_REGISTERED": 2})][-2:] == [0, 0]


def test_figures_come_from_one_pass() -> None:
    rows = [
        SAMPLE,
        replace(
            SAMPLE,
            serial_number="C03",
            stage="NOT_REGISTERED",
            ring=None,
            flags=["ORPHAN"],
            certificate_expires=None,
        ),
    ]
    found = figures.survey(iter(rows), meta())
    assert found.counts == {"MANAGED": 1, "NOT_REGISTERED": 1} and found.by_ring == {
        "canary": {"MANAGED": 1},
        "": {"NOT_REGISTERED": 1},
    }
    assert (
        found.months == {"2027-03": 1, "": 1} and found.flags == {"ORPHAN": 1} and found.total == 2
    )


def test_only_what_differs_from_the_time_changes_the_fingerprint() -> None:
    first = figures.survey([SAMPLE], meta()).fingerprint
    assert (
        figures.survey([SAMPLE], meta(generated_at="2026-12-01T00:00:00Z", api_calls=9)).fingerprint
        == first
    )
    assert figures.survey([replace(SAMPLE, person="ann")], meta()).fingerprint != first


def test_a_report_for_another_date_is_another_report() -> None:
    asked = [
        figures.survey([], meta(question=text)).fingerprint for text in ("", "30 days", "31 d")
    ]
    assert len(set(asked)) == 3
    again = figures.survey([], meta(question="30 days", generated_at="2026-12-01T00:00:00Z"))
    assert again.fingerprint == asked[1]


def test_moves_go_up_down_in_and_out() -> None:
    found = figures.moves(
        {"a": "NOT_REGISTERED", "b": "MANAGED", "c": "MANAGED"},
        {"a": "MANAGED", "b": "MIXED", "d": "MANAGED"},
        STAGES,
    )
    assert (found.up, found.down) == (
        [("a", "NOT_REGISTERED", "MANAGED")],
        [("b", "MANAGED", "MIXED")],
    )
    assert (found.new, found.disappeared) == ([("d", None, "MANAGED")], [("c", "MANAGED", None)])


@pytest.mark.parametrize(
    "before, after, is_up",
    [
        ("NEW_STAGE", "KANDJI_MISSING", True),
        ("KANDJI_MISSING", "NEW_STAGE", False),
        ("KANDJI_MISSING", "NOT_IN_SCOPE", True),
        ("NEW_STAGE", "NEWER_STAGE", False),
    ],
)
def test_a_stage_that_is_not_in_the_order_is_below_all(
    before: str, after: str, is_up: bool
) -> None:
    changed = figures.moves({"a": before}, {"a": after}, STAGES)
    moved = [("a", before, after)]
    assert (changed.up, changed.down) == ((moved, []) if is_up else ([], moved))


def test_figures_are_ordered_for_people() -> None:
    rows = [
        MacRow("C1", stage="MIXED", ring=None, flags=["STALE"], next_step="c"),
        MacRow("C2", stage="MANAGED", ring="b", flags=["ORPHAN"], unconfirmed=True),
        MacRow("C3", stage="Z", ring="b", flags=["ORPHAN"], certificates=1),
        MacRow("C8", stage="Z", ring="b", certificates=1),
        # What the ledger knows of a certificate that the inventory cannot prove.
        MacRow("C9", stage="Z", ring="b", certificate_expires="2027-01-01"),
        MacRow("C4", stage="A", ring="a", certificates=2, certificate_expires="2027-03-01"),
        MacRow("C5", stage="MIXED", ring="a", certificates=1, certificate_expires="2026-12-01"),
        MacRow("C6", stage="MIXED", ring="a", next_step="b"),
        MacRow("C7", stage="MIXED", ring="a", next_step="b", unconfirmed=True),
    ]
    found = figures.survey(iter(rows), meta())
    # From the highest stage down, and what is not in the order last
    assert list(found.counts.items()) == [("MANAGED", 1), ("MIXED", 4), ("A", 1), ("Z", 3)]
    assert list(found.by_ring) == ["a", "b", ""]
    assert list(found.by_ring["b"]) == ["MANAGED", "Z"]
    assert found.by_ring["a"] == {"MIXED": 3, "A": 1}
    assert list(found.months.items()) == [("2026-12", 1), ("2027-01", 1), ("2027-03", 1), ("", 2)]
    assert list(found.flags.items()) == [("ORPHAN", 2), ("STALE", 1)]
    # The next step that most Macs of a stage have
    assert found.steps == {"MIXED": "b", "MANAGED": "", "Z": "", "A": ""}
    assert found.unconfirmed == 2 and found.stages["C5"] == "MIXED"


def test_a_mac_is_named_by_what_is_known_of_it() -> None:
    assert figures.name_of(MacRow("C1", device_id="d1", okta_device_ids=["guo1"])) == "C1"
    assert figures.name_of(MacRow(device_id="d1", okta_device_ids=["guo1"])) == "d1"
    assert figures.name_of(MacRow(okta_device_ids=["guo1", "guo2"])) == "guo1,guo2"


@pytest.mark.parametrize(
    "values",
    [
        {"org_url": "https://other.okta.com"},
        {"tenant": "https://other.api.kandji.io"},
        {"renewals": {"canary": "2027-02-01"}},
    ],
)
def test_another_company_or_renewal_changes_the_fingerprint(values: dict[str, t.Any]) -> None:
    first = figures.survey([SAMPLE], meta()).fingerprint
    assert figures.survey([SAMPLE], meta(**values)).fingerprint != first


@pytest.mark.parametrize("secret", ["reason", "managementStatus", '": "', "login"])
def test_a_secret_that_is_part_of_a_key_or_of_json_leaves_the_keys(secret: str) -> None:
    row = replace(SAMPLE, person=f"a {secret} b", users=[RowUser("ada", secret)])
    (shown,) = figures.masked([row], Masker([secret]))
    assert shown.person == "a ******** b" and shown.users == [RowUser("ada", "********")]
    assert shown.as_result().keys() == row.as_result().keys()


# Who loses access

HORIZON = Horizon(
    datetime(2026, 12, 1, tzinfo=timezone.utc), datetime(2026, 12, 31, tzinfo=timezone.utc)
)


def access(reason: str = "It expires.", days: int = 30, login: str = "ann") -> AccessForecast:
    now = datetime(2026, 12, 1, tzinfo=timezone.utc)
    mac = MacAccess("C02-of-ann", "yes", "no", now + timedelta(days=1), reason)
    person = PersonAccess(login, (mac,), "Slack")
    horizon = Horizon(now, now + timedelta(days=days))
    return AccessForecast(horizon, (person,), ("Slack", "Teams"), ("A note on Teams.",))


def test_access_without_a_secret_stays_the_same_object() -> None:
    forecast = access()
    clean = figures.masked_access(forecast, Masker(["s3cret"]))
    assert clean == forecast and clean.people[0] is forecast.people[0]


@pytest.mark.parametrize("secret", ["s3cret", "Slack", "C02-of-ann", "Teams"])
def test_a_secret_in_a_forecast_of_access_is_masked(secret: str) -> None:
    forecast = access("Why s3cret.", login="s3cret@acme.com")
    clean = figures.masked_access(forecast, Masker([secret]))
    assert secret not in str(clean) and clean.horizon == forecast.horizon
    assert clean.people[0].macs[0].lost == forecast.people[0].macs[0].lost


def test_who_loses_access_changes_the_fingerprint_and_the_date_alone_does_not() -> None:
    prints = [
        figures.survey([], meta(access=forecast)).fingerprint
        for forecast in (None, access(), access(days=31), access("Other."), AccessForecast(HORIZON))
    ]
    assert prints[1] == prints[2] and len(set(prints)) == 4
