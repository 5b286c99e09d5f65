# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the words that the collection does not use, in prose, messages, docstrings and names.

``python -m tools.support.vocabulary FILE`` shows the words of a file and what to write instead.
"""

from __future__ import annotations

import ast
import re
import sys
import typing as t
from collections import Counter
from pathlib import Path

import yaml

from tools.support.environment import CHECKOUT
from tools.support.git_files import tracked_files

COMMAND = "python -m tools.support.vocabulary FILE"

# What stands behind a word is what to write instead.
WORDS = {
    "anew": "again, or a verb: re-issue, regenerate",
    "reckon|reckons|reckoned|reckoning": "estimate",
    "whoever": "a person who, anyone who",
    "told": "reported, or the noun",
    "rung|rungs": "stage",
    "ladder|ladders": "stages",
    "beside": "next to, and",
    "mend|mends|mended|mending": "fix, correct",
    "(?<!there )is no(?= )(?! longer| more| less)": "is not a",
    "held back|holds back|hold back": "skipped, refused",
    "referee|referees": "conformance test",
    "moment|moments": "timestamp",
    "(?:stand|stands)(?! for| in for| alone| still|[-_]in)": "is, stage, state",
    "doubt|doubts": "uncertainty, incomplete, unconfirmed",
    "(?:come|comes|came|coming) in(?! time| pages)": "open an app, sign in",
    "unharmed": "intact",
    "enrol(?!l)[a-z]*": "enroll, enrollment, as the vendors write it",
    "licences?": "license, as the vendors write it",
    "ways? to sign in": "credentials, authentication",
}
PATTERNS = {
    words: re.compile(rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])", re.IGNORECASE) for words in WORDS
}
# Pronouns and participles that name a value; a name is a noun.
NAMES = frozenset({"one", "said", "told", "mine", "found", "given", "shown", "gone", "_"})
PROSE = (".md", ".yml", ".yaml", ".j2")
PLACES = ("changelogs", "docs", "extensions", "playbooks", "roles")  # of prose
CODE = {
    "plugins": (".py",),
    "extensions": (".py",),
    "lab": (".py", ".js", ".html"),
    "tools": (".py",),
}
HERE = "tools/support/vocabulary.py"  # it lists the words
# First words of the names of tasks, plays and handlers.
VERBS = frozenset(
    """
    Add Adopt Allow Announce Apply Approve Ask Assert Assign Attach Backup Block Build Call
    Cancel Change Check Choose Clean Clear Clone Collect Combine Compare Compute Configure
    Confirm Continue Converge Copy Count Create Deactivate Decide Define Delete Deploy Describe
    Determine Disable Discover Download Enable End Enforce Enroll Ensure Evaluate Exclude
    Explain Export Fail Fetch Filter Find Forecast Format Gather Generate Get Group Handle
    Ignore Import Include Inform Initialize Install Keep Let Limit Link List Load Log Make Map Mark
    Measure Merge Migrate Move Name Note Notify Open Parse Pause Plan Post Prepare Print Probe
    Publish Query React Read Record Refuse Register Release Remove Rename Renew Replace Report
    Require Reset Resolve Restart Restore Return Revoke Roll Rotate Run Save Scan Search Select Send
    Set Show Sign Simulate Skip Sort Split Start Stop Store Summarize Suspend Switch Sync Test
    Unassign Unsuspend Update Upload Use Validate Verify Wait Warn Watch Write
    """.split()
)


def count_words(files: t.Iterable[Path]) -> dict[str, int]:
    """Return how many unwanted words each file has; files without any are left out."""
    counts: dict[str, int] = {}
    for file in files:
        if covered(file):
            text = (CHECKOUT / file).read_text(encoding="utf-8")
            counts[str(file)] = sum(words_in(text).values())
            if file.suffix == ".py":
                counts[str(file)] += sum(names_in(text).values())
    return {file: count for file, count in counts.items() if count}


def covered(file: Path) -> bool:
    """Return whether the rule holds for a file of the checkout."""
    if str(file) == HERE:
        return False
    if file.parts[0] in CODE and file.suffix in CODE[file.parts[0]]:
        return True
    return str(file) == "README.md" or (file.parts[0] in PLACES and file.suffix in PROSE)


def words_in(text: str) -> Counter[str]:
    """Return the unwanted words of a text, and how often each is there."""
    plain = " ".join(text.split())
    return Counter({words: len(pattern.findall(plain)) for words, pattern in PATTERNS.items()})


def names_in(source: str) -> Counter[str]:
    """Return the unwanted names that Python source binds, and how often it binds each."""
    names: Counter[str] = Counter()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names[node.id] += 1
        elif isinstance(node, ast.arg):
            names[node.arg] += 1
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names[node.name] += 1
    return Counter(
        {name: count for name, count in names.items() if (name.strip("_") or name) in NAMES}
    )


def count_task_names(files: t.Iterable[Path]) -> dict[str, int]:
    """Return how many names of tasks and plays begin with another word than a verb, by file."""
    counts = {
        str(file): len([name for name in task_names(CHECKOUT / file) if not imperative(name)])
        for file in files
        if file.parts[0] in ("extensions", "playbooks", "roles") and file.suffix == ".yml"
    }
    return {file: count for file, count in counts.items() if count}


def imperative(name: str) -> bool:
    """Return whether the name of a task begins with a verb of the list."""
    words = name.split()
    return bool(words) and words[0] in VERBS


def task_names(path: Path) -> list[str]:
    """Return the names of the plays, blocks, tasks and handlers of a YAML file, in order."""
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - see below
    return list(_names(content)) if isinstance(content, list) else []


def _names(entries: list[t.Any]) -> t.Iterator[str]:
    for entry in entries:
        if isinstance(entry, dict):
            if isinstance(entry.get("name"), str):
                yield entry["name"]
            for part in (
                "block",
                "rescue",
                "always",
                "tasks",
                "pre_tasks",
                "post_tasks",
                "handlers",
            ):
                yield from _names(entry.get(part) or [])


class _Loader(yaml.SafeLoader):
    """A safe loader that reads the tags of Ansible as plain values."""


def _plain(loader: _Loader, _tag: str, node: yaml.nodes.Node) -> t.Any:
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!", _plain)


def count_all() -> dict[str, dict[str, int]]:
    """Return both counts of the checkout, by file."""
    files = tracked_files()
    return {"words": count_words(files), "task names": count_task_names(files)}


def check_vocabulary() -> bool:
    """Check that the checkout has no such words and task names: `make lint`."""
    return judge_vocabulary(count_all())


def judge_vocabulary(counts: dict[str, dict[str, int]]) -> bool:
    """Return whether there are no unwanted words and task names, and print the files that have."""
    for kind, by_file in sorted(counts.items()):
        for file, count in sorted(by_file.items()):
            print(f"{file}: {count} unwanted {kind}. To see them: {COMMAND}")
    return not any(counts.values())


def explain(file: Path) -> t.Iterator[str]:
    """Yield each unwanted word of a file with its line and what to write instead."""
    text = (CHECKOUT / file).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        for words, pattern in PATTERNS.items():
            for match in pattern.finditer(line):
                yield f"{file}:{number}: {match.group(0)!r}; write: {WORDS[words]}"
    if file.suffix == ".py":
        for name, count in sorted(names_in(text).items()):
            yield f"{file}: the name {name!r} is bound {count} times; write a noun"
    if file.suffix == ".yml":
        for name in task_names(CHECKOUT / file):
            if not imperative(name):
                yield f"{file}: the task {name!r} does not begin with a verb of the list"


def main(arguments: t.Sequence[str]) -> None:
    """Print the unwanted words of files."""
    for argument in arguments:
        print("\n".join(explain(Path(argument))))


if __name__ == "__main__":
    main(sys.argv[1:])
