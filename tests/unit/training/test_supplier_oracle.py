import numpy as np
import pytest
from training import supplier_oracle
from training.supplier_oracle import oracle_curves
from training.supplier_world import WorldSettings, generate_supplier_world

DAYS = np.arange(151, dtype=np.float64)


@pytest.fixture(params=["time", "hazard"])
def settings(request, monkeypatch) -> WorldSettings:
    monkeypatch.setattr(supplier_oracle, "CANDIDATES", 3000)
    return WorldSettings(
        mechanism=request.param, n_orders=600, n_suppliers=40, n_after=300, new_suppliers=0, effect=0.4
    )


def test_who_knows_the_laws_is_nearer_the_truth_after_seeing_a_suppliers_orders(settings) -> None:
    world = generate_supplier_world(settings, 5)
    rows = np.flatnonzero(~world.past & (np.bincount(world.supplier[world.past])[world.supplier] < 25))
    truth = world.truth.survival(rows, DAYS)
    seen = oracle_curves(world, settings, rows, DAYS, 1)
    blind = _without_history(world, settings, rows)
    assert ((seen - truth) ** 2).sum() < 0.5 * ((blind - truth) ** 2).sum()
    assert (np.diff(seen, axis=1) <= 1e-12).all()
    assert (seen[:, 0] == 1).all()


def _without_history(world, settings, rows) -> np.ndarray:
    """The mean curve of all candidates, whatever was seen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            supplier_oracle, "_log_likelihood", lambda _, __, known, ___: np.zeros(len(known.effect))
        )
        patch.setattr(supplier_oracle, "_log_of_quotes", lambda known, _: np.zeros(len(known.effect)))
        return oracle_curves(world, settings, rows, DAYS, 1)
