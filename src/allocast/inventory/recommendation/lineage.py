"""Where a recommendation came from."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Lineage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Where a recommendation came from; written into every row.

    Parameters
    ----------
    as_of : day
        The last period whose demand was known.
    policy : str
        Its name with its settings; that of its stand-in where it left the series to it.
    policy_version, policy_run_id : str
        Version in the registry (``name/version``), and the run that made it; and so below.
    agent_model, agent_run_id : str
        Empty for a classical policy.
    demand_model, demand_run_id, supply_model, supply_run_id : str
    data_digest : str
        Of the tables that were read.
    """

    as_of: np.datetime64
    policy: str
    policy_version: str
    policy_run_id: str
    agent_model: str
    agent_run_id: str
    demand_model: str
    demand_run_id: str
    supply_model: str
    supply_run_id: str
    data_digest: str
