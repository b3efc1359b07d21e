"""A figure says what it needs before it measures anything, and ends with exit code 3 where that is missing."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from training import figures, peer_environment
from training.figures import FIGURES
from training.peer_environment import run_peer

from allocast.errors import AllocastError


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_runs_peers_says_so(name):
    recipe = Path(find_spec(FIGURES[name].module).origin).read_text(encoding="utf-8")
    assert FIGURES[name].peers == ("from training.peer_" in recipe)


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
