# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SCEP payload and its plan: once written it is done, and its challenge is never shown."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.errors import (
    DeviceTrustError,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.results import (
    build_result,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles import scep
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.profiles.plan import (
    Library,
    Wanted,
)
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._kandji.records import (
    CustomProfile,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies.kandji import (
    BLUEPRINTS,
    ITEM_IDS,
    SUBJECTS,
    URL,
    custom_profiles,
    items,
    plists,
)
from tests.support.strategies.values import Json, any_time, outcome_of, texts

settings = st.builds(
    scep.ScepSettings,
    st.just(URL),
    st.sampled_from(("canary-challenge", "canary-challenge-2")),
    st.sampled_from(SUBJECTS),
    retries=st.integers(0, 9),
    key_size=st.sampled_from((2048, 4096)),
    runs_on=st.sampled_from((("mac",), ("mac", "iphone"))),
)
generations = st.sampled_from((None, "1", "2"))
names = st.sampled_from(("Okta SCEP", "Wi-Fi", "new"))


def written(plan: t.Any) -> CustomProfile:
    """Return the profile as Kandji has it after the plan."""
    current = plan.current or CustomProfile(ITEM_IDS[2], plan.name)
    flags = {**current.flags, **{key: each for key, each in plan.fields.items() if key != "name"}}
    text = plan.mobileconfig.decode() if plan.mobileconfig else current.mobileconfig
    return replace(current, name=plan.name, flags=flags, mobileconfig=text)


@given(
    settings,
    generations,
    names,
    st.lists(custom_profiles(), max_size=1),
    items(),
    st.sampled_from(("add", "exact")),
)
def test_a_profile_that_was_written_needs_no_further_write(
    wanted: scep.ScepSettings,
    generation: str | None,
    name: str,
    profiles: list[CustomProfile],
    on: dict[str, list[t.Any]],
    mode: str,
) -> None:
    content = scep.ScepContent(wanted, generation)
    request = Wanted(name, None, BLUEPRINTS[:1], generation)
    plan = outcome_of(
        lambda: scep.plan_profile(request, content, Library(profiles, BLUEPRINTS, on), mode)
    )
    if isinstance(plan, DeviceTrustError):
        assert "canary-challenge" not in repr((plan.message, plan.details))
        return
    assert "canary-challenge" not in repr((build_result(plan.changes), plan))
    after = written(plan)
    assert "canary-challenge" not in repr(scep.summarize(plan, after, wanted.challenge, 30))
    again = scep.plan_profile(request, content, Library([after]), mode)
    assert not [each for each in again.changes if each.action in ("create", "update")]
    assert again.mobileconfig is None and not again.fields


@given(settings, generations, plists())
def test_a_payload_that_was_built_does_not_differ_and_others_are_kept(
    wanted: scep.ScepSettings, generation: str | None, plist: Json
) -> None:
    if scep.find_payload(plist, URL) is None and generation is None:
        return  # a plan refuses such a profile before it builds anything
    built = scep.build_profile("Okta", wanted, generation, plist)
    payload = scep.find_payload(built, URL)
    assert payload is not None
    assert scep.compare_payload(wanted, generation, payload) == []
    assert scep.was_written(wanted, generation, payload)
    assert scep.build_profile("Okta", wanted, generation, built) == built
    kinds = [each["PayloadType"] for each in built["PayloadContent"]]
    assert set(kinds) == {
        *(each["PayloadType"] for each in plist["PayloadContent"]),
        "com.apple.security.scep",
    }
    names = {each["PayloadUUID"] for each in built["PayloadContent"]}
    for each in built["PayloadContent"]:
        if "PayloadCertificateUUID" in each and len(kinds) == len(plist["PayloadContent"]):
            assert each["PayloadCertificateUUID"] in names


@given(texts, texts, any_time(), st.integers(0, 400))
def test_options_of_any_form_are_read_or_refused(
    text: str, name: str, updated: t.Any, days: int
) -> None:
    for subject in (text, f"CN={text}", f"CN=$SERIAL_NUMBER,O={text}"):
        outcome_of(lambda subject=subject: scep.parse_subject(subject))
    outcome_of(lambda: scep.parse_fingerprint(text))
    scep.estimate_renewal(None if updated is None else str(updated), days)
    content = scep.ScepContent(scep.ScepSettings(URL, "canary-challenge"), None)
    request = Wanted(name or "a", None, BLUEPRINTS[:1])
    outcome_of(lambda: scep.plan_profile(request, content, Library([]), "add"))
