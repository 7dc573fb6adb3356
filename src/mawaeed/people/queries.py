"""Who somebody is, and where a member of staff may work."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from mawaeed.centres.models import Centre
from mawaeed.kernel.actor import Actor
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.database import is_postgresql
from mawaeed.kernel.errors import NotAllowed, NotFound
from mawaeed.kernel.identifiers import digest
from mawaeed.kernel.policies import policy
from mawaeed.kernel.secrets import keyed_hash
from mawaeed.people.models import (
    Beneficiary,
    Consent,
    Dependant,
    Person,
    Role,
    Staff,
    StaffRole,
    StaffToken,
)
from mawaeed.people.numbers import clean_personal_number
from mawaeed.people.rules import age_on
from mawaeed.people.tokens import (
    SLIDE_EVERY,
    StaffAt,
    TokenAt,
    person_of_sign_in,
    staff_at_past_the_orm,
)


def person_by_number(number: str) -> Person | None:
    """The account of a personal number. Refuses `Malformed`."""
    return account_of(keyed_hash(clean_personal_number(number)))


def account_of(number_hash: str) -> Person | None:
    """The account in force of a hashed number; one at most, by constraint."""
    return Person.objects.filter(number_hash=number_hash, superseded_at__isnull=True).first()


def person_of_token(token: str, real: datetime) -> Person | None:
    """Whose sign-in `token` is at the real time `real`; also keeps it from going idle."""
    idle = timedelta(minutes=policy("people.session_idle_minutes", real))
    return person_of_sign_in(digest(token), real, idle)


def staff_of_token(token: str, real: datetime) -> Staff | None:
    """Whose token it is at the real time `real`; also notes that it was used.

    None for one that has expired or was revoked, and where the account is closed.
    """
    row = (
        StaffToken.objects.select_related("staff")
        .filter(
            token_hash=digest(token),
            expires_at__gt=real,
            revoked_at__isnull=True,
            staff__is_active=True,
        )
        .first()
    )
    if row is None:
        return None
    if row.used_at is None or row.used_at <= real - SLIDE_EVERY:
        StaffToken.objects.filter(pk=row.pk).update(used_at=real)
    return row.staff


def tokens_of_staff(staff: Staff, real: datetime) -> list[StaffToken]:
    """The tokens of a member of staff that open something at the real time `real`, newest first."""
    valid = StaffToken.objects.filter(staff=staff, expires_at__gt=real, revoked_at__isnull=True)
    return list(valid.order_by("-pk"))


def token_of_staff(staff: Staff, token_id: int) -> StaffToken:
    """One of a person's own tokens, valid or not; another's is `NotFound`."""
    found = StaffToken.objects.filter(staff=staff, pk=token_id).first()
    if found is None:
        raise NotFound
    return found


def dependants_of(person: Person) -> list[Dependant]:
    """Those for whom `person` may book, in the order they were added."""
    return list(person.dependants.select_related("beneficiary").order_by("pk"))


def dependant_of(person: Person, dependant_id: int) -> Dependant:
    """One of those `person` registered; somebody else's is `NotFound`."""
    found = person.dependants.select_related("beneficiary").filter(pk=dependant_id).first()
    if found is None:
        raise NotFound
    return found


def consents_given_by(person: Person) -> list[Consent]:
    """Whom `person` lets book for them, as they entered it, oldest first."""
    return list(person.consents_given.filter(withdrawn_at__isnull=True).order_by("pk"))


def consents_received_by(person: Person) -> list[Consent]:
    """Those who let `person` book for them now, oldest first."""
    return list(_in_force(person).select_related("grantor__beneficiary").order_by("pk"))


def has_consent_of(person: Person, beneficiary: Beneficiary) -> bool:
    """Whether the account holder behind `beneficiary` lets `person` book for them."""
    return _in_force(person).filter(grantor__beneficiary=beneficiary).exists()


def grantor_to_tell(helper_id: int, beneficiary_id: int) -> Person | None:
    """The account holder for whom `helper_id` booked by consent, also after it was withdrawn."""
    consent = (
        Consent.objects.select_related("grantor")
        .filter(
            helper_id=helper_id,
            grantor__beneficiary_id=beneficiary_id,
            grantor__superseded_at__isnull=True,
        )
        .first()
    )
    return consent.grantor if consent else None


def names_by_consent(person: Person) -> dict[int, str]:
    """Beneficiary → what they call themselves to `person`, also after they took consent back."""
    received = Consent.objects.filter(helper=person).order_by("pk")
    return dict(received.values_list("grantor__beneficiary_id", "grantor_name"))


def helpers_ever(person: Person) -> QuerySet[Consent, int | None]:
    """The ids of those `person` lets book, or has let: what they booked stays in sight."""
    given = Consent.objects.filter(grantor=person, helper__isnull=False)
    return given.values_list("helper_id", flat=True)


def _in_force(helper: Person) -> QuerySet[Consent]:
    return Consent.objects.filter(
        helper=helper, grantor__superseded_at__isnull=True, withdrawn_at__isnull=True
    )


def goes_first(person: Person, now: datetime) -> bool:
    """Whether `person` is of the age served without appointment and with priority."""
    today = local_date(now, settings.TIME_ZONE)
    return age_on(person.birth_date, today) >= int(policy("people.priority_age", now))


def staff_has_role(user: Any, roles: Iterable[str] = ()) -> bool:
    """Whether `user` holds one of `roles` somewhere (any role if none is named).

    An administrator counts as holding every role within the agency, a superuser everywhere.
    """
    return _is_staff(user) and (user.is_superuser or _roles(user, roles).exists())


def centres_for_staff(user: Any, roles: Iterable[str] = ()) -> QuerySet[Centre]:
    """The centres where `user` holds one of `roles` (an administrator: all of the agency)."""
    centres = Centre.objects.select_related("directorate").order_by("directorate__order", "order")
    if not _is_staff(user):
        return centres.none()
    if user.is_superuser:
        return centres
    return centres.filter(_scope(_roles(user, roles)))


def centre_for_staff(user: Any, code: str, roles: Iterable[str] = ()) -> Centre:
    """The centre `code` for somebody with one of `roles` there.

    Refuses `NotFound` (no such centre, or no role there), `NotAllowed` (another role there).
    """
    named = tuple(roles)
    centre = centres_for_staff(user).select_related("agency").filter(code=code).first()
    if centre is None:
        raise NotFound
    if named and not centres_for_staff(user, named).filter(pk=centre.pk).exists():
        raise NotAllowed
    return centre


def staff_at(token: str, centre_code: str, roles: Iterable[Role], real: datetime) -> StaffAt | None:
    """Whose staff token it is at the real time `real`, at a centre where they hold one of `roles`.

    `staff_of_token` and `centre_for_staff` at once, for the hall's hottest presses; None for what
    either refuses.
    """
    if is_postgresql():
        return staff_at_past_the_orm(token_at(token, centre_code, roles, real))
    staff = staff_of_token(token, real)
    try:
        centre = centre_for_staff(staff, centre_code, roles)
    except (NotFound, NotAllowed):
        return None
    return StaffAt(staff.pk, centre) if staff else None


def token_at(token: str, centre_code: str, roles: Iterable[Role], real: datetime) -> TokenAt:
    """The same question for a statement that asks it itself."""
    return TokenAt(digest(token), centre_code, tuple(roles), real)


def staff_actor(user: Staff) -> Actor:
    """The member of staff as the one who acts."""
    return Actor("staff", user.pk)


def _is_staff(user: Any) -> bool:
    return isinstance(user, Staff) and user.is_active


def _roles(user: Staff, roles: Iterable[str]) -> QuerySet[StaffRole]:
    named = [str(role) for role in roles]
    held = StaffRole.objects.filter(staff=user)
    return held.filter(role__in=[*named, Role.ADMINISTRATOR]) if named else held


def _scope(held: QuerySet[StaffRole]) -> Q:
    agencies = held.filter(role=Role.ADMINISTRATOR).values("agency")
    return Q(pk__in=held.filter(centre__isnull=False).values("centre")) | Q(agency__in=agencies)
