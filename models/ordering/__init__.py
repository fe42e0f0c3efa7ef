"""How the size of an order is found: stock rolled forward on sample paths, and the order that costs least."""
