"""The core does no work when imported and knows nobody outside; arrows point one way."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

from allocast.adapters.bundles import BUNDLE_CLASSES, bundle_class

ROOT = Path(__file__).parents[2]
OUTSIDE = ["mlflow", "typer", "torch", "gymnasium", "stable_baselines3", "ruamel", "pydantic", "matplotlib"]
SLOW = ["pandas", "numpy", "mlflow", "lightgbm", "torch", "scipy", "pyarrow", "matplotlib"]
LOADED = (
    "\nimport sys; print(*sorted({module.partition('.')[0] for module in sys.modules} & set(sys.argv[1:])))"
)
IMPORT_CORE = """
import importlib, pkgutil
for package in {packages}:
    module = importlib.import_module(package)
    for found in pkgutil.walk_packages(getattr(module, "__path__", []), package + "."):
        importlib.import_module(found.name)
"""
ASK_FOR_HELP = """
from typer.testing import CliRunner
from allocast.cli.main import app
for words in {commands}:
    assert CliRunner().invoke(app, [*words.split(), "--help"]).exit_code == 0, words
"""


def contracts():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["type"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def fresh_python(script, *arguments, **options):
    """What a script prints in a Python process of its own, where warnings are errors."""
    run = [sys.executable, "-W", "error", "-B", "-c", script, *arguments]
    done = subprocess.run(run, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_importing_the_core_loads_nothing_of_the_rim_and_writes_nothing(tmp_path):
    script = IMPORT_CORE.format(packages=contracts()["forbidden"]["source_modules"]) + LOADED
    own = dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(tmp_path))
    assert fresh_python(script, *OUTSIDE, cwd=tmp_path, env=os.environ | own).split() == []
    assert list(tmp_path.iterdir()) == []


def test_every_folder_of_the_core_is_in_its_contract():
    contract = contracts()["layers"]
    layers = [name.strip() for layer in contract["layers"] for name in layer.split("|")]
    core = layers[layers.index("simulation") :]
    assert sorted(contracts()["forbidden"]["source_modules"]) == sorted(f"allocast.{name}" for name in core)
    assert contract["exhaustive"]


def test_help_loads_no_library_that_takes_long(commands):
    script = ASK_FOR_HELP.format(commands=["", *commands]) + LOADED
    assert fresh_python(script, *SLOW).split() == []


def test_a_wrong_config_is_refused_without_mlflow_or_torch(tmp_path):
    (tmp_path / "wrong.yaml").write_text("name: 1\n")
    script = """
from typer.testing import CliRunner
from allocast.cli.main import app
assert CliRunner().invoke(app, ["run", "wrong.yaml"]).exit_code == 2
"""
    assert fresh_python(script + LOADED, "mlflow", "torch", cwd=tmp_path).split() == []


def test_imports_point_from_the_rim_to_the_core():
    script = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    said = fresh_python(script, cwd=ROOT)
    assert "0 broken" in said


def test_every_kind_of_model_is_where_the_registry_looks_for_it():
    for kind in BUNDLE_CLASSES:
        assert bundle_class(kind).kind == kind
