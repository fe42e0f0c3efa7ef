"""The error library as a table and a JSON document, and back."""

from typing import Any

import numpy as np
import polars as pl

from models.predictive import ErrorLibrary, Segments


def to_frame(library: ErrorLibrary) -> pl.DataFrame:
    """Return the blocks, one row each: segment, then one Float32 column per period."""
    columns = [f"period_{k + 1}" for k in range(library.periods)]
    parts = [
        pl.DataFrame(blocks, schema=columns, orient="row").insert_column(0, pl.Series("segment", [k] * len(blocks), dtype=pl.Int32))
        for k, blocks in enumerate(library.blocks)
    ]
    return pl.concat(parts)


def to_document(library: ErrorLibrary) -> dict[str, Any]:
    """Return everything but the blocks as plain lists and numbers."""
    return {
        "levels": library.segments.levels.tolist(),
        "spreads": library.segments.spreads.tolist(),
        "quantiles": library.quantiles.tolist(),
        "calibrated": library.calibrated.tolist(),
        "coverage": [[None if np.isnan(value) else value for value in row] for row in library.coverage.tolist()],
    }


def from_parts(frame: pl.DataFrame, document: dict[str, Any]) -> ErrorLibrary:
    """Return the library that `to_frame` and `to_document` took apart."""
    segments = Segments(
        np.array(document["levels"], dtype=float), np.array(document["spreads"], dtype=float).reshape(len(document["levels"]) + 1, -1)
    )
    periods = frame.select(pl.exclude("segment"))
    number = frame["segment"].to_numpy()
    blocks = [np.ascontiguousarray(periods.filter(pl.Series(number == k)).to_numpy(), dtype=np.float32) for k in range(segments.count)]
    coverage = np.array([[np.nan if value is None else value for value in row] for row in document["coverage"]], dtype=float)
    return ErrorLibrary(segments, blocks, np.array(document["quantiles"]), np.array(document["calibrated"], dtype=bool), coverage)
