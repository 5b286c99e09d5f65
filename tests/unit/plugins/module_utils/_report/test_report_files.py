# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the report: written whole or not at all, with a history and a mode."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import BadOption
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    figures,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._report import (
    report_files as files,
)

ACME = files.ReportSource("https://acme.okta.com", "https://acme.api.kandji.io")
LABS = files.ReportSource("https://labs.okta.com", "https://labs.api.kandji.io")


def test_a_write_that_fails_leaves_the_old_report(tmp_path: t.Any) -> None:
    path = tmp_path / "device-trust.html"
    path.write_text("old")

    def broken() -> t.Iterator[str]:
        yield "new"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        files.write_report(path, broken, "f", 0o640, False)
    assert [one.name for one in tmp_path.iterdir()] == [path.name] and path.read_text() == "old"


def test_a_report_that_cannot_be_written_is_refused_before_it_is_made(tmp_path: t.Any) -> None:
    files.check_report(tmp_path / "new" / "report.json")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadOption, match="dest: .* cannot be written: Is a directory"):
        files.check_report(tmp_path)


@pytest.mark.parametrize(
    "kept",
    ["", "[]", "{}", '{"last": {}}', '{"last": {"stages": {}, "generated_at": "x"}, "before": 1}'],
)
def test_a_history_that_cannot_be_read_counts_as_none(tmp_path: t.Any, kept: str) -> None:
    (tmp_path / files.HISTORY).write_text(kept)
    assert files.History.read(str(tmp_path), ACME).find_before("f") is None


def test_the_history_compares_with_the_report_before_as_long_as_nothing_changes(
    tmp_path: t.Any,
) -> None:
    for fingerprint, stage in (("one", "NOT_REGISTERED"), ("two", "MANAGED"), ("two", "MANAGED")):
        files.History.read(str(tmp_path), ACME).keep(
            fingerprint, "2026-11-24T06:00:00Z", {"a": stage}, False
        )
    again = files.History.read(str(tmp_path), ACME).find_before("two")
    assert again == figures.PastReport("2026-11-24T06:00:00Z", {"a": "NOT_REGISTERED"})


@pytest.mark.parametrize("mode", ["", "x", "888", "0400", "4755"])
def test_a_mode_is_octal_digits_that_leave_the_owner_reading_and_writing(mode: str) -> None:
    with pytest.raises(BadOption):
        files.parse_mode(mode)


STAGES = {"C01": "MANAGED"}


@pytest.mark.parametrize(
    "other",
    [
        LABS,
        files.ReportSource(ACME.org_url, LABS.tenant),
        files.ReportSource(LABS.org_url, ACME.tenant),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_the_history_of_another_org_or_tenant_is_refused(
    tmp_path: t.Any, other: files.ReportSource, check: bool
) -> None:
    files.History.read(str(tmp_path), ACME).keep("one", "2026-11-24T06:00:00Z", STAGES, False)
    with pytest.raises(
        BadOption, match="^state_dir: .* is of acme.okta.com with acme.api.kandji.io,"
    ):
        files.History.read(str(tmp_path), other)
    spelled = files.ReportSource("https://Acme.okta.com:443/", "HTTPS://acme.api.kandji.io/")
    assert files.History.read(str(tmp_path), spelled).past


def test_a_history_of_an_earlier_version_is_kept_and_gets_its_origin(tmp_path: t.Any) -> None:
    last = {"generated_at": "2026-11-24T06:00:00Z", "stages": STAGES}
    past = {"fingerprint": "one", "last": last, "before": None}
    (tmp_path / files.HISTORY).write_text(json.dumps(past))
    history = files.History.read(str(tmp_path), ACME)
    assert history.past and history.find_before("two") == figures.PastReport(**last)
    history.keep("two", "2026-11-25T06:00:00Z", STAGES, False)
    with pytest.raises(BadOption):
        files.History.read(str(tmp_path), LABS)


HEADS = {
    "html": '<meta name="report-org_url" content="https://acme.okta.com">\n<meta'
    ' name="report-tenant" content="https://acme.api.kandji.io?a&amp;b">',
    "json": '{"fingerprint": "f", "org_url": "https://acme.okta.com",'
    ' "tenant": "https://acme.api.kandji.io"}',
}


@pytest.mark.parametrize("suffix", HEADS)
def test_a_report_of_another_org_is_not_replaced(tmp_path: t.Any, suffix: str) -> None:
    path = tmp_path / f"device-trust.{suffix}"
    files.check_source([path], LABS)
    path.write_text(HEADS[suffix])
    files.check_source([path], ACME)
    with pytest.raises(BadOption, match="^dest: .* is of acme.okta.com with acme.api.kandji.io,"):
        files.check_source([path], LABS)


def test_all_reports_of_another_org_are_named_at_once(tmp_path: t.Any) -> None:
    paths = [tmp_path / f"device-trust.{suffix}" for suffix in HEADS]
    for path, head in zip(paths, HEADS.values(), strict=True):
        path.write_text(head)
    spelled = files.ReportSource("https://ACME.okta.com:443", "https://acme.api.kandji.io:443/")
    files.check_source(paths, spelled)
    other = files.ReportSource("https://acme.okta.com:8443", ACME.tenant)
    with pytest.raises(BadOption) as raised:
        files.check_source(paths, other)
    assert all(str(path) in raised.value.message for path in paths)
    assert "this run is of acme.okta.com:8443 with" in raised.value.message


@pytest.mark.parametrize("head", ["", "serial_number,device_name", "<title>old</title>", "{}"])
def test_a_report_that_does_not_name_its_org_may_be_replaced(tmp_path: t.Any, head: str) -> None:
    path = tmp_path / "device-trust.html"
    path.write_text(head)
    files.check_source([path, tmp_path], LABS)


def test_each_format_is_one_file_of_the_directory() -> None:
    names = files.name_files("/srv/reports", ["csv", "html", "csv"])
    assert list(map(str, names)) == [
        "/srv/reports/device-trust.csv",
        "/srv/reports/device-trust.html",
    ]
    with pytest.raises(BadOption, match="dest: it is empty. Name the directory of the reports."):
        files.name_files(" ", ["csv"])
