"""Every YAML of the repository is a job that can be opened, or a rulebook that can be laid over one."""

from pathlib import Path

import pytest

from allocast.adapters.job_settings import JobSettings
from allocast.adapters.rulebook_document import load_rulebook
from allocast.adapters.settings import load_settings
from allocast.workflows.job import resolve

ROOT = Path(__file__).parents[2]
RULEBOOKS = sorted((ROOT / "configs" / "rulebooks").rglob("*.y*ml"))
CONFIGS = sorted({*(ROOT / "configs").rglob("*.y*ml")} - {*RULEBOOKS})


def test_there_are_configs():
    assert {"demo.yaml", "scms.yaml", "vn2.yaml"} <= {path.name for path in CONFIGS}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_config_loads(path):
    resolved = load_settings(path, JobSettings)
    assert resolved.settings.name == path.stem
    assert resolved.origins["name"] == "file"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_what_is_kept_of_a_config_loads_to_the_same_job(path, tmp_path):
    settings = resolve(path, []).settings
    kept = tmp_path / "settings.yaml"
    kept.write_text(resolve(path, []).to_yaml(), encoding="utf-8")
    assert resolve(kept, []).settings == settings


@pytest.mark.parametrize("path", RULEBOOKS, ids=lambda path: path.name)
def test_every_rulebook_is_of_a_config(path):
    assert load_rulebook(path).name == path.stem
    assert path.name in {config.name for config in CONFIGS}


@pytest.mark.parametrize("path", [*CONFIGS, *RULEBOOKS], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_config_says_on_top_what_it_is(path):
    assert path.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_candidate_policies_have_names_of_their_own(path):
    names = [policy.build().name for policy in resolve(path, []).settings.backtest.policies]
    assert len(set(names)) == len(names)
