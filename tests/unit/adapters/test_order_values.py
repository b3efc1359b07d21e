"""What a unit of an order line costs: as agreed, else as in the contract, else as of the item."""

import numpy as np
import pandas as pd

from allocast.adapters.assemble_orders import purchase_orders
from allocast.adapters.order_values import unit_costs
from allocast.adapters.tables import Tables


def test_the_agreed_price_comes_before_the_contract_and_the_contract_before_the_item() -> None:
    orders = pd.DataFrame(
        {
            "order_line_id": list("1234"),
            "supplier_id": ["s", "s", "t", "t"],
            "item_id": ["a", "a", "a", "b"],
            "location_id": "x",
            "ordered_on": pd.to_datetime(["2024-01-01"] * 4),
            "unit_price": [9.0, np.nan, np.nan, np.nan],
        }
    )
    sourcing = pd.DataFrame(
        {"item_id": ["a"], "location_id": ["x"], "supplier_id": ["s"], "unit_cost": [7.0]}
    )
    items = pd.DataFrame({"item_id": ["a"], "unit_cost": [5.0]})
    tables = Tables(purchase_orders=orders, sourcing=sourcing, items=items)
    np.testing.assert_array_equal(unit_costs(purchase_orders(tables), tables), [9, 7, 5, np.nan])
    bare = Tables(purchase_orders=orders.drop(columns="unit_price"))
    assert np.isnan(unit_costs(purchase_orders(bare), bare)).all()
