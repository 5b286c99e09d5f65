# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the check printed: a log of any form is read up to where it was cut."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.timestamps import (
    parse_timestamp,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.certificates.check_report import (
    expiries_of,
    read_check,
    read_checks,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    ItemStatus,
)
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.strategies.kandji import DEVICE_IDS
from tests.support.strategies.values import changed_rows

IDENTITY = {
    "cn": "C02XK1ZAJG5J",
    "issuer": "CN=Okta",
    "not_after": "2027-01-01T00:00:00Z",
    "sha256": "a" * 64,
    "in": "system",
}
REPORT = {
    "device_trust_certificates": 1,
    "okta_verify": "9.1",
    "scep_profiles": 1,
    "count": 2,
    "identities": [IDENTITY, {**IDENTITY, "sha256": "b" * 64, "not_after": "2028-01-01T00:00:00Z"}],
}
HEAD = '{"device_trust_certificates":1,'


def line_of(report: t.Any) -> str:
    return json.dumps(report).replace('certificates": ', 'certificates":').replace('": [', '":[')


@given(changed_rows([REPORT]), st.integers(0, 400))
@example({**REPORT, "count": 10**4000}, 0)
@example({**REPORT, "identities": [{**IDENTITY, "sha256": int("1" * 64)}, IDENTITY]}, 0)
def test_a_log_of_any_form_is_read_as_far_as_it_goes(report: t.Any, cut: int) -> None:
    line = line_of(report)
    check = read_check(line)
    shorter = read_check(line[: len(line) - cut])
    if check is not None and shorter is not None:
        assert set(shorter.identities) <= set(check.identities)
    if check is not None:
        assert check.count >= len(check.identities)
        assert all(isinstance(each.sha256, str) for each in check.identities)
        assert all(parse_timestamp(each.not_after) for each in check.identities)


@given(
    st.sampled_from(
        (
            '{"a":' * 100_000,
            HEAD + '"count":' + "9" * 5000 + "}",
            HEAD + '"identities":[' + '{"a":' * 50_000,
        )
    )
)
def test_a_log_that_is_nested_too_deeply_or_has_huge_numbers_is_read(text: str) -> None:
    check = read_check(text)
    assert check is None or check.identities == ()


@given(changed_rows([REPORT]), st.lists(st.sampled_from(DEVICE_IDS), unique=True))
def test_an_expiry_is_that_of_the_newest_identity(report: t.Any, ids: list[str]) -> None:
    statuses = [ItemStatus(each, log=line_of(report)) for each in ids]
    checks = read_checks(statuses)
    expiries = expiries_of(checks)
    assert set(expiries) <= set(checks) <= set(ids)
    for device_id, checked in expiries.items():
        assert checked.expires == max(each.not_after for each in checks[device_id].identities)
    assert expiries_of(read_checks(list(reversed(statuses)))) == expiries
