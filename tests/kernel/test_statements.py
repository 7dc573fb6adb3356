"""Statements put together once say what the framework's own say, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.test.utils import CaptureQueriesContext

from mawaeed.centres.models import Centre, Offering
from mawaeed.kernel.models import History, OutboxDelivery
from mawaeed.kernel.statements import (
    Question,
    given,
    insert,
    insert_unless_there,
    update_where,
)
from small_world import NOW, TODAY, World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def history(world: World) -> list[History]:
    """Three rows of two days and centres, every kind of column in them, None too."""
    rows = [
        History(
            day=TODAY + timedelta(days=turn // 2),
            at=NOW + timedelta(microseconds=turn * 7),
            subject_kind="ticket",
            subject_id=turn,
            centre_id=world.dana.pk if turn else None,
            to_state="waiting",
            actor_kind="kiosk",
            details={"event": "ticket_issued", "turn": turn, "so": [True, None, "نعم"]},
        )
        for turn in range(3)
    ]
    return [insert(row) for row in rows]


def _columns(row: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "_state"}


def test_a_row_is_written_as_saving_writes_it(history: list[History]) -> None:
    again = History(**{**_columns(history[1]), "id": None})
    again.save(force_insert=True)
    plain, short = (History.objects.get(pk=row.pk) for row in (again, history[1]))
    assert _columns(short) == {**_columns(plain), "id": short.pk} == _columns(history[1])
    history[1].reason = "known as written"
    history[1].save()
    assert History.objects.count() == 4


def test_a_question_answers_with_other_values_as_the_queryset_does(
    history: list[History], world: World
) -> None:
    def rows(day: Any, after: Any, centre: Any) -> QuerySet[History]:
        here = Q(centre_id=None) | Q(centre_id=centre)
        return History.objects.filter(here, day=day, at__gte=after).order_by("pk")

    asked = given("day"), given("after"), given("centre")
    whole = Question(lambda: rows(*asked))
    some = Question(lambda: rows(*asked).values_list("at", "day", "details", "actor_id"))
    flat = Question(lambda: rows(*asked).values_list("subject_id", flat=True)[:1])
    for day in (TODAY, TODAY + timedelta(days=1)):
        for after in (NOW, NOW + timedelta(microseconds=7), NOW + timedelta(hours=1)):
            values = {"day": day, "after": after, "centre": world.dana.pk}
            plain = rows(**values)
            found = whole.all(**values)
            assert [_columns(row) for row in found] == [_columns(row) for row in plain]
            fields = "at", "day", "details", "actor_id"
            assert some.all(**values) == list(plain.values_list(*fields))
            assert flat.first(**values) == plain.values_list("subject_id", flat=True).first()
            assert all(not row._state.adding for row in found)


def test_rows_come_with_what_belongs_to_them(world: World) -> None:
    offerings = Question(
        lambda: Offering.objects.select_related("centre__directorate", "service").filter(
            pk=given("offering")
        )
    )
    for plain in Offering.objects.select_related("centre__directorate", "service"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            found = offerings.get(offering=plain.pk)
            assert found.centre.directorate.name == plain.centre.directorate.name
            assert found.service == plain.service
        assert len(asked) == 1
    with pytest.raises(Offering.DoesNotExist):
        offerings.get(offering=0)


def test_questions_count_and_look_into_other_tables(history: list[History], world: World) -> None:
    of_centre = History.objects.filter(centre_id=OuterRef("pk"), day=given("day"))
    centres = Question(
        lambda: Centre.objects.filter(Exists(of_centre)).values_list(
            "code", Subquery(of_centre.order_by("-pk").values("subject_id")[:1])
        )
    )
    counts = Question(
        lambda: (
            History.objects.filter(at__gt=given("after"))
            .order_by()
            .values_list("day")
            .annotate(Count("pk"))
        )
    )
    assert centres.all(day=TODAY) == [("dana", 1)]
    assert centres.all(day=TODAY - timedelta(days=1)) == []
    assert dict(counts.all(after=NOW)) == {TODAY: 1, TODAY + timedelta(days=1): 1}


def test_none_is_no_value(history: list[History]) -> None:
    question = Question(lambda: History.objects.filter(centre_id=given("centre")))
    with pytest.raises(TypeError):
        question.all(centre=None)


def test_an_update_is_conditional_on_every_value(history: list[History]) -> None:
    first, second, _ = history
    assert update_where(History, {"pk": first.pk, "centre_id": 5}, {"reason": "no"}) == 0
    assert update_where(History, {"pk": second.pk, "centre_id": None}, {"reason": "no"}) == 0
    where = {"pk": first.pk, "centre_id": None, "at": first.at}
    values = {"reason": "so", "details": {"a": None}, "day": TODAY, "actor_id": None}
    assert update_where(History, where, values) == 1
    changed = History.objects.get(pk=first.pk)
    assert _columns(changed) == {**_columns(first), **values}
    assert not History.objects.exclude(pk=first.pk).filter(reason__in=("so", "no")).exists()


def test_what_is_there_is_left_out_or_refused() -> None:
    def delivery() -> OutboxDelivery:
        return OutboxDelivery(event_id=1, consumer="one", due_at=NOW)

    assert insert_unless_there(delivery()) is not None
    assert insert_unless_there(delivery()) is None
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(delivery())
    assert OutboxDelivery.objects.count() == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL always told the id")
def test_an_sqlite_that_does_not_give_the_id_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 3.35 it had no RETURNING."""
    monkeypatch.setattr(connection.features, "can_return_columns_from_insert", False)

    with CaptureQueriesContext(connection) as asked:
        test_what_is_there_is_left_out_or_refused()
        row = insert(OutboxDelivery(event_id=2, consumer="one", due_at=NOW))

    assert OutboxDelivery.objects.get(event_id=2).pk == row.pk
    assert "RETURNING" not in " ".join(each["sql"] for each in asked)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="rows are not locked there")
def test_rows_are_locked_within_a_transaction_only() -> None:
    question = Question(lambda: Centre.objects.select_for_update().filter(code=given("code")))
    with transaction.atomic():
        assert question.first(code="none") is None
    with pytest.raises(transaction.TransactionManagementError):
        question.first(code="none")


def test_a_failed_statement_spoils_the_transaction_around_it() -> None:
    """Whoever catches the error cannot go on and commit half of an action."""

    def write() -> None:
        insert(OutboxDelivery(event_id=1, consumer="one", due_at=NOW))

    with transaction.atomic():
        write()
        with pytest.raises(IntegrityError):
            write()
        assert transaction.get_rollback()
