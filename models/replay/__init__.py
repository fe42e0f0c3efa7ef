"""The past played again: a stock simulator, simple ordering rules beside it, costs, and how good the alerts were."""
