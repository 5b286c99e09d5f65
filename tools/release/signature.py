# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign a release as ansible-galaxy verifies it: a detached signature of MANIFEST.json.

The key is made for one check and is not kept. A real release is signed with the key of its
publisher in the same way: ``gpg --detach-sign --armor MANIFEST.json``. ansible-galaxy verifies it
of an installed collection; of a tarball from disk it reads no signature.
"""

from __future__ import annotations

import shutil
import tempfile
import typing as t
from pathlib import Path

from tools.release.tarball import MANIFEST
from tools.support.environment import run_and_read

OWNER = "release check of devicetrust.okta_kandji"


class Gpg:
    """gpg with a home of its own. Its agent needs a short path, so the home is a temporary one."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.environment = {**environment, "GNUPGHOME": str(home)}

    def run(self, *arguments: str) -> None:
        """Run gpg. Raises OSError with its output if it fails."""
        status, output = run_and_read(
            ["gpg", "--batch", "--quiet", "--yes", *arguments], self.environment, show=False
        )
        if status:
            raise OSError(f"gpg {' '.join(arguments)}: {output.strip()}")

    def make_key(self, keyring: Path) -> None:
        """Make a key without passphrase, and write its public half to ``keyring``."""
        self.run("--passphrase", "", "--quick-generate-key", OWNER, "default", "sign", "1d")
        self.run("--output", str(keyring), "--export", OWNER)

    def sign(self, file: Path) -> Path:
        """Return the detached, armoured signature of a file."""
        made = file.with_name(file.name + ".asc")
        self.run("--armor", "--output", str(made), "--detach-sign", str(file))
        return made


def verified(
    manifest: Path, place: Path, galaxy: t.Sequence[str], environment: dict[str, str]
) -> bool:
    """Return whether ansible-galaxy takes the signature of a manifest, and refuses another one.

    ``galaxy``: the command that verifies the installed collection, without its keyring and
    signature.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    right, other, keyring = place / MANIFEST, place / f"other-{MANIFEST}", place / "keyring.gpg"
    shutil.copy(manifest, right)
    other.write_bytes(right.read_bytes() + b"\n")
    with tempfile.TemporaryDirectory() as home:
        gpg = Gpg(Path(home), environment)
        try:
            gpg.make_key(keyring)
            made, forged = gpg.sign(right), gpg.sign(other)
        except OSError as problem:
            print(problem)
            return False
        finally:
            run_and_read(["gpgconf", "--kill", "all"], gpg.environment, show=False)
    command = [*galaxy, "--keyring", str(keyring), "--required-valid-signature-count", "+1"]
    taken, text = run_and_read([*command, "--signature", made.as_uri()], environment, show=False)
    refused, answer = run_and_read(
        [*command, "--signature", forged.as_uri()], environment, show=False
    )
    return judge(taken == 0, text, refused != 0, answer)


def judge(taken: bool, text: str, refused: bool, answer: str) -> bool:
    """Print what ansible-galaxy did with the right and with the forged signature.

    Return whether both were judged rightly: it must say that the forged one failed, too.
    """
    rightly = refused and "Signature verification failed" in answer
    print("ansible-galaxy takes the signature." if taken else text)
    print("ansible-galaxy refuses the signature of another manifest." if rightly else answer)
    return taken and rightly
