"""Settings of notifications: what they carry, from the config; where they go, from the environment alone."""

import string
from datetime import time

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.settings import Frozen

URLS = "FILLRATE_NOTIFY_URLS"
"""Variable that holds the addresses."""

IN_LINK = ("run_id", "as_of", "name")
"""What may stand in braces in a link."""


class NotifySettings(Frozen):
    """Who is told of a night, and what. Where to is no setting: `FILLRATE_NOTIFY_URLS` in the environment holds the addresses."""

    attach: bool = Field(False, description="whether the report goes along as an attachment, where the service takes one")
    link: str | None = Field(
        None, description="address of the report instead of its path; `{run_id}`, `{as_of}` and `{name}` in it are filled in"
    )
    alerts: int = Field(5, ge=0, le=50, description="top alerts told one by one")
    late_after: time | None = Field(
        None, description="time of day, in the zone of the schedule, from which a night that has not been published counts as late"
    )

    @field_validator("link")
    @classmethod
    def _fillable(cls, link: str | None) -> str | None:
        try:
            names = [name for _, name, _, _ in string.Formatter().parse(link or "") if name is not None]
        except ValueError as error:
            raise ValueError(f"braces in it must be in pairs ({error})") from None
        if unknown := [name for name in names if name not in IN_LINK]:
            raise ValueError(f"{{{unknown[0]}}} cannot be filled in: {', '.join(f'{{{name}}}' for name in IN_LINK)} can")
        return link


class NotifyAddresses(BaseSettings):
    """Where notifications go: Apprise URLs. They hold passwords and tokens, so nothing prints, logs or records them."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="FILLRATE_")

    notify_urls: SecretStr = SecretStr("")
