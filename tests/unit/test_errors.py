import pickle

import pytest

from allocast.errors import (
    AllocastError,
    DataError,
    MissingExtraError,
    NoModelError,
    RegistryError,
    SettingsError,
    UnknownNameError,
)


@pytest.mark.parametrize(
    "kind", [DataError, SettingsError, UnknownNameError, MissingExtraError, RegistryError, NoModelError]
)
def test_whatever_allocast_refuses_can_be_caught_as_one(kind: type) -> None:
    assert issubclass(kind, AllocastError)


def test_an_empty_registry_is_a_registry_error() -> None:
    assert issubclass(NoModelError, RegistryError)


def test_an_unknown_name_lists_the_valid_ones_nearest_first() -> None:
    message = str(UnknownNameError("column", "pirce", ["units", "price", "date"]))
    assert message.startswith("unknown column 'pirce'; valid are price, ")
    assert {"units", "date"} <= set(message.replace(",", "").split())


def test_an_unknown_name_travels_between_processes() -> None:
    error = UnknownNameError("policy", "base_stok", iter(["min_max", "base_stock"]))
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is UnknownNameError
    assert str(arrived) == str(error)


def test_a_missing_extra_travels_between_processes() -> None:
    arrived = pickle.loads(pickle.dumps(MissingExtraError("install it")))
    assert (type(arrived), str(arrived)) == (MissingExtraError, "install it")
