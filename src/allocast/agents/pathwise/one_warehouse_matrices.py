"""One warehouse and its locations as matrices: what of a period, of levels and of what is seen is linear in the state.

The state is that of ``OneWarehousePaths``: ``first`` says where each location's parts begin in it, ``parts`` how many
parts the warehouse and a location have.
"""

import numpy as np
import torch
from torch import Tensor

from allocast.numerics.arrays import FloatArray
from allocast.simulation.one_warehouse.system import OneWarehouse

__all__ = [
    "cost_tables",
    "filled_state",
    "flow_matrix",
    "level_matrices",
    "observation_matrix",
    "parts_of",
]

LEVEL_WIDTH = 4.0  # standard deviations by which an action of 1 lifts a level above mean demand
FARTHEST = 8.0  # times the mean demand to be covered: up to there costs of stock are looked up


def parts_of(system: OneWarehouse) -> tuple[list[int], tuple[int, int]]:
    """Where each location's parts begin in a state, and how many parts the warehouse and a location have."""
    longest = int(system.lead_times.max())
    return [system.lead_time + k * longest for k in range(system.n_locations)], (system.lead_time, longest)


def observation_matrix(
    system: OneWarehouse, first: list[int], parts: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Matrix and offset of what is seen: what there is until each period, standardised, and the whole position."""
    size = parts[0] + len(first) * parts[1]
    matrix, offset = np.zeros((size, size + 1)), np.zeros(size + 1)
    mean, deviation = system.demand.mean, np.maximum(system.deviation, 1e-3)
    total = float(np.sqrt((deviation**2).sum()))
    blocks = [(0, parts[0], mean.sum(), total)]
    blocks += [(first[k], parts[1], mean[k], deviation[k]) for k in range(len(first))]
    for start, n_parts, each, spread in blocks:
        for ahead in range(n_parts):
            scale = 1.0 / (spread * np.sqrt(ahead + 1.0))
            matrix[start : start + ahead + 1, start + ahead] = scale
            offset[start + ahead] = -each * (ahead + 1) * scale
    scale = 1.0 / (total * np.sqrt(_reach(system)))
    matrix[:, size], offset[size] = scale, -mean.sum() * _reach(system) * scale
    return _tensor(matrix), _tensor(offset)


def level_matrices(
    system: OneWarehouse, first: list[int], parts: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean levels, their widths, and the matrix that gives the positions to be taken off them."""
    periods, reach = system.lead_times + 1.0, _reach(system)
    total = float(np.sqrt((system.deviation**2).sum()))
    level = np.concatenate([[system.demand.mean.sum() * reach], system.demand.mean * periods])
    wide = np.concatenate([[total * np.sqrt(reach)], system.deviation * np.sqrt(periods)])
    lacks = np.zeros((parts[0] + len(first) * parts[1], 1 + len(first)))
    lacks[:, 0] = -1.0
    for k, start in enumerate(first):
        lacks[start : start + parts[1], 1 + k] = -1.0
    return _tensor(level), _tensor(LEVEL_WIDTH * wide), _tensor(lacks)


def flow_matrix(system: OneWarehouse, first: list[int], parts: tuple[int, int]) -> Tensor:
    """What a period makes of the parts of a state, of orders and shipments, of what is used up, of emergencies.

    The first column is the warehouse's holding cost, the others are the parts of the next state.
    """
    size, n = parts[0] + len(first) * parts[1], len(first)
    flow = np.zeros((size + 1 + n + n + 1, size))
    for start, n_parts in [(0, parts[0]), *((each, parts[1]) for each in first)]:
        flow[start, start] = 1.0
        flow[np.arange(start + 1, start + n_parts), np.arange(start, start + n_parts - 1)] = 1.0
    order, shipped, gone, sent = size, size + 1, size + 1 + n, size + 1 + 2 * n
    flow[order, parts[0] - 1] = 1.0
    cost = np.zeros(len(flow))
    cost[0] = system.warehouse_holding_cost
    for k, start in enumerate(first):
        flow[shipped + k, start + system.location_lead_times[k] - 1] = 1.0
        flow[gone + k, start] = -1.0
        flow[shipped + k, 0] -= 1.0
        cost[shipped + k] = -system.warehouse_holding_cost
    flow[sent, 0], cost[sent] = -1.0, -system.warehouse_holding_cost
    flow = np.concatenate([cost[:, None], flow], 1)
    return _tensor(flow if system.unmet == "emergency" else flow[:-1])


def filled_state(system: OneWarehouse, first: list[int], parts: tuple[int, int]) -> Tensor:
    """The state of ``NetworkStock.filled``, shape (n_parts,)."""
    mean = np.rint(system.demand.mean)
    state = np.zeros(parts[0] + len(first) * parts[1])
    state[: parts[0]] = mean.sum()
    for k, start in enumerate(first):
        state[start : start + system.location_lead_times[k]] = mean[k]
    return _tensor(state)


def cost_tables(system: OneWarehouse) -> tuple[int, Tensor, Tensor]:
    """Expected cost of a period by what there is at its start, a row a location, from minus so many units on."""
    farthest = int(FARTHEST * (system.demand.mean * (system.lead_times + 1)).max()) + 1
    lowest = farthest if system.unmet == "waits" else 0
    stock = np.arange(-lowest, farthest + 2)
    units = np.arange(system.demand.probability.shape[1])[:, None]
    paid = system.holding_cost * np.maximum(stock - units, 0)
    paid = paid + system.shortage_cost * np.maximum(units - stock, 0)
    values = system.demand.probability @ paid
    return lowest, _tensor(values[:, :-1]), _tensor(np.diff(values, axis=1))


def _reach(system: OneWarehouse) -> float:
    """Periods whose demand the whole system's position has to cover."""
    return system.lead_time + float(system.lead_times.mean()) + 1.0


def _tensor(values: FloatArray) -> Tensor:
    return torch.as_tensor(np.asarray(values), dtype=torch.float32)
