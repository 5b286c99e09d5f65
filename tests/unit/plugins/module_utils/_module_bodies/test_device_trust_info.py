# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the stages of a fleet are waited for while reads fail."""

from __future__ import annotations

import typing as t
from functools import partial
from types import SimpleNamespace

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
    Forbidden,
    RateLimited,
    Unreachable,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.polling import Poll
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._http.retry import (
    error_may_pass,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module_bodies import (
    device_trust_info,
)

REPLACED = ("read_authorities", "_build_query", "_warn_of_tenants", "ring_urls", "authority_status")


@pytest.fixture
def wait_for(monkeypatch: pytest.MonkeyPatch) -> t.Callable[..., tuple[int, list[str]]]:
    """Return the Macs that wait at the end of these reads, and the warnings.

    A read is a number of Macs that wait, or an error.
    """

    def wait(*reads: int | DeviceTrustError) -> tuple[int, list[str]]:
        left, warnings = list(reads), list[str]()
        clock = iter(range(0, 100000, 20))
        monkeypatch.setattr("time.monotonic", lambda: next(clock))

        def read_fleet(*_what: t.Any, **_how: t.Any) -> t.Any:
            read = left.pop(0) if left else pytest.fail("another read")
            if isinstance(read, DeviceTrustError):
                raise read
            return read

        def summarize(macs: int, *_how: t.Any) -> t.Any:
            return SimpleNamespace(waiting=macs, describe_wait=lambda: "waiting")

        def reader(*_how: t.Any, **_known: t.Any) -> t.Any:
            return SimpleNamespace(explain=lambda _fleet: None, as_result=dict)

        body = "ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module_bodies"
        for name in REPLACED:
            monkeypatch.setattr(
                f"{body}.device_trust_info.{name}",
                lambda *_how: SimpleNamespace(key_expiries={}, elsewhere=None),
            )
        for name, function in {
            "read_rings": lambda *_how: ((), ()),
            "ring_options": lambda _params: (),
            "read_fleet": read_fleet,
            "Summary": summarize,
            "RegistrationReader": reader,
            "_result": lambda summary, *_how: {"waiting": summary.waiting},
        }.items():
            monkeypatch.setattr(f"{body}.device_trust_info.{name}", function)
        params = {"wait": 100, "poll_interval": 10, "scep_profile_prefix": "", "max_rows": 0}
        okta = SimpleNamespace(transport=SimpleNamespace(now=lambda: 0.0))
        run: t.Any = SimpleNamespace(
            params={**params, "serials": []},
            okta=okta,
            kandji=None,
            check_mode=False,
            warn=warnings.append,
            poll=partial(Poll, lambda *_how: None, may_pass=error_may_pass),
        )
        return device_trust_info.run(run)["waiting"], warnings

    return wait


def test_an_error_that_may_pass_does_not_end_a_wait_for_people(wait_for: t.Any) -> None:
    assert wait_for(2, Unreachable("No answer."), 1, RateLimited("Too many."), 0) == (0, [])


def test_a_wait_for_people_that_ends_with_an_error_returns_the_last_stages(wait_for: t.Any) -> None:
    waiting, warnings = wait_for(2, 1, *[RateLimited("Too many.")] * 3)
    assert waiting == 1 and len(warnings) == 1 and "Too many." in warnings[0]


def test_the_first_read_has_to_succeed_and_a_refusal_ends_the_wait(wait_for: t.Any) -> None:
    with pytest.raises(Unreachable):
        wait_for(Unreachable("No answer."))
    with pytest.raises(Forbidden):
        wait_for(2, Forbidden("No permission.", status=403))
