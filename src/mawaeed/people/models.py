"""Residents, the people they come for, one-time codes, sign-ins; staff and their roles."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mawaeed.centres.models import Agency, Centre


class Beneficiary(models.Model):
    """Who comes: one row per personal number, with or without an account. Limits count here."""

    number_hash = models.CharField(max_length=64, unique=True)
    number_sealed = models.TextField()
    name = models.CharField(max_length=120, blank=True, default="")
    birth_date = models.DateField()

    class Meta:
        verbose_name = _("beneficiary")
        verbose_name_plural = _("beneficiaries")


class Person(models.Model):
    """A resident with an account: who books. Not a user of Django's own sign-in."""

    class Verification(models.TextChoices):
        UNVERIFIED = "unverified"
        CARD = "card"
        SIGN_ON = "sign_on"

    number_hash = models.CharField(max_length=64)
    number_sealed = models.TextField()
    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.PROTECT, related_name="persons")
    birth_date = models.DateField()
    mobile = models.CharField(max_length=16, help_text="E.164.")
    name = models.CharField(max_length=120, blank=True, default="")
    language = models.CharField(max_length=10, default="ar")
    verification = models.CharField(
        max_length=10, choices=Verification.choices, default=Verification.UNVERIFIED
    )
    created_at = models.DateTimeField()
    superseded_at = models.DateTimeField(
        null=True, help_text="A verified card took this unverified account over."
    )

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(
                fields=["number_hash"],
                name="one_account_per_number",
                condition=Q(superseded_at__isnull=True),
            ),
        ]


class Dependant(models.Model):
    """A beneficiary for whom a person may book where the service allows it."""

    guardian = models.ForeignKey(
        Person, on_delete=models.CASCADE, related_name="dependants", db_index=False
    )
    beneficiary = models.ForeignKey(Beneficiary, on_delete=models.PROTECT)
    name = models.CharField(
        max_length=120, blank=True, default="", help_text="As the guardian says; shown to them."
    )
    relation = models.CharField(max_length=20, default="child")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("dependant")
        verbose_name_plural = _("dependants")
        constraints = [
            models.UniqueConstraint(fields=["guardian", "beneficiary"], name="dependant_once"),
        ]


class Consent(models.Model):
    """A resident lets a relative with an account book for them, until taken back.

    It is written for a personal number, and looks the same to the grantor whether or not that
    number has an account. `helper` is the account the number had when consent was given: an
    account opened later gains nothing by it.
    """

    grantor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents_given")
    helper = models.ForeignKey(
        Person, on_delete=models.CASCADE, null=True, related_name="consents_received"
    )
    helper_hash = models.CharField(max_length=64)
    helper_sealed = models.TextField()
    grantor_name = models.CharField(
        max_length=120, help_text="As the grantor says; shown to the helper."
    )
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("consent to book")
        verbose_name_plural = _("consents to book")
        constraints = [
            models.UniqueConstraint(
                fields=["grantor", "helper_hash"],
                name="consent_once",
                condition=Q(withdrawn_at__isnull=True),
            ),
        ]


class SignInCode(models.Model):
    """A one-time code: hashed, few minutes, few tries. All times are real time."""

    number_hash = models.CharField(max_length=64, db_index=True)
    number_sealed = models.TextField()
    code_hash = models.CharField(max_length=64)
    mobile = models.CharField(max_length=16)
    birth_date = models.DateField()
    language = models.CharField(max_length=10, default="ar")
    address_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries_left = models.PositiveSmallIntegerField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign-in code")
        verbose_name_plural = _("sign-in codes")


class SignIn(models.Model):
    """A resident's session, on the web (cookie) and over the API (bearer). Real times."""

    token_hash = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sign_ins")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")


class Staff(AbstractUser):
    """A member of staff or an administrator: the AUTH_USER_MODEL."""

    language = models.CharField(_("language"), max_length=10, default="ar")

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")


class StaffToken(models.Model):
    """What a machine of the house signs in with for a member of staff, with their roles."""

    staff = models.ForeignKey(
        Staff, on_delete=models.CASCADE, related_name="tokens", verbose_name=_("member of staff")
    )
    label = models.CharField(_("what it is for"), max_length=60)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(pgettext_lazy("time", "created"))
    expires_at = models.DateTimeField(pgettext_lazy("time", "expires"))
    revoked_at = models.DateTimeField(pgettext_lazy("time", "revoked"), null=True)
    used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("staff token")
        verbose_name_plural = _("staff tokens")


class PasswordTry(models.Model):
    """A wrong password of staff, for a user name or from an address. Real time."""

    subject_hash = models.CharField(max_length=64)
    tried_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("wrong password")
        verbose_name_plural = _("wrong passwords")
        indexes = [models.Index(fields=["subject_hash", "tried_at"], name="password_tries")]


class Role(models.TextChoices):
    """What a member of staff may do at a centre."""

    CLERK = "clerk", pgettext_lazy("role", "Clerk")
    RECEPTIONIST = "receptionist", pgettext_lazy("role", "Receptionist")
    SUPERVISOR = "supervisor", pgettext_lazy("role", "Supervisor")
    ADMINISTRATOR = "administrator", pgettext_lazy("role", "Administrator")


class StaffRole(models.Model):
    """A role at one centre; an administrator's covers the agency and has no centre."""

    staff = models.ForeignKey(
        Staff,
        on_delete=models.CASCADE,
        related_name="roles",
        verbose_name=_("member of staff"),
        db_index=False,
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, verbose_name=_("agency"))
    centre = models.ForeignKey(
        Centre, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("centre")
    )

    class Meta:
        verbose_name = _("role at a centre")
        verbose_name_plural = _("roles at centres")
        constraints = [
            models.UniqueConstraint(fields=["staff", "role", "centre"], name="staff_role_once"),
            models.UniqueConstraint(
                fields=["staff", "role"],
                name="staff_role_everywhere_once",
                condition=Q(centre__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(role="administrator") | Q(centre__isnull=False),
                name="staff_role_scoped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} – {self.centre or self.agency}"
