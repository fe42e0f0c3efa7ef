"""What a scheduled night does beside the night itself: wait for late tables, catch up missed nights, run again for what came late."""

from flows.scheduled.night import Machine, scheduled_night

__all__ = ["Machine", "scheduled_night"]
