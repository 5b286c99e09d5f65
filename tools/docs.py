# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make docs`: the documentation as a site, below ``.cache/docs/html``.

The pages of ``docs/`` are its source, and the README; what modules, roles and plugins say of
themselves is made from the code by antsibull-docs. ``docs/index.md`` is the table of contents: each
heading of it becomes a part, each link of its lists a page. A page that is not in it fails the
build.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tools.support.environment import CACHE, CHECKOUT, child_environment
from tools.support.venvs import environment

COLLECTION = "devicetrust.okta_kandji"
DOCS = CHECKOUT / "docs"
INDEX = DOCS / "index.md"
PLACE = CACHE / "docs"
SOURCE, HTML = PLACE / "source", PLACE / "html"
REPOSITORY = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
ENTRY = re.compile(r"^- \[([^\]]+)\]\(([^)]+\.md)\)", re.MULTILINE)
REFERENCE = "Modules, roles and plugins"


def listed(text: str) -> list[str]:
    """Return the pages that an index names, in order."""
    return [page for _title, page in ENTRY.findall(text)]


def pages() -> list[str]:
    """Return the pages of docs/, by their paths below it."""
    return [path.relative_to(DOCS).as_posix() for path in sorted(DOCS.rglob("*.md"))]


def missing(there: list[str], text: str) -> list[str]:
    """Return the pages of docs/ that an index does not name."""
    return sorted(set(there) - set(listed(text)) - {INDEX.name})


def with_contents(text: str) -> str:
    """Return an index as the site has it, with a hidden table of contents after each list."""
    parts = re.split(r"(?m)^(?=## )", text)
    for number, part in enumerate(parts):
        pages = ENTRY.findall(part)
        title = part.splitlines()[0].removeprefix("## ") if part else ""
        if pages:
            entries = "".join(f"{name} <{_document(page)}>\n" for name, page in pages)
            parts[number] = (
                f"{part.rstrip()}\n\n```{{toctree}}\n:hidden:\n:caption:"
                f" {title}\n\n{entries}```\n\n"
            )
    reference = (
        f"## {REFERENCE}\n\nMade from the code: [{REFERENCE.lower()}](reference/index.rst), every"
        " option, default, result and example.\n"
    )
    return (
        "".join(parts)
        + f"{reference}\n```{{toctree}}\n:hidden:\n:caption: Reference\n\n{REFERENCE}"
        " <reference/index>\n```\n"
    )


def _document(page: str) -> str:
    return "readme" if page.endswith("README.md") else page.removesuffix(".md")


def for_the_site(text: str, directory: str) -> str:
    """Return a page with its links as the site has them.

    ``directory`` is its place in the checkout; a link to a file that is not a page leads to the
    repository.
    """

    def link(match: re.Match[str]) -> str:
        picture, label, target = match.groups()
        return f"{picture}[{label}]({_target(target, directory)})"

    return LINK.sub(link, text)


def _target(target: str, directory: str) -> str:
    path, hash_, anchor = target.partition("#")
    if "://" in target or not path:
        return target
    place = os.path.normpath(os.path.join(directory, path))
    top = "../" * directory.count("/")  # from docs/dev to the site's root
    if place.startswith("docs/"):
        return top + place.removeprefix("docs/") + hash_ + anchor
    if place == "README.md":
        return top + "readme.md" + hash_ + anchor
    role = re.fullmatch(r"roles/(\w+)/README\.md", place)
    return (
        f"{top}reference/{role.group(1)}_role.rst"
        if role
        else f"{REPOSITORY}/blob/main/{place}{hash_}{anchor}"
    )


def lay_out() -> None:
    """Write the sources of the site."""
    shutil.rmtree(PLACE, ignore_errors=True)
    shutil.copytree(DOCS, SOURCE, ignore=shutil.ignore_patterns("site"))
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        text = with_contents(text) if page == INDEX else text
        (SOURCE / page.relative_to(DOCS)).write_text(
            for_the_site(text, str(page.parent.relative_to(CHECKOUT))), encoding="utf-8"
        )
    (SOURCE / "readme.md").write_text(
        for_the_site((CHECKOUT / "README.md").read_text(encoding="utf-8"), ""), encoding="utf-8"
    )
    shutil.copy(DOCS / "dev" / "site" / "conf.py", SOURCE)
    (SOURCE / "_static").mkdir()
    shutil.copy(DOCS / "dev" / "site" / "site.css", SOURCE / "_static")
    reference = SOURCE / "reference"
    reference.mkdir()
    for directory in (
        PLACE,
        SOURCE,
        reference,
    ):  # antsibull-docs writes to none that others may write to
        directory.chmod(0o755)


def build(scripts: Path) -> bool:
    """Build the site with the scripts of its environment. Return whether there was no warning."""
    more = child_environment(
        PATH=os.pathsep.join([str(scripts), os.environ.get("PATH", os.defpath)])
    )
    made = [
        str(scripts / "antsibull-docs"),
        "collection",
        "--use-current",
        "--squash-hierarchy",
        "--fail-on-error",
        "--dest-dir",
        str(SOURCE / "reference"),
        COLLECTION,
    ]
    sphinx = [
        str(scripts / "sphinx-build"),
        "-b",
        "html",
        "-W",
        "--keep-going",
        "-q",
        "-d",
        str(PLACE / "doctrees"),
        str(SOURCE),
        str(HTML),
    ]
    return all(
        subprocess.run(command, cwd=CHECKOUT, env=more, check=False).returncode == 0
        for command in (made, sphinx)
    )


def main() -> int:
    """Build the site. Return 1 if a page is missing from the index, or a build failed."""
    forgotten = missing(pages(), INDEX.read_text(encoding="utf-8"))
    if forgotten:
        print(
            f"docs/index.md does not name {', '.join(forgotten)}: add a line for each under the"
            " heading where it belongs.",
            file=sys.stderr,
        )
        return 1
    try:
        scripts = environment("docs")
    except OSError as problem:
        print(problem, file=sys.stderr)
        return 1
    lay_out()
    if not build(scripts):
        return 1
    print(f"The documentation is in {(HTML / 'index.html').relative_to(CHECKOUT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
