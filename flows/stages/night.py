"""What every stage of a night is told: settings, dates, table versions and names; nothing that does not fit into JSON."""

from datetime import date, timedelta
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from data.demand import last_period
from data.lake import Lake
from data.model_store import ModelStore
from data.workspace import Workspace
from features.cadence import Cadence, cadence_of
from flows.settings import Settings

Kind = Literal["nightly", "rerun", "partial"]


class Night(BaseModel):
    """One run, from after ingest on.

    as_of: last known day; versions: lake table → version read; model_id: models used, decided before the regions' work;
    previous: the published run that tonight is compared with.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    settings: Settings
    run_id: str
    kind: Kind
    as_of: date
    versions: dict[str, int]
    previous: str | None
    model_id: str
    train: bool

    @property
    def lake(self) -> Lake:
        """The lake the run reads."""
        return Lake(self.settings.lake)

    @property
    def workspace(self) -> Workspace:
        """Where its stages hand each other tables."""
        return Workspace(self.settings.lake.path, self.run_id)

    @property
    def models(self) -> ModelStore:
        """Where its models are kept."""
        return ModelStore(self.settings.lake.path)

    @property
    def cadence(self) -> Cadence:
        """Lags, windows and seasons at the run's frequency."""
        return cadence_of(self.settings.frequency)

    @property
    def end(self) -> date:
        """First day of the last known period."""
        return last_period(self.as_of, self.settings.frequency)

    def future(self) -> pl.Series:
        """Return the first days of the forecast periods."""
        step = self.cadence.step_days
        return pl.Series("date", [self.end + timedelta(days=step * k) for k in range(1, self.settings.horizon + 1)], dtype=pl.Date)

    def table(self, name: str, region: str | None = None, *, since: date | None = None, until: date | None = None) -> pl.DataFrame:
        """Return an input table as of the version this run reads; empty where it did not exist then."""
        version = self.versions.get(name)
        if version is None:
            return Lake.empty(name)
        regions = None if region is None else [region]
        return self.lake.read(name, version=version, regions=regions, since=since, until=until)

    def regions(self) -> list[str]:
        """Return the regions with sales."""
        return self.lake.regions(self.versions["sales"])
