"""Marketplaces: which country's report and which sales channel are the same pool of stock, and where its day begins."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Marketplace:
    """A marketplace by its sales channel, the country its reports name, and the time zone of its day."""

    channel: str
    country: str
    time_zone: str


MARKETPLACES = (
    Marketplace("Amazon.com", "US", "America/Los_Angeles"),
    Marketplace("Amazon.ca", "CA", "America/Los_Angeles"),
    Marketplace("Amazon.com.mx", "MX", "America/Mexico_City"),
    Marketplace("Amazon.com.br", "BR", "America/Sao_Paulo"),
    Marketplace("Amazon.co.uk", "GB", "Europe/London"),
    Marketplace("Amazon.ie", "IE", "Europe/Dublin"),
    Marketplace("Amazon.de", "DE", "Europe/Berlin"),
    Marketplace("Amazon.fr", "FR", "Europe/Paris"),
    Marketplace("Amazon.it", "IT", "Europe/Rome"),
    Marketplace("Amazon.es", "ES", "Europe/Madrid"),
    Marketplace("Amazon.nl", "NL", "Europe/Amsterdam"),
    Marketplace("Amazon.com.be", "BE", "Europe/Brussels"),
    Marketplace("Amazon.se", "SE", "Europe/Stockholm"),
    Marketplace("Amazon.pl", "PL", "Europe/Warsaw"),
    Marketplace("Amazon.com.tr", "TR", "Europe/Istanbul"),
    Marketplace("Amazon.ae", "AE", "Asia/Dubai"),
    Marketplace("Amazon.sa", "SA", "Asia/Riyadh"),
    Marketplace("Amazon.eg", "EG", "Africa/Cairo"),
    Marketplace("Amazon.co.za", "ZA", "Africa/Johannesburg"),
    Marketplace("Amazon.in", "IN", "Asia/Kolkata"),
    Marketplace("Amazon.sg", "SG", "Asia/Singapore"),
    Marketplace("Amazon.com.au", "AU", "Australia/Sydney"),
    Marketplace("Amazon.co.jp", "JP", "Asia/Tokyo"),
)
_BY_NAME = {name.casefold(): market for market in MARKETPLACES for name in (market.channel, market.country)} | {
    "uk": next(market for market in MARKETPLACES if market.country == "GB")
}


def marketplace_of(text: str | None) -> Marketplace | None:
    """Return the marketplace that a report names: by sales channel or country; a multi-channel order is that of its country."""
    if text is None:
        return None
    name = re.sub(r"^non-amazon(\.|\s+|$)", "", text.strip().casefold())
    return _BY_NAME.get(name)
