"""How long orders take and whether they come: distributions learned from receipts, and draws of them."""

from models.lead_times.draws import series_keys
from models.lead_times.learned import learned_lead_times

__all__ = ["learned_lead_times", "series_keys"]
