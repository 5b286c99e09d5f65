# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole file as a profile: once written it is done, and no secret of it is shown."""

from __future__ import annotations

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.changes import Change
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.results import (
    build_result,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.file_content import (
    FileContent,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import plists
from tests.support.strategies.values import Json

generations = st.sampled_from((None, "1", "2"))


@given(plists(), plists(), generations)
def test_a_file_that_was_written_does_not_differ_any_more(
    plist: Json, current: Json, generation: str | None
) -> None:
    content = FileContent(plist, generation)
    built = content.build("Okta", current)
    assert content.compare(built) == []
    assert content.was_written(built)
    assert content.build("Okta", built) == built
    assert len(built["PayloadContent"]) == len(plist["PayloadContent"])
    another = FileContent(plist, "another")
    assert another.compare(built) and not another.was_written(built)
    assert content.counts_as(current) in ("reissue", "reinstall")


@given(plists(), plists(), generations)
def test_no_secret_is_shown(plist: Json, current: Json, generation: str | None) -> None:
    content = FileContent(plist, generation)
    shown = [content.mask(each) for each in content.compare(current)]
    change = Change("create", "profile", {}, content.describe())
    text = repr((shown, build_result([change])))
    for secret in ("canary-challenge", "canary-password", "canary-key"):
        assert secret not in text
