"""Messages of bridges, of which a later one takes back what an earlier one told: what every store must do."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import datetime

import pytest

from bridge.errors import UsageError
from bridge.interrogation import Moment, PatientStated, Reading, Telling
from bridge.store.protocol import Filed, Store
from tests.store.conformance.steps import put, with_commons_done
from tests.store.samples import BEN, MRN, NOW, filed, later, said


def message(minute: int, *, back: bool = False, name: str = "pb-1") -> Filed:
    """The session of one day as a message tells it, or takes it back."""
    sent = Moment(datetime(2025, 6, 20, 12, minute), "second", 0)
    taken = Reading(True, "X", "OBR[1]-25") if back else None
    telling = Telling(said(name), Reading(sent, str(minute), "MSH-7"), taken)
    one = filed(1)
    return dataclasses.replace(one, interrogation=dataclasses.replace(one.interrogation, telling=telling))


def of_nobody(one: Filed) -> Filed:
    """The same of a message that states no patient."""
    unnamed = dataclasses.replace(one.interrogation, patient=PatientStated())
    return dataclasses.replace(one, interrogation=unnamed, patient="", patient_system="")


TOLD, BACK, AGAIN = message(0), message(1, back=True), message(2)


def live(store: Store) -> tuple[list[str], int]:
    """The exports that hold, by their first letters, and how many the course says there are."""
    return [held.sha256 for held in store.held(1)], store.course(1).live


class TellingsConformance:
    """What messages take back."""

    def test_what_is_taken_back_does_not_hold_whichever_came_first(self, store: Store) -> None:
        first = put(store, "told", TOLD)
        assert live(store) == ([first], 1)
        put(store, "back", BACK)
        assert live(store) == ([], 0)
        again = put(store, "again", AGAIN)
        assert live(store) == ([again], 1)

    @pytest.mark.parametrize("order", tuple(itertools.permutations(("told", "back", "again"))))
    def test_in_any_order_the_last_one_counts(self, store: Store, order: tuple[str, ...]) -> None:
        messages = {"told": TOLD, "back": BACK, "again": AGAIN}
        shas = {name: put(store, name, messages[name]) for name in order}
        assert live(store) == ([shas["again"]], 1)

    def test_a_message_takes_back_nothing_of_another_name_and_no_export(self, store: Store) -> None:
        shas = [put(store, "other", message(0, name="pb-2")), put(store, "export", filed(1))]
        put(store, "told", TOLD)
        put(store, "back", BACK)
        assert (sorted(live(store)[0]), live(store)[1]) == (sorted(shas), 2)

    def test_what_takes_back_makes_its_course_due_as_one_that_loses(self, store: Store) -> None:
        with_commons_done(store)
        put(store, "told", TOLD)
        sha = put(store, "back", BACK)
        last = store.changes(1, 0)[-1]
        assert (last.cause, last.export, last.position[:8]) == ("corrected", sha, "20250102")

    def test_who_withdraws_what_takes_back_brings_back_what_was_told(self, store: Store) -> None:
        told, back = put(store, "told", TOLD), put(store, "back", BACK)
        store.withdraw(back, "Dr A", "it was right", NOW)
        assert live(store) == ([told], 1)
        store.withdraw(told, "Dr A", "it was wrong after all", later(1))
        assert live(store) == ([], 0)

    def test_who_supersedes_what_takes_back_brings_back_what_was_told(self, store: Store) -> None:
        told, back, right = put(store, "told", TOLD), put(store, "back", BACK), put(store, "right", filed(1))
        store.supersede(back, right, "Dr A", "it was wrong", NOW)
        assert (sorted(live(store)[0]), live(store)[1]) == (sorted([told, right]), 2)
        store.withdraw(right, "Dr A", "it was right", later(1))
        assert live(store) == ([], 0)

    def test_what_comes_back_is_of_whom_the_pump_was_linked_to_meanwhile(self, store: Store) -> None:
        told, back = (put(store, name, of_nobody(one)) for name, one in (("told", TOLD), ("back", BACK)))
        store.link(TOLD.pump, BEN, MRN, "Dr A", "it is Ben's", NOW)
        store.withdraw(back, "Dr A", "it was right", later(1))
        assert live(store) == ([], 0)
        (ben,) = [course for course in store.courses() if course.patient == BEN]
        assert [held.sha256 for held in store.held(ben.course)] == [told]

    def test_what_was_withdrawn_does_not_come_back_by_it(self, store: Store) -> None:
        told, back = put(store, "told", TOLD), put(store, "back", BACK)
        store.withdraw(told, "Dr A", "wrong", NOW)
        store.withdraw(back, "Dr A", "this too", later(1))
        assert live(store) == ([], 0)

    def test_what_is_taken_back_is_nobodys_to_assign(self, store: Store) -> None:
        told, back = put(store, "told", TOLD), put(store, "back", BACK)
        for sha in (told, back):
            with pytest.raises(UsageError, match="export-taken-back"):
                store.assign(sha, BEN, MRN, "Dr A", "of Ben", NOW)
        assert live(store) == ([], 0)

    def test_what_a_person_assigned_is_taken_back_where_it_is(self, store: Store) -> None:
        told = put(store, "told", TOLD)
        store.assign(told, BEN, MRN, "Dr A", "of Ben", NOW)
        ben = list(store.courses())[-1]
        assert [held.sha256 for held in store.held(ben.course)] == [told]
        back = put(store, "back", BACK)
        assert list(store.held(ben.course)) == []
        assert live(store) == ([], 0)
        store.withdraw(back, "Dr A", "it was right", later(1))
        assert [held.sha256 for held in store.held(ben.course)] == [told]
        assert live(store) == ([], 0)

    def test_read_again_it_is_still_taken_back(self, store: Store) -> None:
        told, _ = put(store, "told", filed(1)), put(store, "back", BACK)
        assert live(store) == ([told], 1)  # an older adapter did not say that a message told it
        assert store.reread(told, [TOLD], NOW) == 1
        assert live(store) == ([], 0)
