"""Cleaning of sales history: demand lost to stock-outs, stock-outs nobody recorded, unusual orders and their ledger."""
