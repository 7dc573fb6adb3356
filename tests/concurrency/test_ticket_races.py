"""Everybody takes a ticket at once: each number once, none left out, none beyond the day's room.

What is raced is the one statement: by groups of one process, and each call a transaction of its
own, as from several. The controls are the latter without its turn.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError, connection

from hall_day import CLERK
from mawaeed.centres.models import Offering, ServiceGroup
from mawaeed.hall import actions
from mawaeed.hall.models import NumberSeries, Ticket
from mawaeed.hall.offerings import forget_offering, kept_offering
from mawaeed.hall.statement import issuing
from mawaeed.hall.statement.issuing import Kept
from mawaeed.hall.walk_in import WalkIn
from mawaeed.kernel.errors import DomainError
from mawaeed.kernel.idempotency import repeatable
from mawaeed.kernel.models import History, IdempotencyKey, OutboxEvent
from small_world import World, both, local, make_world

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="the statement is PostgreSQL's"
)

NOW = local(9)
CROWD, EACH = 20, 4
ROOM = 6  # one counter, the coming hour, ten minutes each
SOURCE = (Path(issuing.__file__).parent / "issue_tickets.sql").read_text()


@pytest.fixture
def world() -> World:
    for service in ("renewal", "passport", "customs"):
        forget_offering(service, "dana")
    return make_world(places=1, days=1)


def take(key: str, service: str = "renewal", *, priority: bool = True) -> str:
    try:
        answer = actions.issue_walk_in_once(
            service_code=service,
            centre_code="dana",
            language="ar",
            priority=priority,
            actor=CLERK,
            now=NOW,
            key=key,
            body={"service": service},
        )
    except DomainError as refusal:
        return refusal.code
    except DatabaseError as error:
        return type(error).__name__
    return str(answer["ticket"]["number"])


def at_once(clients: Sequence[Sequence[Callable[[], str]]]) -> list[str]:
    """Each client, in a thread of its own, makes its calls one after another."""
    barrier, said = threading.Barrier(len(clients)), []

    def run(calls: Sequence[Callable[[], str]]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            said.extend([call() for call in calls])
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(calls,)) for calls in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return said


def crowd(*services: str, priority: bool = True, each: int = EACH) -> list[str]:
    return at_once(
        [
            [
                partial(
                    take, f"{client}-{turn}", services[client % len(services)], priority=priority
                )
                for turn in range(each)
            ]
            for client in range(CROWD)
        ]
    )


@contextmanager
def altered(*changes: tuple[str, str]) -> Iterator[None]:
    """The statement with these parts of its text replaced."""
    text = SOURCE
    for part, instead in changes:
        assert text.count(part) == 1
        text = text.replace(part, instead)
    try:
        _install(text)
        yield
    finally:
        _install(SOURCE)


def _install(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


@contextmanager
def each_alone() -> Iterator[None]:
    """As from as many processes as there are clients."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuing, "_together", issuing._alone)
        yield


@pytest.fixture(params=["together", pytest.param("each alone", marks=on_postgresql)])
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """As threads of one process ask, and as several processes do."""
    with each_alone() if request.param == "each alone" else nullcontext():
        yield


def numbers(letter: str, count: int) -> list[str]:
    return [f"{letter}{number:03d}" for number in range(1, count + 1)]


@pytest.mark.usefixtures("way")
def test_two_letters_each_count_without_gap_or_double(world: World) -> None:
    other = ServiceGroup.objects.create(centre=world.dana, letter="B", name=both("Other"))
    Offering.objects.filter(centre=world.dana, service=world.customs).update(group=other)

    said = crowd("renewal", "customs")

    half = CROWD * EACH // 2
    assert sorted(said) == [*numbers("A", half), *numbers("B", half)]
    assert sorted(Ticket.objects.values_list("number", flat=True)) == sorted(said)
    assert set(NumberSeries.objects.values_list("last_number", flat=True)) == {half}
    for model in (History, OutboxEvent, IdempotencyKey):
        assert model.objects.count() == CROWD * EACH


@pytest.mark.usefixtures("way")
def test_no_more_are_admitted_than_the_day_has_room_for(world: World) -> None:
    said = Counter(crowd("renewal", priority=False, each=2))

    assert said.pop("walk_ins_full") == 2 * CROWD - ROOM
    assert sorted(said) == numbers("A", ROOM)
    assert Ticket.objects.count() == NumberSeries.objects.get().last_number == ROOM
    assert IdempotencyKey.objects.count() == ROOM


@pytest.mark.usefixtures("way")
def test_one_key_sent_by_all_gives_one_ticket(world: World) -> None:
    said = at_once([[partial(take, "same")] for _ in range(CROWD)])

    assert said == ["A001"] * CROWD
    assert Ticket.objects.count() == IdempotencyKey.objects.count() == 1


def in_groups(*groups: Sequence[tuple[str, str]], times: int = EACH) -> Counter[str]:
    """Groups as if of several processes, at once: what became of each ticket asked for."""

    def stroke(group: Sequence[tuple[str, str]]) -> str:
        texts = []
        for service, key in group:
            offering = kept_offering(service, "dana")
            assert offering is not None
            asked = WalkIn(offering, Ticket.PriorityClass.PRIORITY, "ar")
            kept = Kept(repeatable(actor=CLERK, key=key, body={}), {"ticket": {}})
            texts.append(issuing.texts_of(asked, CLERK, NOW, kept))
        try:
            done = issuing.give(texts, hasty=False)
        except OperationalError as error:
            return type(error.__cause__).__name__
        return ",".join(type(each).__name__ for each in done)

    said = at_once([[partial(stroke, group)] * times for group in groups])
    return Counter(",".join(said).split(","))


def crossing(world: World) -> list[list[tuple[str, str]]]:
    """Groups that want two letters and two keys, some in this order and some in the other."""
    other = ServiceGroup.objects.create(centre=world.dana, letter="B", name=both("Other"))
    Offering.objects.filter(centre=world.dana, service=world.customs).update(group=other)
    there = [[("renewal", f"{n}-a"), ("customs", f"{n}-b")] for n in range(4)]
    back = [[("customs", f"{n}-b"), ("renewal", f"{n}-a")] for n in range(4)]
    return [*there, *back]


@on_postgresql
def test_groups_that_cross_in_letters_and_keys_take_turns(world: World) -> None:
    said = in_groups(*crossing(world))

    assert said == {"Issued": 8, "FirstAnswer": 2 * 8 * EACH - 8}
    assert sorted(Ticket.objects.values_list("number", flat=True)) == [
        *numbers("A", 4),
        *numbers("B", 4),
    ]


@on_postgresql
@pytest.mark.parametrize(
    "order",
    [
        'ORDER BY a.by COLLATE "C", a.key COLLATE "C", a.place',
        "ORDER BY a.centre, a.letter, a.day, a.place",
    ],
    ids=["keys", "letters"],
)
def test_without_their_order_groups_lock_each_other_out(world: World, order: str) -> None:
    """The negative control: each group takes what it needs in the order of its own tickets."""
    there, *_, back = crossing(world)
    keys = "key" in order
    if keys:
        back = there[::-1]
    slow = (
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END $$"
    )
    table = "kernel_idempotencykey" if keys else "hall_numberseries"
    take("first")
    take("second", "customs")
    with connection.cursor() as cursor:
        cursor.execute(slow)
        cursor.execute(
            f"CREATE TRIGGER slow BEFORE INSERT OR UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION slowly()"
        )
    try:
        with altered((order, "ORDER BY a.place")):
            said = in_groups(there, back, times=1)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION slowly() CASCADE")

    assert said["DeadlockDetected"] > 0


@on_postgresql
def test_without_the_turn_numbers_are_given_twice(world: World) -> None:
    """The negative control: the next number read first and written a moment later."""
    take("first")
    turn = SOURCE[
        SOURCE.index("            UPDATE hall_numberseries") : SOURCE.index(
            "            IF NOT FOUND THEN\n                INSERT INTO hall_numberseries"
        )
    ]
    read_first = """
        SELECT n.last_number + v_wanted INTO v_last FROM hall_numberseries AS n
        WHERE n.centre_id = p_centre[v_place] AND n.letter = p_letter[v_place]
          AND n.day = p_day[v_place];
        PERFORM pg_sleep(0.2);
        UPDATE hall_numberseries AS n SET last_number = v_last
        WHERE n.centre_id = p_centre[v_place] AND n.letter = p_letter[v_place]
          AND n.day = p_day[v_place];
"""
    with altered((turn, read_first)), each_alone():
        said = Counter(crowd("renewal", each=1))

    assert said["IntegrityError"] > 0


@on_postgresql
def test_looked_at_before_the_turn_everybody_gets_in(world: World) -> None:
    """The negative control: what is promised is added up before the number is taken."""
    turn = "        IF v_wanted > 0 THEN\n            UPDATE hall_numberseries"
    begin = SOURCE.index("                        -- Minutes owed")
    look = SOURCE[begin : SOURCE.index("                        v_pools := v_pools ||")]
    before = f"{look.replace('[i]', '[v_place]')}PERFORM pg_sleep(0.5);\n{turn}"
    with altered((look, ""), (turn, before)), each_alone():
        said = Counter(crowd("renewal", priority=False, each=1))

    assert CROWD - said["walk_ins_full"] > ROOM
