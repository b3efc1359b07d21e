import json
from pathlib import Path

import pytest

from allocast.adapters.bundles import read_bundle, write_bundle
from allocast.errors import RegistryError


class Older:
    """A demand model as a version wrote it that did not keep the length of a period."""

    kind = "demand"

    def state(self) -> dict[str, bytes]:
        document = {"settings": {"features": {}}, "codes": {}, "trained_until": "2024-01-01"}
        return {"trees.txt": b"", "demand_model.json": json.dumps(document).encode()}


def test_a_model_stored_in_another_form_is_refused_by_name(tmp_path: Path) -> None:
    write_bundle(Older(), tmp_path / "old")
    with pytest.raises(RegistryError, match=r"another version of Allocast.*Train and register it again"):
        read_bundle(tmp_path / "old")
