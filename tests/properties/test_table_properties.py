import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from allocast.adapters.quality import RepairRules
from allocast.adapters.tables import Tables, check_tables

REPAIR = RepairRules(
    missing="set_aside",
    duplicates="sum",
    negative_units="zero",
    fractional_units="round",
    gaps="zero",
    unknown_ids="set_aside",
)

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["soap", "tea", "?", None]),
        st.sampled_from(["north", "south"]),
        st.integers(0, 6).map(lambda week: pd.Timestamp("2024-01-01") + pd.Timedelta(weeks=week)),
        st.integers(-4, 12).map(lambda quarters: quarters / 2),
        st.booleans(),
    ),
    min_size=1,
    max_size=30,
)


def table(rows):
    return pd.DataFrame(rows, columns=["item_id", "location_id", "date", "units", "in_stock"])


def repaired(demand):
    items = pd.DataFrame({"item_id": ["soap", "tea"]})
    return check_tables(Tables(demand=demand, items=items), REPAIR)


@settings(deadline=None, max_examples=40)
@given(rows=ROWS, data=st.data())
def test_the_order_of_rows_does_not_matter(rows, data):
    shuffled = data.draw(st.permutations(rows))
    pd.testing.assert_frame_equal(repaired(table(rows))[0].demand, repaired(table(shuffled))[0].demand)


@settings(deadline=None, max_examples=40)
@given(rows=ROWS)
def test_repaired_tables_are_clean_and_no_row_is_lost(rows):
    tables, report = repaired(table(rows))
    assert not report.refused
    assert not repaired(tables.demand)[1].findings
    known = {(item, location, day) for item, location, day, *_ in rows if item in ("soap", "tea")}
    assert known <= set(tables.demand[["item_id", "location_id", "date"]].itertuples(index=False, name=None))
    assert sum(map(len, tables.set_aside.values())) == sum(item in ("?", None) for item, *_ in rows)
