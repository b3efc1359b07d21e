"""The demo world's lanes between locations, and what a tonne-kilometre emits there; both are made up."""

import numpy as np
import pandas as pd

from allocast.numerics.streams import stream
from allocast.simulation.demo_demand import REGIONS, Assortment
from allocast.simulation.demo_settings import DemoWorldSettings

__all__ = ["emission_factors", "generate_lanes"]

REGION_KM, TOWN_KM = 400.0, 120.0  # between the regions' centres, and about each of them
DRIVER_KM_PER_DAY = 400.0


def generate_lanes(settings: DemoWorldSettings, assortment: Assortment, seed: int) -> pd.DataFrame:
    """Roads to the nearest other locations, as rows of the table ``lanes``: the farther, the dearer and the slower.

    Regions lie at the corners of a square, locations about their centres.
    """
    rng = stream(seed, "demo_world", "lanes")
    where = pd.Categorical(assortment.locations["region"], REGIONS).codes
    corner = REGION_KM * np.array([[0, 1], [0, -1], [1, 0], [-1, 0]]) / np.sqrt(2)
    place = corner[where] + TOWN_KM * rng.standard_normal((len(where), 2))
    km = np.rint(np.linalg.norm(place[:, None] - place[None, :], axis=2))
    np.fill_diagonal(km, np.inf)
    wanted = min(settings.lanes_per_location, len(where) - 1)
    to = np.argsort(km, axis=1, kind="stable")[:, :wanted].ravel()
    origin = np.repeat(np.arange(len(where)), wanted)
    distance, names = km[origin, to], assortment.locations["location_id"].to_numpy(dtype=object)
    return pd.DataFrame(
        {
            "from_location_id": names[origin],
            "to_location_id": names[to],
            "cost_per_unit": np.round(0.05 + 0.0005 * distance, 3),
            "cost_per_transfer": np.round(2 + 0.01 * distance, 2),
            "days": np.ceil(distance / DRIVER_KM_PER_DAY),
            "pack_units": 1.0,
            "mode": "road",
            "distance_km": distance,
        }
    ).sort_values(["from_location_id", "to_location_id"], ignore_index=True)


def emission_factors() -> pd.DataFrame:
    """Round numbers of the usual size, as rows of the table ``emission_factors``."""
    return pd.DataFrame({"mode": ["rail", "road"], "co2e_grams_per_tonne_km": [25.0, 110.0]})
