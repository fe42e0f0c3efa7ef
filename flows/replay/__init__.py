"""The replay: the past played again night by night, what the orders would have cost, beside simple rules."""
