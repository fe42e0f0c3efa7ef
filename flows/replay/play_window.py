"""One window: fillrate's own nights on its own stock, and beside it the nights' view of the stock that the run-in's rule keeps."""

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from math import ceil

import numpy as np
import polars as pl

from data.position import StockPosition
from data.storage import Place
from flows.past.past_night import PastNight, past_night
from flows.past.training import largest_first, on_its_own, train_past
from flows.past.workers import Failed, Workers
from flows.replay.measures import OWN, RUN_IN
from flows.replay.replay_region import replay_region
from flows.replay.windows import ReplayWindow
from flows.settings import Settings
from models.contracts import Recommendations
from models.replay.alert_quality import alert_scores, rule_probabilities
from models.replay.play import PlayedWindow, Player, no_orders, rule_orders
from models.replay.rules import Known, Rule, base_stock, mean_of
from models.replay.simulator import StockSimulator

log = logging.getLogger("fillrate")

ASKED = (
    "demand_mean",
    "protection_demand_p50",
    "protection_demand_target",
    "order_up_to",
    "stockout_probability_before_arrival",
    "stockout_probability_without_order",
    "expected_lost_units",
    "alerted",
)
"""What is kept of a recommendation beside its order."""

RUN_IN_WEEKS = 13
COVER = 7 / 6
"""Stock that the run-in's rule orders up to, as a multiple of the mean demand of the protection interval: 3.5 weeks where that is three."""


def run_in_rule(settings: Settings) -> Rule:
    """Return the rule that brings stock to where a window begins: the mean of 13 weeks × a cover."""
    asked, days = settings.replay.run_in_cover_days, 1 if settings.frequency == "day" else 7

    def up_to(known: Known, mean: tuple[np.ndarray, ...], number: int) -> np.ndarray:
        periods = known.interval * COVER if asked is None else np.full(len(known.interval), asked / days)
        return np.asarray(mean[0] * periods, dtype=np.float64)

    return Rule(
        RUN_IN,
        (COVER if asked is None else asked,),
        lambda known: (mean_of(known.last(RUN_IN_WEEKS)),),
        lambda known, mean, number: base_stock(up_to(known, mean, number)),
    )


def run_in_order(window: PlayedWindow, period: int, rule: Rule, stock: StockSimulator) -> np.ndarray:
    """Return what the run-in's rule orders on the night before a period of the window; nothing where no row may order."""
    known = window.known(period)
    reviewed = window.reviewed(period)
    if not reviewed.any():
        return no_orders(stock)
    return np.where(reviewed, rule_orders(known, rule, rule.basis(known), 0, stock, window.terms), 0.0)


def stock_after_run_in(window: PlayedWindow, run_in: int, rule: Rule, *, lost: bool) -> StockSimulator:
    """Return the stock with which a window begins: `run_in` periods of the rule's orders, from its own level with nothing on the way."""
    before = window.known(-run_in)
    level = rule.levels(before, rule.basis(before), 0).up_to
    stock = StockSimulator(np.where(window.terms.packs.whole, np.ceil(level - 1e-9), level), lost=lost)
    for period in range(-run_in, 0):
        stock.place(run_in_order(window, period, rule, stock), window.promised(stock), window.arrives(period, stock))
        stock.step(window.demand[:, window.first + period])
    return stock


class PlayedNights:
    """The real nights of a window: what fillrate orders for its own stock, and what it says of the stock that the run-in's rule keeps."""

    def __init__(
        self,
        window: ReplayWindow,
        played: PlayedWindow,
        series: pl.DataFrame,
        nights: Sequence[PastNight],
        workers: Workers,
    ) -> None:
        self._window, self._played, self._series = window, played, series
        self._nights, self._workers = nights, workers
        self.failed: Failed = {}

    def play(self, start: StockSimulator, rule: Rule) -> tuple[Player, Player, pl.DataFrame]:
        """Return both players at the window's end, and a row per night, stock and series: what was said and what came of it."""
        own, beside = Player(self._played, start), Player(self._played, start)
        said: list[pl.DataFrame] = []
        for period, night in enumerate(self._nights):
            log.info("night", extra={"task": f"night {night.as_of}"})
            orders = no_orders(start)
            if self._played.reviewed(period).any():
                found = self._ask(night, {OWN: own.stock, RUN_IN: beside.stock})
                orders = found[OWN]["order_units"].fill_null(0.0).to_numpy()
                said += [self._told(found[name], player, name, period) for name, player in ((OWN, own), (RUN_IN, beside))]
            own.play(orders)
            beside.play(run_in_order(self._played, period, rule, beside.stock))
        return own, beside, pl.concat(said)

    def alerts(self, player: Player, said: pl.DataFrame) -> dict[str, float]:
        """Return how good the alerts on a player's stock were."""
        played = self._played
        shape = (len(played.terms.lead), self._window.periods)
        alerted, due = (np.zeros(shape, dtype=bool) for _ in range(2))
        row, period = said["row"].to_numpy(), said["period"].to_numpy()
        alerted[row, period] = said["alerted"].fill_null(False).to_numpy()
        due[row, period] = (said["unmet_before_arrival"] > 1e-9).fill_null(False).to_numpy()
        return alert_scores(alerted, due, player.unmet, played.terms.lead, played.terms.shortage)

    def _ask(self, night: PastNight, stocks: dict[str, StockSimulator]) -> dict[str, pl.DataFrame]:
        """Return each stock's recommendations, a row per series in order; nulls where a series was not forecast."""
        night.workspace.path.mkdir(parents=True, exist_ok=True)
        regions = [region for region in largest_first(night) if region not in self.failed]
        if night.train:
            self.failed |= train_past(night, self._workers)
        for name, stock in stocks.items():
            positions, lines = positions_of(self._series, stock, night.as_of), self._lines_of(stock, night.as_of)
            for region in regions:
                here = pl.col("region") == region
                night.workspace.write(f"stock-{name}", region, positions.filter(here).drop("region"))
                night.workspace.write(f"inbound-{name}", region, lines.filter(here).drop("region"))
        regions = [region for region in regions if region not in self.failed]
        self.failed |= self._workers.each("replay", regions, replay_region, on_its_own(night, self._workers), tuple(stocks))
        there = [region for region in regions if region not in self.failed]
        found = {}
        for name in stocks:
            tables = [night.workspace.read(f"orders-{name}", region) for region in there]
            orders = pl.concat(tables) if tables else Recommendations.create_empty()
            orders = orders.with_columns(alerted=pl.col("reasons").list.contains("risk_before_arrival"))
            found[name] = self._series.join(
                orders.select("region", "fc", "sku", "order_units", *ASKED), on=["region", "fc", "sku"], how="left", maintain_order="left"
            )
        night.workspace.end()
        return found

    def _lines_of(self, stock: StockSimulator, as_of: date) -> pl.DataFrame:
        """Return what is on its way as an inbound table, with the region."""
        lines, step = stock.open_lines, self._window.step_days

        def day(period: np.ndarray) -> pl.Series:
            ahead = (period - stock.period) * step + 1
            return pl.Series([as_of + timedelta(days=int(days)) for days in ahead], dtype=pl.Date)

        rows: pl.DataFrame = self._series[lines.row.tolist()]
        return rows.select(
            *("region", "fc", "sku"),
            pl.Series("units", lines.units),
            pl.Series("expected_date", day(lines.promised)),
            pl.Series("ordered_date", day(lines.ordered)),
            pl.lit(None, dtype=pl.String).alias("order_id"),
        )

    def _told(self, found: pl.DataFrame, player: Player, stock: str, period: int) -> pl.DataFrame:
        """Return what a night said of a stock, and what came of it without a further order."""
        played = self._played
        ahead, before = without_order(player.stock, played, period)
        normal, share = rule_probabilities(played.known(period), player.stock.position)
        return found.select(
            pl.int_range(pl.len(), dtype=pl.Int32).alias("row"),
            pl.lit(played.label).alias("window"),
            pl.lit(stock).alias("stock"),
            pl.lit(period, dtype=pl.Int32).alias("period"),
            *ASKED,
            pl.Series("z_sigma", normal),
            pl.Series("empirical", share),
            pl.Series("demand", played.demand_ahead(period), nan_to_null=True),
            pl.Series("on_hand", player.stock.on_hand),
            pl.Series("on_the_way", player.stock.on_the_way),
            pl.Series("unmet_before_arrival", before, nan_to_null=True),
            pl.Series("unmet_without_order", ahead, nan_to_null=True),
        )


def without_order(stock: StockSimulator, window: PlayedWindow, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Return units unmet in the protection interval of a night, and before its order could arrive, if nothing were ordered any more.

    nan for rows whose interval goes on after the end of history.
    """
    twin, column = stock.copy(), window.first + period
    lead, review = window.terms.lead, window.terms.review
    ahead, before = np.zeros(len(lead)), np.zeros(len(lead))
    for k in range(int((lead + review).max())):
        if column + k >= window.demand.shape[1]:
            return np.where(lead + review > k, np.nan, ahead), np.where(lead > k, np.nan, before)
        unmet = twin.step(window.demand[:, column + k]).unmet
        ahead += np.where(k < lead + review, unmet, 0.0)
        before += np.where(k < lead, unmet, 0.0)
    return ahead, before


def positions_of(series: pl.DataFrame, stock: StockSimulator, as_of: date) -> pl.DataFrame:
    """Return what lies where as a table of StockPosition, with the region."""
    return series.select(
        *("region", "fc", "sku"),
        pl.lit(as_of).alias("snapshot_date"),
        pl.Series("on_hand", stock.on_hand),
        pl.lit(0.0).alias("reserved_becoming_sellable"),
        pl.Series("backordered", stock.owed),
        pl.lit(0, dtype=pl.Int64).alias("age_days"),
        pl.lit(False).alias("stock_rolled_forward"),
    ).select("region", *StockPosition.column_names())


def replay_nights(settings: Settings, window: ReplayWindow, versions: dict[str, int], folder: Place, *, horizon: int) -> list[PastNight]:
    """Return the nights of a window, each trained on its own or with the models of an earlier one."""
    every = max(1, ceil(settings.replay.train_every_days / window.step_days))
    nights: list[PastNight] = []
    for period in range(window.periods):
        trained = window.as_of(period - period % every)
        as_of = window.as_of(period)
        nights.append(
            past_night(
                settings,
                as_of,
                versions,
                folder,
                name=f"night-{as_of:%Y%m%d}",
                horizon=horizon,
                drivers_ahead=settings.replay.drivers_ahead,
                trained_as=None if trained == as_of else f"night-{trained:%Y%m%d}",
            )
        )
    return nights
