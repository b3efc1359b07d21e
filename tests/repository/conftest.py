"""Where the repository is, and what belongs to it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from allocast.cli.main import app

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def text_files() -> dict[str, str]:
    """Path below the root to content of every text file that git keeps, or would keep."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("these are not files of a git repository")
    found = {}
    for name in filter(None, names):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content:
            found[name] = content.decode("utf-8")
    return found


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, inner in getattr(command, "commands", {}).items():
        yield from _walk(inner, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), command


@pytest.fixture(scope="session")
def commands() -> dict[str, Any]:
    """Every command by what is typed, such as "train demand"."""
    return dict(_walk(get_command(app), ()))
