# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page over all tenants, from run to run."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._tenants import Tenant
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._tenants_page import (
    DATA,
    Entry,
    merge,
    read,
    update,
)

EARLY, LATE = "2026-11-27T08:00:00Z", "2026-11-28T08:00:00Z"
STAGES = {"MANAGED": 3, "PROFILE_FAILED": 1, "NOT_REGISTERED": 2}


def test_a_run_that_reads_no_stages_leaves_them_with_their_time() -> None:
    report = Tenant(stages=STAGES, losing=1, report="/srv/acme/device-trust.html")
    first = merge(None, report, "report", EARLY)
    failed = Tenant(failed=True, message="It is refused.\nMore.", changed=1)
    assert merge(first, failed, "site", LATE) == Entry(
        "failed",
        LATE,
        "site",
        "It is refused. (more above)",
        STAGES,
        EARLY,
        1,
        "/srv/acme/device-trust.html",
    )


def test_the_page_has_those_that_failed_first_and_links_to_reports(tmp_path: Path) -> None:
    page = update(
        tmp_path / "all",
        {
            "acme": Tenant(stages=STAGES, losing=1, report=f"{tmp_path}/a b/device-trust.html"),
            "globex": Tenant(failed=True, message="<script>alert(1)</script>"),
            "hooli": Tenant(waiting="at ring canary", stages={"NEW_STAGE": 1}),
        },
        "report",
        EARLY,
    )
    text = page.read_text()
    assert text.index(">globex<") < text.index(">acme<") < text.index("hooli")
    assert 'href="../a%20b/device-trust.html">acme</a>' in text
    assert "&lt;script&gt;" in text and "<script" not in text
    assert "3 of 7 Macs are managed" in text and "at ring canary" in text
    assert page.stat().st_mode & 0o777 == 0o640


def test_another_run_keeps_the_tenants_of_the_run_before(tmp_path: Path) -> None:
    update(tmp_path, {"acme": Tenant(stages=STAGES)}, "report", EARLY)
    update(tmp_path, {"globex": Tenant(stages={"MANAGED": 1})}, "report", LATE)
    entries = read(tmp_path / DATA)
    assert {name: entry.stages_at for name, entry in entries.items()} == {
        "acme": EARLY,
        "globex": LATE,
    }


def test_runs_at_the_same_time_keep_each_others_tenants(tmp_path: Path) -> None:
    names = [f"tenant{number}" for number in range(20)]
    threads = [
        threading.Thread(target=update, args=(tmp_path, {name: Tenant()}, "site", EARLY))
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read(tmp_path / DATA)) == sorted(names)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "no json",
        '{"acme": null}',
        '{"acme": {"stages": {"MANAGED": "many"}}}',
        '{"acme": {"outcome": "ok"}}',
    ],
)
def test_a_file_that_is_no_data_counts_as_none(content: str, tmp_path: Path) -> None:
    (tmp_path / DATA).write_text(content)
    assert read(tmp_path / DATA) == {}
    update(tmp_path, {"acme": Tenant()}, "site", EARLY)
    assert [*read(tmp_path / DATA)] == ["acme"]


def test_an_entry_survives_json() -> None:
    entry = merge(None, Tenant(stages=STAGES, losing=0), "report", EARLY)
    assert Entry.of_json(json.loads(json.dumps(asdict(entry)))) == entry
