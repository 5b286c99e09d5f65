# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of check-ins, with and without the permission."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    DeviceTrustError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Uncertain,
    Unreachable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.check_in_requests import (
    CheckIns,
)


class Tenant:
    """A tenant that answers each request so: accepted, or pending already, or an error."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.requested: list[str] = []

    def daily_check_in(self, device_id: str) -> bool:
        self.requested.append(device_id)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def check_ins(tenant: t.Any, warnings: list[str]) -> CheckIns:
    return CheckIns(tenant, warnings.append)


def test_a_check_in_is_requested_of_each_device() -> None:
    tenant, warnings = Tenant(True, False), t.cast("list[str]", [])
    requests = check_ins(tenant, warnings)
    assert [requests.request(each) for each in ("d1", "d2")] == [True, False]
    assert tenant.requested == ["d1", "d2"] and warnings == []


def test_without_the_permission_it_is_said_once_and_nothing_more_is_requested() -> None:
    refusal = Forbidden("The token lacks the permission Daily check-in.", vendor="kandji")
    tenant, warnings = Tenant(True, refusal), t.cast("list[str]", [])
    requests = check_ins(tenant, warnings)
    assert [requests.request(each) for each in ("d1", "d2", "d3")] == [True, False, False]
    assert tenant.requested == ["d1", "d2"]
    assert warnings == [
        "The token lacks the permission Daily check-in. No check-in is requested: the run goes on"
        " and waits for those that Macs make by themselves."
    ]


@pytest.mark.parametrize(
    "error",
    [
        ApiError("Kandji failed.", status=500),
        Uncertain("The answer was lost."),
        Unreachable("No answer."),
        RateLimited("The share is used."),
    ],
)
def test_an_error_that_may_pass_is_said_once_and_the_next_one_is_requested(
    error: DeviceTrustError,
) -> None:
    tenant, warnings = Tenant(error, error, True), t.cast("list[str]", [])
    requests = check_ins(tenant, warnings)
    assert [requests.request(each) for each in ("d1", "d2", "d3")] == [False, False, True]
    assert tenant.requested == ["d1", "d2", "d3"]
    assert warnings == [
        f"{error.message} The run goes on and waits for the check-ins that Macs make by themselves."
    ]


@pytest.mark.parametrize(
    "error", [NotFound("No device.", status=404), Unauthorized("Bad token.", status=401)]
)
def test_any_other_error_is_one(error: DeviceTrustError) -> None:
    requests = check_ins(Tenant(error), [])
    with pytest.raises(type(error)):
        requests.request("d1")
