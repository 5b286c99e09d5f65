# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of itself agrees with what it holds."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from importlib import import_module

import pytest
import yaml

from tests.support.action_groups import action_groups
from tools.generate import role_pages
from tools.support.environment import CHECKOUT
from tools.support.git_files import tracked_files

MODULES_PACKAGE = "ansible_collections.devicetrust.okta_kandji.plugins.modules"
FRAGMENTS_PACKAGE = "ansible_collections.devicetrust.okta_kandji.plugins.doc_fragments"
MODULES = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))
GROUPS = action_groups()
ACTIONS = CHECKOUT / "plugins" / "action"
# They work on the controller, and send nothing.
WITHOUT_REQUESTS = {"device_trust_plan", "validate_variables"}
FINDS_COLLECTION = re.compile(r"^for _place in .*?(?=^\S+ ansible_collections)", re.M | re.S)
# They need test programs, the vendors' descriptions or a browser.
NEEDS_MORE = {"conformance", "known_keys", "screenshots"}
ROLES = sorted(path.name for path in (CHECKOUT / "roles").iterdir())


@pytest.mark.parametrize("vendor", ["okta", "kandji"])
def test_a_module_that_takes_a_vendors_options_is_in_its_action_group(vendor):
    takes = [
        name
        for name in MODULES
        if f"- devicetrust.okta_kandji._{vendor}\n"
        in (CHECKOUT / "plugins" / "modules" / f"{name}.py").read_text()
    ]
    assert takes and GROUPS[vendor] == takes


def test_event_sources_find_the_collection_in_the_same_way():
    """They cannot share the code: it is what lets them import from the collection."""
    sources = CHECKOUT / "extensions" / "eda" / "plugins" / "event_source"
    texts = [path.read_text() for path in sources.glob("*.py")]
    found = [FINDS_COLLECTION.search(text) for text in texts]
    assert len(texts) == 2 and len({match and match[0] for match in found} - {None}) == 1
    assert all(found)


def test_every_module_is_in_the_group_all():
    assert GROUPS["all"] == [name for name in MODULES if name not in WITHOUT_REQUESTS]


@pytest.mark.parametrize("name", MODULES)
def test_the_documented_action_groups_of_a_module_are_those_that_list_it(name):
    listing = {f"devicetrust.okta_kandji.{group}" for group in GROUPS if name in GROUPS[group]}
    assert set(documented_groups(name)) == listing


def test_some_module_documents_its_action_groups():
    assert documented_groups("okta_device") == [
        "devicetrust.okta_kandji.okta",
        "devicetrust.okta_kandji.kandji",
        "devicetrust.okta_kandji.all",
    ]


def test_every_module_has_the_action_plugin_that_displays_its_progress():
    """Each may wait for minutes, since a vendor's rate limit may be used up."""
    text = (ACTIONS / "device_trust_gate.py").read_text()
    assert "plugin_utils._action import ActionModule" in text
    texts = {path.stem: path.read_text() for path in ACTIONS.glob("*.py")}
    others = WITHOUT_REQUESTS | {"device_trust_preflight"}
    assert {name: texts[name] for name in texts.keys() - others} == dict.fromkeys(
        set(MODULES) - others, text
    )
    assert "class ActionModule(BaseAction)" in texts["device_trust_preflight"]


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_tried_against_the_lab(name):
    tests = [path.read_text() for path in (CHECKOUT / "tests" / "functional").rglob("test_*.py")]
    assert any(f'"{name}"' in text for text in tests)


@pytest.mark.parametrize("name", ROLES)
def test_a_role_sets_defaults_only_for_variables_that_it_specifies(name):
    specified = role_pages.options(name)
    for variable, value in role_defaults(name).items():
        assert not specified[variable].get("required")
        assert specified[variable].get("default", value) == value


@pytest.mark.parametrize("name", ROLES)
def test_a_variable_that_a_role_passes_to_a_module_has_the_modules_default(name):
    specified, defaults = role_pages.options(name), role_defaults(name)
    for module, option, variable in passed_options(name):
        documented = module_options(module)[option].get("default")
        assert not defaults.get(variable), f"{variable}: leave the default to {module}."
        assert (specified[variable].get("default") or None) == (documented or None), variable


def test_what_is_built_holds_of_tests_only_the_configuration():
    patterns = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["build_ignore"]
    tests = {"/".join(file.parts[:2]) for file in tracked_files() if file.parts[0] == "tests"}
    built = {
        name
        for name in {*tests, "tests/__pycache__"}
        if not any(fnmatch(name, pattern) for pattern in patterns)
    }
    assert built == {"tests/config.yml"}


def test_make_generate_writes_each_page_that_needs_no_other_program():
    recipe = (CHECKOUT / "Makefile").read_text().partition("\ngenerate:")[2].partition("\n\n")[0]
    generators = {path.stem for path in (CHECKOUT / "tools" / "generate").glob("[a-z]*.py")}
    assert set(re.findall(r"tools\.generate\.(\w+)", recipe)) == generators - NEEDS_MORE


def test_some_role_passes_options_to_a_module():
    assert ("kandji_scep_profile", "max_reissue", "kandji_scep_max_reissue") in list(
        passed_options("kandji_scep")
    )


@pytest.mark.parametrize("name", ROLES)
def test_the_readme_of_a_role_has_the_table_of_its_argument_specification(name):
    text = role_pages.readme(name).read_text()
    assert role_pages.page(name, text) == text, "run python -m tools.generate.role_pages"


def role_defaults(name):
    path = CHECKOUT / "roles" / name / "defaults" / "main.yml"
    return yaml.safe_load(path.read_text()) or {} if path.exists() else {}


def documentations(module):
    """Yield the documentation of a module, then each fragment that it extends."""
    documentation = yaml.safe_load(import_module(f"{MODULES_PACKAGE}.{module}").DOCUMENTATION)
    yield documentation
    for fragment in documentation.get("extends_documentation_fragment", []):
        package, _dot, part = fragment.removeprefix("devicetrust.okta_kandji.").partition(".")
        held = import_module(f"{FRAGMENTS_PACKAGE}.{package}").ModuleDocFragment
        yield yaml.safe_load(getattr(held, (part or "documentation").upper()))


def module_options(module):
    merged = {}
    for documentation in documentations(module):
        merged.update(documentation.get("options", {}))
    return merged


def documented_groups(module):
    """Return the action groups that the documentation of a module names."""
    attributes = {}
    for documentation in documentations(module):
        attributes = {**documentation.get("attributes", {}), **attributes}
    return attributes.get("action_group", {}).get("membership", [])


def passed_options(name):
    """Yield (module, option, variable) of each option that a role leaves to the module."""
    for path in sorted((CHECKOUT / "roles" / name / "tasks").glob("*.yml")):
        for task in flat(yaml.safe_load(path.read_text())):
            for key, arguments in task.items():
                if key.startswith("devicetrust.okta_kandji."):
                    yield from passed_by(key.rpartition(".")[2], arguments)


def passed_by(module, arguments):
    for option, value in arguments.items():
        found = re.fullmatch(r"\{\{ (\w+) \| default\(omit(?:, true)?\) \}\}", str(value))
        if found:
            yield module, option, found.group(1)


def flat(tasks):
    for task in tasks:
        yield task
        yield from flat(task.get("block", []) + task.get("rescue", []))


def included_files(path):
    """Yield the files that the tasks of a file include or import by a fixed path."""
    content = yaml.safe_load(path.read_text())
    plays = [play for play in content if "hosts" in play] if isinstance(content, list) else []
    tasks = [task for play in plays for task in play.get("tasks", [])] if plays else content
    for task in flat(tasks or []):
        for action in ("include_tasks", "import_tasks", "import_playbook"):
            value = task.get(f"ansible.builtin.{action}")
            name = value.get("file") if isinstance(value, dict) else value
            if name and "{{" not in name:
                yield path.parent / name
        role = task.get("ansible.builtin.include_role") or task.get("ansible.builtin.import_role")
        if role and "{{" not in role.get("tasks_from", "main"):
            name = role["name"].rpartition(".")[2]
            yield CHECKOUT / "roles" / name / "tasks" / f"{role.get('tasks_from', 'main')}.yml"


TASK_FILES = [*CHECKOUT.glob("playbooks/**/*.yml"), *CHECKOUT.glob("roles/*/tasks/*.yml")]
TASK_FILES = [path for path in TASK_FILES if not {"inventory", "meta", "vars"} & set(path.parts)]


@pytest.mark.parametrize("path", TASK_FILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_file_that_tasks_include_exists(path):
    assert [str(file) for file in included_files(path) if not file.exists()] == []


def test_an_included_file_that_does_not_exist_is_found(tmp_path):
    (tmp_path / "main.yml").write_text(
        "- name: Include\n  block:\n    - ansible.builtin.include_tasks: missing.yml\n"
    )
    assert list(included_files(tmp_path / "main.yml")) == [tmp_path / "missing.yml"]
