"""The page about policies names what there is: its rulebook loads, its kinds, modules and tests exist."""

import re
from pathlib import Path
from typing import get_args

import pytest

from allocast.adapters.policy_settings import PolicySettings
from allocast.adapters.rulebook_document import load_rulebook

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
FORMULAS = ROOT / "src" / "allocast" / "inventory" / "formulas"
HELPERS = {
    "level_kernels",
    "losses",
    "newsvendor",
    "service_network",
}  # parts of others, or with a row of their own


def rows_below(heading):
    """Cells of the table below a heading, without its head."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_the_rulebook_of_the_page_loads(tmp_path):
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "shops.yaml"
    path.write_text(block, encoding="utf-8")
    document = load_rulebook(path)
    assert len(document.rules) == 4
    assert document.rules[2].then.policy == "{kind: fixed_quantity, batch_units: 48.0}"


def test_every_kind_of_policy_has_a_row_that_says_whether_it_takes_a_level():
    kinds = {
        get_args(one.model_fields["kind"].annotation)[0]: "cycle_service_level" in one.model_fields
        for one in get_args(get_args(PolicySettings)[0])
    }
    assert {row[0].strip("`"): row[2].startswith("yes") for row in rows_below("Policies")} == kinds


def test_every_formula_has_a_row():
    named = set(re.findall(r"`([a-z_]+)`", " ".join(row[1] for row in rows_below("Formulas"))))
    there = {path.stem for path in FORMULAS.glob("*.py")} - {"__init__"}
    assert there - HELPERS <= named
    assert named - {"min_max"} <= there


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:oracles|unit)/[\w/]+\.py)`", PAGE))))
def test_every_test_that_is_named_exists(path):
    assert (ROOT / "tests" / path).exists()
