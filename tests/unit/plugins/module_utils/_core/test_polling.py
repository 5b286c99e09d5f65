# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The waits between attempts, and their end."""

from __future__ import annotations

import time
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    ApiError,
    BadOption,
    DeviceTrustError,
    Forbidden,
    NotTrusted,
    RateLimited,
    Refused,
    RunEnded,
    Unauthorized,
    Unreachable,
    Unreadable,
    all_of,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.polling import Poll
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.retry import (
    error_may_pass,
)


class Waits:
    """A clock that only waits move on, and the waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.waits = 1000.0, list[tuple[str, float, float]]()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def wait(self, step: str, seconds: float, remaining: float) -> None:
        self.waits.append((step, seconds, remaining))
        self.now += min(seconds, remaining)


def test_it_waits_until_the_seconds_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)
    poll = Poll(waits.wait, 25, 10, error_may_pass)
    waits.now += 2  # what the first attempt took
    assert [poll.wait(step) for step in "abcd"] == [True, True, True, False]
    assert waits.waits == [("a", 10, 23), ("b", 10, 13), ("c", 10, 3)]


@pytest.mark.parametrize("seconds", [0, 2])
def test_there_is_no_wait_without_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    waits = Waits(monkeypatch)
    poll = Poll(waits.wait, seconds, 10, error_may_pass)
    waits.now += 2
    assert not poll.wait("a") and waits.waits == []


def outcomes(*each: t.Any) -> t.Callable[[], t.Any]:
    """Return an attempt that raises or returns these, one after the other."""
    left = list(each)

    def attempt() -> t.Any:
        outcome = left.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return attempt


def both(*errors: DeviceTrustError) -> DeviceTrustError:
    """Return the error of reads that failed together."""
    with pytest.raises(DeviceTrustError) as raised:
        all_of([outcomes(error) for error in errors])
    return raised.value


UNAVAILABLE = ApiError("Kandji answered 503.", status=503)
GONE = Unreachable("Kandji cannot be reached.")
SHARE_USED = RateLimited("The share is used.")


@pytest.mark.parametrize(
    "error", [UNAVAILABLE, GONE, Unreadable("A page."), SHARE_USED, both(GONE, UNAVAILABLE)]
)
def test_an_error_that_may_pass_does_not_end_a_wait(
    monkeypatch: pytest.MonkeyPatch, error: DeviceTrustError
) -> None:
    waits = Waits(monkeypatch)
    poll = Poll(waits.wait, 3600, 10, error_may_pass)
    assert poll.read("a", outcomes(error, "read")) == "read"
    assert [step for step, *_how in waits.waits] == ["a", f"a; last error: {error.message}"]
    assert poll.error is None and poll.describe_error() == ""


@pytest.mark.parametrize(
    "error",
    [
        Unauthorized("401.", status=401),
        Forbidden("403.", status=403),
        ApiError("400.", status=400),
        BadOption("Bad."),
        Refused("Refused."),
        NotTrusted("Another CA."),
        RunEnded("Ended."),
        KeyboardInterrupt(),
        both(GONE, Unauthorized("401.", status=401)),
    ],
)
def test_any_other_error_ends_a_wait_at_once(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    waits = Waits(monkeypatch)
    with pytest.raises(type(error)):
        Poll(waits.wait, 3600, 10, error_may_pass).read("a", outcomes(error))
    assert len(waits.waits) == 1


def test_at_the_end_of_a_wait_the_last_error_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = Waits(monkeypatch)
    poll = Poll(waits.wait, 25, 10, error_may_pass)
    assert poll.read("a", outcomes(GONE, UNAVAILABLE)) is None
    assert poll.error is UNAVAILABLE and "Kandji answered 503." in poll.describe_error()


@pytest.mark.parametrize(
    "error, interval, pauses",
    [
        (GONE, 10, [10, 20, 40, 80, 160, 300, 300]),
        (SHARE_USED, 10, [10, 300, 300, 300, 300, 300, 300]),
        (both(GONE, SHARE_USED), 10, [10, 300, 300, 300, 300, 300, 300]),
        (GONE, 600, [600] * 7),
        (SHARE_USED, 600, [600] * 7),
    ],
)
def test_the_waits_grow_while_errors_last(
    monkeypatch: pytest.MonkeyPatch, error: DeviceTrustError, interval: int, pauses: list[float]
) -> None:
    waits = Waits(monkeypatch)
    poll = Poll(waits.wait, 36000, interval, error_may_pass)
    assert poll.read("a", outcomes(*[error] * 6, "read")) == "read"
    assert [pause for _step, pause, _left in waits.waits] == pauses
    assert poll.read("a", outcomes("read")) == "read"
    assert waits.waits[-1][1] == interval


@pytest.mark.parametrize(
    "cost, left, pause",
    [
        (0, 0, 10),
        (5, 4785, 10),
        (215, 4785, pytest.approx(323.5, abs=0.1)),
        (215, 430, 3600),
        (215, 1, 3600),
        (5, 0, 3600),
        (215, None, 10),
    ],
)
def test_the_waits_keep_to_half_of_what_is_left_of_an_hour(
    monkeypatch: pytest.MonkeyPatch, cost: int, left: int | None, pause: float
) -> None:
    waits, budgets = Waits(monkeypatch), [(700, left)]
    poll = Poll(waits.wait, 36000, 10, error_may_pass, lambda: budgets)
    budgets[:] = [(700 + cost, left), (3, None)]  # a client that was opened meanwhile
    assert poll.wait("a")
    assert waits.waits[-1][1] == pause
    assert poll.wait("a") and waits.waits[-1][1] == 10  # the last attempt sent nothing


def test_a_short_wait_keeps_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, sent = Waits(monkeypatch), [0]
    poll = Poll(waits.wait, 60, 1, error_may_pass, lambda: [(sent[0], 5000)])
    sent[0] = 15
    assert poll.wait("a")
    assert waits.waits[-1][1] == 1


def test_a_large_fleet_can_be_waited_for_as_long_as_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each hour has 5,000 requests, and each attempt sends 215."""
    waits, sent = Waits(monkeypatch), list[float]()

    def left() -> int:
        return 5000 - sum(when > waits.now - 3600 for when in sent)

    def attempt() -> None:
        assert left() >= 215
        sent.extend([waits.now] * 215)

    poll = Poll(waits.wait, 28800, 10, error_may_pass, lambda: [(len(sent), left())])
    attempt()
    while poll.wait("a"):
        attempt()
    assert len(sent) / 215 > 40
