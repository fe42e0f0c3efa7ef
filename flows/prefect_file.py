"""The schedules of configs as a `prefect.yaml`, for `prefect deploy` and workers, where `fillrate serve` is not what runs them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from flows.schedules import Schedule, schedules_of
from flows.settings import Settings

WORK_POOL = "fillrate"
HEAD = """\
# Deployments for `prefect deploy --all --no-prompt`, run by `prefect worker start --pool fillrate --type process` (docs/operations.md).
# Made from flows/schedules.py: `fillrate serve CONFIG --prefect-yaml` writes one for a config of your own.
"""


def prefect_yaml(configs: Iterable[tuple[Path, Settings]], time_zone: str) -> str:
    """Return the text of a `prefect.yaml`.

    Parameters
    ----------
    configs
        Configs, named as the workers will find them, with their settings.
    time_zone
        IANA name of the zone of schedules whose config names none.
    """
    deployments = [
        _deployment(config, settings, schedule, time_zone) for config, settings in configs for schedule in schedules_of(settings)
    ]
    # Without a `pull` step workers go to the folder in which `prefect deploy` was called.
    text: str = yaml.safe_dump({"name": "fillrate", "deployments": deployments}, sort_keys=False, width=120)
    return HEAD + text


def _deployment(config: Path, settings: Settings, schedule: Schedule, time_zone: str) -> dict[str, Any]:
    return {
        "name": schedule.deployment_name(settings),
        "description": schedule.purpose,
        "entrypoint": schedule.flow.replace(".", "/").replace(":", ".py:"),
        "parameters": {"config": config.as_posix(), **schedule.parameters},
        "schedules": [{"cron": schedule.cron(settings), "timezone": settings.schedule.time_zone or time_zone}],
        "concurrency_limit": {"limit": 1, "collision_strategy": "CANCEL_NEW"},
        "work_pool": {"name": WORK_POOL},
    }
