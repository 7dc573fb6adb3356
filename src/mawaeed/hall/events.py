"""What happens in the hall, by the name that history and the outbox keep and others look for.

Names that nobody looks for stand only where they are written.
"""

from __future__ import annotations

TICKET_CALLED = "ticket_called"
TICKET_RECALLED = "ticket_recalled"
TICKET_MISSED = "ticket_missed"
TICKET_LEFT = "ticket_left"
TICKET_PARKED = "ticket_parked"
TICKET_TRANSFERRED = "ticket_transferred"
TICKET_LEG_FINISHED = "ticket_leg_finished"
TICKET_TAKEN_BACK = "ticket_taken_back"
SERVICE_FINISHED = "service_finished"
MORE_TIME_ASKED = "more_time_asked"

COUNTER_OPENED = "counter_opened"
COUNTER_CLOSED = "counter_closed"
COUNTER_WANTED = "counter_wanted"
BREAK_STARTED = "break_started"
BREAK_ENDED = "break_ended"
