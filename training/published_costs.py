"""Published costs of textbook inventory systems, with their sources: what the exact solvers are compared with."""

__all__ = [
    "DUAL_SOURCING_A3C_GAPS",
    "DUAL_SOURCING_GAPS",
    "DUAL_SOURCING_OPTIMA",
    "KAYNOV_COSTS",
    "PERISHABLE_RETURNS",
    "ZIPKIN_BASE_STOCK",
    "ZIPKIN_MYOPIC",
    "ZIPKIN_OPTIMAL",
]

Row = tuple[float, ...]

# Zipkin (2008), Old and new methods for lost-sales inventory systems, Operations Research 56(5), 1256-1263, tables 3
# (Poisson) and 4 (geometric): average cost at mean 5 and h = 1, by demand and p, for L = 1, 2, 3, 4.
ZIPKIN_OPTIMAL: dict[tuple[str, float], Row] = {
    ("poisson", 4.0): (4.04, 4.40, 4.60, 4.73),
    ("poisson", 9.0): (5.44, 6.09, 6.53, 6.84),
    ("poisson", 19.0): (6.68, 7.66, 8.36, 8.89),
    ("poisson", 39.0): (7.84, 9.11, 10.04, 10.79),
    ("geometric", 4.0): (9.82, 10.24, 10.47, 10.61),
    ("geometric", 9.0): (14.51, 15.50, 16.14, 16.58),
    ("geometric", 19.0): (19.22, 20.89, 22.06, 22.95),
    ("geometric", 39.0): (23.87, 26.21, 27.96, 29.36),
}
ZIPKIN_MYOPIC: dict[tuple[str, float], Row] = {
    ("poisson", 4.0): (4.11, 4.56, 4.84, 5.06),
    ("poisson", 9.0): (5.45, 6.22, 6.80, 7.20),
    ("poisson", 19.0): (6.69, 7.77, 8.56, 9.18),
    ("poisson", 39.0): (7.88, 9.16, 10.17, 11.04),
    ("geometric", 4.0): (9.95, 10.57, 10.99, 11.31),
    ("geometric", 9.0): (14.64, 15.93, 16.86, 17.61),
    ("geometric", 19.0): (19.37, 21.30, 22.79, 24.02),
    ("geometric", 39.0): (23.97, 26.55, 28.61, 30.31),
}
ZIPKIN_BASE_STOCK: dict[tuple[str, float], Row] = {
    ("poisson", 4.0): (4.16, 4.64, 4.98, 5.20),
    ("poisson", 9.0): (5.55, 6.32, 6.86, 7.27),
    ("poisson", 19.0): (6.73, 7.84, 8.60, 9.23),
    ("poisson", 39.0): (7.86, 9.19, 10.22, 11.06),
    ("geometric", 4.0): (10.04, 10.70, 11.13, 11.44),
    ("geometric", 9.0): (14.73, 15.99, 16.87, 17.54),
    ("geometric", 19.0): (19.40, 21.31, 22.73, 23.85),
    ("geometric", 39.0): (24.00, 26.55, 28.51, 30.12),
}

# Gijsbrechts, Boute, Van Mieghem and Zhang (2022), Can deep reinforcement learning improve inventory management?,
# Manufacturing & Service Operations Management 24(3), 1349-1368, figure 9: percent above the optimum, by regular lead
# time and expedited cost.
DUAL_SOURCING_GAPS: dict[tuple[int, float], dict[str, float]] = {
    (2, 105.0): {
        "capped_dual_index": 0.00,
        "dual_index": 0.11,
        "single_index": 0.56,
        "tailored_base_surge": 0.06,
    },
    (2, 110.0): {
        "capped_dual_index": 0.03,
        "dual_index": 0.18,
        "single_index": 1.03,
        "tailored_base_surge": 0.99,
    },
    (3, 105.0): {
        "capped_dual_index": 0.00,
        "dual_index": 0.27,
        "single_index": 0.98,
        "tailored_base_surge": 0.01,
    },
    (3, 110.0): {
        "capped_dual_index": 0.06,
        "dual_index": 0.36,
        "single_index": 2.11,
        "tailored_base_surge": 0.71,
    },
    (4, 105.0): {
        "capped_dual_index": 0.00,
        "dual_index": 0.36,
        "single_index": 1.43,
        "tailored_base_surge": 0.00,
    },
    (4, 110.0): {
        "capped_dual_index": 0.11,
        "dual_index": 0.49,
        "single_index": 2.44,
        "tailored_base_surge": 0.58,
    },
}
DUAL_SOURCING_A3C_GAPS: dict[tuple[int, float], float] = {
    (2, 105.0): 0.52, (2, 110.0): 0.80, (3, 105.0): 0.82, (3, 110.0): 0.51, (4, 105.0): 1.85, (4, 110.0): 1.33,
}  # fmt: skip

# The same instances: no costs are published. These come from a dynamic program written apart from the package, with net
# inventory in [-6, 24] and regular orders up to 8; wider bounds change them by less than 1e-5.
DUAL_SOURCING_OPTIMA: dict[tuple[int, float], float] = {
    (2, 105.0): 216.7698, (2, 110.0): 219.7333, (3, 105.0): 216.8767, (3, 110.0): 220.3411, (4, 105.0): 216.8931,
    (4, 110.0): 220.6122,
}  # fmt: skip

# De Moor et al. (2022), as recomputed by Farrington, Wong, Li and Utley (2025), Going faster to see further,
# arXiv:2303.10672, table 3: means of the discounted return of 10,000 runs (standard deviations are near 60, so that a
# standard error is near .6) of the optimal and the best base stock policy, by lead time, waste cost and issuing; m = 2.
PERISHABLE_RETURNS: dict[tuple[int, float, str], tuple[float, float]] = {
    (1, 7.0, "lifo"): (-1553, -1565),
    (1, 7.0, "fifo"): (-1457, -1474),
    (1, 10.0, "lifo"): (-1571, -1581),
    (1, 10.0, "fifo"): (-1463, -1485),
    (2, 7.0, "lifo"): (-1551, -1590),
    (2, 7.0, "fifo"): (-1461, -1495),
    (2, 10.0, "lifo"): (-1569, -1606),
    (2, 10.0, "fifo"): (-1469, -1504),
}

# Kaynov et al. (2024), Deep reinforcement learning for one-warehouse multi-retailer inventory management, International
# Journal of Production Economics 267, 109088, table B.6: mean cost of 100 periods by instance, of echelon base stock
# with min-shortage and with proportional rationing and of PPO, and the standard errors of the first two.
KAYNOV_COSTS: dict[int, Row] = {
    1: (1609.47, 1655.51, 1637.20, 1.67, 1.66),
    2: (1426.84, 1383.88, 1417.46, 1.53, 1.36),
    3: (1800.50, 1776.04, 1731.67, 2.08, 2.10),
    4: (1857.30, 1858.93, 1908.95, 1.76, 1.89),
    5: (2306.89, 2246.84, 2331.07, 3.47, 3.18),
    6: (1366.51, 1373.91, 1347.34, 0.91, 0.92),
    7: (1408.08, 1406.27, 1405.08, 0.95, 0.99),
    8: (1516.67, 1508.12, 1495.49, 1.14, 1.11),
    9: (1561.56, 1535.96, 1511.68, 1.17, 1.14),
    10: (1741.60, 1736.55, 1674.54, 1.85, 1.69),
    11: (1109.96, 1111.76, 971.86, 1.02, 1.02),
    12: (1406.43, 1402.38, 1118.92, 1.45, 1.44),
    13: (99882.51, 101727.47, 79727.39, 86.58, 87.32),
    14: (52787.41, 53358.86, 42835.02, 49.29, 49.29),
}
