"""A region's part of a replayed night: its forecast, and from it the orders of every stock that is asked about."""

from collections.abc import Mapping

from data.position import StockPosition
from flows.past.past_night import PastNight
from flows.stages.region_forecast import region_forecast
from flows.stages.region_orders import region_orders
from flows.stages.region_panel import region_panel
from flows.stages.train import grower
from models.contracts import Recommendations


def replay_region(night: PastNight, region: str, stocks: Mapping[str, float | None]) -> None:
    """Forecast a region once and recommend for each of several stocks; orders are kept in the workspace as `orders-<stock>`.

    With each stock goes how many times its cost holding is charged there, None for as the config says.

    `stock-<stock>` and `inbound-<stock>` of the workspace tell what lies where and what is on its way. Planners' orders of the past are
    left out: they were made for the stock that really was there.
    """
    history = region_panel(night, region, training=False)
    if history is None:
        for stock in stocks:
            night.workspace.write(f"orders-{stock}", region, Recommendations.create_empty())
        return
    forecast = region_forecast(night, region, history.prepared, grower(night))
    for stock, weight in stocks.items():
        orders, _ = region_orders(
            night if weight is None else _with_weight(night, weight),
            region,
            forecast,
            positions=StockPosition.validate(night.workspace.read(f"stock-{stock}", region)),
            inbound=night.workspace.read(f"inbound-{stock}", region),
            overrides=None,
            previous=None,
        )
        night.workspace.write(f"orders-{stock}", region, orders)


def _with_weight(night: PastNight, weight: float) -> PastNight:
    terms = night.settings.replenishment.model_copy(update={"holding_weights": dict.fromkeys("ABC", weight)})
    return night.model_copy(update={"settings": night.settings.model_copy(update={"replenishment": terms})})
