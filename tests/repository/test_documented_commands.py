"""What README and docs say can be typed, and what can be typed is in the README."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from allocast.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shell_lines(start):
    """Lines of all shell blocks of all pages that begin with a word."""
    blocks = [(page, block) for page in PAGES for block in BLOCK.findall(page.read_text(encoding="utf-8"))]
    lines = [(page, line) for page, block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [
        pytest.param(line, id=f"{page.name}: {line}") for page, line in lines if line.startswith(f"{start} ")
    ]


def test_pages_show_commands():
    assert len(shell_lines("allocast")) >= 10


def test_every_command_and_option_has_help(commands):
    for name, command in commands.items():
        assert command.help, f"allocast {name} has no help"
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{parameter.name} of allocast {name} has no help"


def test_every_command_stands_in_the_readme(commands):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [name for name in commands if not re.search(rf"\ballocast {name}\b", readme)]
    assert missing == []


@pytest.mark.parametrize("line", shell_lines("allocast"))
def test_every_command_on_a_page_can_be_typed(line, commands, monkeypatch):
    words = shlex.split(line, comments=True)[1:]
    name = " ".join(words[:2]) if " ".join(words[:2]) in commands else words[0]
    arguments = words[len(name.split()) :]
    options = [option for parameter in commands[name].params for option in parameter.opts]
    if "--dry-run" not in options:
        commands[name].make_context(name, arguments)  # parses, and does nothing
        return
    monkeypatch.chdir(ROOT)
    shown = CliRunner().invoke(app, [*name.split(), *arguments, "--dry-run"])
    assert shown.exit_code == 0, shown.output
    assert re.search(r"^name +file ", shown.output, re.MULTILINE)


@pytest.mark.parametrize("line", shell_lines("make"))
def test_every_target_on_a_page_is_in_the_makefile(line):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in shlex.split(line, comments=True)[1:]:
        assert "=" in word or re.search(rf"^{word}:", makefile, re.MULTILINE), word


def test_a_dry_run_of_any_command_writes_nothing(commands, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dry = [name for name, command in commands.items() if any(p.name == "dry_run" for p in command.params)]
    assert len(dry) >= 7
    for name in dry:
        config = str(ROOT / "configs" / "demo.yaml")
        shown = CliRunner().invoke(app, [*name.split(), config, "demand.horizon=9", "--dry-run"])
        assert shown.exit_code == 0, shown.output
        assert re.search(r"^demand\.horizon +override +9$", shown.output, re.MULTILINE)
        assert re.search(r"^supply\.rounds +default ", shown.output, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_repository_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    broken = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []
