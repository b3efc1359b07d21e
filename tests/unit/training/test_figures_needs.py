"""A figure says what it needs before it measures anything, and ends with exit code 3 where that is missing."""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from training import figures, peer_environment
from training.figures import FIGURES
from training.peer_environment import run_peer

from allocast.errors import AllocastError


def recipes_of(module):
    """A recipe and all recipes that it imports from, and these in turn."""
    found, to_read = set(), {module}
    while to_read:
        found.add(name := to_read.pop())
        text = Path(find_spec(name).origin).read_text(encoding="utf-8")
        to_read |= (
            set(re.findall(r"^from (training\.\w+) import", text, re.MULTILINE))
            - found
            - {"training.figures"}
        )
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_runs_peers_says_so(name):
    assert FIGURES[name].peers == ("training.peer_environment" in recipes_of(FIGURES[name].module))


def test_without_data_a_figure_ends_with_exit_code_3(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("ALLOCAST_DATA", str(tmp_path))
    assert figures.main(["carparts"]) == 3
    assert "carparts_expsmooth: not there. Set ALLOCAST_DATA" in capsys.readouterr().err


def test_without_peers_a_figure_ends_with_exit_code_3_before_it_measures(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(figures, "PEERS", tmp_path / "python")
    assert figures.main(["features_speed"]) == 3
    assert "Run: make peers" in capsys.readouterr().err


def test_a_peer_is_not_run_without_its_environment(monkeypatch, tmp_path):
    monkeypatch.setattr(peer_environment, "PEERS", tmp_path / "python")
    with pytest.raises(AllocastError, match="Run: make peers"):
        run_peer("lag_features", {"x": np.zeros(2)})
