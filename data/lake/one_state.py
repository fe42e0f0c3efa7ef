"""Take a delivery of a table kept as one state in: master data and open order lines, replaced as a whole."""

from collections.abc import Mapping

import polars as pl

from data.contracts import business_columns
from data.lake import delta
from data.lake.delivery import Change
from data.lake.errors import LakeError
from data.lake.layout import Layout, stored
from data.messages import PlanMessage
from data.settings import Delivery
from data.storage import Place


def take_state(root: Place, layout: Layout, frame: pl.DataFrame, *, delivery: Delivery | None, regions: Mapping[str, str]) -> Change:
    """Make the table what `frame` says, by one commit, or none when it says so already.

    With `changes` rows are merged by key instead. A delivery without rows empties only tables for which that is news
    (`layout.may_be_empty`); of any other it is taken for a failed export and nothing changes.

    Raises
    ------
    LakeError
        If rows are to be merged into a table that has no key.
    """
    if delivery == "changes" and not layout.mergeable:
        raise LakeError(
            f"inputs.{layout.table}.delivery is 'changes', but rows of {layout.table} have no key to be merged by: "
            f"remove the setting; each delivery of {layout.table} replaces the one before"
        )
    new = stored(frame, layout, regions).sort(layout.sort_by)
    there = delta.exists(root, layout.table)
    if new.is_empty() and not layout.may_be_empty:
        return Change(messages=(_empty(layout.table, there=there),))
    if not there:
        delta.append(root, layout.table, new, layout.partition_by)
        return Change(rows_added=new.height, days_changed=1)
    old = delta.scan(root, layout.table, layout.schema).collect().sort(layout.sort_by)
    if delivery == "changes":
        rest = old.join(new, on=layout.key, how="anti", nulls_equal=True)
        new = pl.concat([rest, new.select(rest.columns)]).sort(layout.sort_by)
    content = business_columns(layout.table)
    if new.select(content).equals(old.select(content)):
        return Change()
    added = new.join(old, on=layout.key, how="anti", nulls_equal=True).height
    delta.overwrite(root, layout.table, new, None)
    return Change(rows_added=added, rows_replaced=new.height - added, days_changed=1)


def _empty(table: str, *, there: bool) -> PlanMessage:
    return PlanMessage(
        code="empty_delivery",
        table=table,
        message=f"The newest delivery of {table} has no usable rows: "
        + ("the one before stays in force." if there else "there is no such table."),
        fix=f"Deliver {table} again with its rows.",
    )
