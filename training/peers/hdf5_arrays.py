"""Arrays of an HDF5 file; runs in the peers' environment, which has h5py.

Options: ``path`` of the file. Arrays out: every data set, by its path in the file with ``.`` for ``/``.
"""

import json
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def main(_given: str, asked: str, answer: str) -> None:
    """Read every data set."""
    found: dict[str, Any] = {}
    with h5py.File(json.loads(Path(asked).read_text())["path"]) as file:
        file.visititems(
            lambda name, node: (
                found.update({name.replace("/", "."): node[()]}) if isinstance(node, h5py.Dataset) else None
            )
        )
    np.savez(answer, allow_pickle=False, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
