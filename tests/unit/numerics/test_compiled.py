"""Compiled functions, with and without a folder to keep them in."""

import numba
import pytest

from allocast.numerics.compiled import compiled


def double(value):
    return 2 * value


def only_cache_in(folder, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_LOCATOR_CLASSES", "UserProvidedCacheLocator")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))


def test_machine_code_is_kept_where_a_folder_can_be_written(tmp_path, monkeypatch):
    only_cache_in(tmp_path, monkeypatch)
    assert compiled(double)(21) == 42
    assert len(list(tmp_path.rglob("*.nbc"))) == 1


def test_without_a_folder_to_write_a_function_is_compiled_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    only_cache_in(tmp_path / "file" / "below", monkeypatch)
    with pytest.raises(RuntimeError, match="no locator"):
        numba.njit(cache=True)(double)
    assert compiled(double)(21) == 42


def test_other_troubles_of_the_cache_are_not_hidden(monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_LOCATOR_CLASSES", "NoSuchLocator")
    with pytest.raises(RuntimeError, match="NoSuchLocator"):
        compiled(double)
