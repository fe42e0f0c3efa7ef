"""Nights of the past: laid out, trained and carried out again side by side, for the backtest and the replay."""
