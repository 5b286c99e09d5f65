# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failed read says of the other reads of the same vendor."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
    Forbidden,
    NotFound,
    NotTrusted,
    RateLimited,
    Unauthorized,
    Unreachable,
    Unreadable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._fleet.read_problems import (
    NOT_THE_VENDOR,
    ReadProblems,
    prevents_all,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authentication.auth import (
    FEATURE_MISSING,
)


def failing(error: DeviceTrustError) -> t.Callable[[], None]:
    def read() -> None:
        raise error

    return read


def test_a_read_that_succeeds_is_no_problem() -> None:
    read_problems = ReadProblems()
    assert read_problems.attempt("okta", lambda: 3) == 3
    assert (read_problems.messages, read_problems.unusable, read_problems.answered) == (
        [],
        set(),
        {"okta"},
    )


@pytest.mark.parametrize(
    ("error", "is_end"),
    [
        (Unauthorized("No."), True),
        (Unauthorized("No.", error_code=FEATURE_MISSING), False),
        (Unreachable("No."), True),
        (NotTrusted("No."), True),
        (Unreadable("No."), True),
        (Forbidden("No."), False),
        (RateLimited("No."), False),
    ],
)
def test_only_what_every_read_would_meet_ends_the_reads_of_a_vendor(
    error: DeviceTrustError, is_end: bool
) -> None:
    read_problems = ReadProblems()
    assert read_problems.attempt("okta", failing(error)) is None
    assert read_problems.messages == ["No."]
    assert prevents_all(error) is is_end is ("okta" in read_problems.unusable)
    assert read_problems.attempt("okta", lambda: 3) == (None if is_end else 3)
    assert read_problems.attempt("kandji", lambda: 4) == 4


def test_a_host_whose_first_answer_is_404_is_not_the_vendors() -> None:
    read_problems = ReadProblems()
    read_problems.attempt("kandji", failing(NotFound("No such page.")))
    assert read_problems.messages == [NOT_THE_VENDOR["kandji"]] and read_problems.unusable == {
        "kandji"
    }
    known = ReadProblems(answered={"okta"})
    known.attempt("okta", failing(NotFound("No such page.")))
    assert known.messages == ["No such page."] and known.unusable == set()
