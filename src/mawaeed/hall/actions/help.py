"""Calling for help, and answering: a visitor at the kiosk, a clerk, an emergency."""

from __future__ import annotations

from datetime import datetime

from mawaeed.centres.models import Centre, Counter
from mawaeed.hall.actions.centre_changes import tell_centre
from mawaeed.hall.models import HelpCall
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.database import take_turns, write_transaction
from mawaeed.kernel.errors import Malformed, NotFound, Stale
from mawaeed.people.models import Staff

SUBJECT = "help_call"


def raise_help(
    *,
    centre: Centre,
    kind: str,
    counter: Counter | None = None,
    device: str = "",
    device_name: str = "",
    actor: Actor,
    now: datetime,
) -> HelpCall:
    """Call a colleague to the kiosk, to a counter, or to an emergency.

    `device` tells the kiosks of a centre apart, `device_name` is how staff know it. A repeat while
    nobody has come returns the call that is open: of this kind, at this counter or kiosk. Refuses
    `Malformed` (no such kind) and `NotFound` (another centre's counter). Emits `help_raised`.
    """
    if kind not in HelpCall.Kind.values:
        raise Malformed(field="kind")
    if counter is not None and counter.centre_id != centre.pk:
        raise NotFound
    with write_transaction():
        take_turns(f"help:{centre.pk}:{kind}:{counter.pk if counter else ''}:{device}")
        held = HelpCall.objects.filter(
            centre=centre, kind=kind, counter=counter, device=device, answered_at__isnull=True
        ).first()
        if held is not None:
            return held
        call = HelpCall.objects.create(
            centre=centre,
            kind=kind,
            counter=counter,
            device=device,
            device_name=device_name,
            raised_at=now,
        )
        _tell(call, "help_raised", ("", "open"), actor, now)
        return call


def answer_help(*, help_call: HelpCall, staff: Staff, now: datetime) -> HelpCall:
    """Somebody goes there: the call is answered, once. Refuses `Stale`. Emits `help_answered`."""
    with write_transaction():
        open_call = HelpCall.objects.filter(pk=help_call.pk, answered_at__isnull=True)
        if open_call.update(answered_at=now, answered_by=staff) != 1:
            raise Stale
        call = HelpCall.objects.select_related("centre", "counter").get(pk=help_call.pk)
        _tell(call, "help_answered", ("open", "answered"), Actor("staff", staff.pk), now)
        return call


def _tell(call: HelpCall, event: str, states: tuple[str, str], actor: Actor, now: datetime) -> None:
    where: dict[str, int | str] = {"counter": call.counter.number} if call.counter else {}
    if call.device_name:
        where["device"] = call.device_name
    tell_centre(
        call.centre,
        subject=(SUBJECT, call.pk),
        states=states,
        event=event,
        actor=actor,
        now=now,
        details={"kind": call.kind, **where},
        payload={"kind": call.kind, **where},
    )
