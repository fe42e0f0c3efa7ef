"""Which fulfilment centre a row of a report belongs to: a marketplace's pooled stock, or where an order is shipped to."""

import polars as pl

from data.errors import InputError
from data.presets.marketplaces import marketplace_of
from data.presets.preset import Export


def pools(export: Export, named: pl.Series | None = None) -> pl.Series:
    """Return the fc of each row: the marketplace it names, else the config's.

    Raises
    ------
    InputError
        If a row names no marketplace and the config does not either.
    """
    told = export.settings.marketplace
    if named is None:
        named = pl.repeat(None, export.rows.height, dtype=pl.String, eager=True)
    if told is None and named.null_count():
        raise InputError(
            f"{export.name}: this {export.title} names no marketplace, so nothing says which pool of stock it is about. "
            'Name it in the config, as the sales channel of its orders: [inputs.exports] marketplace = "Amazon.com".'
        )
    return places(export, named.fill_null(told) if told is not None else named)


def places(export: Export, named: pl.Series) -> pl.Series:
    """Return the fc of each named marketplace, country or state: as the config maps it, else the marketplace's sales channel.

    In a seller's own folder the seller's name follows it: what lies there is his, whatever else shares the warehouse.
    """
    distinct = named.unique().drop_nulls()
    mapped = pl.Series([_fc(export, name) for name in distinct], dtype=pl.String)
    return named.replace_strict(distinct, mapped, default=None, return_dtype=pl.String).alias("fc")


def _fc(export: Export, name: str) -> str:
    market = marketplace_of(name)
    known = {place.strip().casefold(): fc for place, fc in export.settings.fcs.items()}
    spellings = [name, *((market.channel, market.country) if market else ())]
    fc = next((known[spelling.casefold()] for spelling in spellings if spelling.casefold() in known), market.channel if market else name)
    return f"{fc}/{export.seller}" if export.seller else fc


def commonest_marketplace(column: pl.Series) -> str | None:
    """Return the sales channel of most rows that name a marketplace; None if none does."""
    counts = column.drop_nulls().value_counts().rows()
    known = [(count, market.channel) for name, count in counts if (market := marketplace_of(name)) is not None]
    return max(known)[1] if known else None
