# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another module as a part of a run: its options are checked, it never writes, it never raises."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import Refused
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.module import (
    ModuleContext,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import (
    KANDJI,
    Params,
    arguments,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.results import Result
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji import (
    client as kandji_api,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._module_bodies.predictions import (
    Part,
    predict,
)

SPEC: t.Mapping[str, object] = {
    "argument_spec": arguments(
        KANDJI,
        {
            "max_new": {"type": "int"},
            "names": {"type": "list", "elements": "str", "default": []},
            "secret": {"type": "str", "no_log": True},
        },
    ),
    "mutually_exclusive": [("max_new", "secret")],
}
CONNECTION: Params = {
    "kandji_api_url": "https://acme.api.kandji.io",
    "kandji_api_token": "d0a1b2c3",
    "ca_path": None,
    "api_timeout": 5.0,
    "api_retries": 0,
    "capacity_percent": 50,
}


def context(check_mode: bool = False) -> ModuleContext:
    return ModuleContext(CONNECTION, check_mode, pytest.fail, ())


def part(run: t.Callable[..., Result]) -> Part:
    return Part("scep", run, (kandji_api.LIST_BLUEPRINTS,), SPEC)


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_part_runs_in_check_mode_with_its_defaults_and_the_connection(check_mode: bool) -> None:
    seen: list[ModuleContext] = []

    def run(ctx: ModuleContext, known: str) -> Result:
        seen.append(ctx)
        ctx.masker.add("s3cr3t-value")
        ctx.warn("Not s3cr3t-value.")
        return {"changed": True, "known": known}

    whole = context(check_mode)
    result = predict(whole, part(run), {"max_new": "5"}, known="before")
    assert result["changed"] and result["known"] == "before"
    assert len(result["warnings"]) == 1 and "s3cr3t" not in result["warnings"][0]
    assert seen[0].check_mode and seen[0].settings.check_mode
    assert seen[0].params == {**CONNECTION, "max_new": 5, "names": [], "secret": None}
    assert "s3cr3t" not in whole.masker.text("s3cr3t-value"), "the run masks what a part knows"


def test_a_part_sends_only_what_its_module_declares_and_its_calls_count() -> None:
    def run(ctx: ModuleContext) -> Result:
        assert ctx.kandji.transport.settings.uses is not None
        assert kandji_api.LIST_BLUEPRINTS in ctx.kandji.transport.settings.uses
        assert kandji_api.LIST_PROFILES not in ctx.kandji.transport.settings.uses
        ctx.kandji.transport.calls["List Blueprints", "GET"] = 2
        return {"changed": False}

    whole = context()
    predict(whole, part(run), {})
    assert [(each["operation"], each["count"]) for each in whole.calls()] == [
        ("List Blueprints", 2)
    ]


def test_an_error_of_a_part_is_its_result() -> None:
    def run(ctx: ModuleContext) -> Result:
        ctx.warn("Beware.")
        raise Refused("url: it is wrong. Correct it.", count=3)

    assert predict(context(), part(run), {}) == {
        "count": 3,
        "changed": False,
        "failed": True,
        "msg": "url: it is wrong. Correct it.",
        "warnings": ["Beware."],
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_now": 1}, "max_now"),
        ({"max_new": "many"}, "max_new"),
        ({"max_new": 1, "secret": "a"}, "mutually exclusive"),
        ({"max_new": -1}, "max_new"),
    ],
)
def test_wrong_options_of_a_part_are_its_failure(options: Params, words: str) -> None:
    result = predict(context(), part(lambda _ctx: pytest.fail("it ran")), options)
    assert result["failed"] and words in result["msg"], result
