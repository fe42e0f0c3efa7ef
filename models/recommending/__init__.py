"""How a recommendation is put into words and columns around the simulated order."""

from models.recommending.ranking import most_valuable_first
from models.recommending.reasons import DATA_FLAGS, REASONS

__all__ = ["DATA_FLAGS", "REASONS", "most_valuable_first"]
