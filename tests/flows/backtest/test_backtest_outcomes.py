"""What happened after an origin, as a backtest reads it from the lake."""

from datetime import date

import numpy as np
import polars as pl

from data.lake import Lake
from flows.backtest.origins import origin_night
from flows.backtest.outcomes import outcomes


def test_outcomes_hold_sales_zeros_stock_and_the_end_of_a_life(new_shop, tmp_path):
    shop = new_shop().open(date(2024, 6, 23))
    shop.write("availability.csv", "date,sku,fc,in_stock\n2024-06-20,003,N1,0.25\n")
    items = pl.read_csv(shop.inputs / "items.csv", schema_overrides={"sku": pl.String})
    shop.write("items.csv", items.with_columns(discontinued_date=pl.when(pl.col("sku") == "005").then(pl.lit("2024-06-20"))))
    assert shop.call("ingest") == 0
    settings = shop.settings("backtest.horizon=5", f"lake.path={shop.lake}", f"output.path={shop.out}")
    night = origin_night(settings, date(2024, 6, 18), Lake(settings.lake).versions(), tmp_path)
    series = pl.DataFrame({"fc": ["N1", "N1", "N1", "S1"], "sku": ["005", "003", "never sold", "001"]})
    found = outcomes(night, "north", series)
    sales = pl.read_csv(shop.inputs / "sales" / "until-2024-06-23.csv", schema_overrides={"sku": pl.String})
    expected = sales.filter(pl.col("date").is_between(pl.lit("2024-06-19"), pl.lit("2024-06-23")), sku="003", fc="N1").sort("date")["units"]
    assert found.sold[1].tolist() == expected.to_list()
    assert found.in_stock[1].tolist() == [1, 0.25, 1, 1, 1]
    assert np.isfinite(found.sold[0]).tolist() == [True, True, False, False, False], "after its last day on sale there is nothing to judge"
    assert found.sold[2].tolist() == [0] * 5, "no row of sales is a day without a sale"
    assert found.sold[3].tolist() == [0] * 5, "other regions' series are not looked at"
