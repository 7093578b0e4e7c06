"""Several courses at once: their plans stored in one commit, sent one after the other, and recorded in one commit.

1. Each course keeps every promise of reconcile.py and sending.py: it is leased, its plan is stored and its rows say
   `sending` before its first write leaves, and its answers are recorded in the commit that closes its plan.
2. What is not plainly and wholly confirmed is left as a crash would leave it: begun, to be resumed by looking first.
3. What fails here is left to the ordinary way, course by course, which says whose fault it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bridge.errors import ConfigError, StoreError
from bridge.lane import free
from bridge.planning import Kept
from bridge.sending import Sender
from bridge.store.protocol import Settled, Store, StoredPlan


def sent_together(
    plans: Sequence[StoredPlan], kept: Sequence[Kept], store: Store, sender: Sender, owner: str, settle: timedelta
) -> set[str]:
    """Store plans and send them; record those that were confirmed whole, and what folding left. Answers their ids.

    For so long as `settle` says, further messages of their pumps gather.
    """
    whole = _confirmed(plans, sender) if _stored(plans, store) else []
    for plan, _ in whole:
        free(plan.course, store, plan.destination)
    now = sender.clock.now()
    with store.together(synced=False):
        for one in kept:
            store.save_checkpoints(one.course, one.change, one.points)
        for plan, answers in whole:
            store.settle(plan.destination, plan.id, answers, now)
            store.finish(plan, now, owner, now + settle if settle else None)
    return {plan.id for plan, _ in whole}


def _stored(plans: Sequence[StoredPlan], store: Store) -> bool:
    """Whether they were stored; where one of them cannot be, none is."""
    try:
        store.save_plans(plans, sending=True)
    except (StoreError, ConfigError):
        raise
    except Exception:
        return False
    return True


def _confirmed(plans: Sequence[StoredPlan], sender: Sender) -> list[tuple[StoredPlan, list[Settled]]]:
    try:
        return sender.plainly(plans)
    except (StoreError, ConfigError):
        raise
    except Exception:
        return []
