"""How good a forecast was: losses, classes of series and days, sums that add up, and noise bands on every difference."""
