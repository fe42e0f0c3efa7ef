"""A night of the past: as a real one was, but its models and tables are kept in a folder of results."""

from datetime import date

from data.model_store import ModelStore
from data.storage import Place
from data.workspace import Workspace
from flows.settings import Settings
from flows.stages.night import Night


class PastNight(Night):
    """A night of the past. folder: of the backtest or replay; nothing is written outside it."""

    folder: Place

    @property
    def workspace(self) -> Workspace:
        """Where its stages hand each other tables."""
        return Workspace(self.folder, self.run_id)

    @property
    def models(self) -> ModelStore:
        """Where its models are kept until it is judged, by the night that trained them."""
        return ModelStore(self.folder / "trained" / self.model_id)

    def with_threads(self, threads: int) -> "PastNight":
        """Return the same night with so many threads for LightGBM."""
        forecast = self.settings.forecast.model_copy(update={"threads": threads})
        return self.model_copy(update={"settings": self.settings.model_copy(update={"forecast": forecast})})


def past_night(
    settings: Settings,
    as_of: date,
    versions: dict[str, int],
    folder: Place,
    *,
    name: str,
    horizon: int,
    drivers_ahead: bool,
    trained_as: str | None = None,
) -> PastNight:
    """Return a night of the past.

    Parameters
    ----------
    settings
        Of the config.
    as_of
        Last known day.
    versions
        Lake table → version read, the same for every night.
    folder
        Of the results.
    name
        Of the night, different for every one in the folder.
    horizon
        Periods to forecast.
    drivers_ahead
        Whether drivers known ahead may be read after `as_of`: what the lake holds of those days was observed, not forecast.
    trained_as
        Name of the earlier night whose models it uses; None for one that trains its own.
    """
    inputs = settings.inputs
    if not drivers_ahead:
        inputs = inputs.model_copy(update={"drivers": inputs.drivers.model_copy(update={"known_ahead": ()})})
    return PastNight(
        settings=settings.model_copy(update={"horizon": horizon, "inputs": inputs}),
        run_id=name,
        kind="partial",
        as_of=as_of,
        versions=versions,
        previous=None,
        model_id=trained_as or name,
        train=trained_as is None,
        folder=folder,
    )
