"""Opening rules, closures, and the capacity ledger they are expanded into."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from mawaeed.centres.models import Agency, Centre, Counter, Pool


class OpeningRule(models.Model):
    """Weekly local hours of a centre (or one of its pools) with effective dates.

    On a date the rules of the highest precedence in force for the pool apply; rules of the pool
    itself go before rules of the whole centre.
    """

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="opening_rules")
    pool = models.ForeignKey(
        Pool, on_delete=models.CASCADE, null=True, related_name="opening_rules"
    )
    code = models.SlugField(max_length=60, help_text="Names the rule in its catalogue file.")
    weekdays = models.CharField(max_length=7, help_text="ISO weekdays, e.g. 71234 (7 = Sunday).")
    opens_time = models.TimeField()
    closes_time = models.TimeField()
    counters = models.PositiveSmallIntegerField(null=True, help_text="Staffed; all if empty.")
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, help_text="Last day, inclusive.")
    precedence = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    from_catalogue = models.BooleanField(default=False, help_text="Kept by the catalogue files.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["centre", "code"], name="opening_rule_code_once"),
            models.CheckConstraint(
                condition=Q(closes_time__gt=F("opens_time")), name="opening_rule_positive"
            ),
        ]


class Closure(models.Model):
    """A time in which a centre, or every centre of the agency, serves nobody.

    Whole local days unless times are given; only confirmed closures count.
    """

    class Kind(models.TextChoices):
        HOLIDAY = "holiday"
        CLOSURE = "closure"

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="closures")
    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, null=True, related_name="closures")
    code = models.SlugField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.HOLIDAY)
    name = models.JSONField()
    from_date = models.DateField()
    until_date = models.DateField(help_text="Last day, inclusive.")
    from_time = models.TimeField(null=True)
    until_time = models.TimeField(null=True)
    confirmed = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    from_catalogue = models.BooleanField(default=False, help_text="Kept by the catalogue files.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "code"], name="closure_code_once"),
        ]


class CentreCalendar(models.Model):
    """One row per centre: the first lock of everything that changes its days."""

    centre = models.OneToOneField(Centre, on_delete=models.CASCADE, related_name="calendar")
    open_until = models.DateField(null=True, help_text="Days are expanded up to here, inclusive.")
    version = models.PositiveIntegerField(default=0)


class Session(models.Model):
    """A contiguous period of one pool on one local date with a number of places."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="sessions")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="sessions")
    date = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    places = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "starts_at"], name="session_once"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="session_positive"
            ),
        ]
        indexes = [
            models.Index(fields=["centre", "date"], name="session_centre_date"),
            # By its end, so that what is open now is found among the coming days alone.
            models.Index(fields=["ends_at"], name="session_ends"),
        ]


class Interval(models.Model):
    """One row of the ledger: a pool's places for one step of its grid.

    Public places left are `capacity - staff_reserve - walk_in_reserve - withheld - taken_public -
    cooling`. `withheld` waits for its release; `shortfall` is what was sold beyond a capacity
    that fell later: it stops sales.
    """

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="intervals")
    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="intervals")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    staff_reserve = models.PositiveSmallIntegerField(default=0)
    walk_in_reserve = models.PositiveSmallIntegerField(default=0)
    withheld = models.PositiveSmallIntegerField(default=0)
    taken_public = models.PositiveSmallIntegerField(default=0)
    taken_staff = models.PositiveSmallIntegerField(default=0)
    cooling = models.PositiveSmallIntegerField(default=0)
    shortfall = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "starts_at"], name="interval_once"),
            models.CheckConstraint(
                condition=Q(
                    capacity__gte=F("taken_public")
                    + F("taken_staff")
                    + F("cooling")
                    - F("shortfall")
                ),
                name="interval_never_oversold",
            ),
        ]


class Cooling(models.Model):
    """A freed place that nobody may book until `until`: an option of its offering, off by default.

    It is counted in `cooling` of every interval from `starts_at` to `ends_at`.
    """

    pool = models.ForeignKey(Pool, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
    offering_id = models.BigIntegerField(help_text="Whose appointment left it; reference only.")


class Release(models.Model):
    """One step of a pool's release policy on one local date: withheld places become bookable.

    Written with the day's sessions; `due_at` may have been drawn within the announced window.
    """

    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="releases")
    date = models.DateField(help_text="Local date of the places.")
    step = models.PositiveSmallIntegerField(help_text="Which step of the policy, from 0.")
    percent = models.PositiveSmallIntegerField(help_text="Of the day's public places.")
    rolls_down = models.JSONField(
        default=list, help_text='Unused reserves that become public: "staff", "walk_in".'
    )
    announced_from = models.DateTimeField(help_text="Told to the public: start of the window.")
    announced_until = models.DateTimeField(help_text="End of the window; the start if not drawn.")
    due_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)
    places = models.PositiveIntegerField(default=0, help_text="Place-intervals let go.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pool", "date", "step"], name="release_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="release_due", condition=Q(released_at__isnull=True)
            ),
        ]


class CounterAbsence(models.Model):
    """A counter leaves its pool for a time: to nowhere, or to another pool of its centre.

    A counter feeds exactly one pool at any moment; two absences of one counter never overlap
    (the centre's calendar row is locked by whoever writes one).
    """

    counter = models.ForeignKey(Counter, on_delete=models.CASCADE, related_name="absences")
    from_pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="+")
    to_pool = models.ForeignKey(Pool, on_delete=models.CASCADE, null=True, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="absence_positive"
            ),
        ]


class CalendarChange(models.Model):
    """Something staff changed in a centre's days; says what is needed to undo it."""

    class Kind(models.TextChoices):
        CLOSURE = "closure"
        OPENING_RULE = "opening_rule"
        COUNTER_AWAY = "counter_away"
        COUNTER_ADDED = "counter_added"

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="calendar_changes")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    starts_at = models.DateTimeField(help_text="First moment it touches.")
    ends_at = models.DateTimeField(help_text="Last moment it touches, half-open.")
    reason = models.CharField(max_length=200)
    details = models.JSONField(default=dict, help_text="Codes, ids and what was before.")
    made_at = models.DateTimeField()
    made_by_id = models.BigIntegerField(null=True)
    undone_at = models.DateTimeField(null=True)
    undone_by_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["centre", "-made_at"], name="calendar_change_recent"),
        ]


class PastInterval(models.Model):
    """An interval whose local day is over, moved out of the working set; never written again."""

    id = models.BigIntegerField(primary_key=True)
    session_id = models.BigIntegerField()
    pool_id = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    staff_reserve = models.PositiveSmallIntegerField()
    walk_in_reserve = models.PositiveSmallIntegerField()
    withheld = models.PositiveSmallIntegerField()
    taken_public = models.PositiveSmallIntegerField()
    taken_staff = models.PositiveSmallIntegerField()
    cooling = models.PositiveSmallIntegerField()
    shortfall = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["pool_id", "starts_at"], name="past_interval_pool")]
