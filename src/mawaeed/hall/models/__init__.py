"""What happens on the day."""

from mawaeed.hall.models.counters import (
    CounterBreak,
    CounterProfile,
    CounterSession,
    HelpCall,
    Profile,
)
from mawaeed.hall.models.tickets import NumberSeries, ServiceGiven, Ticket, TicketLeg
from mawaeed.hall.models.waits import (
    DelayWarning,
    EstimateCorrection,
    EstimateModel,
    WaitEstimate,
)

__all__ = [
    "CounterBreak",
    "CounterProfile",
    "CounterSession",
    "DelayWarning",
    "EstimateCorrection",
    "EstimateModel",
    "HelpCall",
    "NumberSeries",
    "Profile",
    "ServiceGiven",
    "Ticket",
    "TicketLeg",
    "WaitEstimate",
]
