# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors: their details, and several reads whose errors are told at once."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Unreachable,
    all_of,
)


def failing(error: Exception) -> t.Callable[[], t.Any]:
    def read() -> t.Any:
        raise error

    return read


@pytest.mark.parametrize(
    "details, kept",
    [
        ({"vendor": "okta", "request_id": ""}, {"vendor": "okta"}),
        ({"error_code": None, "console_steps": []}, {}),
        ({"count": 0, "never_sent": False}, {"count": 0, "never_sent": False}),
    ],
)
def test_details_without_a_value_are_left_out(
    details: dict[str, t.Any], kept: dict[str, t.Any]
) -> None:
    assert DeviceTrustError("text", **details).details == kept


def test_an_api_error_has_status_and_code_and_is_quiet_where_the_vendor_is() -> None:
    assert (
        ApiError("x", status=403, error_code="E0000152").status,
        ApiError("x", status=403, error_code="E0000152").error_code,
    ) == (403, "E0000152")
    assert (ApiError("x").status, ApiError("x").error_code) == (0, "")


@pytest.mark.parametrize("error_type", [Unauthorized, Forbidden, NotFound, RateLimited])
def test_the_statuses_with_a_name_are_api_errors(error_type: type[DeviceTrustError]) -> None:
    assert issubclass(error_type, ApiError)


def test_several_reads_give_their_results_in_order() -> None:
    assert all_of([lambda: 1, lambda: [2], lambda: None]) == [1, [2], None]


def test_one_error_stays_what_it_is() -> None:
    error = Forbidden("no permission", status=403)
    with pytest.raises(Forbidden) as raised:
        all_of([lambda: 1, failing(error), lambda: 2])
    assert raised.value is error


def test_several_errors_are_told_at_once_each_once_and_no_read_is_left_out() -> None:
    seen: list[int] = []
    with pytest.raises(DeviceTrustError) as raised:
        all_of(
            [
                failing(Unreachable("Okta is away.", vendor="okta")),
                lambda: seen.append(1),
                failing(BadOption("Name.")),
                failing(BadOption("Name.")),
            ]
        )
    assert raised.value.message == "Okta is away. Name."
    assert raised.value.details == {"vendor": "okta", "problems": ["Okta is away.", "Name."]}
    assert seen == [1]


def test_a_mistake_of_ours_is_not_held_back() -> None:
    with pytest.raises(ZeroDivisionError):
        all_of([failing(BadOption("x")), lambda: 1 / 0])
