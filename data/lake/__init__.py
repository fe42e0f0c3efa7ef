"""The lake: the history of every input table in Delta tables, with the rules by which deliveries change it."""

from data.lake.delivery import DeliveryResult
from data.lake.errors import LakeError
from data.lake.lake import Lake

__all__ = ["DeliveryResult", "Lake", "LakeError"]
