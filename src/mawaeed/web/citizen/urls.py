"""Residents' pages."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.citizen import (
    appointments,
    booking,
    dependants,
    home,
    information,
    moving,
    rating,
    services,
    signing,
    standing,
    tickets,
    times,
    visits,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("services/", services.services, name="services"),
    path("services/<slug:code>/", services.service, name="service"),
    path("services/<slug:code>/times/", times.slots, name="slots"),
    path("book/", booking.book, name="book"),
    path("book/hold/", booking.hold, name="hold"),
    path("book/let-go/", booking.let_go, name="let-go"),
    path("visit/", visits.visit, name="visit"),
    path("visit/times/", visits.visit_times, name="visit-times"),
    path("sign-in/", signing.sign_in, name="sign-in"),
    path("sign-in/code/", signing.sign_in_code, name="sign-in-code"),
    path("sign-out/", signing.sign_out, name="sign-out"),
    path("appointments/", appointments.appointments, name="appointments"),
    path("appointments/<slug:reference>/", appointments.appointment, name="appointment"),
    path("appointments/<slug:reference>/move/", moving.move, name="move"),
    path("appointments/<slug:reference>/cancel/", appointments.cancel, name="cancel"),
    path("e/<slug:secret>/", tickets.e_ticket, name="e-ticket"),
    path("e/<slug:secret>/calendar.ics", tickets.calendar, name="e-ticket-calendar"),
    path("e/<slug:secret>/qr.svg", tickets.qr, name="e-ticket-qr"),
    path("t/<slug:secret>/", tickets.ticket, name="ticket"),
    path("t/<slug:secret>/part/", tickets.ticket_part, name="ticket-part"),
    path("r/<slug:token>/", rating.rate, name="rating"),
    path("standing/", standing.standing, name="standing"),
    path("dependants/", dependants.dependants, name="dependants"),
    path("news/", information.announcements, name="announcements"),
    path("contact/", information.contact, name="contact"),
    path("privacy/", information.privacy, name="privacy"),
    path("language/", information.set_language, name="set-language"),
]
