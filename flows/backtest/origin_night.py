"""The night of an origin: as a real one was, but its models and tables are kept in the backtest's own folder."""

from datetime import date
from pathlib import Path

from data.model_store import ModelStore
from data.workspace import Workspace
from flows.backtest.origins import backtest_horizon
from flows.settings import Settings
from flows.stages.night import Night


class OriginNight(Night):
    """A night of the past. folder: of the backtest; nothing is written outside it."""

    folder: Path

    @property
    def workspace(self) -> Workspace:
        """Where its stages hand each other tables."""
        return Workspace(self.folder, self.run_id)

    @property
    def models(self) -> ModelStore:
        """Where its models are kept until the origin is judged."""
        return ModelStore(self.folder / "work" / self.run_id)

    def with_threads(self, threads: int) -> "OriginNight":
        """Return the same night with so many threads for LightGBM."""
        forecast = self.settings.forecast.model_copy(update={"threads": threads})
        return self.model_copy(update={"settings": self.settings.model_copy(update={"forecast": forecast})})


def origin_night(settings: Settings, origin: date, versions: dict[str, int], folder: Path) -> OriginNight:
    """Return the night of one origin, trained on its own and with the backtest's horizon.

    Parameters
    ----------
    settings
        Of the config.
    origin
        Last known day.
    versions
        Lake table → version read, the same for every origin.
    folder
        Of the backtest.
    """
    name = f"origin-{origin:%Y%m%d}"
    inputs = settings.inputs
    if not settings.backtest.drivers_ahead:
        # What the lake holds of the days after an origin was observed, not forecast.
        inputs = inputs.model_copy(update={"drivers": inputs.drivers.model_copy(update={"known_ahead": ()})})
    return OriginNight(
        settings=settings.model_copy(update={"horizon": backtest_horizon(settings), "inputs": inputs}),
        run_id=name,
        kind="partial",
        as_of=origin,
        versions=versions,
        previous=None,
        model_id=name,
        train=True,
        folder=folder,
    )
