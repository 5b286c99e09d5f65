# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the playbooks are declared once, and everything else agrees with that.

A boolean of a role may come as text. Where a role decides by one, it converts it first. What a
module takes, it converts; what a playbook reads, validate_variables converted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ansible_collections.devicetrust.okta_kandji.plugins.module_utils._core.options import RING
from ansible_collections.devicetrust.okta_kandji.plugins.plugin_utils import _variables

from tests.support.awx_job import role_data
from tools.generate import variables as variables_page
from tools.support.environment import CHECKOUT

DECLARATION = _variables.read_declaration()
VARIABLES = DECLARATION.variables
PLAYBOOKS = sorted(CHECKOUT.glob("playbooks/*.yml"))
PLAYBOOK_FILES = sorted(
    path
    for part in ("playbooks/*.yml", "playbooks/tasks/*.yml", "playbooks/vars/*.yml")
    for path in CHECKOUT.glob(part)
)
RULEBOOKS = sorted(CHECKOUT.glob("extensions/eda/rulebooks/*.yml"))
FILES = sorted(
    path
    for part in ("playbooks/*.yml", "playbooks/tasks/*.yml", "roles/*/tasks/*.yml")
    for path in CHECKOUT.glob(part)
)
RAW = re.compile(r"(?<![\w.])device_trust_\w+")
# What a result says in sentences, and what searches or cuts a text.
SENTENCES = re.compile(r"\.(msg|warnings|report|reason|summary|console_steps|problems)\b")
SEARCHES = re.compile(
    r"\b(search|match|regex\w*|replace|split)\b"
    r"|['\"] (not )?in [\w.]*\.(msg|warnings|report|reason|summary)\b"
)
PREFIX = "devicetrust.okta_kandji."
CONNECTIONS = {
    "all": "{{ _device_trust_connection }}",
    "okta": "{{ _device_trust_okta_connection }}",
    "kandji": "{{ _device_trust_kandji_connection }}",
}
CONDITIONS = ("when", "changed_when", "failed_when", "until", "that")


def role_booleans() -> set[str]:
    names = set()
    for path in CHECKOUT.glob("roles/*/meta/argument_specs.yml"):
        for spec in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            names |= {name for name, option in spec["options"].items() if option["type"] == "bool"}
    return names


BOOLEANS = {*role_booleans(), "_device_trust_renewal_rotates"}


def messages(node: object) -> Iterator[str]:
    """Yield what tasks say, without the expressions in it."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("msg", "fail_msg", "success_msg") and isinstance(value, str):
                yield re.sub(r"\{\{.*?\}\}", " ", value, flags=re.DOTALL)
            yield from messages(value)
    elif isinstance(node, list):
        for each in node:
            yield from messages(each)


def unconverted(expression: str) -> set[str]:
    """Return the booleans of an expression that are compared or combined as they came."""
    found = set()
    for match in re.finditer(r"(?<!\bdevice_trust\.)\b\w+", expression):
        rest = re.sub(r"^\s*\|\s*default\([^()]*\)", "", expression[match.end() :])
        if match.group() in BOOLEANS and not re.match(r"\s*\)*\s*\|\s*bool\b|\s*=", rest):
            found.add(match.group())
    return found


def decisions(node: object, key: str = "") -> Iterator[str]:
    """Yield the conditions, and the templates that combine values, of a YAML document."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from decisions(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from decisions(value, key)
    elif isinstance(node, str) and key in CONDITIONS:
        yield node
    elif isinstance(node, str):
        for template in re.findall(r"{{(.*?)}}", node, flags=re.DOTALL):
            if re.search(r"\b(and|or|not|if|ternary)\b", template):
                yield template


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_a_boolean_is_converted_before_it_decides(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    problems = {name for text in decisions(document) for name in unconverted(text)}
    assert not problems, f"Append `| bool` to {', '.join(sorted(problems))}."


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_no_condition_reads_the_words_of_a_message(path: Path) -> None:
    """They name the caller's variables, which differ by caller, and another text is no change."""
    assert readers_of_words(yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def readers_of_words(document: object) -> list[str]:
    """Return the conditions that name a message, and the expressions that search or cut one."""
    variables = dict(variables_of(document))
    conditions = [each for name in CONDITIONS for each in conditions_of(document, name)]
    found = [each for each in conditions if re.search(r"\.msg\b", each)]
    for expression in [*conditions, *expressions_of(document)]:
        whole = expression
        for _level in range(3):  # the variables of a task may hold the message
            whole = re.sub(
                r"(?<![\w.])_?device_trust_\w+",
                lambda match: f"({variables.get(match[0], match[0])})",
                whole,
            )
        if SEARCHES.search(expression) and SENTENCES.search(whole):
            found.append(expression)
    return found


def variables_of(node: object) -> Iterator[tuple[str, str]]:
    """Yield each variable that a YAML document sets, with its text."""
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from variables_of(each)
    if isinstance(node, dict):
        yield from ((str(name), value) for name, value in node.items() if isinstance(value, str))


def expressions_of(node: object) -> Iterator[str]:
    """Yield each Jinja expression of a YAML document."""
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from expressions_of(each)
    if isinstance(node, str):
        yield from re.findall(r"{[{%](.*?)[}%]}", node, flags=re.DOTALL)


def conditions_of(node: object, keyword: str) -> Iterator[str]:
    """Yield the conditions of a keyword anywhere in a YAML document."""
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from conditions_of(each, keyword)
    if isinstance(node, dict) and keyword in node:
        conditions = node[keyword]
        yield from map(str, conditions if isinstance(conditions, list) else [conditions])


def test_a_condition_on_a_message_is_found() -> None:
    task = {"block": [{"failed_when": "result.msg is match('url')"}, {"when": ["a", "b"]}]}
    assert list(conditions_of([task], "failed_when")) == ["result.msg is match('url')"]
    assert list(conditions_of([task], "when")) == ["a", "b"]


@pytest.mark.parametrize(
    "value, is_found",
    [
        ("{{ result.warnings | select('search', 'no user') | length }}", True),
        ("{{ ansible_failed_result.msg is match('url: ') }}", True),
        ("{{ (gone.report + left.report) | select('search', ': changed') | list }}", True),
        ("{% if 'no user' in result.msg %}none{% endif %}", True),
        ("{{ _device_trust_text | regex_replace('Set .*', '') }}", True),
        ("{{ result.report + result.warnings }}", False),
        ("{{ _device_trust_text }}", False),
        ("{{ names | select('search', '@') }}: {{ result.msg }}", False),
        ("{{ result.msg if 'max_new' in result.limits else '' }}", False),
    ],
)
def test_an_expression_on_the_words_of_a_message_is_found(value: str, is_found: bool) -> None:
    variables = {"_device_trust_text": "{{ result.msg | default('') }}"}
    task = {"ansible.builtin.debug": {"msg": value}, "vars": variables}
    assert bool(readers_of_words([task])) == is_found


@pytest.mark.parametrize(
    "expression, names",
    [
        ("managed_status_certificate_check", {"managed_status_certificate_check"}),
        ("managed_status_certificate_check | default(false)", {"managed_status_certificate_check"}),
        ("not managed_status_certificate_check and x", {"managed_status_certificate_check"}),
        ("managed_status_certificate_check | bool", set()),
        ("managed_status_certificate_check | default(false) | bool", set()),
        ("x or (managed_status_certificate_check | default(false)) | bool", set()),
        ("managed_status_certificate_checks", set()),
        ("device_trust.okta_verify_settings", set()),
    ],
)
def test_the_check_finds_what_is_not_converted(expression: str, names: set[str]) -> None:
    assert unconverted(expression) == names


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_every_playbook_validates_its_variables_first(path: Path) -> None:
    """In a task of its own, since ansible-rulebook copies a playbook without its task files."""
    plays = [play for play in yaml.safe_load(path.read_text()) if play.get("hosts")]
    assert plays[0]["tasks"][0] == {
        "name": "Validate the variables",
        "devicetrust.okta_kandji.validate_variables": {"playbook": path.stem},
        "register": "device_trust",
        "tags": ["always"],
    }


def test_a_ring_of_the_playbooks_has_the_keys_of_a_modules_ring() -> None:
    """But the name of a profile, which is that of the site playbook: its prefix and the ring."""
    assert {key.name for key in DECLARATION.ring} == RING.keys() - {"scep_profile"}


def test_the_needs_of_every_playbook_are_declared() -> None:
    assert sorted(DECLARATION.playbooks) == [path.stem for path in PLAYBOOKS]
    module = (CHECKOUT / "plugins" / "modules" / "validate_variables.py").read_text()
    assert re.findall(r"^      - (\w+)$", module, re.MULTILINE) == sorted(DECLARATION.playbooks)
    needs: list[object] = [need for needs in DECLARATION.vendors.values() for need in needs]
    for playbook in DECLARATION.playbooks.values():
        needs += [*playbook.requires, *playbook.requires_if, *playbook.requires_if.values()]
    assert set(re.findall(r"device_trust_\w+", str(needs))) <= set(VARIABLES)


@pytest.mark.parametrize("path", PLAYBOOK_FILES, ids=lambda path: path.name)
def test_a_playbook_reads_only_declared_variables(path: Path) -> None:
    """Typed as device_trust.name. Only secrets, and what plays need before, by their own name."""
    text = re.sub(r"^ *#.*$", "", path.read_text(), flags=re.MULTILINE)
    typed = set(re.findall(r"(?<!\w)device_trust\.(\w+)", text))
    readable = {
        variable.key
        for variable in VARIABLES.values()
        if not variable.secret or variable.type == "key"
    }
    assert typed <= readable
    # But for those that a message names.
    named = " ".join(messages(yaml.safe_load(text)))
    raw = Counter(RAW.findall(text)) - Counter(RAW.findall(named))
    secret = {variable.name for variable in VARIABLES.values() if variable.secret}
    assert raw.keys() <= {
        *secret,
        "device_trust_hosts",
        "device_trust_batches",  # which Ansible reads before the play
        "device_trust_notification",  # which a playbook sets for another
        "device_trust_reset_plan_digest",  # which a job sets for the next
        # Which messages name.
        "device_trust_reset_confirm",
        "device_trust_lost_revoke_sessions",
        "device_trust_lost_action",
        "device_trust_offboard_kandji_email",
    }


def test_a_role_reads_no_variable_of_a_playbook() -> None:
    """Another play that runs the role has none."""
    texts = {
        path: path.read_text(encoding="utf-8")
        for pattern in ("tasks/*.yml", "defaults/*.yml", "vars/*.yml", "templates/*")
        for path in CHECKOUT.glob(f"roles/*/{pattern}")
    }
    assert len(texts) > 20
    assert [path for path, text in texts.items() if "_device_trust_" in text] == []


def test_every_declared_variable_is_read_by_a_playbook_or_a_rulebook() -> None:
    texts = "".join(path.read_text() for path in [*PLAYBOOK_FILES, *RULEBOOKS])
    # What only decides whether others are needed.
    texts += str([list(playbook.requires_if) for playbook in DECLARATION.playbooks.values()])
    assert [
        variable.name
        for variable in VARIABLES.values()
        if not re.search(rf"\b_?device_trust(_typed)?\.{variable.key}\b|\b{variable.name}\b", texts)
    ] == []


@pytest.mark.parametrize("path", RULEBOOKS, ids=lambda path: path.stem)
def test_a_rulebook_reads_only_declared_variables(path: Path) -> None:
    assert set(re.findall(r"(?<![\w.])device_trust_\w+", path.read_text())) <= set(VARIABLES)


def test_every_default_and_example_is_a_valid_value() -> None:
    values = {name: variable.default for name, variable in VARIABLES.items()}
    for playbook in DECLARATION.playbooks:
        _typed, problems = _variables.validate(
            DECLARATION, _variables.Settings(playbook, values, {}, "/")
        )
        assert [problem for problem in problems if _variables.MISSING not in problem] == []


def test_the_example_inventory_has_valid_values_of_declared_variables() -> None:
    text = (CHECKOUT / "playbooks" / "inventory" / "example.yml").read_text()
    proposed = re.sub(r"^( +)# (device_trust_\w+:)", r"\1\2", text, flags=re.MULTILINE)
    resolved = re.sub(r"\{\{ vault_\w+ \}\}", "secret", proposed)
    values = yaml.safe_load(resolved)["all"]["vars"]
    assert "device_trust_okta_verify_settings" in values  # which is a comment in the file
    settings = _variables.Settings("site", values, {}, "/")
    assert _variables.validate(DECLARATION, settings)[1] == []


def test_the_page_has_the_tables_of_the_declaration() -> None:
    text = variables_page.PAGE.read_text(encoding="utf-8")
    assert variables_page.page(text) == text, "run python -m tools.generate.variables"


def test_a_variable_comes_from_the_environment_variable_of_its_option() -> None:
    options = (CHECKOUT / "plugins" / "module_utils" / "_core" / "options.py").read_text()
    for variable in VARIABLES.values():
        if variable.environment and f'"{variable.key}": {{' in options:
            after = options.partition(f'"{variable.key}": {{')[2]
            assert re.findall(r'env_fallback, \["(\w+)"', after)[0] == variable.environment


def survey_questions() -> list[dict[str, object]]:
    defaults = role_data("defaults")
    items = [
        *defaults["awx_configuration_job_templates"],
        *defaults["awx_configuration_workflows"],
    ]
    return [question for item in items for question in item.get("survey", [])]


@pytest.mark.parametrize("question", survey_questions(), ids=lambda each: each["variable"])
def test_a_survey_asks_within_the_range_and_choices_of_the_variable(
    question: dict[str, object],
) -> None:
    variable = VARIABLES[str(question["variable"])]
    kinds = {"int": {"integer"}, "str": {"text", "multiplechoice"}, "bool": {"multiplechoice"}}
    lists = {"multiselect"} if variable.choices else {"text", "textarea"}
    assert question["type"] in kinds.get(variable.type, lists)
    if variable.type == "int":
        assert (question["min"], question["max"]) == (variable.minimum, variable.maximum)
        # Without a default, the variable of the inventory counts, and the question says the rest.
        said = str(question.get("question_description", "")).endswith(f", else {variable.default}")
        assert said or question["default"] == variable.default
    choices = ["false", "true"] if variable.type == "bool" else list(variable.choices)
    assert question.get("choices", choices) == choices


def test_every_playbook_and_role_is_read() -> None:
    assert len(FILES) > 30 and len(BOOLEANS) > 15 and len(VARIABLES) > 80


def test_messages_name_variables_as_users_write_them():
    keys = {variable.key for variable in VARIABLES.values() if "_" in variable.key}
    keys -= {key.name for key in DECLARATION.ring}
    assert "ca_fingerprint" in keys
    found = [
        f"{path.name}: {word} in {text.strip()[:60]!r}"
        for path in PLAYBOOK_FILES
        for text in messages(yaml.safe_load(path.read_text(encoding="utf-8")))
        for word in re.findall(r"(?<![\w/.])\w+(?!\w|\.yml)", text)
        if word in keys
    ]
    assert found == []


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_each_play_says_what_to_do_if_the_variables_were_not_validated(path: Path) -> None:
    """Its first file of variables defines device_trust, which the first task overrides."""
    plays = [play for play in yaml.safe_load(path.read_text(encoding="utf-8")) if "hosts" in play]
    assert plays
    for play in plays:
        if re.search(r"\bdevice_trust\b", json.dumps(play)):
            assert play.get("vars_files", [""])[0] == "vars/common.yml", play["name"]
    [first] = [play["tasks"][0] for play in plays[:1]]
    assert first["register"] == "device_trust" and first["tags"] == ["always"]


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_declares_whose_variables_it_uses(path):
    """On several hosts, only these may not come from the environment."""
    text = path.read_text(encoding="utf-8")
    imported = re.findall(r"import_playbook: devicetrust\.okta_kandji\.(\w+)", text)
    included = re.findall(r"tasks/\w+\.yml", text)
    own = [text, *((CHECKOUT / "playbooks" / each).read_text("utf-8") for each in included)]
    own += [(CHECKOUT / "playbooks" / f"{each}.yml").read_text("utf-8") for each in imported]
    whole = "\n".join(own)
    uses = set(re.findall(r"group/devicetrust\.okta_kandji\.(okta|kandji):", whole))
    if re.search(r"scep_url|scep_challenge|vars/scep|kandji_scep_profile", whole):
        uses.add("scep")
    playbook = DECLARATION.playbooks[path.stem]
    assert {*playbook.vendors, *playbook.may_use} == uses


# What the preflight adds to the options of a role, or takes from another part.
OF_THE_PLAN = {
    "okta_verify/item": {"blueprints", "assignment_nodes", "report"},
    "managed_status/stages": {
        "rings",
        "okta_verify_item_ids",
        "wait",
        "certificate_check_item_id",  # an item that is made later
    },
    "okta_certificate_authority/main": {
        "challenge_deployed_at",
        "scep_challenge",
        "state",
        "test_enrollment",  # which is a write
    },
    "okta_verify/settings": {"profiles", "mobileconfig"},
    "kandji_scep/main": {"profiles", "challenge", "url"},
}


def module_options(path: str, module: str) -> dict[str, object]:
    tasks = yaml.safe_load((CHECKOUT / path).read_text(encoding="utf-8"))
    (options,) = (task[module] for task in tasks if module in task)
    return options


@pytest.mark.parametrize(
    ("part", "tasks", "module"),
    [
        ("okta_verify", "okta_verify/item", "kandji_app_store_item"),
        ("stages", "managed_status/stages", "device_trust_info"),
        (
            "certificate_authority",
            "okta_certificate_authority/main",
            "okta_device_integration",
        ),
        ("settings", "okta_verify/settings", "kandji_custom_profile"),
        ("scep", "kandji_scep/main", "kandji_scep_profile"),
    ],
)
def test_the_preflight_plans_with_the_options_that_the_roles_pass(part, tasks, module):
    """Otherwise the plan would predict another run."""
    collection = "devicetrust.okta_kandji."
    role, _slash, file = tasks.partition("/")
    of_role = module_options(f"roles/{role}/tasks/{file}.yml", collection + module)
    preflight = module_options(
        "playbooks/tasks/preflight.yml", f"{collection}device_trust_preflight"
    )
    planned = preflight[part]
    assert set(of_role) - set(planned) <= OF_THE_PLAN[tasks] and set(planned) <= set(of_role)
    # The site playbook passes variables of its own to some roles, in other tasks.
    passed = {name for name, value in planned.items() if "device_trust." in value}
    same = set(planned) - passed - OF_THE_PLAN[tasks]
    assert {name: planned[name] for name in same} == {name: of_role[name] for name in same}


def tasks_of(node: dict[str, object]) -> Iterator[dict[str, object]]:
    """Yield the tasks of a play or block, and those in their blocks."""
    for part in ("pre_tasks", "tasks", "post_tasks", "block", "rescue", "always"):
        tasks = node.get(part) or []
        assert isinstance(tasks, list)
        for task in tasks:
            yield task
            yield from tasks_of(task)


def missing_connection(play: dict[str, object]) -> set[str]:
    """Return the groups of modules that a play uses without the variables of the connection."""
    modules = {
        str(key).removeprefix(PREFIX)
        for task in tasks_of(play)
        for key in task
        if str(key).startswith(PREFIX)
    } - {"validate_variables"}
    runtime = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text(encoding="utf-8"))
    used = {
        name
        for name, members in runtime["action_groups"].items()
        if modules & {each for each in members if isinstance(each, str)}
    }
    used |= {"all"} if used else set()  # it extends the other groups
    defaults = play.get("module_defaults", {})
    assert isinstance(defaults, dict)
    return {name for name in used if defaults.get(f"group/{PREFIX}{name}") != CONNECTIONS[name]}


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.name)
def test_each_play_hands_the_whole_connection_to_its_modules(path: Path) -> None:
    """A variable that the first line shows and no module gets helps nobody."""
    plays = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {group for play in plays for group in missing_connection(play)} == set()


def test_a_plan_in_check_mode_counts_as_no_change_and_has_the_state_directory() -> None:
    """Else the recap counts it twice, and a warning says that the directory is not set."""
    wrong = []
    for path in PLAYBOOKS:
        for play in yaml.safe_load(path.read_text(encoding="utf-8")):
            for task in tasks_of(play):
                module = task.get(f"{PREFIX}okta_device")
                if isinstance(module, dict) and not module.get("state_dir"):
                    wrong.append(f"{path.name}: {task['name']}: state_dir")
                if task.get("check_mode") is True and task.get("changed_when") is not False:
                    wrong.append(f"{path.name}: {task['name']}: changed_when")
    assert wrong == []
