"""With what something was made: package versions, Python, machine, and the commit if there is one."""

import os
import platform
import subprocess
from importlib.metadata import version

__all__ = ["commit", "environment"]

PACKAGES = (
    "allocast",
    "numpy",
    "pandas",
    "scipy",
    "lightgbm",
    "scikit-learn",
    "torch",
    "stable-baselines3",
    "gymnasium",
    "mlflow",
)
SOURCES = ("src", "training", "configs")


def environment() -> dict[str, str]:
    """Versions and machine, plain text by name."""
    return {
        **{package: version(package) for package in PACKAGES},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "commit": commit(),
    }


def commit() -> str:
    """Short hash of the working folder's commit, ``+changes`` if its sources differ from it; empty outside git."""
    head = _git("rev-parse", "--short", "HEAD")
    return head and head + ("+changes" if _git("status", "--porcelain", "--", *SOURCES) else "")


def _git(*arguments: str) -> str:
    try:
        asked = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git here, or no repository
        return ""
    return asked.stdout.strip()
