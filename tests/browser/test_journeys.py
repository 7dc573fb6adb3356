"""The whole visit in a browser: book, move, cancel, arrive, be called, be served, rate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, expect

from browser.conftest import Open
from browser.hands import Hands, Keyboard, Pointer, is_focused
from browser.visit import Phone, Window
from mawaeed.commands.demo_people import PASSWORD, QUIET_CENTRE
from running_site import RunningSite

COUNTER = 1
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody without an account yet, and the words they search with."""

    number: str
    born: tuple[str, str, str]
    mobile: str
    sought: str


SALIM = Newcomer("910200000", ("15", "2", "1991"), "36001240", "رخصه سياقه")
MARY = Newcomer("920300000", ("1", "3", "1992"), "36001241", "eye test")
NOOR = Newcomer("930400000", ("9", "4", "1993"), "36001242", "licence renewal")
HUDA = Newcomer("940500000", ("30", "5", "1994"), "36001243", "فحص النظر")


def test_arabic_on_a_phone(window: Open, running_site: RunningSite) -> None:
    spend_the_day(window, running_site, SALIM, "ar", "phone", Pointer())


def test_english_on_a_desktop(window: Open, running_site: RunningSite) -> None:
    spend_the_day(window, running_site, MARY, "en", "desktop", Pointer())


def test_by_keyboard_alone(window: Open, running_site: RunningSite) -> None:
    spend_the_day(window, running_site, NOOR, "en", "desktop", Keyboard())


def test_without_scripts_up_to_the_ticket(window: Open, running_site: RunningSite) -> None:
    mine = window("ar", "phone", java_script_enabled=False)
    phone = Phone(running_site.url, f"+973{HUDA.mobile}")
    find_service(mine, HUDA)
    choose_time(mine, day=1)
    sign_in(mine, HUDA, phone)
    reference = confirm(mine)
    assert reference in phone.message("appointment_booked")
    mine.open(phone.link("appointment_booked"))
    expect(ticket_of(mine).locator(".qr svg")).to_be_visible()


def spend_the_day(
    window: Open,
    site: RunningSite,
    who: Newcomer,
    language: str,
    screen: str,
    hands: Hands,
) -> None:
    """From the home page to the rating."""
    mine = window(language, screen, hands)
    phone = Phone(site.url, f"+973{who.mobile}")
    find_service(mine, who)
    choose_time(mine, day=1)
    sign_in(mine, who, phone)
    reference = confirm(mine)
    assert reference in phone.message("appointment_booked")
    keep_calendar_file(mine, reference)
    look_at_ticket_without_signing_in(window(language, screen), phone, reference)
    move(mine, phone, reference)
    cancel(mine, phone)
    reference = book_again_for_today(mine, phone)
    hall = Hall(
        board=window("ar", "board"),
        supervisor=staff_window(window, language, "supervisor", "supervisor-galleria", hands),
        clerk=staff_window(window, language, "counter", "clerk-galleria", hands),
    )
    number = check_in_at_kiosk(window(language, "kiosk", hands), reference)
    mine.open(phone.link("ticket_issued", number))
    mine.sees("You are next.")
    mine.photograph("ticket-waiting")
    hall.serve(number, mine)
    rate(mine, phone)


def find_service(mine: Window, who: Newcomer) -> None:
    mine.open("/")
    mine.photograph("home")
    if isinstance(mine.hands, Keyboard):
        skip_to_content(mine)
    mine.hands.write(mine.page.get_by_role("searchbox"), who.sought)
    mine.hands.press(
        mine.page.get_by_role("button", name=mine.say.within("button", "Search"), exact=True)
    )
    expect(mine.page).to_have_url(re.compile("/services/"))
    mine.photograph("services")
    mine.hands.press(mine.page.locator("a[href='/services/licence-eye-test/']"))
    mine.sees_heading("Earliest free times")
    mine.photograph("service")


def skip_to_content(mine: Window) -> None:
    """The first stop jumps over the header: the next one is in the content."""
    mine.page.keyboard.press("Tab")
    assert is_focused(mine.link("Skip to the content"))
    mine.page.keyboard.press("Enter")
    mine.page.keyboard.press("Tab")
    assert mine.page.evaluate("document.activeElement.closest('main') !== null")


def choose_time(mine: Window, *, day: int) -> None:
    """The first free time at the quiet centre `day` open days ahead."""
    mine.hands.press(mine.page.locator(f"a.back-link[href*='centre={QUIET_CENTRE}']"))
    tabs = mine.page.locator("a.day-tab:not(.day-tab-none)")
    mine.hands.press(tabs.nth(day))
    mine.photograph("times")
    mine.hands.press(mine.page.locator("a.slot").first)


def sign_in(mine: Window, who: Newcomer, phone: Phone) -> None:
    mine.sees_heading("Sign in")
    mine.photograph("sign-in")
    number = who.number.translate(EASTERN) if mine.say.language == "ar" else who.number
    mine.write("Personal number", number)
    for label, part in zip(("Day", "Month", "Year"), who.born, strict=True):
        mine.write(label, part)
    mine.write("Mobile number", who.mobile)
    mine.press("Send me the code")
    mine.sees_heading("Enter the code")
    mine.photograph("code")
    mine.write("Code", phone.code())
    mine.press("Continue")


def confirm(mine: Window) -> str:
    """Book what is shown; returns the reference on the ticket."""
    mine.sees_heading("Check your booking")
    mine.photograph("check")
    mine.press("Confirm the booking")
    mine.sees("Your appointment is booked. The ticket is on its way by SMS.")
    expect(ticket_of(mine).locator(".qr svg")).to_be_visible()
    mine.photograph("appointment")
    return ticket_of(mine).locator(".reference").inner_text()


def ticket_of(mine: Window) -> Locator:
    return mine.page.get_by_role("article", name=mine.say("Your ticket"), exact=True)


def keep_calendar_file(mine: Window, reference: str) -> None:
    with mine.page.expect_download() as downloading:
        mine.follow("Save to the calendar")
    kept = downloading.value
    assert kept.suggested_filename == f"{reference}.ics"
    text = Path(kept.path()).read_text()
    assert text.startswith("BEGIN:VCALENDAR")
    assert text.count("BEGIN:VEVENT") == 1


def look_at_ticket_without_signing_in(other: Window, phone: Phone, reference: str) -> None:
    other.open(phone.link("appointment_booked", reference))
    expect(ticket_of(other).locator(".reference")).to_have_text(reference)
    expect(ticket_of(other).locator(".qr svg")).to_be_visible()
    other.photograph("e-ticket")


def move(mine: Window, phone: Phone, reference: str) -> None:
    before = ticket_of(mine).locator("time").get_attribute("datetime")
    mine.follow("Move to another time")
    mine.hands.press(mine.page.locator("a.day-tab:not(.day-tab-none)").nth(2))
    mine.photograph("move-times")
    mine.hands.press(mine.page.locator("a.slot").nth(3))
    mine.sees_heading("Check the new time")
    mine.photograph("move-check")
    mine.press("Move the appointment")
    expect(ticket_of(mine).locator(".reference")).to_have_text(reference)
    after = ticket_of(mine).locator("time").get_attribute("datetime")
    assert before is not None
    assert after is not None
    assert after[:10] > before[:10]
    phone.message("appointment_moved", reference)


def cancel(mine: Window, phone: Phone) -> None:
    mine.follow("Cancel the appointment")
    mine.sees_heading("Cancel the appointment?")
    mine.photograph("cancel")
    mine.press("Cancel the appointment")
    expect(mine.link("Book this service again")).to_be_visible()
    mine.photograph("cancelled")
    phone.message("appointment_cancelled")


def book_again_for_today(mine: Window, phone: Phone) -> str:
    mine.follow("Book this service again")
    soonest = mine.page.locator(f"a.slot[href*='centre={QUIET_CENTRE}']").first
    mine.hands.press(soonest)
    reference = confirm(mine)
    phone.message("appointment_booked", reference)
    return reference


def check_in_at_kiosk(kiosk: Window, reference: str) -> str:
    """Type the reference; returns the number on the screen."""
    kiosk.page.goto(f"{kiosk.site}/kiosk/{QUIET_CENTRE}/")
    kiosk.photograph("kiosk-start", whole=False)
    language = kiosk.say.language
    kiosk.hands.press(kiosk.page.locator(f"a.kiosk-choice[lang={language}]"))
    kiosk.is_in_language()
    kiosk.photograph("kiosk-choose", whole=False)
    kiosk.hands.press(kiosk.page.locator("a.kiosk-choice[href$='/check-in/']"))
    if isinstance(kiosk.hands, Keyboard):
        kiosk.write("Reference or code", reference)
    else:
        for letter in reference:
            kiosk.page.get_by_role("button", name=letter, exact=True).tap()
    kiosk.photograph("kiosk-reference", whole=False)
    kiosk.press("Check in")
    kiosk.sees_heading("Your number")
    kiosk.photograph("kiosk-number", whole=False)
    return kiosk.page.locator(".kiosk-number").inner_text()


def staff_window(window: Open, language: str, surface: str, name: str, hands: Hands) -> Window:
    """A member of staff, signed in, at their page of the quiet centre."""
    theirs = window(language, "desktop", hands)
    theirs.choose_language()
    theirs.open(f"/{surface}/{QUIET_CENTRE}/")
    theirs.sees_heading("Staff sign-in")
    theirs.photograph("staff-sign-in")
    theirs.write("User name", name)
    theirs.write("Password", PASSWORD)
    theirs.press("Sign in")
    expect(theirs.page).to_have_url(f"{theirs.site}/{surface}/{QUIET_CENTRE}/")
    return theirs


@dataclass(frozen=True, slots=True)
class Hall:
    """The centre's own windows."""

    board: Window
    supervisor: Window
    clerk: Window

    def serve(self, number: str, mine: Window) -> None:
        """Call the one who waits, serve, finish; every other screen follows by itself."""
        self._look_at_the_quiet_hall()
        self._act("Open counter", str(COUNTER), first=True)
        expect(self._verb("Call next")).to_be_visible()
        self.clerk.photograph("counter-free")
        self._act("Call next", "n")
        self._is_called(number, mine)
        self._act("Start", "s")
        expect(self._verb("Finish")).to_be_visible()
        mine.sees("You are being served.")
        expect(self._tile("Being served")).to_have_text("1")
        self.clerk.photograph("counter-serving")
        self.supervisor.photograph("supervisor")
        self._act("Finish", "f")
        mine.sees("Finished. Thank you for your visit.")
        expect(self._tile("Being served")).to_have_text("0")
        self._act("Close counter", "c")
        self.clerk.sees_heading("Which counter are you at?")

    def _look_at_the_quiet_hall(self) -> None:
        self.board.open(f"/board/{QUIET_CENTRE}/")
        self.board.photograph("board-quiet", whole=False)
        expect(self._sentence()).to_contain_text(
            self.supervisor.say.counted("%(count)s waiting", "%(count)s waiting", 1)
        )
        self.clerk.photograph("counter-choose")

    def _is_called(self, number: str, mine: Window) -> None:
        """On the counter, the board, the supervisor's page and the phone."""
        expect(self.clerk.page.locator(".console-number")).to_have_text(number)
        expect(self.board.page.locator(".board-now .number")).to_have_text(number)
        expect(self.board.page.locator(".board-now .counter")).to_have_text(str(COUNTER))
        turn = ticket_of(mine).locator(".ticket-wait")
        expect(turn).to_contain_text(mine.say("It is your turn. Go to counter"))
        expect(turn.locator("b")).to_have_text(str(COUNTER))
        expect(self._sentence()).to_contain_text(self.supervisor.say("Nobody is waiting"))
        self.clerk.photograph("counter-called")
        self.board.photograph("board-called", whole=False)
        mine.photograph("ticket-called")

    def _act(self, label: str, key: str, *, first: bool = False) -> None:
        self.clerk.hands.shortcut(self.clerk.page, key, self._verb(label, exact=not first))

    def _verb(self, label: str, *, exact: bool = True) -> Locator:
        name = self.clerk.say(label)
        return self.clerk.page.get_by_role("button", name=name, exact=exact).first

    def _sentence(self) -> Locator:
        return self.supervisor.page.locator(".state-sentence")

    def _tile(self, label: str) -> Locator:
        """The number over a label of the supervisor's page."""
        tiles = self.supervisor.page.locator(".stat")
        return tiles.filter(has_text=self.supervisor.say(label)).locator(".stat-value bdi")


def rate(mine: Window, phone: Phone) -> None:
    link = phone.link("rating_requested")
    mine.open(link)
    mine.sees_heading("How was your visit?")
    mine.hands.choose(mine.page.locator("input[name=overall][value='5']"))
    dimensions = mine.page.locator("input[name^=score_][value='4']")
    assert dimensions.count() == 4
    for place in range(dimensions.count()):
        mine.hands.choose(dimensions.nth(place))
    mine.write("Anything else? (not required)", "كان كل شيء واضحاً. All was clear.")
    mine.photograph("rating")
    mine.press("Send the rating")
    mine.sees_heading("Thank you")
    mine.photograph("rating-thanks")
    mine.open(link)
    mine.sees_heading("Already rated")
    mine.photograph("rating-closed")
