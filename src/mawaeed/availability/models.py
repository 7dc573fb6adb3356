"""Opening rules, closures, and the capacity ledger they are expanded into."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.models import Agency, Centre, Counter, Pool
from mawaeed.centres.names import shown


class OpeningRule(models.Model):
    """Weekly local hours of a centre (or one of its pools) with effective dates.

    On a date the rules of the highest precedence in force for the pool apply; rules of the pool
    itself go before rules of the whole centre.
    """

    centre = models.ForeignKey(
        Centre,
        on_delete=models.CASCADE,
        related_name="opening_rules",
        verbose_name=_("centre"),
        db_index=False,
    )
    pool = models.ForeignKey(
        Pool,
        on_delete=models.CASCADE,
        null=True,
        related_name="opening_rules",
        verbose_name=_("pool of counters"),
    )
    code = models.SlugField(
        pgettext_lazy("catalogue", "code"),
        max_length=60,
        help_text=_("Names the rule in its catalogue file."),
    )
    weekdays = models.CharField(
        _("weekdays"), max_length=7, help_text=_("ISO weekdays, e.g. 71234 (7 = Sunday).")
    )
    opens_time = models.TimeField(pgettext_lazy("hours", "opens"))
    closes_time = models.TimeField(pgettext_lazy("hours", "closes"))
    counters = models.PositiveSmallIntegerField(
        _("counters staffed"), null=True, help_text=_("Staffed; all if empty.")
    )
    effective_from = models.DateField(pgettext_lazy("date", "from"))
    effective_until = models.DateField(
        pgettext_lazy("date", "until"), null=True, help_text=_("Last day, inclusive.")
    )
    precedence = models.PositiveSmallIntegerField(_("precedence"), default=0)
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)
    from_catalogue = models.BooleanField(
        _("from the catalogue"), default=False, help_text=_("Kept by the catalogue files.")
    )

    class Meta:
        verbose_name = _("opening rule")
        verbose_name_plural = _("opening rules")
        constraints = [
            models.UniqueConstraint(fields=["centre", "code"], name="opening_rule_code_once"),
            models.CheckConstraint(
                condition=Q(closes_time__gt=F("opens_time")), name="opening_rule_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Closure(models.Model):
    """A time in which a centre, or every centre of the agency, serves nobody.

    Whole local days unless times are given; only confirmed closures count.
    """

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("public holiday")
        CLOSURE = "closure", _("closure")

    agency = models.ForeignKey(
        Agency,
        on_delete=models.CASCADE,
        related_name="closures",
        verbose_name=_("agency"),
        db_index=False,
    )
    centre = models.ForeignKey(
        Centre,
        on_delete=models.CASCADE,
        null=True,
        related_name="closures",
        verbose_name=_("centre"),
    )
    code = models.SlugField(pgettext_lazy("catalogue", "code"), max_length=80)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.HOLIDAY)
    name = models.JSONField(_("name"))
    from_date = models.DateField(_("from date"))
    until_date = models.DateField(_("until date"), help_text=_("Last day, inclusive."))
    from_time = models.TimeField(_("from time"), null=True)
    until_time = models.TimeField(_("until time"), null=True)
    confirmed = models.BooleanField(_("confirmed"), default=False)
    active = models.BooleanField(pgettext_lazy("row", "active"), default=True)
    from_catalogue = models.BooleanField(
        _("from the catalogue"), default=False, help_text=_("Kept by the catalogue files.")
    )

    class Meta:
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        constraints = [
            models.UniqueConstraint(fields=["agency", "code"], name="closure_code_once"),
        ]

    def __str__(self) -> str:
        return shown(self.name)


class CentreCalendar(models.Model):
    """One row per centre: the first lock of everything that changes its days."""

    centre = models.OneToOneField(
        Centre, on_delete=models.CASCADE, related_name="calendar", verbose_name=_("centre")
    )
    open_until = models.DateField(
        _("open until"), null=True, help_text=_("Days are expanded up to here, inclusive.")
    )
    version = models.PositiveIntegerField(_("version"), default=0)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")

    def __str__(self) -> str:
        return str(self.centre)


class Session(models.Model):
    """A contiguous period of one pool on one local date with a number of places."""

    centre = models.ForeignKey(
        Centre,
        on_delete=models.PROTECT,
        related_name="sessions",
        verbose_name=_("centre"),
        db_index=False,
    )
    pool = models.ForeignKey(
        Pool,
        on_delete=models.PROTECT,
        related_name="sessions",
        verbose_name=_("pool of counters"),
        db_index=False,
    )
    date = models.DateField(_("date"))
    starts_at = models.DateTimeField(pgettext_lazy("time", "starts"))
    ends_at = models.DateTimeField(pgettext_lazy("time", "ends"))
    places = models.PositiveSmallIntegerField(pgettext_lazy("capacity", "places"))

    class Meta:
        verbose_name = pgettext_lazy("opening hours", "session")
        verbose_name_plural = pgettext_lazy("opening hours", "sessions")
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

    def __str__(self) -> str:
        return f"{self.pool} – {date_format(self.date)}"


class Interval(models.Model):
    """One row of the ledger: a pool's places for one step of its grid.

    Public places left are `capacity - staff_reserve - walk_in_reserve - withheld - taken_public -
    cooling`. `withheld` waits for its release; `shortfall` is what was sold beyond a capacity
    that fell later: it stops sales.
    """

    session = models.ForeignKey(
        Session,
        on_delete=models.PROTECT,
        related_name="intervals",
        verbose_name=pgettext_lazy("opening hours", "session"),
    )
    pool = models.ForeignKey(
        Pool,
        on_delete=models.PROTECT,
        related_name="intervals",
        verbose_name=_("pool of counters"),
        db_index=False,
    )
    starts_at = models.DateTimeField(pgettext_lazy("time", "starts"))
    ends_at = models.DateTimeField(pgettext_lazy("time", "ends"))
    capacity = models.PositiveSmallIntegerField(_("capacity"))
    staff_reserve = models.PositiveSmallIntegerField(_("reserve for staff"), default=0)
    walk_in_reserve = models.PositiveSmallIntegerField(_("reserve for walk-ins"), default=0)
    withheld = models.PositiveSmallIntegerField(_("withheld"), default=0)
    taken_public = models.PositiveSmallIntegerField(_("taken by the public"), default=0)
    taken_staff = models.PositiveSmallIntegerField(_("taken by staff"), default=0)
    cooling = models.PositiveSmallIntegerField(_("cooling"), default=0)
    shortfall = models.PositiveSmallIntegerField(_("shortfall"), default=0)

    class Meta:
        verbose_name = _("interval")
        verbose_name_plural = _("intervals")
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

    class Meta:
        verbose_name = _("cooling place")
        verbose_name_plural = _("cooling places")


class Release(models.Model):
    """One step of a pool's release policy on one local date: withheld places become bookable.

    Written with the day's sessions; `due_at` may have been drawn within the announced window.
    """

    pool = models.ForeignKey(
        Pool,
        on_delete=models.CASCADE,
        related_name="releases",
        verbose_name=_("pool of counters"),
        db_index=False,
    )
    date = models.DateField(_("date"), help_text=_("Local date of the places."))
    step = models.PositiveSmallIntegerField(
        pgettext_lazy("release", "step"), help_text=_("Which step of the policy, from 0.")
    )
    percent = models.PositiveSmallIntegerField(
        _("percent"), help_text=_("Of the day's public places.")
    )
    rolls_down = models.JSONField(
        _("reserves let go"),
        default=list,
        help_text=_('Unused reserves that become public: "staff", "walk_in".'),
    )
    announced_from = models.DateTimeField(
        _("announced from"), help_text=_("Told to the public: start of the window.")
    )
    announced_until = models.DateTimeField(
        _("announced until"), help_text=_("End of the window; the start if not drawn.")
    )
    due_at = models.DateTimeField(pgettext_lazy("time", "due"))
    released_at = models.DateTimeField(pgettext_lazy("time", "released"), null=True)
    places = models.PositiveIntegerField(
        pgettext_lazy("capacity", "places"), default=0, help_text=_("Place-intervals let go.")
    )

    class Meta:
        verbose_name = _("release of places")
        verbose_name_plural = _("releases of places")
        constraints = [
            models.UniqueConstraint(fields=["pool", "date", "step"], name="release_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="release_due", condition=Q(released_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pool} – {date_format(self.date)}"


class CounterAbsence(models.Model):
    """A counter leaves its pool for a time: to nowhere, or to another pool of its centre.

    A counter feeds exactly one pool at any moment; two absences of one counter never overlap
    (the centre's calendar row is locked by whoever writes one).
    """

    counter = models.ForeignKey(
        Counter, on_delete=models.CASCADE, related_name="absences", verbose_name=_("counter")
    )
    from_pool = models.ForeignKey(
        Pool, on_delete=models.CASCADE, related_name="+", verbose_name=_("leaves pool")
    )
    to_pool = models.ForeignKey(
        Pool, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("joins pool")
    )
    starts_at = models.DateTimeField(pgettext_lazy("time", "starts"))
    ends_at = models.DateTimeField(pgettext_lazy("time", "ends"))
    reason = models.CharField(_("reason"), max_length=200)
    undone_at = models.DateTimeField(pgettext_lazy("time", "undone"), null=True)

    class Meta:
        verbose_name = _("absence of a counter")
        verbose_name_plural = _("absences of counters")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="absence_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counter} – {self.reason}"


class CalendarChange(models.Model):
    """Something staff changed in a centre's days; says what is needed to undo it."""

    class Kind(models.TextChoices):
        CLOSURE = "closure", _("closure")
        OPENING_RULE = "opening_rule", _("opening rule")
        COUNTER_AWAY = "counter_away", _("counter away")
        COUNTER_ADDED = "counter_added", _("counter added")

    centre = models.ForeignKey(
        Centre,
        on_delete=models.CASCADE,
        related_name="calendar_changes",
        verbose_name=_("centre"),
        db_index=False,
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    starts_at = models.DateTimeField(
        pgettext_lazy("time", "starts"), help_text=_("First moment it touches.")
    )
    ends_at = models.DateTimeField(
        pgettext_lazy("time", "ends"), help_text=_("Last moment it touches, half-open.")
    )
    reason = models.CharField(_("reason"), max_length=200)
    details = models.JSONField(
        _("details"), default=dict, help_text=_("Codes, ids and what was before.")
    )
    made_at = models.DateTimeField(pgettext_lazy("time", "made"))
    made_by_id = models.BigIntegerField(_("made by"), null=True)
    undone_at = models.DateTimeField(pgettext_lazy("time", "undone"), null=True)
    undone_by_id = models.BigIntegerField(_("undone by"), null=True)

    class Meta:
        verbose_name = _("change of the calendar")
        verbose_name_plural = _("changes of the calendar")
        indexes = [
            models.Index(fields=["centre", "-made_at"], name="calendar_change_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} – {self.reason}"


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
        verbose_name = _("past interval")
        verbose_name_plural = _("past intervals")
        indexes = [models.Index(fields=["pool_id", "starts_at"], name="past_interval_pool")]
