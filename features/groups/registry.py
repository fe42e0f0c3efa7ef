"""The feature groups in use, in the order in which they prepare the panel: later ones may read what earlier ones add."""

from features.groups import age, aggregates, calendar, commercial, drivers, events, level, season, stockouts

GROUPS = (
    level.GROUP,
    season.GROUP,
    stockouts.GROUP,
    age.GROUP,
    calendar.GROUP,
    events.GROUP,
    commercial.GROUP,
    drivers.GROUP,
    aggregates.GROUP,
)
