"""Runs a peer's script in the peers' own environment, arrays in and arrays out."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from allocast.errors import MissingExtraError

__all__ = ["PEERS", "run_peer"]

PEERS = Path(".venv-peers/bin/python")


def run_peer(
    script: str, arrays: Mapping[str, "np.typing.NDArray[Any]"], *, threads: int = 1, **options: Any
) -> dict[str, "np.typing.NDArray[Any]"]:
    """What a script of ``training/peers`` makes of some arrays.

    Parameters
    ----------
    script : str
        Name of a module in ``training/peers``. It is called with three paths (arrays in, options, arrays out) and
        reads and writes them with numpy and json alone.
    arrays : mapping of name to array
    threads : int
        What numeric libraries may take.
    **options
        Whatever json can say.

    Raises
    ------
    MissingExtraError
        The peers' environment is not there.
    CalledProcessError
        The script failed; what it printed to stderr is shown.
    """
    if not PEERS.exists():
        raise MissingExtraError(
            f"comparing with peers needs their own environment: no {PEERS}. Run: make peers"
        )
    one = {name: str(threads) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        given, asked, answer = (Path(folder) / name for name in ("in.npz", "options.json", "out.npz"))
        np.savez(given, allow_pickle=False, **arrays)
        asked.write_text(json.dumps(options))
        command = [str(PEERS), f"training/peers/{script}.py", str(given), str(asked), str(answer)]
        subprocess.run(command, check=True, env=os.environ | one)
        with np.load(answer, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
