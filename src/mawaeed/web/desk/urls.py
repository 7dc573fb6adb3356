"""Addresses of the staff's sign-in and of reception."""

from __future__ import annotations

from django.urls import path

from mawaeed.web.desk import (
    accounts,
    booking,
    changes,
    helping,
    registering,
    signing,
    tokens,
    views,
)

urlpatterns = [
    path("desk/sign-in/", signing.sign_in, name="desk-sign-in"),
    path("desk/sign-out/", signing.sign_out, name="desk-sign-out"),
    path("desk/", signing.home, name="desk-home"),
    path("desk/tokens/", tokens.tokens, name="desk-tokens"),
    path("desk/tokens/revoke/", tokens.revoke, name="desk-token-revoke"),
    path("desk/<slug:centre>/", views.desk, name="desk"),
    path("desk/<slug:centre>/look-up/", views.look_up, name="desk-look-up"),
    path("desk/<slug:centre>/done/", views.finish_visitor, name="desk-done"),
    path("desk/<slug:centre>/check-in/", views.check_in, name="desk-check-in"),
    path("desk/<slug:centre>/walk-in/", views.walk_in, name="desk-walk-in"),
    path("desk/<slug:centre>/register/", registering.register, name="desk-register"),
    path("desk/<slug:centre>/book/", booking.book, name="desk-book"),
    path("desk/<slug:centre>/move/<slug:reference>/", changes.move, name="desk-move"),
    path("desk/<slug:centre>/cancel/<slug:reference>/", changes.cancel, name="desk-cancel"),
    path("desk/<slug:centre>/verify/", accounts.verify, name="desk-verify"),
    path("desk/<slug:centre>/take-over/", accounts.take_over, name="desk-take-over"),
    path("desk/<slug:centre>/mobile/", accounts.change_mobile, name="desk-mobile"),
    path("desk/<slug:centre>/lift/", accounts.lift, name="desk-lift"),
    path("desk/<slug:centre>/appeal/", accounts.decide, name="desk-appeal"),
    path("desk/<slug:centre>/arrivals/", views.arrivals, name="desk-arrivals"),
    path("desk/<slug:centre>/help/", helping.help_calls, name="help-calls"),
    path("desk/<slug:centre>/help/<int:call>/", helping.answer, name="help-answer"),
]
