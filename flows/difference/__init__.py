"""Why the orders of two runs differ: decided again step by step, from all that the one knew to all that the other knew."""
