"""Which inputs of two runs differ, as far as their manifests tell."""

from collections.abc import Mapping
from typing import Any

from data.contracts import INPUT_TABLES


def different_inputs(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """Return a sentence per input that differs between the runs of two manifests."""
    found = []
    if a["as_of"] != b["as_of"]:
        found.append(f"last known day: {a['as_of']} → {b['as_of']}")
    versions_a, versions_b = a["lake_versions"], b["lake_versions"]
    changed = [name for name in INPUT_TABLES if versions_a.get(name) != versions_b.get(name)]
    if changed:
        found.append("tables: " + ", ".join(changed))
    if a["model_id"] != b["model_id"]:
        found.append(f"model: {a['model_id']} → {b['model_id']}")
    if a["code_version"] != b["code_version"]:
        found.append(f"version of fillrate: {a['code_version']} → {b['code_version']}")
    before, after = _flat(a["config"]), _flat(b["config"])
    keys = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    found += [f"config: {key} = {before.get(key)} → {after.get(key)}" for key in keys]
    return found


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a config as dotted keys; keys without a value are left out, as a config that does not name them."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        elif value is not None:
            flat[f"{prefix}{name}"] = value
    return flat
