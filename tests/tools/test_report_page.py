# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page is made of files that linters read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.generate.report_page import ASSETS, COMMAND, TARGET, generate, literal
from tools.support.web_syntax import judge_web_syntax, syntax_errors


def test_the_page_of_the_report_is_generated_from_its_assets():
    assert TARGET.read_text(encoding="utf-8") == generate(), f"Run `{COMMAND}`."


def test_another_style_makes_another_page(tmp_path):
    for file in ASSETS.iterdir():
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "style.css").write_text("b { color: red; }\n")
    assert generate(tmp_path) != generate()
    assert 'STYLE = """\nb { color: red; }\n"""\n' in generate(tmp_path)


def test_backslashes_are_as_in_the_asset():
    assert literal("STYLE", '{ content: "\\2191"; }\n') == 'r"""{ content: "\\2191"; }\n"""'


@pytest.mark.parametrize("text", ['a """ b\n', 'ends in a quote"', "ends in a backslash\\"])
def test_what_a_raw_string_cannot_hold_is_refused(text):
    with pytest.raises(ValueError, match="Change the asset"):
        literal("SCRIPT", text)


@pytest.mark.parametrize(
    ("suffix", "source", "problems"),
    [
        (".js", b"const a = b?.c ?? 1;\ntry { a(); } catch { b(); }\n", 0),
        (".js", b"const a = ;\n", 1),
        (".js", b"function a() {\n  b(;\n}\n", 1),
        (".css", b"a { color: red; }\n@media print { a { color: black; } }\n", 0),
        (".css", b"a { color: red;\n", 1),
        (".html", b"<p>{text}</p>\n", 0),
        (".html", b"<p class=>a</p\n", 1),
    ],
)
def test_a_syntax_error_is_found(suffix, source, problems):
    assert bool(syntax_errors(suffix, source)) is bool(problems)


def test_syntax_passes_only_if_files_of_each_language_were_read():
    files = [Path("a.css"), Path("b.html"), Path("c.js")]
    assert judge_web_syntax(files, [])
    assert not judge_web_syntax(files, ["a.css:1: syntax error"])
    assert not judge_web_syntax(files[1:], [])
    assert not judge_web_syntax([], [])
