"""Steps a second of inventory simulators: gym-invmgmt's environments and stockpyl's simulation of one node.

Called with paths of the arrays in, of the options and of the arrays out.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SECONDS = 2.0


def main(given: str, asked: str, answer: str) -> None:
    """Read the demand and the options, time what is there, write steps a second by name."""
    options = json.loads(Path(asked).read_text())
    with np.load(given) as arrays:
        demand = arrays["demand"]
    found: dict[str, Any] = {"stockpyl": stockpyl(demand, options)}
    for name in ("Serial", "MultiEchelon"):
        found[f"gym_invmgmt_{name.lower()}"] = gym_invmgmt(name, options["seed"])
    np.savez(answer, **found)


def gym_invmgmt(name: str, seed: int) -> float:
    """With the same small order on every link, warm."""
    import gym_invmgmt  # noqa: F401 - it registers the environments
    import gymnasium

    environment: Any = gymnasium.make(f"GymInvMgmt/{name}-v0")
    environment.reset(seed=seed)
    action = np.ones(environment.action_space.shape, dtype=environment.action_space.dtype)
    for warm in (True, False):
        steps, started = 0, time.process_time()
        while time.process_time() - started < (0.2 if warm else SECONDS):
            _, _, over, cut, _ = environment.step(action)
            steps += 1
            if over or cut:
                environment.reset()
    return steps / (time.process_time() - started)


def stockpyl(demand: Array, options: dict[str, Any]) -> float:
    """One node under a base stock, without a progress bar."""
    from stockpyl.sim import simulation
    from stockpyl.supply_chain_network import single_stage_system

    network = single_stage_system(
        local_holding_cost=1,
        stockout_cost=4,
        demand_type="D",
        demand_list=list(demand),
        policy_type="BS",
        base_stock_level=options["level"],
        shipment_lead_time=options["lead_time"],
    )
    started = time.process_time()
    simulation(network, len(demand), rand_seed=options["seed"], progress_bar=False)
    return len(demand) / (time.process_time() - started)


if __name__ == "__main__":
    main(*sys.argv[1:])
