# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How reads end. The lab answers them in tests/functional."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    BadOption,
    Forbidden,
    Unreachable,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check import reads
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._tenant_check.answers import (
    ReadOutcome,
)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (
            Forbidden("qxj", status=403, error_code="E0000006"),
            ReadOutcome("refused", 403, "E0000006"),
        ),
        (Unreachable("qxj"), ReadOutcome("unreachable")),
        (Unreadable("qxj", status=200), ReadOutcome("unreadable", 200)),
        (BadOption("qxj"), ReadOutcome("unreadable")),
    ],
)
def test_an_error_is_an_outcome_without_its_message(error, outcome):
    assert reads.outcome_of(error) == outcome


def made(monkeypatch, **results):
    """Make reads that end as given: None is read, a text skipped, an error raised."""

    def read(result):
        def run(_session):
            if isinstance(result, str):
                raise reads.Skip(result)
            if result is not None:
                raise result

        return run

    named = {name: read(result) for name, result in results.items()}
    monkeypatch.setattr(reads, "READS", named)
    reported: list[str] = []
    return reads.make_reads(None, reported.append), reported


def test_a_read_that_fails_does_not_end_the_others(monkeypatch):
    error = Unreachable("qxj")
    ended, reported = made(monkeypatch, devices=error, kandji_devices=None, log="No log.")
    assert reported == ["reading: devices", "reading: kandji devices", "reading: log"]
    states = {name: outcome.state for name, outcome in ended.outcomes.items()}
    assert states == {"devices": "unreachable", "kandji_devices": "read", "log": "skipped"}
    assert ended.errors == {"devices": error}


def test_a_vendor_that_answers_to_nothing_is_a_failure(monkeypatch):
    okta = {name: Forbidden("no", status=403) for name in reads.OKTA_READS}
    kandji = dict.fromkeys(reads.KANDJI_READS)
    ended, _reported = made(monkeypatch, **okta, **kandji)
    assert reads.first_failures(ended) == [okta["authenticators"]]
    ended, _reported = made(monkeypatch, **{**okta, "log": None}, **kandji)
    assert reads.first_failures(ended) == []
    unread = {**okta, "organization": None, "scep": None, "users": "No user."}
    ended, _reported = made(monkeypatch, **unread, **kandji)
    assert reads.first_failures(ended) == [okta["authenticators"]]


def test_a_sample_reads_no_page_more_than_it_needs():
    def rows():
        yield from (1, 2)
        raise AssertionError("another page")

    assert reads.take_sample(rows(), 2) == [1, 2]
