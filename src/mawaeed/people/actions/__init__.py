"""Use cases of people. One function, one transaction each."""

from mawaeed.people.actions.accounts import (
    register_at_desk,
    register_on_phone,
    reset_mobile,
    set_language,
    take_over_account,
    verify_card,
)
from mawaeed.people.actions.consent import give_consent, withdraw_consent
from mawaeed.people.actions.dependants import add_dependant, forget_dependant
from mawaeed.people.actions.passwords import (
    begin_password_try,
    forget_password_tries,
    password_was_right,
)
from mawaeed.people.actions.signing import (
    SignedIn,
    forget_ended_sign_ins,
    request_sign_in,
    sign_out,
    verify_sign_in,
)
from mawaeed.people.actions.staff_tokens import create_staff_token, revoke_staff_token

__all__ = [
    "SignedIn",
    "add_dependant",
    "begin_password_try",
    "create_staff_token",
    "forget_dependant",
    "forget_ended_sign_ins",
    "forget_password_tries",
    "give_consent",
    "password_was_right",
    "register_at_desk",
    "register_on_phone",
    "request_sign_in",
    "reset_mobile",
    "revoke_staff_token",
    "set_language",
    "sign_out",
    "take_over_account",
    "verify_card",
    "verify_sign_in",
    "withdraw_consent",
]
