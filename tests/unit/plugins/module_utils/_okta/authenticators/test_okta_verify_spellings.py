# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Okta Verify as one authenticator and as three: one meaning, and the spelling of an org."""

from __future__ import annotations

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._okta.authenticators import (
    okta_verify_spellings as keys,
)

WHOLE = {"key": "okta_verify"}
PASSWORD = {"key": "okta_password", "method": "password"}


def legacy(method, **more):
    return {"key": "okta_verify", "method": method, **more}


def split(method, **more):
    return {"key": keys.SPLIT_KEYS[method], "method": method, **more}


EVERY_LEGACY = [legacy(method) for method in ("totp", "push", "signed_nonce")]
EVERY_SPLIT = [split(method) for method in ("totp", "push", "signed_nonce")]
TRANSLATED = (
    "accessRequest.authenticator.key == 'okta_verify_totp' ||"
    " accessRequest.authenticator.key == 'okta_verify_push' ||"
    " accessRequest.authenticator.key == 'okta_verify_fastpass'"
)
ORIGINAL = "accessRequest.authenticator.key == 'okta_verify'"


def rule(*methods, name="authenticationMethods"):
    sign_on = {"verificationMethod": {"constraints": [{"possession": {name: list(methods)}}]}}
    return {"actions": {"appSignOn": sign_on}}


@pytest.mark.parametrize(
    ("entry", "folded"),
    [
        (split("push"), legacy("push")),
        ({"key": "okta_verify_fastpass"}, legacy("signed_nonce")),
        (split("totp", userVerification="REQUIRED"), legacy("totp", userVerification="REQUIRED")),
        (WHOLE, WHOLE),
        (PASSWORD, PASSWORD),
        ("not an object", "not an object"),
        ({"key": ["okta_verify_push"]}, {"key": ["okta_verify_push"]}),
    ],
)
def test_a_method_of_its_own_key_is_one_of_okta_verify(entry, folded):
    assert keys.fold_entries([entry]) == [folded]


def test_okta_verify_as_a_whole_is_each_of_its_methods():
    assert keys.expand_entries([WHOLE, legacy("push")]) == EVERY_LEGACY
    assert keys.expand_entries(EVERY_SPLIT) == EVERY_LEGACY
    assert keys.collapse_entries([PASSWORD, *EVERY_SPLIT]) == [PASSWORD, WHOLE]
    assert keys.collapse_entries(EVERY_SPLIT[:2]) == EVERY_LEGACY[:2]


def test_methods_with_other_demands_are_no_whole():
    demanding = [*EVERY_LEGACY[:2], legacy("signed_nonce", userVerification="REQUIRED")]
    assert keys.collapse_entries(demanding) == demanding


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ([legacy("signed_nonce")], [split("signed_nonce")]),
        ([WHOLE], EVERY_SPLIT),
        ([split("push")], [split("push")]),
        ([legacy("something new"), PASSWORD], [legacy("something new"), PASSWORD]),
    ],
)
def test_a_rule_is_written_with_the_keys_of_a_split_org(written, wanted):
    for name in keys.METHOD_LISTS:
        assert keys.spell_rule(rule(*written, name=name), True) == rule(*wanted, name=name)


def test_a_rule_is_written_with_the_one_key_of_another_org():
    assert keys.spell_rule(rule(split("push"), *EVERY_LEGACY), False) == rule(
        legacy("push"), *EVERY_LEGACY
    )


def test_steps_of_chains_are_spelled_too():
    chain = {"authenticationMethods": [PASSWORD], "next": [{"authenticationMethods": [WHOLE]}]}
    spelled = keys.spell_rule({"chains": [chain]}, True)
    assert spelled["chains"][0]["next"] == [{"authenticationMethods": EVERY_SPLIT}]
    assert keys.fold_rule(spelled) == {"chains": [chain]}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        (TRANSLATED, ORIGINAL),
        (f"user.isAdmin && ({TRANSLATED})", f"user.isAdmin && {ORIGINAL}"),
        (ORIGINAL.replace("'", '"'), ORIGINAL),
        (TRANSLATED.partition(" ||")[0], TRANSLATED.partition(" ||")[0]),
        ("user.name == 'okta_verify'", "user.name == 'okta_verify'"),
        (f"!({TRANSLATED})", f"!({ORIGINAL})"),
        (f"f({TRANSLATED})", f"f({ORIGINAL})"),
        (f"f(({TRANSLATED}))", f"f({ORIGINAL})"),
        (f"(({TRANSLATED}) || x)", f"({ORIGINAL} || x)"),
        (f"x || {TRANSLATED} || y", f"x || {ORIGINAL} || y"),
        (ORIGINAL.replace(" == ", "=="), ORIGINAL),
    ],
)
def test_an_expression_that_okta_translated_means_what_it_meant(text, folded):
    assert keys.fold_expression(text) == folded


def test_an_expression_is_written_as_the_org_takes_it():
    def spelled(text):
        condition = {"conditions": {"elCondition": {"condition": text}}}
        return keys.spell_rule(condition, True)["conditions"]["elCondition"]["condition"]

    assert spelled(ORIGINAL) == TRANSLATED
    assert spelled(f"user.isAdmin && {ORIGINAL}") == f"user.isAdmin && ({TRANSLATED})"
    assert spelled("user.isAdmin") == "user.isAdmin"


def expression(text):
    return {"conditions": {"elCondition": {"condition": text}}}


# Each of them changes its meaning, or may, if the key in it is replaced.
NOT_CERTAIN = [
    f"x && {TRANSLATED}",
    f"{TRANSLATED} && x",
    f"x and {TRANSLATED}",
    f"{TRANSLATED} ? x : y",
    f"x ? {TRANSLATED} : y",
    f"!{TRANSLATED}",
    f"user.{TRANSLATED}",
    f"user. {TRANSLATED}",
    f"""user.name == "{TRANSLATED}\"""",
    f"user.name == '{TRANSLATED}",
    f"user.name == 'a\\' || {TRANSLATED} || 'b'",
    TRANSLATED.replace("==", "!="),
    TRANSLATED.replace("'", "`"),
    TRANSLATED.replace("_totp'", "_totp' + ''"),
    TRANSLATED.replace("_fastpass'", "_fastpass' == true"),
    TRANSLATED.replace("_fastpass'", "_fastpass''"),
]


@pytest.mark.parametrize("split_org", [False, True])
@pytest.mark.parametrize("text", NOT_CERTAIN)
def test_an_expression_whose_meaning_may_change_is_written_as_it_is(text, split_org):
    assert keys.spell_rule(expression(text), split_org) == expression(text)
    assert ORIGINAL not in keys.fold_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        f"!{ORIGINAL}",
        f"!!{ORIGINAL}",
        f"x == {ORIGINAL}",
        f"{ORIGINAL} == x",
        f"{ORIGINAL} and x",
        f"user.{ORIGINAL}",
        f"""user.name == "{ORIGINAL}\"""",
        ORIGINAL.replace("==", "!="),
    ],
)
def test_one_key_whose_place_is_not_certain_is_written_as_it_is(text):
    assert keys.spell_rule(expression(text), True) == expression(text)


@pytest.mark.parametrize("split_org", [False, True])
@pytest.mark.parametrize("change", [lambda text: f"( ( {text} ) )", lambda text: f" {text}\n"])
def test_an_expression_in_the_spelling_of_the_org_keeps_each_byte(change, split_org):
    spelled = (TRANSLATED if split_org else ORIGINAL).replace("'", '"').replace(" == ", "  ==")
    assert keys.spell_rule(expression(change(spelled)), split_org) == expression(change(spelled))


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        (f"!({ORIGINAL})", f"!({TRANSLATED})"),
        (f"f({ORIGINAL})", f"f({TRANSLATED})"),
        (f"x && ({ORIGINAL})", f"x && ({TRANSLATED})"),
        (f"x && {ORIGINAL} && y", f"x && ({TRANSLATED}) && y"),
        (f"x || {ORIGINAL}", f"x || {TRANSLATED}"),
    ],
)
def test_an_expression_keeps_its_meaning_in_the_other_spelling(text, spelled):
    assert keys.spell_rule(expression(text), True) == expression(spelled)
    assert keys.fold_expression(spelled) == keys.fold_expression(text)


@pytest.mark.parametrize("text", [f"!({TRANSLATED})", f"f(x, ({TRANSLATED}))"])
def test_the_keys_of_the_methods_are_one_key_in_the_other_spelling(text):
    assert keys.spell_rule(expression(text), False) == expression(
        text.replace(TRANSLATED, ORIGINAL)
    )


def test_a_key_with_the_method_of_another_is_left_as_it_is():
    odd = {"key": "okta_verify_push", "method": "signed_nonce"}
    assert keys.fold_entries([odd]) == [odd]
    assert keys.spell_rule(rule(odd), False) == rule(odd)


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        (rule(PASSWORD), None),
        (expression(f"""user.name == "{ORIGINAL}\""""), None),
        (rule(PASSWORD, legacy("push")), False),
        (rule(split("push")), True),
        ({"conditions": {"elCondition": {"condition": TRANSLATED}}}, True),
        ({"conditions": {"elCondition": {"condition": ORIGINAL}}}, False),
        ({"name": "okta_verify", "key": "okta_verify"}, None),
    ],
)
def test_the_rules_of_a_policy_tell_the_spelling(value, spelling):
    assert keys.spelling_of(value) is spelling


def test_the_authenticators_of_an_org_tell_it_too():
    assert keys.is_split(["okta_password", "okta_verify", "okta_verify_push"])
    assert not keys.is_split(["okta_password", None, "okta_verify"])
