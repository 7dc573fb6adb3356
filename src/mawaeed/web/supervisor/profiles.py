"""Profiles of a centre's counters: who works by which, who would be next, and changing them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mawaeed.centres.models import Centre, Counter
from mawaeed.centres.names import localised
from mawaeed.hall.actions.profiles import assign_profile, retire_profile, save_profile
from mawaeed.hall.conditions import Conditions, read_conditions
from mawaeed.hall.dispatch import shared_reads
from mawaeed.hall.errors import ProfileInvalid
from mawaeed.hall.explain import why_next
from mawaeed.hall.models import CounterProfile, Profile
from mawaeed.hall.policies import rates_for
from mawaeed.hall.queries import open_sessions, out_of_order_share
from mawaeed.kernel.clock import local_date
from mawaeed.kernel.errors import DomainError, NotFound
from mawaeed.web.audience import staff
from mawaeed.web.desk.acting import act, actor_of, centre_of, done_before, write_once
from mawaeed.web.desk.pages import staff_page
from mawaeed.web.desk.surfaces import SUPERVISION
from mawaeed.web.request import language_of, now_of
from mawaeed.web.supervisor.profile_forms import ProfileForm, answers, fits_the_form
from mawaeed.web.supervisor.profile_words import class_names, condition_words, hall_names


@staff(*SUPERVISION)
@never_cache
@require_safe
def profiles(request: HttpRequest, centre: str) -> HttpResponse:
    """Every counter with its profile and who is next there; then the profiles."""
    place, now, language = centre_of(request), now_of(request), language_of(request)
    names = hall_names(place, language)
    out_of_order, calls = out_of_order_share(place, local_date(now, place.timezone))
    kept = Profile.objects.filter(centre=place, active=True).order_by("pk")
    rows = [
        {
            "pk": profile.pk,
            "name": localised(profile.name, language),
            "words": condition_words(conditions, names),
            "can_change": fits_the_form(conditions),
        }
        for profile in kept
        for conditions in [_conditions(profile)]
    ]
    rates = rates_for(place, now)
    context = {
        "counters": _counters(request, place, language),
        "profiles": rows,
        "out_of_order": out_of_order,
        "calls": calls,
        "rates": [
            {"who": words, "points": f"{rates[name].per_minute:g}", "credit": rates[name].credit}
            for name, words in class_names().items()
        ],
        "ceiling": round(rates["walk_in"].ceiling_minutes),
    }
    return staff_page(request, "staff/profiles.html", context, current="supervisor")


def _counters(request: HttpRequest, place: Centre, language: str) -> list[dict[str, Any]]:
    now = now_of(request)
    working = {session.counter_id: session for session in open_sessions(place)}
    given = dict(
        CounterProfile.objects.filter(counter__centre=place, profile__active=True).values_list(
            "counter_id", "profile_id"
        )
    )
    counters = Counter.objects.filter(centre=place, active=True).select_related("pool", "centre")
    shared = shared_reads(place.pk, now)
    return [
        {
            "number": counter.number,
            "pool": localised(counter.pool.name, language),
            "profile": given.get(counter.pk),
            "open": counter.pk in working,
            "why": why_next(counter, now, working[counter.pk], shared)
            if counter.pk in working
            else "",
        }
        for counter in counters.order_by("number")
    ]


@staff(*SUPERVISION)
@never_cache
@require_POST
def assign(request: HttpRequest, centre: str) -> HttpResponse:
    """Give a counter a profile, or none."""
    place = centre_of(request)

    def write() -> dict[str, Any]:
        counter = _counter(place, request.POST.get("counter", ""))
        chosen = request.POST.get("profile", "")
        profile = _profile(place, int(chosen)) if chosen.isdecimal() else None
        assign_profile(
            counter=counter, profile=profile, now=now_of(request), actor=actor_of(request)
        )
        return {"counter": counter.number}

    done = act(request, write)
    if done is not None:
        messages.success(
            request, _("Counter %(counter)s works by it from the next call on.") % done
        )
    return redirect("profiles", centre)


@staff(*SUPERVISION)
@never_cache
def new_profile(request: HttpRequest, centre: str) -> HttpResponse:
    """Make a profile."""
    return _form(request, None)


@staff(*SUPERVISION)
@never_cache
def change_profile(request: HttpRequest, centre: str, profile: int) -> HttpResponse:
    """Change a profile, or take it out of use."""
    if request.method == "POST" and done_before(request, actor_of(request)) is not None:
        messages.success(request, _("Saved."))
        return redirect("profiles", centre)
    return _form(request, _profile(centre_of(request), profile))


def _form(request: HttpRequest, profile: Profile | None) -> HttpResponse:
    place = centre_of(request)
    names = hall_names(place, language_of(request))
    first = answers(_conditions(profile), profile.name) if profile else {}
    form = ProfileForm(names, request.POST or None, initial=first)
    wrong = ""
    if "remove" in request.POST and profile is not None:
        return _remove(request, profile)
    if request.method == "POST" and form.is_valid():
        try:
            return _save(request, profile, form)
        except DomainError as refusal:
            wrong = refusal.text()
    context = {"form": form, "profile": profile, "wrong": wrong}
    response = staff_page(request, "staff/profiles_form.html", context, current="supervisor")
    response.status_code = 422 if form.errors or wrong else 200
    return response


def _save(request: HttpRequest, profile: Profile | None, form: ProfileForm) -> HttpResponse:
    place, now, actor = centre_of(request), now_of(request), actor_of(request)
    name, conditions = form.name(), form.conditions()

    def write() -> dict[str, Any]:
        saved = save_profile(
            centre=place, name=name, conditions=conditions, profile=profile, now=now, actor=actor
        )
        return {"profile": saved.pk}

    write_once(request, actor, write)
    messages.success(request, _("Saved."))
    return redirect("profiles", place.code)


def _remove(request: HttpRequest, profile: Profile) -> HttpResponse:
    """Counters that had it serve everybody of their group again."""
    place, now = centre_of(request), now_of(request)

    def write() -> dict[str, Any]:
        retire_profile(profile=profile, now=now, actor=actor_of(request))
        return {}

    if act(request, write) is not None:
        messages.success(request, _("The profile is out of use."))
    return redirect("profiles", place.code)


def _conditions(profile: Profile) -> Conditions:
    try:
        return read_conditions(profile.conditions)
    except ProfileInvalid:
        return Conditions()


def _profile(place: Centre, pk: int) -> Profile:
    found = Profile.objects.filter(centre=place, pk=pk, active=True).first()
    if found is None:
        raise NotFound
    return found


def _counter(place: Centre, number: str) -> Counter:
    counters = Counter.objects.filter(centre=place, active=True).select_related("centre")
    found = counters.filter(number=number).first() if number.isdecimal() else None
    if found is None:
        raise NotFound
    return found
