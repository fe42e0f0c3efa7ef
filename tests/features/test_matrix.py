"""The design matrix against the sums a person would do by hand, and what may not change it."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from features.cadence import DAILY
from features.matrix import design_matrix, forecast_pairs


class ByHand:
    """One series of a prepared panel as plain lists, and features of it by the obvious loop."""

    def __init__(self, prepared, number: int) -> None:
        rows = prepared.panel.rows.filter(pl.col("series") == number)
        self.cadence, self.horizon, self.history = prepared.panel.cadence, prepared.panel.horizon, prepared.panel.history
        self.demand, self.sold, self.share = (rows[name].to_list() for name in ("demand", "demand_at_least", "in_stock_share"))
        self.dates, self.promo = rows["date"].to_list(), [value or 0.0 for value in rows["promo"].to_list()]
        self.price, price = [], None
        for value in rows["price"].to_list():
            price = price if value is None else value
            self.price.append(price)

    def known(self, end: int, periods: int) -> list[float]:
        return [value for value in self.demand[max(0, end - periods + 1) : max(0, end + 1)] if value is not None]

    def mean(self, end: int, periods: int) -> float | None:
        values = self.known(end, periods)
        return float(np.mean(values)) if values else None

    def level(self, at: int) -> float:
        window = self.cadence.level_window
        recent, long = self.known(at, window), self.known(at, 4 * window)
        if not long:
            return max(sum(self.sold[: at + 1]) / (at + 1), 0.02)
        # The fixed point rounds the long window's twentieth down, to a thousandth of a unit.
        units = 1000 * sum(recent) + 1000 * sum(long) // 20
        return max(units / (1000 * len(recent) + 1000 * len(long) // 20), 0.02)

    def features(self, origin: int, horizon: int) -> dict[str, float | None]:
        cadence, window, season = self.cadence, self.cadence.level_window, self.cadence.season
        level, target = self.level(origin), origin + horizon
        aligned = target - season * -(-horizon // season)

        def per_level(value: float | None) -> float | None:
            return None if value is None else value / level

        found: dict[str, float | None] = {"horizon": horizon, "log_level": np.log(level), "periods_on_sale": min(origin + 1, cadence.year)}
        for k in cadence.lags:
            found[f"lag_{k}_per_level"] = per_level(self.demand[origin - k]) if origin >= k else None
        for w in cadence.windows:
            found[f"mean_{w}_per_level"] = per_level(self.mean(origin, w))
        short, middle = cadence.windows[1], cadence.windows[2]
        for w in (short, window):
            values = self.known(origin, w)
            found[f"spread_{w}_per_level"] = per_level(float(np.std(values)) if values else None)
            found[f"zero_share_{w}"] = values.count(0) / len(values) if values else None
            found[f"observed_{w}"] = len(values)
        now, before = self.mean(origin, short), self.mean(origin - short, middle)
        found["trend"] = min(now / before, 10) if now is not None and before else None
        found[f"sold_{short}_per_level"] = per_level(sum(self.sold[max(0, origin - short + 1) : origin + 1]) / short)
        for w in (1, short, window):
            found[f"out_of_stock_{w}"] = sum(1 - share for share in self.share[max(0, origin - w + 1) : origin + 1]) / w
        found["season_last_per_level"] = per_level(self.demand[aligned]) if aligned >= 0 else None
        for cycles in cadence.cycles:
            past = [self.demand[place] for k in range(cycles) if (place := aligned - season * k) >= 0]
            values = [value for value in past if value is not None]
            found[f"season_mean_{cycles}_per_level"] = per_level(float(np.mean(values)) if values else None)
        prices = [price for price in self.price[max(0, origin - window + 1) : origin + 1] if price is not None]
        found["usual_price"] = float(np.mean(prices)) if prices else None
        found["promo_share"] = sum(promo > 0 for promo in self.promo[max(0, origin - window + 1) : origin + 1]) / window
        promoted = [
            self.demand[place]
            for place in range(max(0, origin - 2 * window + 1), origin + 1)
            if self.promo[place] > 0 and self.demand[place] is not None
        ]
        found["promoted_mean_per_level"] = per_level(float(np.mean(promoted)) if promoted else None)
        found |= {"price": self.price[target], "promo": self.promo[target]}
        found |= {"season_last_price": self.price[aligned], "season_last_promo": self.promo[aligned]} if aligned >= 0 else {}
        day = self.dates[target]
        if self.history >= 2 * cadence.year:
            found |= {"week": day.isocalendar().week, "month": day.month}
        if cadence.frequency == "day":
            found["weekday"] = day.isoweekday()
            if self.history >= cadence.year // 2:
                found["month_day"] = day.day
            half = season // 2
            about, then = self.mean(target - cadence.year + half, season), target - cadence.year - self.horizon
            found["year_ago"] = min(about / self.level(then), 20) if about is not None and then >= 0 else None
        return found


@pytest.mark.parametrize(
    ("seed", "frequency", "periods", "horizon"),
    [(1, "day", 75, 10), (2, "day", 75, 10), (3, "week", 75, 8), (4, "day", 520, 28), (5, "week", 140, 8)],
)
def test_features_are_what_the_loop_finds(make_history, seed, frequency, periods, horizon):
    prepared = make_history(seed, frequency=frequency, periods=periods, horizon=horizon).prepared()
    rng = np.random.default_rng(seed)
    for number, first, last in prepared.panel.series.select("series", "first", "last").iter_rows():
        series = ByHand(prepared, number)
        for at in {0, 1, last - first, *rng.integers(0, last - first + 1, 6).tolist()}:
            ahead = int(rng.integers(1, horizon + 1))
            row = design_matrix(prepared, np.array([first + at]), np.array([ahead])).row(0, named=True)
            for name, expected in series.features(at, ahead).items():
                about = f"{name} of series {number} at {at} + {ahead}"
                assert row[name] == (None if expected is None else pytest.approx(expected, rel=2e-4, abs=3e-3)), about


@pytest.mark.parametrize("company", ["region", "fc", "category", "subcategory", "sku"])
def test_company_moves_are_demand_over_what_was_expected(make_history, company):
    prepared = make_history(6).prepared()
    rows = prepared.panel.rows.with_columns(level=pl.Series(prepared.level), region=pl.lit("north"))
    rows = rows.with_columns(expected=pl.col("level").shift(1).over("series")).filter(pl.col("demand").is_not_null() & (pl.col("pos") > 0))
    of_panel = prepared.panel.rows.with_columns(prepared.at_origin, region=pl.lit("north"))
    checked = 0
    for member, day, *found in of_panel.select(company, "date", *(f"{company}_move_{w}" for w in (1, 7, 14))).unique().iter_rows():
        begins = prepared.panel.rows.filter(pl.col(company).eq_missing(pl.lit(member)))["date"].min() if company != "region" else None
        for window, value in zip((1, 7, 14), found, strict=True):
            since = day - timedelta(days=window - 1)
            part = rows.filter(pl.col(company).eq_missing(pl.lit(member)) & pl.col("date").is_between(since, day))
            expected = part["demand"].sum() / part["expected"].sum() if part.height else None
            assert value == (None if expected is None else pytest.approx(expected, rel=2e-3)), (company, member, day, window, begins)
            checked += expected is not None
    assert checked > 100


def test_items_without_a_category_are_company_over_whole_windows(history_of, make_demand, make_table):
    """Three weeks of 10 a day and a last day of 20: the week moved by much less than the day."""
    history = history_of(
        make_demand({("F", "A"): [10.0] * 30 + [20.0], ("F", "B"): [10.0] * 30 + [20.0], ("F", "C"): [10.0] * 31}),
        items=make_table("items", [{"sku": "A"}, {"sku": "B"}, {"sku": "C", "category": "fruit"}]),
    )
    prepared = history.prepared()
    matrix = design_matrix(prepared, *forecast_pairs(prepared, 1))
    assert matrix["category_move_1"].to_list() == pytest.approx([2, 2, 1])
    assert matrix["category_move_7"].to_list() == pytest.approx([8 / 7, 8 / 7, 1])


def every_pair(prepared):
    """Each row with history behind it, with each horizon that ends inside the panel."""
    row = np.flatnonzero(prepared.pos < prepared.periods)
    origins = np.repeat(row, prepared.panel.horizon)
    return origins.astype(np.int64), np.tile(np.arange(1, prepared.panel.horizon + 1), len(row))


@pytest.mark.parametrize("frequency", ["day", "week"])
def test_the_matrix_of_parts_is_the_parts_of_the_matrix(make_history, frequency):
    prepared = make_history(8, frequency=frequency).prepared()
    origins, horizons = every_pair(prepared)
    whole = design_matrix(prepared, origins, horizons)
    order = np.random.default_rng(1).permutation(len(origins))
    parts = [design_matrix(prepared, origins[part], horizons[part]) for part in np.array_split(order, 7)]
    assert pl.concat(parts).equals(whole.select(pl.all().gather(order)))


def test_two_runs_give_the_same_bits_whatever_the_order_of_the_tables(make_history):
    history = make_history(9, periods=120, skus=8)
    rng = np.random.default_rng(1)
    prepared = history.prepared()
    expected = design_matrix(prepared, *every_pair(prepared))
    for _ in range(3):
        tables = {name: getattr(history, name) for name in ("items", "plan", "events", "drivers")}
        shuffled = history.but(**{name: frame.select(pl.all().gather(rng.permutation(frame.height))) for name, frame in tables.items()})
        again = shuffled.prepared()
        assert design_matrix(again, *every_pair(again)).equals(expected)


def test_a_series_own_features_do_not_depend_on_the_company(make_history):
    history = make_history(10)
    alone = history.but(demand=history.demand.filter((pl.col("fc") == "F1") & (pl.col("sku") == "S2")))
    matrices = []
    for case in (history, alone):
        prepared = case.prepared()
        number = prepared.panel.series.filter((pl.col("fc") == "F1") & (pl.col("sku") == "S2"))["series"][0]
        origins, horizons = every_pair(prepared)
        matrix = design_matrix(prepared, origins, horizons).filter(pl.Series(prepared.panel.rows["series"].gather(origins) == number))
        matrices.append(matrix.select(pl.exclude("^.*_(move_\\d+|season)$")))
    assert matrices[0].equals(matrices[1])


def test_features_do_not_depend_on_the_unit_of_measure(make_history):
    """Ten times the units: the same features but for the level itself, as far as no series lies at the floor."""
    history = make_history(11)
    ten = history.but(demand=history.demand.with_columns(pl.col("demand", "demand_at_least") * 10))
    matrices = []
    for case in (history, ten):
        prepared = case.prepared()
        origins, horizons = every_pair(prepared)
        matured = prepared.level[origins] >= (0.5 if case is history else 5)
        matrices.append((design_matrix(prepared, origins, horizons), matured))
    kept = pl.Series(matrices[0][1] & matrices[1][1])
    one, other = (matrix.filter(kept) for matrix, _ in matrices)
    assert one.height > 2_000
    for name in one.columns:
        if name == "log_level":
            assert (other[name] - one[name]).to_numpy() == pytest.approx(np.log(10), rel=1e-3)
        else:
            assert np.allclose(one[name].to_numpy(), other[name].to_numpy(), rtol=2e-3, atol=2e-4, equal_nan=True), name


def test_a_target_outside_the_panel_is_refused(make_history):
    """Past the last future row lies the next series."""
    prepared = make_history(12).prepared()
    last = prepared.panel.series["last"].to_numpy()[:1]
    with pytest.raises(ValueError, match="beyond the 10 future periods"):
        design_matrix(prepared, last, np.array([11]))


def test_forecast_pairs_are_the_active_series_in_order(make_history):
    prepared = make_history(13).prepared()
    origins, horizons = forecast_pairs(prepared, 4)
    active = prepared.panel.series.filter(prepared.profile["active"])
    assert active.height == prepared.panel.series.height - 1, "the example has one series that ended"
    assert origins.tolist() == np.repeat(active["last"].to_numpy(), 4).tolist()
    assert horizons.tolist() == [1, 2, 3, 4] * active.height


def test_the_level_never_falls_to_nothing(history_of, make_demand):
    prepared = history_of(make_demand({("F", "A"): [0.0] * 40, ("F", "B"): [None] * 40}), cadence=DAILY).prepared()
    last = prepared.panel.series["last"].to_numpy()
    assert prepared.level[last] == pytest.approx([0.02, 1.0]), "what was sold at least is the level where nothing else is known"
    assert np.isfinite(design_matrix(prepared, *forecast_pairs(prepared, 3))["lag_0_per_level"].drop_nulls().to_numpy()).all()
