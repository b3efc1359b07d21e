"""Rules of the house that no other tool checks."""

import re
import shutil
import subprocess
import tomllib
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

MACHINE_PATH = re.compile(r"(?<![\w.:/~$})-])/(?:home|root|tmp|work|mnt|Users|workspace)/\w+")
REMINDER = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")


def places(text_files, pattern):
    return [
        f"{name}:{number}: {line.strip()}"
        for name, content in text_files.items()
        for number, line in enumerate(content.splitlines(), 1)
        if pattern.search(line)
    ]


def test_nothing_is_left_to_do_later(text_files):
    assert places(text_files, REMINDER) == []


def test_no_file_names_a_place_on_somebodys_machine(text_files):
    assert places(text_files, MACHINE_PATH) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('open("|home|ann|orders.csv")', True),
        ("cd |tmp|x", True),
        ("..|shared|data", False),
        ("https:||example.org|home|page", False),
        ("|proc|self|cgroup", False),
    ],
)
def test_a_place_on_a_machine_is_told_from_other_paths(line, found):
    assert bool(MACHINE_PATH.search(line.replace("|", "/"))) == found


def test_help_of_the_makefile_lists_every_target(root):
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]\w*):", makefile, re.MULTILINE)
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[0] for line in said.splitlines()] == targets
    assert set(re.findall(r"^\.PHONY: (\w+)", makefile, re.MULTILINE)) == set(targets)


def test_test_files_have_names_of_their_own(root):
    # pytest's importlib mode takes two files of one name for one module in places
    names = Counter(path.name for path in (root / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
    assert list((root / "tests").rglob("__init__.py")) == []


def test_unit_tests_stand_in_folders_like_those_of_the_source(root):
    source = {path.name for path in (root / "src" / "allocast").iterdir() if path.is_dir()}
    tested = {path.name for path in (root / "tests" / "unit").iterdir() if path.is_dir()}
    assert tested - source - {"__pycache__", "training"} == set()


def test_the_installed_command_is_the_one_that_is_tested(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["scripts"]["allocast"].partition(":")
    assert getattr(import_module(module), name) is import_module("allocast.cli.main").app
    assert Path(import_module("allocast").__file__).with_name("py.typed").exists()
