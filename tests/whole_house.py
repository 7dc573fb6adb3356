"""The small world on a working morning with one of everything, and those who must not see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.test import Client

from mawaeed.booking.actions import book_appointment, join_waiting_list
from mawaeed.booking.models import Appointment, WaitingEntry
from mawaeed.booking.waiting.queries import token_of
from mawaeed.centres.models import Agency, Counter
from mawaeed.feedback.actions import request_rating
from mawaeed.feedback.models import Rating
from mawaeed.hall import actions as hall
from mawaeed.hall.models import Profile, Ticket
from mawaeed.hall.presence import wall_code
from mawaeed.kernel.actor import SYSTEM
from mawaeed.kernel.clock import real_now
from mawaeed.kernel.identifiers import digest
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import Beneficiary, Person, Role, Staff, StaffRole
from mawaeed.people.queries import account_of
from mawaeed.web.kiosk.pairing import COOKIE, device_pass
from residents import NUMBER, OTHER_BORN, OTHER_MOBILE, OTHER_NUMBER, sign_in_on_the_web
from small_world import NOW, World, both, local, make_staff, make_world

NAME = "Examplename"
CHILD = "Childexample"
TOKEN = "a-token-for-tests"
ROLES = (Role.CLERK, Role.RECEPTIONIST, Role.SUPERVISOR)


@dataclass
class House:
    """Dana's morning: a resident booked, came and was served; another appointment is to come."""

    world: World
    at: datetime
    person: Person
    coming: Appointment
    ticket: Ticket
    waiting: WaitingEntry
    staff: dict[str, Staff] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str]:
        """What to fill addresses with; everything of it exists and belongs to Dana."""
        return {
            "centre": "dana",
            "code": "renewal",
            "service": "renewal",
            "language": "en",
            "reference": self.coming.reference,
            "entry": str(self.waiting.pk),
            "shown": "nothing",
            "call": "1",
            "change": "1",
            "profile": str(Profile.objects.values_list("pk", flat=True).get()),
            "wall_code": wall_code(self.world.dana, real_now()),
            "app_label": "people",
            "object_id": "1",
            "content_type_id": "1",
            "id": "1",
            "dependant_id": "1",
            "consent_id": "1",
            "url": "nothing",
        }

    def path_values(self, pattern: str) -> dict[str, str]:
        """`values` with the secret that fits the pattern."""
        secret = self.ticket.secret if pattern.startswith("t/") else self.coming.secret
        token = token_of(self.waiting) if pattern.startswith("w/") else TOKEN
        return {**self.values, "secret": secret, "token": token}

    @property
    def personal(self) -> tuple[str, ...]:
        """What nobody else may read."""
        return (NUMBER, "36001234", NAME, CHILD)

    def client(self, name: str, language: str = "en") -> Client:
        """A visitor: "" for nobody, "stranger" for another resident, else a member of staff."""
        client = Client(headers={"accept-language": language})
        client.cookies["language"] = language
        client.cookies[COOKIE] = device_pass(self.world.dana, self.at)
        if name == "stranger":
            sign_in_on_the_web(client, OTHER_NUMBER, OTHER_BORN, OTHER_MOBILE)
        elif name:
            client.force_login(self.staff[name])
        if name in ROLES:  # the resident stands at this centre's reception
            session = client.session
            session["visitor:dana"] = [self.person.pk, self.person.beneficiary_id]
            session.save()
        return client


PROFILE = [{"kind": "only", "services": ["passport"]}, {"kind": "oldest_first", "minutes": 40}]
OUTSIDERS = ("", "stranger", *(f"elsewhere-{role}" for role in ROLES), "other-agency")


def make_house() -> House:
    """One of everything at Dana; staff of each role there, at Muharraq and of another agency."""
    world = make_world(days=1)
    sign_in_on_the_web(Client())
    person = account_of(keyed_hash(NUMBER))
    assert person is not None
    Person.objects.filter(pk=person.pk).update(name=NAME)
    Beneficiary.objects.filter(pk=person.beneficiary_id).update(name=NAME)
    person.refresh_from_db()
    staff = {f"{role}": make_staff(world, str(role), role, world.dana) for role in ROLES}
    for role in ROLES:
        name = f"elsewhere-{role}"
        staff[name] = make_staff(world, name, role, world.muharraq)
    staff["administrator"] = make_staff(world, "administrator", Role.ADMINISTRATOR)
    staff["other-agency"] = _administrator_of_another_agency()
    ticket = _served(world, person, staff["clerk"])
    coming = _booked(person, "passport", local(10))
    waiting = join_waiting_list(person=person, service_code="customs", actor=SYSTEM, now=NOW)
    Profile.objects.create(centre=world.dana, name=both("Passports only"), conditions=PROFILE)
    return House(world, local(9), person, coming, ticket, waiting, staff)


def _administrator_of_another_agency() -> Staff:
    agency = Agency.objects.create(code="other", name={"ar": "جهة أخرى", "en": "Other agency"})
    staff = Staff.objects.create_user("other-agency", password="a long enough secret")
    StaffRole.objects.create(staff=staff, role=Role.ADMINISTRATOR, agency=agency)
    return staff


def _booked(person: Person, service: str, at: datetime) -> Appointment:
    return book_appointment(
        person=person,
        service_code=service,
        centre_code="dana",
        starts_at=at,
        actor=SYSTEM,
        now=NOW,
    )


def _served(world: World, person: Person, clerk: Staff) -> Ticket:
    """Booked for half past eight, in time, served at once, asked how it was."""
    appointment = _booked(person, "renewal", local(8, 30))
    ticket = hall.check_in(appointment=appointment, actor=SYSTEM, now=local(8, 20))
    counter = Counter.objects.select_related("centre").get(centre=world.dana, number=1)
    session = hall.open_counter(counter=counter, staff=clerk, now=local(8))
    called = hall.call_next(counter_session=session, now=local(8, 30), actor=SYSTEM)
    assert called == ticket
    hall.start_service(ticket=called, actor=SYSTEM, now=local(8, 31))
    fresh = Ticket.objects.select_related("centre", "counter").get(pk=ticket.pk)
    served = hall.finish_service(ticket=fresh, actor=SYSTEM, now=local(8, 40))
    request_rating(ticket=served, now=local(8, 40))
    Rating.objects.filter(ticket=served).update(token_hash=digest(TOKEN))
    return served
