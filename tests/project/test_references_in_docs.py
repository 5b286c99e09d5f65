# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation names nothing that is not there.

Links, anchors, playbooks, make targets, modules, options, variables, pages of the site.
"""

from __future__ import annotations

import json
import re
import typing as t
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from tests.support.action_groups import action_groups
from tools import docs, mutate
from tools.generate.screenshots import LARGEST
from tools.support.environment import CHECKOUT

COLLECTION = "devicetrust.okta_kandji"
PLUGINS = f"ansible_collections.{COLLECTION}.plugins"
PAGES = sorted(
    [*CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("roles/*/README.md"), CHECKOUT / "README.md"]
)
FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
MAKE_TARGETS = set(
    re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)


@pytest.fixture(params=PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def page(request):
    return request.param


def blocks(path: Path, *languages: str) -> list[str]:
    found = FENCE.findall(path.read_text(encoding="utf-8"))
    return [
        re.sub(rf"^ {{{indent(text)}}}", "", text, flags=re.MULTILINE)
        for language, text in found
        if language in languages
    ]


def indent(text: str) -> int:
    return min(
        (len(line) - len(line.lstrip()) for line in text.splitlines() if line.strip()), default=0
    )


# Links


@cache
def anchors(path: Path) -> set[str]:
    """As GitHub and the site make them of headings."""
    found: list[str] = []
    for heading in re.findall(
        r"^#+ (.+)$", FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE
    ):
        words = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found.append(slug if slug not in found else f"{slug}-{found.count(slug)}")
    return set(found)


def broken(path: Path, text: str) -> list[str]:
    """Relative links of a page that lead nowhere."""
    wrong = []
    for _picture, _label, target in docs.LINK.findall(FENCE.sub("", text)):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _hash, anchor = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        if not place.exists() or (
            anchor and place.suffix == ".md" and anchor not in anchors(place)
        ):
            wrong.append(target)
    return wrong


def test_every_link_leads_somewhere(page):
    assert broken(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "target", ["nowhere.md", "events.md#nothing-of-the-kind", "#no-such-heading"]
)
def test_a_link_that_leads_nowhere_is_seen(target):
    assert broken(
        CHECKOUT / "docs" / "index.md", f"[label]({target}) [fine](events.md#requirements)"
    ) == [target]


def test_pictures_are_small_used_and_described():
    texts = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    used = {
        target for picture, label, target in docs.LINK.findall(texts) if picture and len(label) > 10
    }
    there = {f"images/{path.name}" for path in (CHECKOUT / "docs" / "images").iterdir()}
    assert there == {
        target.removeprefix("../")
        for target in used
        if target.removeprefix("../").startswith("images/")
    }
    assert [
        path.name
        for path in (CHECKOUT / "docs" / "images").iterdir()
        if path.stat().st_size > LARGEST
    ] == []


# Code


def documents(path: Path) -> t.Iterator[t.Any]:
    for text in blocks(path, "yaml"):
        yield from yaml.safe_load_all(text)
    for text in blocks(path, "json"):
        json.loads(text)


def test_every_block_of_yaml_and_json_is_that(page):
    list(documents(page))


@cache
def options(module: str) -> set[str]:
    """Of a module of ours, with those of its fragments."""
    found = yaml.safe_load(import_module(f"{PLUGINS}.modules.{module}").DOCUMENTATION)
    names = set(found.get("options") or {})
    for fragment in found.get("extends_documentation_fragment", []):
        name, _dot, part = fragment.removeprefix(f"{COLLECTION}.").partition(".")
        loaded = import_module(f"{PLUGINS}.doc_fragments.{name}").ModuleDocFragment
        text = getattr(loaded, (part or "documentation").upper())
        names |= set(yaml.safe_load(text).get("options") or {})
    return names


@cache
def role_options(role: str) -> set[str]:
    return set(
        yaml.safe_load(
            (CHECKOUT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
        )["argument_specs"]["main"]["options"]
    )


def ours(name: str) -> str:
    return name.removeprefix(f"{COLLECTION}.") if name.startswith(f"{COLLECTION}.") else ""


def mistakes(value: t.Any) -> t.Iterator[str]:
    """What a document of YAML names of ours that is not there.

    Modules, their options, roles and their variables, groups, playbooks, rulebooks' sources.
    """
    if isinstance(value, list):
        for inner in value:
            yield from mistakes(inner)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key == "module_defaults":
            yield from _wrong_defaults(inner)
        elif (
            key in ("role", "name")
            and ours(str(inner))
            and {"role", "tasks_from", "public", "name"} & set(value)
        ):
            yield from _wrong_name(ours(str(inner)), value if key == "role" else {})
        elif key.endswith("import_playbook") and ours(str(inner)):
            yield from (
                []
                if "{{" in inner or (CHECKOUT / "playbooks" / f"{ours(inner)}.yml").is_file()
                else [f"playbook {inner}"]
            )
        elif ours(str(key)):
            yield from _wrong_options(ours(str(key)), inner)
        if (
            key.endswith("include_role")
            and isinstance(inner, dict)
            and ours(str(inner.get("name")))
        ):
            yield from _wrong_name(ours(inner["name"]), value.get("vars") or {})
        yield from mistakes(inner)


def _wrong_defaults(defaults: dict[str, t.Any]) -> t.Iterator[str]:
    for key, given in defaults.items():
        group = key.removeprefix(f"group/{COLLECTION}.")
        if group not in action_groups():
            yield f"group {key}"
        else:
            yield from (
                f"{key}: {name}"
                for name in given
                if not any(name in options(module) for module in action_groups()[group])
            )


def _wrong_name(name: str, given: dict[str, t.Any]) -> t.Iterator[str]:
    if (CHECKOUT / "roles" / name).is_dir():
        yield from (
            f"{name}: {one}"
            for one in given
            if one.startswith(f"{name}_") and one not in role_options(name)
        )
    elif not (CHECKOUT / "playbooks" / f"{name}.yml").is_file():
        yield f"role or playbook {name}"


def _wrong_options(name: str, given: t.Any) -> t.Iterator[str]:
    if (CHECKOUT / "plugins" / "modules" / f"{name}.py").is_file():
        yield from (f"{name}: {one}" for one in given or {} if one not in options(name))
    elif not (
        CHECKOUT / "extensions" / "eda" / "plugins" / "event_source" / f"{name}.py"
    ).is_file():
        yield f"module {name}"


def test_modules_options_roles_and_variables_in_yaml_exist(page):
    assert [wrong for document in documents(page) for wrong in mistakes(document)] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            "- devicetrust.okta_kandji.device_trust_inof:\n    rings: []",
            ["module device_trust_inof"],
        ),
        (
            "- devicetrust.okta_kandji.device_trust_info:\n    rigns: []",
            ["device_trust_info: rigns"],
        ),
        (
            (
                "- ansible.builtin.include_role:\n    name: devicetrust.okta_kandji.okta_verify\n "
                " vars: {okta_verify_blueprint: x}"
            ),
            ["okta_verify: okta_verify_blueprint"],
        ),
        ("roles: [{role: devicetrust.okta_kandji.device_rest}]", ["role or playbook device_rest"]),
        (
            (
                "module_defaults: {group/devicetrust.okta_kandji.okta: {kandji_api_url: x,"
                " okta_api_tokn: x}}"
            ),
            ["group/devicetrust.okta_kandji.okta: okta_api_tokn"],
        ),
        (
            "import_playbook: devicetrust.okta_kandji.sight",
            ["playbook devicetrust.okta_kandji.sight"],
        ),
    ],
)
def test_what_is_not_there_is_seen(text, wrong):
    assert list(dict.fromkeys(mistakes(yaml.safe_load(text)))) == wrong


@cache
def known_variables() -> str:
    """All that reads variables, as one text."""
    files = [
        path
        for directory in ("playbooks", "roles", "extensions/eda")
        for path in sorted((CHECKOUT / directory).rglob("*.yml"))
    ]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@cache
def known_columns() -> str:
    """What hosts of the inventory have, as one text."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((CHECKOUT / "plugins" / "module_utils").rglob("*.py"))
    )


def test_variables_in_code_are_read_by_something(page):
    named = {
        name
        for text in blocks(page, "yaml", "sh")
        for name in re.findall(r"\bdevice_trust_\w+", text)
    }
    modules = {path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")} | {
        "device_trust_hook",
        "device_trust",
    }
    read = {
        name
        for name in named
        if re.search(rf"\b{name}\b", known_variables())
        or f'"{name.removeprefix("device_trust_")}"' in known_columns()
    }
    assert named - read - modules == set()


def commands(path: Path) -> list[str]:
    """Lines of shell, those that go on joined."""
    return [
        line.strip()
        for text in blocks(path, "sh")
        for line in re.sub(r"\\\n\s*", "", text).splitlines()
        if line.strip()
    ]


def test_playbooks_rulebooks_modules_tools_and_make_targets_of_commands_exist(page):
    wrong = []
    for command in commands(page):
        for name in re.findall(rf"(?<![\w.]){COLLECTION}\.(\w+)", command):
            places = [
                f"playbooks/{name}.yml",
                f"extensions/eda/rulebooks/{name}.yml",
                f"plugins/modules/{name}.py",
                f"plugins/inventory/{name}.py",
            ]
            wrong += [] if any((CHECKOUT / place).is_file() for place in places) else [name]
        wrong += [
            place
            for place in re.findall(r"\bplaybooks/[\w/]+\.yml", command)
            if not (CHECKOUT / place).is_file()
        ]
        wrong += [
            f"make {target}"
            for target in re.findall(r"(?:^|\s)make ([a-z][\w-]*)", command)
            if target not in MAKE_TARGETS
        ]
        for name in re.findall(r"python3? -m ((?:tools|lab)[\w.]*)", command):
            place = CHECKOUT / name.replace(".", "/")
            wrong += [] if place.is_dir() or place.with_suffix(".py").is_file() else [name]
    assert wrong == []


# By page: a first try whose credentials are in the environment, AWX's own variables, several hosts.
OTHER_FORMS = {
    "quickstart.md": "-e @rings.yml",
    "awx.md": "configure_awx",
    "modules.md": "-i ten",
    "tenants.md": "-e device_trust_hosts=",  # its ansible.cfg names the inventory and the vault
}
ONE_FORM = "-i inventory.yml -e @vault.yml --ask-vault-pass "


def test_printed_commands_have_the_inventory_and_the_vault_of_the_readme(page):
    """Who set up the README's inventory and vault pastes a command of any page."""
    if "dev" in page.parts:
        pytest.skip("for contributors")
    text = re.sub(r"\\\n\s*", "", page.read_text(encoding="utf-8"))
    printed = re.findall(
        r"(?m)^ *(ansible(?:-playbook| localhost) .*)$|`(ansible-playbook .*?)`", text
    )
    other = OTHER_FORMS.get(page.name, ONE_FORM)
    wrong = [line for pair in printed for line in pair if line and ONE_FORM not in line]
    assert [line for line in wrong if other not in line] == []


def test_make_targets_in_sentences_exist(page):
    named = set(re.findall(r"`make ([a-z][\w-]*)`", page.read_text(encoding="utf-8")))
    assert named - MAKE_TARGETS == set()


def test_named_plans_exist(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"\bmake mutate PLANS=(?:\"([\w ]+)\"|(\w+))", text)
    assert {word for pair in named for word in " ".join(pair).split()} - set(
        mutate.plans()
    ) == set()


def test_every_stage_and_flag_has_its_line_in_troubleshooting():
    ladder = import_module(f"{PLUGINS}.module_utils._fleet.stages")
    text = (CHECKOUT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    assert [name for name in (*ladder.STAGES, *ladder.FLAGS) if f"\n| `{name}` |" not in text] == []


# Where to add


def recipe_steps() -> list[str]:
    """Return the steps of the recipes for contributors, each on one line."""
    text = (CHECKOUT / "docs" / "dev" / "contributing.md").read_text(encoding="utf-8")
    section = text.split("\n## Where to add\n")[1].split("\n## ")[0]
    return [
        " ".join(step.split()) for step in re.findall(r"^- (.*(?:\n  .*)*)", section, re.MULTILINE)
    ]


def absent_from_code(step: str) -> list[str]:
    """Return the files and names of a recipe's step that do not exist."""
    named = re.findall(r"`([^`]+)`", step)
    files = [name for name in named if re.fullmatch(r"[\w/]+\.(?:py|yml|md)", name)]
    places = [
        CHECKOUT / ("plugins/module_utils" if name.startswith("_") else "") / name for name in files
    ]
    text = "".join(place.read_text(encoding="utf-8") for place in places if place.is_file())
    words = {name for name in named if re.fullmatch(r"\w+", name)}
    return [
        *(name for name, place in zip(files, places, strict=True) if not place.is_file()),
        *sorted(word for word in words if not re.search(rf"\b{word}\b", text)),
    ]


@pytest.mark.parametrize("step", recipe_steps(), ids=lambda step: step.split("`")[1])
def test_a_recipe_for_contributors_names_files_and_what_they_hold(step):
    assert absent_from_code(step) == []


def test_a_name_that_a_recipe_invents_is_seen():
    step = "`_device_records/guards.py`: a reason of `ALLOW`, of `_check_moon` and of `_device_records/moon.py`"
    assert absent_from_code(step) == ["_device_records/moon.py", "_check_moon"]


# The site


def test_every_page_is_in_the_table_of_contents_once():
    text = docs.INDEX.read_text(encoding="utf-8")
    named = docs.listed(text)
    assert docs.missing(docs.pages(), text) == [], (
        "add a line for each to docs/index.md, under the heading where it belongs"
    )
    assert len(named) == len(set(named)) and all((docs.DOCS / name).is_file() for name in named)


def test_a_list_of_the_index_becomes_a_part_of_the_contents():
    made = docs.with_contents(
        "# Title\n\n## Do\n\n- [The report](report.md): for people.\n- [README](../README.md)\n"
    )
    assert (
        ":caption: Do\n\nThe report <report>\nREADME <readme>\n```" in made
        and "reference/index" in made
    )


@pytest.mark.parametrize(
    ("link", "there"),
    [
        ("[a](report.md#b)", "[a](report.md#b)"),
        ("[a](../README.md#b)", "[a](readme.md#b)"),
        ("[a](#b)", "[a](#b)"),
        ("[a](https://x/y.md)", "[a](https://x/y.md)"),
        ("![a picture](images/lab.png)", "![a picture](images/lab.png)"),
        ("[a](../roles/okta_verify/README.md)", "[a](reference/okta_verify_role.rst)"),
        (
            "[a](../playbooks/inventory/example.yml)",
            f"[a]({docs.REPOSITORY}/blob/main/playbooks/inventory/example.yml)",
        ),
    ],
)
def test_links_lead_to_the_same_on_the_site(link, there):
    assert docs.for_the_site(link, "docs") == there
