# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users set for the playbooks, and what the first task says of it."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils._variables import (
    Settings,
    read_declaration,
    validate,
)

DECLARATION = read_declaration()
CONNECTION = {
    "device_trust_okta_org_url": "https://acme.okta.com",
    "device_trust_okta_api_token": "00secret",
    "device_trust_kandji_api_url": "https://acme.api.kandji.io",
    "device_trust_kandji_api_token": "secret",
}
CANARY = {"name": "canary", "blueprints": ["IT"], "test_macs": ["C02XK1ZAJG5J"]}
ENOUGH = {**CONNECTION, "device_trust_rings": [CANARY]}


def checked(
    values: dict[str, object], playbook: str = "site", environment: dict[str, str] | None = None
) -> tuple[dict[str, t.Any], list[str]]:
    settings = Settings(playbook, {**ENOUGH, **values}, environment or {}, "/home/rosa")
    return validate(DECLARATION, settings)


def typed(name: str, value: object) -> t.Any:
    result, problems = checked({name: value})
    assert problems == []
    return result[name.removeprefix("device_trust_")]


def problems_of(name: str, value: object) -> list[str]:
    return checked({name: value})[1]


def test_what_is_not_set_has_its_default() -> None:
    result, problems = checked({})
    assert problems == []
    assert (result["gate_wait"], result["max_new"], result["state_dir"]) == (600, None, "")
    assert result["access_platforms"] == ["MACOS"] and result["test_enrollment"] is True


BLUEPRINT = "3f2a9b1c-0d4e-4f5a-8b6c-7d8e9f0a1b2c"
WIDE = {"name": "wide", "blueprints": ["HR"]}


@pytest.mark.parametrize("empty", [None, "", "  ", "\n"])
def test_an_answer_left_empty_is_not_set(empty: object) -> None:
    assert typed("device_trust_gate_wait", empty) == 600
    assert typed("device_trust_enforce", empty) is False
    assert typed("device_trust_max_new", empty) is None


@pytest.mark.parametrize("empty", [" , ", [], (), "[]"])
def test_an_empty_list_is_refused_where_the_default_is_not_empty(empty: object) -> None:
    """Without platforms, the rules of enforcement would be for each platform."""
    for name, default in (("access", "MACOS"), ("offboard", "MACOS, WINDOWS, IOS, ANDROID")):
        assert problems_of(f"device_trust_{name}_platforms", empty) == [
            f"device_trust_{name}_platforms: it is empty. Leave it out for {default}, or name at"
            " least one."
        ]
    assert typed("device_trust_access_groups", empty) == []


def test_blanks_around_a_text_are_not_part_of_it() -> None:
    assert typed("device_trust_access_policy", " Company apps \n") == "Company apps"


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\ufeff"])
def test_an_invisible_character_is_named(character: str) -> None:
    [problem] = problems_of("device_trust_offboard_person", f"ann{character}@example.com")
    assert problem == (
        "device_trust_offboard_person: it has an invisible character"
        f" (U+{ord(character):04X}), as copied texts may have. Remove it."
    )
    assert typed("device_trust_offboard_person", "a\u200dn") == "a\u200dn"


@pytest.mark.parametrize("platform", ["macos", "MACOSX", "all"])
def test_a_platform_is_written_as_okta_does(platform: str) -> None:
    for name in ("device_trust_access_platforms", "device_trust_offboard_platforms"):
        [problem] = problems_of(name, [platform])
        assert problem.startswith(f"{name}[0]: {platform!r} is not a valid value")


@pytest.mark.parametrize("value", [False, "false", "False", "no", "off", "0", 0, " NO "])
def test_a_boolean_may_be_a_text(value: object) -> None:
    assert typed("device_trust_test_enrollment", value) is False


@pytest.mark.parametrize("value", [10, "10", " 10 ", "+10", 10.0])
def test_a_number_may_be_a_text(value: object) -> None:
    assert typed("device_trust_gate_wait", value) == 10


@pytest.mark.parametrize(
    "value",
    [["Slack", "Box"], "Slack, Box", "Slack\nBox", "Slack,\r\n Box,", '["Slack", "Box"]'],
)
def test_a_list_may_be_a_text(value: object) -> None:
    assert typed("device_trust_allow_protected_apps", value) == ["Slack", "Box"]


@pytest.mark.parametrize(
    "value",
    [
        "c02xk1zajg5j, fvfxc2abq05d",
        "c02xk1zajg5j; FVFXC2ABQ05D;",
        "c02xk1zajg5j FVFXC2ABQ05D\n",
        [" c02xk1zajg5j", "FVFXC2ABQ05D"],
    ],
)
def test_serial_numbers_are_written_as_kandji_writes_them(value: object) -> None:
    expected = ["C02XK1ZAJG5J", "FVFXC2ABQ05D"]
    assert typed("device_trust_status_serials", value) == expected
    assert typed("device_trust_reset_serials", value) == expected


@pytest.mark.parametrize(
    "value",
    [
        [CANARY],
        '[{"name": "canary", "blueprints": ["IT"], "test_macs": ["C02XK1ZAJG5J"]}]',
        "- name: canary\n  blueprints: IT\n  test_macs: c02xk1zajg5j",
    ],
)
def test_rings_may_be_a_text(value: object) -> None:
    assert typed("device_trust_rings", value) == [{**CANARY, "assignment_nodes": {}}]


def test_a_relative_path_begins_where_the_user_stands() -> None:
    assert typed("device_trust_state_dir", "state/../ledger") == "/home/rosa/ledger"
    assert typed("device_trust_state_dir", "/var/lib/device-trust/") == "/var/lib/device-trust"
    assert checked({}, environment={"DEVICE_TRUST_CA_PATH": "ca.pem"})[1] == [
        "DEVICE_TRUST_CA_PATH: /home/rosa/ca.pem does not exist. Correct the path."
    ]


def test_a_relative_path_on_another_host_is_refused() -> None:
    settings = Settings("site", {**ENOUGH, "device_trust_state_dir": "state"}, {}, "")
    assert validate(DECLARATION, settings)[1] == [
        "device_trust_state_dir: it is relative, and the play runs on another host. Set an absolute"
        " path."
    ]


def test_secrets_are_not_returned() -> None:
    result, problems = checked({"device_trust_okta_private_key": "no such file"})
    assert problems == [] and "secret" not in str(result) and "okta_private_key" not in result


def test_the_path_of_a_private_key_is_absolute(tmp_path: t.Any) -> None:
    (tmp_path / "key.pem").write_text("key")
    values = {**ENOUGH, "device_trust_okta_private_key": "key.pem"}
    result, _problems = validate(DECLARATION, Settings("site", values, {}, str(tmp_path)))
    assert result["okta_private_key"] == str(tmp_path / "key.pem")


HUGE = "9" * 5000
NUMBERS = [-1, "-1", 2**31, str(2**31), HUGE, 1e300, "١٠", "0x10", "1e3", "ten", "10 s"]
NUMBERS += [float("nan"), float("inf"), 1.5, True, [], [1], {}, b"1", datetime.date(2026, 1, 1)]
INTEGERS = [each.name for each in DECLARATION.variables.values() if each.type == "int"]
TEXTS = [[], ["a"], {}, {"a": 1}, 5, 1.5, True, b"x", datetime.date(2026, 1, 1), "a\0b", "a\nb"]
TEXTS += ["\x1b[31m", "\ud800", "x" * 2000]
KINDS: dict[str, list[object]] = {
    "int": NUMBERS,
    "bool": ["maybe", "2", 2, -1, 1.0, [], {}, "falsch", "tru"],
    "str": TEXTS,
    "url": [*TEXTS, "http://acme.okta.com", "https://", "https://u:p@acme.okta.com", "https://[x"],
    "path": TEXTS,
    "list": [5, True, {}, [[]], [5], ["a", ""], ["a\0b"], "[a", [{"a": 1}], 1.5, ["x" * 2000]],
    "serials": [5, True, {}, [12345], [None], "[a"],
    "dict": [5, [], "a", "{a", {"a": []}, {1: "a"}, {"a": "b\0c"}, True],
    "rings": [5, {}, "canary", "[", ["canary"], [[]], [None], True],
}


@pytest.mark.parametrize("name", [*DECLARATION.variables])
def test_every_hostile_value_gets_a_sentence(name: str) -> None:
    variable = DECLARATION.variables[name]
    for value in KINDS.get("path" if variable.type == "key" else variable.type, []):
        if variable.multiline and isinstance(value, str) and value in ("a\nb", "x" * 2000):
            continue
        if variable.type == "key" and value == "a\nb":
            continue
        if variable.secret and value == "x" * 2000:
            continue
        problems = problems_of(name, value)
        assert problems, value
        for problem in problems:
            assert problem.startswith((f"{name}: ", f"{name}[", f"{name}."))
            assert problem.endswith(".") and len(problem) < 300 and problem.isprintable()


@pytest.mark.parametrize("name", INTEGERS)
def test_a_number_has_limits_that_a_person_would_accept(name: str) -> None:
    variable = DECLARATION.variables[name]
    assert 0 <= variable.minimum < variable.maximum <= 1_000_000
    assert typed(name, variable.minimum) == variable.minimum
    assert typed(name, str(variable.maximum)) == variable.maximum
    for value in (variable.minimum - 1, variable.maximum + 1):
        assert problems_of(name, value) == [
            f"{name}: {value} is out of range. Set a number from {variable.minimum} to"
            f" {variable.maximum}."
        ]


@pytest.mark.parametrize(
    "name, value, problem",
    [
        ("device_trust_gate_wait", "ten", "'ten' is not a whole number. Set one from 0 to 14400."),
        # YAML reads it as 8, and -e name=value as 10.
        (
            "device_trust_max_reissue",
            "010",
            "'010' begins with a zero. Write the number without it.",
        ),
        (
            "device_trust_max_reissue",
            "1e3",
            "'1e3' is not a whole number. Set one from 0 to 1000000.",
        ),
        (
            "device_trust_max_reissue",
            "1:30",
            "'1:30' is not a whole number. Set one from 0 to 1000000.",
        ),
        ("device_trust_gate_wait", 1.5, "1.5 is not a whole number. Set one from 0 to 14400."),
        (
            "device_trust_max_reissue",
            True,
            "true is not a whole number. Set one from 0 to 1000000.",
        ),
        ("device_trust_enforce", "maybe", "'maybe' is not a boolean. Set true or false."),
        (
            "device_trust_on_conflict",
            "wran",
            "'wran' is not a valid value; did you mean 'warn'? Set one of fail, warn.",
        ),
        ("device_trust_scep_hosts", {"a": "b"}, "it is a mapping. Write a list."),
        ("device_trust_okta_verify_name", 5, "it is a number. Put it in quotes."),
        ("device_trust_okta_verify_name", ["a"], "it is a list. Set a text."),
        (
            "device_trust_okta_org_url",
            "https://acme.okta.com/app",
            "'https://acme.okta.com/app' has a path or a query. Give the host alone:"
            " https://acme.okta.com.",
        ),
        (
            "device_trust_okta_org_url",
            "https://acme-admin.okta.com",
            "https://acme-admin.okta.com is the Admin Console, which is not an API host. Use"
            " https://acme.okta.com.",
        ),
        (
            "device_trust_okta_org_url",
            "https://acme.api.kandji.io",
            "https://acme.api.kandji.io is a host of Kandji. Set the URL of the Okta org, such as"
            " https://acme.okta.com.",
        ),
        (
            "device_trust_kandji_api_url",
            "https://acme.kandji.io",
            "https://acme.kandji.io is not the host of a Kandji or Iru API. Use"
            " https://acme.api.kandji.io, as the page Access > API tokens shows it.",
        ),
        (
            "device_trust_okta_org_url",
            "https://acme.okta.com.",
            "the host in 'https://acme.okta.com.' ends with a dot. Use https://acme.okta.com.",
        ),
        (
            "device_trust_kandji_api_token",
            "Bearer 11111111-2222-4333-8444-555555555555",
            "it begins with 'Bearer'. Set the token alone, without it.",
        ),
        (
            "device_trust_okta_api_token",
            '"00secret"',
            "it is in quotes. Set the token alone, without them.",
        ),
        (
            "device_trust_okta_api_token",
            "00secret ",
            "it holds a space, a line break or another character that is never in a token. Copy it"
            " again.",
        ),
        (
            "device_trust_okta_api_token",
            "11111111-2222-4333-8444-555555555555",
            "it has the form of Kandji's API tokens. Set the token of Okta (Security > API >"
            " Tokens).",
        ),
        (
            "device_trust_kandji_api_token",
            "00" + "aB_-" * 10,
            "it has the form of Okta's API tokens. Set the token of Kandji (account menu > Access >"
            " API tokens).",
        ),
        (
            "device_trust_scep_challenge",
            "'abc'",
            "it is in quotes. Set the secret key alone, without them.",
        ),
        (
            "device_trust_notify_url",
            "hooks.slack.com/services/T0/B0/x",
            "it is not a URL. Set the webhook whole, with https://.",
        ),
        (
            "device_trust_rings",
            {"canary": {"blueprints": ["IT"]}},
            "it is a mapping. Write a list of rings, such as [{name: canary, blueprints: [IT],"
            " test_macs: [C02XK1ZAJG5J]}].",
        ),
        (
            "device_trust_reset_serials",
            "rosa@acme.com",
            "'rosa@acme.com' is an e-mail address. Name the serial number of the Mac.",
        ),
        (
            "device_trust_reset_serials",
            ["C02XK1ZAJG5J; FVFXC2ABQ05D"],
            "'C02XK1ZAJG5J; FVFXC2ABQ05D' is more than a serial number. Write each one as an"
            " element.",
        ),
        ("device_trust_ca_path", "/etc", "/etc is a directory. Set the file in it."),
        ("device_trust_ca_path", "ca.pem", "/home/rosa/ca.pem does not exist. Correct the path."),
        ("device_trust_report_dir", "/etc/hosts", "/etc/hosts is a file. Set a directory."),
        ("device_trust_report_mode", "rw-r--", "'rw-r--' is not valid. Write it like '0640'."),
        ("device_trust_okta_api_token", "00\x1b", None),
    ],
)
def test_a_problem_names_the_variable_and_the_remedy(
    name: str, value: object, problem: str | None
) -> None:
    control = "it has a line break or another control character. Remove it."
    assert problems_of(name, value) == [f"{name}: {problem or control}"]


@pytest.mark.parametrize(
    "name, nearest",
    [
        ("device_trust_gate_wiat", "device_trust_gate_wait"),
        ("device_trust_max_reisue", "device_trust_max_reissue"),
        ("device_trust_ring", "device_trust_rings"),
        ("device_trust_gate", "device_trust_gate_wait"),
        ("device_trust_okta_token", "device_trust_okta_api_token"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(name: str, nearest: str) -> None:
    assert problems_of(name, 1) == [
        f"{name}: this variable does not exist; did you mean '{nearest}'?"
    ]


def test_an_unknown_name_without_a_near_one_is_refused() -> None:
    assert problems_of("device_trust_xyzzy", 1) == [
        "device_trust_xyzzy: this variable does not exist. Remove it."
    ]


@pytest.mark.parametrize(
    "rings, problem",
    [
        (["canary"], "[0]: 'canary' is not a ring. Write its keys, at least name and blueprints."),
        ([5], "[0]: 5 is not a ring. Write its keys, at least name and blueprints."),
        ([{**CANARY, "name": ""}], "[0].name: it is not set. Name the ring."),
        ([{"blueprints": ["IT"]}], "[0].name: it is not set. Name the ring."),
        ([{**CANARY, "blueprints": []}], "[0].blueprints: it is not set. Name its blueprints."),
        ([{**CANARY, "blueprints": [""]}], "[0].blueprints[0]: it is empty. Remove it."),
        ([{**CANARY, "blueprints": {"IT": 1}}], "[0].blueprints: it is a mapping. Write a list."),
        ([{**CANARY, "test_macs": [12345]}], "[0].test_macs[0]: it is a number. Put it in quotes."),
        (
            [{**CANARY, "test_mac": ["X"]}],
            "[0].test_mac: a ring has no such key; did you mean 'test_macs'?",
        ),
        ([{**CANARY, "colour": "red"}], "[0].colour: a ring has no such key. Remove it."),
        (
            [CANARY, {**CANARY, "blueprints": ["HR"]}],
            "[1].name: device_trust_rings[0] has the name 'canary', too. Give each ring its own"
            " name.",
        ),
        (
            [CANARY, {"name": " Canary", "blueprints": ["HR"]}],
            "[1].name: device_trust_rings[0] has the name 'canary', too. Give each ring its own"
            " name.",
        ),
        (
            [{**CANARY, "name": "Caf\xe9"}, {"name": "Cafe\u0301", "blueprints": ["HR"]}],
            "[1].name: device_trust_rings[0] has the name 'Caf\xe9', too. Give each ring its own"
            " name. They look alike: yours is 'Cafe\\u0301', the other one 'Caf\\xe9'.",
        ),
        (
            [CANARY, {"name": "all", "blueprints": ["HR", "IT\xa0"]}],
            "[1].blueprints: 'IT\\xa0' is in device_trust_rings[0], too, as 'IT'. Leave it in one ring."
            " If they are two blueprints, name both by their ids.",
        ),
        (
            [{**CANARY, "blueprints": [BLUEPRINT]}, {**WIDE, "blueprints": [BLUEPRINT.upper()]}],
            f"[1].blueprints: '{BLUEPRINT.upper()}' is in device_trust_rings[0], too, as"
            f" '{BLUEPRINT}'. Leave it in one ring.",
        ),
        (
            [CANARY, {"name": "all", "blueprints": ["HR", "IT"]}],
            "[1].blueprints: 'IT' is in device_trust_rings[0], too. Leave it in one ring.",
        ),
        ([{**CANARY, "name": "a\tb"}], None),
    ],
)
def test_a_problem_of_a_ring_names_ring_and_key(rings: list[object], problem: str | None) -> None:
    control = "[0].name: it has a line break or another control character. Remove it."
    assert problems_of("device_trust_rings", rings) == [f"device_trust_rings{problem or control}"]


def test_all_problems_are_listed_at_once() -> None:
    values: dict[str, object] = {
        "device_trust_gate_wait": "ten",
        "device_trust_max_removed": -1,
        "device_trust_enforce": "maybe",
        "device_trust_gate": 1,
    }
    assert len(checked(values)[1]) == 4


@pytest.mark.parametrize(
    "playbook, removed, problem",
    [
        (
            "site",
            "device_trust_rings",
            "device_trust_rings: it is not set. Set it for the host that the play runs on (localhost,"
            " unless device_trust_hosts names another one), for example in group_vars/all.yml.",
        ),
        (
            "site",
            "device_trust_kandji_api_token",
            "device_trust_kandji_api_token: it is not set. Set it, or IRUCTL_TOKEN in the"
            " environment.",
        ),
        (
            "rollback_managed_devices",
            "device_trust_okta_api_token",
            "device_trust_okta_api_token: it is not set. Set it, or OKTA_CLIENT_TOKEN in the"
            " environment, or device_trust_okta_access_token, device_trust_okta_client_id or"
            " device_trust_okta_private_key.",
        ),
    ],
)
def test_what_a_playbook_needs_must_be_set(playbook: str, removed: str, problem: str) -> None:
    values = {**ENOUGH, "device_trust_access_policy": "Apps", removed: None}
    assert validate(DECLARATION, Settings(playbook, values, {}, "/"))[1] == [problem]


def test_the_environment_is_enough() -> None:
    environment = {"IRUCTL_TOKEN": "secret", "OKTA_CLIENT_ORGURL": "https://acme.okta.com"}
    values = {"device_trust_kandji_api_token": "", "device_trust_okta_org_url": None}
    result, problems = checked(dict(values), environment=environment)
    assert problems == [] and result["okta_org_url"] == "https://acme.okta.com"


def test_a_problem_of_the_environment_names_its_variable() -> None:
    values: dict[str, object] = {"device_trust_okta_org_url": None}
    environment = {"OKTA_CLIENT_ORGURL": "https://acme.okta.com/x"}
    assert checked(values, environment=environment)[1][0].startswith("OKTA_CLIENT_ORGURL: ")


def test_a_reset_needs_a_selection() -> None:
    assert checked({}, "reset_devices")[1] == [
        "device_trust_reset_serials: it is not set. Set it, or device_trust_reset_users,"
        " device_trust_reset_device_ids or device_trust_reset_stages."
    ]
    assert checked({"device_trust_reset_users": "ann@example.com"}, "reset_devices")[1] == []


def test_a_reset_by_stage_needs_rings_and_an_approved_one_its_digest() -> None:
    values: dict[str, object] = {
        "device_trust_reset_stages": ["NOT_MANAGED"],
        "device_trust_reset_approved_only": "true",
        "device_trust_rings": [],
    }
    assert checked(values, "reset_devices")[1] == [
        "device_trust_rings: it is not set. Set it for the host that the play runs on (localhost,"
        " unless device_trust_hosts names another one), for example in group_vars/all.yml.",
        "device_trust_reset_plan_digest: it is not set. Launch the workflow, or set the digest of"
        " the approved plan.",
    ]


def test_enforcement_as_the_last_chapter_needs_its_variables() -> None:
    assert checked({"device_trust_enforce": "no"})[1] == []
    assert [each.split(":")[0] for each in checked({"device_trust_enforce": "yes"})[1]] == [
        "device_trust_access_policy",
        "device_trust_access_apps",
        "device_trust_break_glass_group",
    ]


def test_a_variable_that_is_wrong_is_not_called_unset_as_well() -> None:
    settings = Settings("site", CONNECTION, {}, "/", ["device_trust_rings"])
    assert validate(DECLARATION, settings)[1] == []
    assert len(problems_of("device_trust_rings", 5)) == 1


def test_a_ring_that_is_written_below_its_name_is_explained() -> None:
    problems = problems_of("device_trust_rings", [{"canary": {"blueprints": ["Canary"]}}])
    assert problems[0] == (
        "device_trust_rings[0].canary: a ring has no such key. Write it as 'name: canary', and its"
        " keys next to that."
    )


def test_a_misspelt_key_with_a_mapping_is_compared_with_the_keys() -> None:
    ring = {"name": "canary", "blueprints": ["IT"], "assignment_node": {"IT": "n1"}}
    assert problems_of("device_trust_rings", [ring]) == [
        "device_trust_rings[0].assignment_node: a ring has no such key; did you mean"
        " 'assignment_nodes'?"
    ]


def test_the_nearest_name_is_one_that_the_playbook_needs() -> None:
    problems = checked({"device_trust_serial": "C02XK1ZAJG5J"}, "device_status")[1]
    assert problems[0] == (
        "device_trust_serial: this variable does not exist; did you mean"
        " 'device_trust_status_serials'?"
    )


def test_paths_of_another_host_are_not_looked_for_on_this_one() -> None:
    values = {**ENOUGH, "device_trust_ca_path": "/there/ca.pem"}
    assert validate(DECLARATION, Settings("site", values, {}, ""))[1] == []


# Several hosts

OF_TENANT = [
    each for each in DECLARATION.variables.values() if each.environment and each.is_of_tenant
]


def test_only_what_may_be_shared_by_all_tenants_may_come_from_the_environment_of_several() -> None:
    shared = {each.name for each in DECLARATION.variables.values() if each.environment}
    assert shared - {each.name for each in OF_TENANT} == {
        "device_trust_ca_path",
        "device_trust_notify_url",
    }


@pytest.mark.parametrize("variable", OF_TENANT, ids=lambda each: each.name)
def test_no_host_of_several_takes_what_is_of_one_tenant_from_the_environment(
    variable: t.Any,
) -> None:
    values = {name: value for name, value in ENOUGH.items() if name != variable.name}
    environment = {variable.environment: str(ENOUGH.get(variable.name, "https://acme.okta.com"))}
    problem = (
        f"{variable.name}: it comes from {variable.environment} in the environment, and the play"
        f" runs on 2 hosts. Set it for the host that it is of, and remove {variable.environment}."
    )

    def problems_on(hosts: int, values: t.Any) -> list[str]:
        return validate(DECLARATION, Settings("site", values, environment, "/", hosts=hosts))[1]

    assert problem in problems_on(2, values)
    assert not any("environment" in each for each in problems_on(1, values))
    assert problem not in problems_on(2, {**values, variable.name: "set"})


@pytest.mark.parametrize(
    "playbook, refused",
    [
        ("notify", []),
        ("enforce_managed_devices", ["OKTA_CLIENT_TOKEN"]),
        ("lost_mac", ["OKTA_CLIENT_TOKEN", "IRUCTL_TOKEN"]),
        ("clean_up_records", ["OKTA_CLIENT_TOKEN", "IRUCTL_TOKEN"]),
        ("on_certificate_authority_change", ["OKTA_CLIENT_TOKEN", "OKTA_SCEP_URL"]),
        ("site", ["OKTA_CLIENT_TOKEN", "IRUCTL_TOKEN", "OKTA_SCEP_URL"]),
    ],
)
def test_several_hosts_may_share_what_the_playbook_does_not_use(
    playbook: str, refused: list[str]
) -> None:
    environment = {
        "OKTA_CLIENT_TOKEN": "00aToken",
        "IRUCTL_TOKEN": "token",
        "OKTA_SCEP_URL": "https://acme.okta.com",
    }
    problems = validate(DECLARATION, Settings(playbook, {}, environment, "/", hosts=2))[1]
    named = [each for each in environment if any(f"from {each} in" in text for text in problems)]
    assert named == refused


def test_a_host_of_several_that_lacks_a_url_is_not_sent_to_the_environment() -> None:
    values = {name: ENOUGH[name] for name in ENOUGH if name != "device_trust_kandji_api_url"}
    settings = Settings("site", values, {}, "/", hosts=3)
    assert validate(DECLARATION, settings)[1] == [
        "device_trust_kandji_api_url: it is not set. Set it for the host."
    ]
