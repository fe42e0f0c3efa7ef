"""The backtest: forecasts made again from past origins, judged against simple rules, shown on one page and recorded."""
