# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m lab``: start the lab, print its announcement, run until SIGTERM or SIGINT.

The announcement is one line of JSON on standard output. The addresses for people are on standard
error.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import typing as t
from pathlib import Path

from lab.server import Lab
from lab.state import LIMITS, Options

STOPPING = (signal.SIGTERM, signal.SIGINT)


def parse(arguments: t.Sequence[str] | None = None) -> tuple[Options, Path | None]:
    """Return the options of the command line, and the directory for the CA file."""
    parsed = vars(make_parser(Options()).parse_args(arguments))
    directory = parsed.pop("directory")
    return Options(**parsed), directory


def make_parser(defaults: Options) -> argparse.ArgumentParser:
    """Return what parses the command line. Each destination but directory is a field of Options."""
    parser = argparse.ArgumentParser(
        prog="python -m lab",
        description="An Okta org, a Kandji tenant, their Macs and their people, on this machine.",
    )
    _add_company(parser, defaults)
    _add_behavior(parser, defaults)
    parser.add_argument(
        "--directory",
        type=Path,
        help="where the CA file is written and left; otherwise nothing is left",
    )
    return parser


def _add_company(parser: argparse.ArgumentParser, defaults: Options) -> None:
    """Add what the company consists of."""
    parser.add_argument(
        "--macs",
        type=int,
        default=defaults.macs,
        help="how many Macs the company has (default %(default)s)",
    )
    parser.add_argument(
        "--real-macs",
        type=int,
        default=defaults.real_macs,
        help="how many of them make keys and enroll for real (default %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=defaults.seed,
        help="equal seeds give equal companies (default %(default)s)",
    )
    parser.add_argument("--past", action="store_true", help="the tenant has ten years behind it")
    parser.add_argument(
        "--nothing-made",
        dest="consoles",
        action="store_false",
        help="the consoles have not been used yet",
    )
    parser.add_argument(
        "--fastpass-off",
        action="store_true",
        help="Okta FastPass and push of Okta Verify start inactive",
    )


def _add_behavior(parser: argparse.ArgumentParser, defaults: Options) -> None:
    """Add how vendors, Macs and people behave."""
    parser.add_argument(
        "--no-people",
        dest="people",
        action="store_false",
        help="Macs and people act only when you say so; otherwise they act by themselves",
    )
    parser.add_argument(
        "--latency",
        type=float,
        default=defaults.latency,
        metavar="S",
        help="seconds added to every answer",
    )
    parser.add_argument(
        "--limits",
        choices=LIMITS,
        default=defaults.limits,
        help="Okta's limits by the minute: recorded, or so high that nobody waits for them"
        " (default %(default)s)",
    )
    parser.add_argument(
        "--like",
        type=read_like,
        default={},
        metavar="FILE",
        help="behave like the tenant of this file, which verify_tenant.yml wrote",
    )


def read_like(path: str) -> dict[str, t.Any]:
    """Return the key ``lab`` of a tenant's answers.

    Raises ArgumentTypeError, which argparse shows.
    """
    from lab.control.schemas import BadRequest, check_like  # it loads all parts of the lab

    try:
        like = json.loads(Path(path).read_text(encoding="utf-8"))["lab"]
        check_like(like)
    except OSError as problem:
        raise argparse.ArgumentTypeError(f"{path}: {problem.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise argparse.ArgumentTypeError(f"{path} has no answers of a tenant.") from None
    except BadRequest as problem:
        raise argparse.ArgumentTypeError(f"{path}: {problem}") from None
    return dict(like)


def describe(options: Options, announcement: t.Mapping[str, t.Any]) -> str:
    """Return what a person reads of a lab that is ready: its addresses, without other secrets."""
    act = "by themselves" if options.people else "when you say so (on the page)"
    rows = {
        "Its page:": announcement["page_url"],
        "Okta org:": announcement["okta_url"],
        "Kandji tenant:": announcement["kandji_url"],
        "CA file:": announcement["ca_file"],
    }
    return "\n".join(
        [
            f"The lab is ready, with {options.macs} Macs. Macs and people act {act}.",
            *(f"  {name:<15}{value}" for name, value in rows.items()),
            "The line of JSON has its tokens, secrets and rings. docs/dev/lab.md says how a"
            " playbook uses them.",
            "Press Ctrl-C to stop it.",
        ]
    )


def main() -> int:
    """Run the lab until a signal ends it. Return the exit status."""
    options, directory = parse()
    # The signals are blocked in all threads and waited for: a handler runs in the main thread,
    # which a signal to another thread does not wake.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    with Lab(options, directory) as lab:
        print(json.dumps(lab.announcement), flush=True)
        print(describe(options, lab.announcement), file=sys.stderr, flush=True)
        signal.sigwait(STOPPING)
    return 0


if __name__ == "__main__":
    sys.exit(main())
