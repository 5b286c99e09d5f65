# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain words in prose, messages and names, and task names that begin with a verb."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.support.vocabulary import (
    count_all,
    covered,
    imperative,
    judge_vocabulary,
    names_in,
    task_names,
    words_in,
)


@pytest.mark.parametrize("kind", ["words", "task names"])
def test_there_are_no_unwanted_words_or_task_names(kind):
    assert count_all()[kind] == {}


@pytest.mark.parametrize("kind", ["words", "task names"])
def test_the_lint_stage_names_each_file_with_such_words(capsys, kind):
    assert not judge_vocabulary({"words": {}, "task names": {}, kind: {"README.md": 2}})
    assert f"README.md: 2 unwanted {kind}." in capsys.readouterr().out
    assert judge_vocabulary({"words": {}, "task names": {}})


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The certificate is issued anew, and whoever asked is told.", 3),
        ("It is no certificate of this CA.", 1),
        ("It is no longer there, besides.", 0),
        ("There is no certificate.", 0),
        ("Where the Mac stands, and who comes in at an app.", 2),
        ("It stands for a stand-in, which comes in time.", 0),
        ("The change is held\nback.", 1),
        ("Amend the ladders' rungs, and recommend nothing.", 2),
        ("timestamps of the fortunetold = told_bound", 1),
    ],
)
def test_words_are_found_over_line_ends_and_inside_names_alone(text, count):
    assert sum(words_in(text).values()) == count


def test_a_name_counts_where_it_is_bound():
    source = "def shown(given):\n    for one in given:\n        print(one)\n"
    assert names_in(source) == {"shown": 1, "given": 1, "one": 1}
    assert names_in("for _ in range(3):\n    _rest = 1\n") == {"_": 1}


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("plugins/modules/okta_device_reset.py", True),
        ("lab/page/page.css", False),
        ("lab/page/page.js", True),
        ("extensions/molecule/default/verify.yml", True),
        ("extensions/eda/plugins/event_source/okta_event_hook.py", True),
        ("changelogs/fragments/events.yml", True),
        ("roles/kandji_scep/tasks/main.yml", True),
        ("README.md", True),
        ("tools/lint.py", True),
        ("tools/support/vocabulary.py", False),
        ("tests/conftest.py", False),
    ],
)
def test_the_rule_covers_the_collection_and_the_lab(path, counts):
    assert covered(Path(path)) is counts


def test_task_names_of_blocks_and_plays_are_read(tmp_path):
    file = tmp_path / "main.yml"
    file.write_text(
        "- name: Reset devices\n"
        "  hosts: localhost\n"
        "  tasks:\n"
        "    - name: What is there\n"
        "      block:\n"
        "        - name: Read the records\n"
        "          debug: {msg: !unsafe '{{ x }}'}\n"
    )
    names = task_names(file)
    assert names == ["Reset devices", "What is there", "Read the records"]
    assert [imperative(name) for name in names] == [True, False, True]
