"""A digest of what decides results, by which they are found again."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any


def settings_digest(settings: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical JSON of `settings`: what decides the forecasts, and what data they are made from.

    The order of keys does not matter; 1 and 1.0 differ. Dates and paths count as their text. Raises TypeError for anything else that
    JSON has no form for, ValueError for NaN and infinities.
    """
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_as_text)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _as_text(value: object) -> str:
    if isinstance(value, date | Path):
        return str(value)
    raise TypeError(
        f"{type(value).__name__} {value!r} has no form in JSON: turn the settings into plain values first (model_dump(mode='json'))"
    )
