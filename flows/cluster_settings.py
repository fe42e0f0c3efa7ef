"""Settings of the processes, on this machine or on others, that regions are computed in."""

from pydantic import Field

from models.settings import Frozen


class ClusterSettings(Frozen):
    """Where regions are computed side by side. Without `[cluster]` they are computed one after the other; the numbers are the same."""

    address: str | None = Field(
        None,
        pattern=r"^(tcp|tls|ws|wss|ucx)://.+",
        description="of a running Dask scheduler, such as tcp://10.0.0.5:8786; without one each night starts processes on this machine",
    )
    workers: int = Field(0, ge=0, le=512, description="processes that a night starts on this machine, 0 for one per core; not with address")
    series_per_task: int = Field(
        10_000,
        ge=1,
        description="series that one task forecasts and decides; a region of more is cleaned and laid out by one task, then split",
    )
