"""What the booking engine should do, written a second time without any database.

A plain, slow restatement of the rules for one small world; the stateful test carries every step
out here and in the database and compares.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

GRID = timedelta(minutes=5)
STEP = timedelta(minutes=10)
ACTIVE = ("booked", "checked_in")
COVERING = ("booked", "checked_in", "fulfilled")


@dataclass(frozen=True)
class Place:
    """A stretch of a pool that something takes one place of."""

    centre: str
    starts_at: datetime
    ends_at: datetime

    def times(self) -> list[datetime]:
        count = -(-(self.ends_at - self.starts_at) // GRID)
        return [self.starts_at + index * GRID for index in range(count)]

    def touches(self, other: Place) -> bool:
        apart = self.ends_at <= other.starts_at or other.ends_at <= self.starts_at
        return self.centre == other.centre and not apart


@dataclass(frozen=True)
class Held:
    service: str
    place: Place
    expires_at: datetime


@dataclass(frozen=True)
class Promise:
    person: int
    service: str
    place: Place
    state: str = "booked"
    moves: int = 0
    made_at: datetime | None = None


@dataclass
class Model:
    """The world as it should be. `sessions` are (centre, first moment, last moment)."""

    now: datetime
    last_moment: datetime
    capacity: int
    sessions: list[tuple[str, datetime, datetime]]
    minutes: dict[str, int]
    limits: dict[str, int]
    cap: int = 5
    moves_cap: int = 3
    hold_for: timedelta = timedelta(minutes=3)
    pause: timedelta = timedelta(seconds=60)
    grace: timedelta = timedelta(minutes=15)
    promises: dict[int, Promise] = field(default_factory=dict)
    holds: dict[int, Held] = field(default_factory=dict)
    # Who held something, from when until when; not those who gave it up in time.
    held: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    closures: dict[int, Place] = field(default_factory=dict)
    withheld: list[tuple[Place, datetime]] = field(default_factory=list)

    def place(self, service: str, centre: str, starts_at: datetime) -> Place:
        return Place(centre, starts_at, starts_at + timedelta(minutes=self.minutes[service]))

    def taken(self, centre: str, moment: datetime) -> int:
        """How many places the ledger should say are taken there."""
        covering = [each.place for each in self.promises.values() if each.state in COVERING]
        covering += [held.place for held in self.holds.values()]
        return sum(place.centre == centre and moment in place.times() for place in covering)

    def places(self, centre: str, moment: datetime) -> int:
        """How many places the ledger should have there."""
        closed = any(
            place.centre == centre and moment in place.times() for place in self.closures.values()
        )
        return 0 if closed else self.capacity

    def kept_back(self, centre: str, moment: datetime) -> int:
        """How many of them wait for their release."""
        waiting = any(
            place.centre == centre and moment in place.times() for place, _ in self.withheld
        )
        return self.places(centre, moment) if waiting else 0

    def close(self, key: int, place: Place, *, cancel: bool) -> None:
        """Nobody is served there; with `cancel` those booked are told to choose, holds lapse."""
        self.closures[key] = place
        if not cancel:
            return
        for number, each in self.promises.items():
            if each.state == "booked" and each.place.touches(place):
                self.promises[number] = replace(each, state="cancelled")
        for person, held in list(self.holds.items()):
            if held.place.touches(place):
                del self.holds[person]

    def release(self) -> int:
        """Let go what is due."""
        due = [each for each in self.withheld if each[1] <= self.now]
        self.withheld = [each for each in self.withheld if each not in due]
        return len(due)

    def active(self, person: int) -> list[Promise]:
        return [
            each
            for each in self.promises.values()
            if each.person == person and each.state in ACTIVE
        ]

    def book(self, person: int, service: str, centre: str, starts_at: datetime) -> str:
        refusal = self._outside(starts_at)
        if refusal:
            return refusal
        mine = self.active(person)
        if len(mine) + 1 > max(self.cap, self.limits[service]):
            return "limit_reached"
        if sum(each.service == service for each in mine) >= self.limits[service]:
            return "already_booked"
        return self._enter(person, self.place(service, centre, starts_at), []) or ""

    def booked(self, key: int, person: int, service: str, centre: str, at: datetime) -> None:
        place = self.place(service, centre, at)
        self.promises[key] = Promise(person, service, place, made_at=self.now)

    def hold(self, person: int, service: str, centre: str, starts_at: datetime) -> str:
        refusal = self._outside(starts_at)
        if refusal:
            return refusal
        place = self.place(service, centre, starts_at)
        held = self.holds.get(person)
        if held and held.expires_at > self.now and (held.service, held.place) == (service, place):
            return ""
        if len(self.active(person)) + 1 > max(self.cap, self.limits[service]):
            return "limit_reached"
        if self._wasted_a_hold(person):
            return "hold_paused"
        refusal = self._enter(person, place, [])
        if refusal:
            return refusal
        self.holds[person] = Held(service, place, self.now + self.hold_for)
        self.held[person] = (self.now, self.now + self.hold_for)
        return ""

    def _wasted_a_hold(self, person: int) -> bool:
        """Whether a hold ran out less than a pause ago and nothing was booked since it began."""
        if person not in self.held:
            return False
        since, until = self.held[person]
        booked = any(
            each.person == person and each.made_at is not None and each.made_at >= since
            for each in self.promises.values()
        )
        return until <= self.now < until + self.pause and not booked

    def let_go(self, person: int) -> bool:
        """Give up what is held; whether it was anything."""
        if person in self.held and self.held[person][1] > self.now:
            del self.held[person]
        return self.holds.pop(person, None) is not None

    def move(self, key: int, centre: str, starts_at: datetime) -> str:
        promise = self.promises[key]
        if promise.state not in ACTIVE:
            return "stale"
        place = self.place(promise.service, centre, starts_at)
        if promise.state == "booked" and promise.place == place:
            return ""
        refusal = self._outside(starts_at)
        if refusal:
            return refusal
        if promise.state != "booked":
            return "stale"
        if self.now >= promise.place.starts_at:
            return "too_late"
        if promise.moves >= self.moves_cap:
            return "move_limit"
        refusal = self._enter(promise.person, place, [promise.place])
        if refusal:
            return refusal
        self.promises[key] = replace(promise, place=place, moves=promise.moves + 1)
        return ""

    def cancel(self, key: int) -> str:
        promise = self.promises[key]
        if promise.state == "cancelled":
            return ""
        if self.now >= promise.place.starts_at:
            return "too_late"
        if promise.state != "booked":
            return "stale"
        self.promises[key] = replace(promise, state="cancelled")
        return ""

    def expire_unclaimed(self) -> int:
        late = [
            key
            for key, each in self.promises.items()
            if each.state == "booked" and each.place.starts_at + self.grace <= self.now
        ]
        for key in late:
            self.promises[key] = replace(self.promises[key], state="no_show")
        return len(late)

    def release_expired(self) -> int:
        over = [person for person, held in self.holds.items() if held.expires_at <= self.now]
        for person in over:
            del self.holds[person]
        return len(over)

    def _outside(self, starts_at: datetime) -> str:
        if starts_at <= self.now:
            return "past"
        return "outside_horizon" if starts_at >= self.last_moment else ""

    def _enter(self, person: int, place: Place, leaving: list[Place]) -> str:
        """Give up what the person leaves, and enter; expired holds in the way go if they must."""
        if not any(
            centre == place.centre
            and begin <= place.starts_at
            and place.ends_at <= end
            and not (place.starts_at - begin) % STEP
            for centre, begin, end in self.sessions
        ):
            return "closed"
        own = self.holds.get(person)
        gone = [*leaving, *([own.place] if own else [])]
        expired = {
            other: held
            for other, held in self.holds.items()
            if other != person and held.expires_at <= self.now and held.place.touches(place)
        }
        if self._fits(place, gone):
            self.holds.pop(person, None)
            return ""
        if expired and self._fits(place, [*gone, *(held.place for held in expired.values())]):
            self.holds.pop(person, None)
            for other in expired:
                del self.holds[other]
            return ""
        return "slot_taken"

    def _fits(self, place: Place, gone: list[Place]) -> bool:
        """Whether each interval has a place, those left counted as free."""
        for moment in place.times():
            left = sum(old.centre == place.centre and moment in old.times() for old in gone)
            taken = self.taken(place.centre, moment) - left
            is_net_zero = left > 0  # the row changes by nothing, or gives something back
            free = self.places(place.centre, moment) - self.kept_back(place.centre, moment)
            if taken >= free and not is_net_zero:
                return False
        return True
