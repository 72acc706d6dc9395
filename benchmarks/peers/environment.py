"""An environment with the peers in it, outside the checkout; made once a list of versions."""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
CHECKOUT = Path(__file__).parents[2]


class PeersError(Exception):
    """The peers could not be had, or did not do their work; the message says which."""


def python(cache: Path | None = None) -> Path:
    """Give the peers' own Python; the first time pip fetches them, about a minute."""
    cache = cache or Path.home() / ".cache" / "penstock"
    version = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = cache / f"peers-{sys.version_info.major}.{sys.version_info.minor}-{version}"
    if not folder.exists():
        _make(folder)
    return folder / "bin" / "python"


def _make(folder: Path) -> None:
    draft = folder.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    venv.create(draft, with_pip=True)
    command = [str(draft / "bin" / "python"), "-m", "pip", "install", "--quiet", "-r"]
    done = subprocess.run(  # noqa: S603  Our own command line.
        [*command, str(REQUIREMENTS)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise PeersError(f"pip could not fetch the peers:\n{done.stderr[-2_000:]}")
    # One step, so the environment is whole or absent; its Python finds itself by its own place.
    draft.rename(folder)
