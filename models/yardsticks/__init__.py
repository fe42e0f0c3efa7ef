"""Simple rules that every backtest shows beside the forecasts, each with a distribution measured the same way."""
