# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing without documentation, nothing without an example, nothing without a test.

The examples themselves are run in tests/functional.
"""

from __future__ import annotations

import re

import pytest
import yaml

from tests.functional.helpers import examples
from tools.support.environment import CHECKOUT

PLUGINS = examples.plugins()
NAMES = [path.stem for path in PLUGINS]
ROLES = sorted(path.name for path in (CHECKOUT / "roles").iterdir())
FRAGMENTS = ("okta", "kandji", "connection", "fleet")
# Of the template for certified collections, in its order.
HEADINGS = [
    "Description",
    "Requirements",
    "Installation",
    "Use Cases",
    "Testing",
    "Support",
    "Release Notes",
    "Related Information",
    "License Information",
]


@pytest.mark.parametrize("path", PLUGINS, ids=NAMES)
def test_every_option_is_explained(path):
    options = examples.own_options(examples.documentation(path).get("options", {}))
    assert [name for name, option in options if not "".join(option["description"]).strip()] == []


@pytest.mark.parametrize("path", PLUGINS, ids=NAMES)
def test_every_option_stands_in_an_example(path):
    text = examples.example_text(path)
    assert text.strip(), f"{path.stem} has no example."
    if path.parent.name == "filter":
        return  # what a filter takes stands in its expression
    shown = examples.keys_of(
        examples.sources(text) if path.parent.name == "inventory" else yaml.safe_load(text)
    )
    options = {
        name
        for name, _option in examples.own_options(examples.documentation(path).get("options", {}))
    }
    assert sorted(options - shown) == [], f"Show these options in an example of {path.stem}."


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_every_shared_option_is_shown_somewhere(fragment):
    text = (CHECKOUT / "plugins" / "doc_fragments" / f"_{fragment}.py").read_text()
    options = yaml.safe_load(re.search(r'DOCUMENTATION = r?"""(.*?)"""', text, re.DOTALL).group(1))[
        "options"
    ]
    pages = [*examples.documents(), *sorted((CHECKOUT / "playbooks").glob("*.yml"))]
    shown = "".join(path.read_text() for path in pages) + "".join(
        examples.example_text(path) for path in PLUGINS
    )
    assert [name for name in options if not re.search(rf"\b{name}\b", shown)] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_play_that_shows_it(role):
    """It is run in tests/functional/documentation/test_documented_plays.py."""
    plays = examples.plays(CHECKOUT / "roles" / role / "README.md")
    assert any(
        examples.COLLECTION + role == one["role"] for play in plays for one in play.get("roles", [])
    )


@pytest.mark.parametrize(
    "path", examples.documents(), ids=lambda path: str(path.relative_to(CHECKOUT))
)
def test_the_yaml_of_pages_can_be_read(path):
    examples.blocks(path)


def test_the_readme_has_the_headings_of_certified_collections_in_their_order():
    found = re.findall(r"^## (.*)$", (CHECKOUT / "README.md").read_text(), re.MULTILINE)
    assert [heading for heading in found if heading in HEADINGS] == HEADINGS


def test_sanity_ignores_nothing():
    assert (CHECKOUT / "tests").is_dir()
    assert list((CHECKOUT / "tests").rglob("ignore-*.txt")) == []
