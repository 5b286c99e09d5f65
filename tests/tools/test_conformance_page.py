# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of conformance tests: made by tests, and as they left it."""

from __future__ import annotations

from tools.generate import conformance
from tools.generate.conformance import Row

WORDS = "# Conformance tests\n\nWords before the table.\n\n"
LISTED = Row("SDK", "listDevices", "by token", "ok", "test_sdk.py::test_listed")
PIPED = Row("openssl", "GetCACert", "der | pkcs7", "ok", "test_scep.py::test_ca[der|pkcs7]")


def test_a_page_gives_back_its_rows_sorted_and_keeps_its_words():
    page = conformance.with_rows(WORDS, [PIPED, LISTED, LISTED])
    assert page.startswith(WORDS) and conformance.rows_of(page) == [LISTED, PIPED]
    assert conformance.with_rows(page, conformance.rows_of(page)) == page


def test_a_page_without_rows_has_none():
    assert conformance.rows_of(WORDS) == conformance.rows_of(conformance.with_rows(WORDS, [])) == []


def test_what_ran_replaces_its_rows_and_what_could_not_run_keeps_them():
    failed = Row("SDK", "listDevices", "by key", "failed", LISTED.test)
    gone = Row("SDK", "getDevice", "by token", "ok", "test_sdk.py::test_gone")
    assert conformance.merged([LISTED, PIPED, gone], [failed], lambda test: test != gone.test) == [
        failed,
        PIPED,
    ]


def test_a_test_is_told_what_the_page_lacks_and_what_it_holds_of_it():
    page = conformance.with_rows(WORDS, [LISTED, PIPED])
    assert conformance.differences(LISTED.test, [LISTED], page) == []
    other = Row("SDK", "listDevices", "by key", "ok", LISTED.test)
    assert conformance.differences(LISTED.test, [other], page) == [
        "lacks: SDK, listDevices, by key, ok",
        "holds: SDK, listDevices, by token, ok",
    ]


def test_rows_are_recorded_test_by_test(tmp_path):
    conformance.record(LISTED.test, [PIPED, LISTED], tmp_path)
    conformance.record(LISTED.test, [LISTED], tmp_path)  # a later run of the same test
    conformance.record(PIPED.test, [PIPED], tmp_path)
    assert sorted(conformance.recorded(tmp_path)) == [LISTED, PIPED]


def test_a_test_is_there_while_its_function_is(tmp_path):
    (tmp_path / "test_sdk.py").write_text("def test_listed():\n    pass\n", encoding="utf-8")
    assert conformance.exists("test_sdk.py::test_listed", tmp_path) and conformance.exists(
        "test_sdk.py::test_listed[one]", tmp_path
    )
    assert not conformance.exists("test_sdk.py::test_other", tmp_path) and not conformance.exists(
        "test_other.py::test_listed", tmp_path
    )


def test_the_page_holds_rows_of_tests_that_are_there_and_all_of_them_passed():
    rows = conformance.rows_of(conformance.PAGE.read_text(encoding="utf-8"))
    assert rows
    assert [row for row in rows if not conformance.exists(row.test)] == [], (
        f"write the page again with {conformance.COMMAND}"
    )
    assert [row for row in rows if row.result != "ok"] == []
