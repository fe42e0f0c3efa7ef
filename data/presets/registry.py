"""Registry of presets. A new one is one new module and one line here."""

from data.presets.amazon_all_orders import ALL_ORDERS
from data.presets.amazon_customer_returns import CUSTOMER_RETURNS
from data.presets.amazon_fba_inventory import FBA_INVENTORY
from data.presets.amazon_fba_planning import FBA_PLANNING
from data.presets.amazon_ledger_detail import LEDGER_DETAIL
from data.presets.amazon_ledger_summary import LEDGER_SUMMARY
from data.presets.amazon_reserved import RESERVED
from data.presets.amazon_restock import RESTOCK
from data.presets.preset import Preset

PRESETS: dict[str, Preset] = {
    "amazon_all_orders": ALL_ORDERS,
    "amazon_fba_planning": FBA_PLANNING,
    "amazon_restock": RESTOCK,
    "amazon_fba_inventory": FBA_INVENTORY,
    "amazon_reserved": RESERVED,
    "amazon_customer_returns": CUSTOMER_RETURNS,
    "amazon_ledger_detail": LEDGER_DETAIL,
    "amazon_ledger_summary": LEDGER_SUMMARY,
}
"""Name → preset. Where several reports tell the same of a day, the one named first goes before."""
