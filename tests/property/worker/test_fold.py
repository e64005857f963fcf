"""Folding works into a transaction: offsets, states, what is dropped."""

import asyncio
from collections.abc import Callable

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from clustera_toolkit.kafka import InboundMessage, Position
from google_drive_worker.schemas.state import ConnectionState, Parked, Range
from google_drive_worker.sinks.kafka.messages import MessageBuilder, Topics
from google_drive_worker.sinks.kafka.state_store import StateStore
from google_drive_worker.sinks.kafka.transaction import Transaction, fold
from google_drive_worker.sinks.kafka.work import Work
from google_drive_worker.sync.batch import Batch
from google_drive_worker.sync.patch import Patch, StalePatchError, snapshot_id
from google_drive_worker.sync.state import AdvanceScan, OpenSnapshot
from google_drive_worker.sync.wishes import Accept, Cancel, Forget, Park

SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

TOPICS = Topics("records", "errors", "events", "state")
PLACES = [Position("triggers", number) for number in range(3)]
OWNED = dict.fromkeys(PLACES[:2], 10)
CONNECTIONS = ["a", "b/c"]
ONE = snapshot_id(1)
PATCHES: list[Patch] = [
    Accept({"refresh_token": "x"}),
    Accept(None, full=True),
    Cancel(),
    Forget(),
    Park(Parked("c", "m", "t")),
    OpenSnapshot("user:me", ONE, "5", "account", 0, {"all": Range()}, None, "now"),
    AdvanceScan("user:me", ONE, "all", "p2"),
    AdvanceScan("user:me", ONE, "all", None),
]
Spec = tuple[str | None, Patch | None, tuple[Position, int] | None]
ENGINE = st.tuples(st.sampled_from(CONNECTIONS), st.sampled_from(PATCHES), st.none())
HANDLED = st.tuples(
    st.sampled_from([None, *CONNECTIONS]),
    st.one_of(st.none(), st.sampled_from(PATCHES)),
    st.tuples(st.sampled_from(PLACES), st.integers(0, 30)),
)
SPECS = st.lists(ENGINE | HANDLED, max_size=12)


def store_of() -> StateStore:
    return StateStore("state", lambda _: 0)


def folded(specs: list[Spec], store: StateStore, is_broken: Callable[[str], bool] = lambda _: False) -> Transaction:
    """One transaction of works made to these specifications; nothing in it waits for anything."""

    async def inside() -> Transaction:
        loop = asyncio.get_running_loop()
        works = [
            Work(1, loop.create_future(), connection, Batch(patch), handled=handled)
            for connection, patch, handled in specs
        ]
        return fold(works, OWNED, store, MessageBuilder(TOPICS), is_broken)

    return asyncio.run(inside())


def expected(specs: list[Spec]) -> tuple[dict[str, ConnectionState], list[int]]:
    """The slow way: states after, and the numbers of the works that are dropped."""
    states = {name: ConnectionState(name) for name in CONNECTIONS}
    dropped, stale = set[str](), list[int]()
    for number, (connection, patch, handled) in enumerate(specs):
        if connection is None or patch is None:
            continue
        if handled is None and connection in dropped:
            stale.append(number)
            continue
        try:
            states[connection] = patch.apply(states[connection])
        except StalePatchError:
            if handled is None:
                dropped.add(connection)
                stale.append(number)
    return states, stale


@SETTINGS
@given(SPECS)
def test_offsets_are_complete_and_never_go_back(specs: list[Spec]) -> None:
    """Every owned partition is sent, also one that did not move; none that is not owned; each at its highest."""
    offsets = folded(specs, store_of()).offsets
    assert offsets.keys() == OWNED.keys()
    for place, start in OWNED.items():
        reached = [handled[1] for _, _, handled in specs if handled is not None and handled[0] == place]
        assert offsets[place] == max([start, *reached])


@SETTINGS
@given(SPECS)
def test_states_follow_the_order_of_works(specs: list[Spec]) -> None:
    """States are those of applying the works one by one; what is stale is dropped with all that follows it."""
    transaction = folded(specs, store_of())
    states, stale = expected(specs)
    for name, after in states.items():
        assert transaction.states.get(name, ConnectionState(name)) == after
    assert len(transaction.stale) == len(stale)
    assert len(transaction.works) + len(transaction.stale) == len(specs)


@SETTINGS
@given(SPECS)
def test_a_handled_message_is_never_left_behind(specs: list[Spec]) -> None:
    """A handled message is in the transaction even if its patch is stale: otherwise it would come for ever."""
    transaction = folded(specs, store_of())
    assert all(work.handled is None for work in transaction.stale)


@SETTINGS
@given(SPECS, SPECS)
def test_the_state_topic_gives_the_states_back(first: list[Spec], second: list[Spec]) -> None:
    """After any transactions, reading the topic from its start gives the committed states: tombstones included."""
    store, topic = store_of(), list[InboundMessage]()
    for specs in (first, second):
        transaction = folded(specs, store)
        for message in transaction.messages:
            topic.append(InboundMessage(message.topic, 0, len(topic), message.key, message.value))
        for state in transaction.states.values():
            store.commit(state)
    restored = store_of()
    for stored in topic:
        restored.restore(stored)
    assert {state.connection_id: state for state in restored} == {state.connection_id: state for state in store}


@SETTINGS
@given(SPECS)
def test_nothing_of_a_broken_connection_goes_out(specs: list[Spec]) -> None:
    """What the engine sends for a connection whose earlier batch was dropped is dropped too, until it plans again."""
    transaction = folded(specs, store_of(), lambda name: name == "a")
    assert not any(work.connection_id == "a" and work.handled is None for work in transaction.works)
