# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of the matrix: operation x call position x fault x (once, for good), flow by flow."""

from __future__ import annotations

import tempfile
import typing as t
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module
from pathlib import Path

from tests.faults.channel import Channel, Company, Send, unaltered
from tests.faults.exchange import Exchange
from tests.faults.faults import FAULTS, Fault
from tests.faults.fields import FieldFault, faults_of, noting_reads, values_at
from tests.faults.flows import FLOWS, RUNNERS, Scene
from tests.faults.forks import Died, in_copy, started_copy
from tests.faults.observation import Observation, Stage, read_state
from tests.faults.open_cells import find_open
from tests.faults.verdict import Expectation, judge
from tests.support.module_runs import MODULES
from tools.generate import permissions

CPU_SECONDS = 30  # of a run; each takes less than one
NEXT_RUN = {"minutes": 2}  # after which the next run begins


Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Cell:
    """One fault at one request of a flow.

    :arg number: which request of the operation, from 0.
    :arg for_good: whether all later requests of the operation meet it too.
    :arg place: which request it is: "first", "last", or one between them with another URL.
    """

    flow: str
    operation: str
    number: int
    fault: Fault | FieldFault
    for_good: bool
    place: str = "first"

    @property
    def name(self) -> str:
        """The cell in words."""
        often = "for good" if self.for_good else "once"
        return f"{self.flow}: {self.operation} {self.number}: {self.fault.name}, {often}"

    @property
    def key(self) -> Key:
        """What makes it a cell of its own among those of the flows of one module."""
        often = "for good" if self.for_good else self.place
        return (self.operation, self.fault.name, often, FLOWS[self.flow].situation)

    @property
    def expectation(self) -> Expectation:
        """What its run may differ in."""
        other_truth = FLOWS[self.flow].other_truth or self.fault.other_truth
        fault = self.fault
        if isinstance(fault, FieldFault):
            return Expectation(
                other_truth, shown=fault.values, altered=fault.altered, siblings=fault.siblings
            )
        return Expectation(other_truth, fault.any_order, passing=not self.for_good)

    def alter(self, exchange: Exchange, ask: Send) -> Exchange:
        """Return the altered exchange of a request that meets the fault, else the lab's own."""
        meets = exchange.operation == self.operation and (
            exchange.number >= self.number if self.for_good else exchange.number == self.number
        )
        return self.fault.alter(exchange, ask) if meets else ask(exchange)


@dataclass(frozen=True)
class Outcome:
    """A cell, by its parts, and what is wrong with it."""

    flow: str
    module: str
    operation: str
    fault: str
    name: str
    problems: tuple[str, ...]


@dataclass
class Run:
    """The outcomes of many cells, the operations that their flows met, and the cells there are."""

    outcomes: list[Outcome] = field(default_factory=list)
    met: set[str] = field(default_factory=set)
    keys: set[Key] = field(default_factory=set)

    def add(self, other: Run) -> None:
        """Add another run's outcomes."""
        self.outcomes += other.outcomes
        self.met |= other.met

    @property
    def wrong(self) -> list[Outcome]:
        """The cells that ended wrong."""
        return [each for each in self.outcomes if each.problems]

    @property
    def unexpected(self) -> list[Outcome]:
        """The cells that ended wrong and are not in the list of open ones."""
        return [each for each in self.wrong if not find_open(each.name, each.problems)]

    def lines(self) -> list[str]:
        """Return the report: counts by module and by fault, and each wrong cell."""
        known = len(self.wrong) - len(self.unexpected)
        text = [f"{len(self.outcomes):,} cells, {len(self.wrong):,} wrong, {known:,} of them open"]
        for title in ("module", "fault"):
            cells = Counter(getattr(each, title) for each in self.outcomes)
            wrong = Counter(getattr(each, title) for each in self.wrong)
            text.append(f"by {title}: cells, wrong")
            text += [f"  {cells[key]:6} {wrong[key]:6} {key}" for key in sorted(cells)]
        text += [f"open: {each.name}" for each in self.wrong if each not in self.unexpected]
        return [*text, *(f"{each.name}: {'; '.join(each.problems)}" for each in self.unexpected)]


class EndsEarly(Exception):
    """A flow that fails without a fault, so that none can be put into what it should do."""


class Prepared:
    """A flow whose company is in its situation. To be used in a copy of the process."""

    def __init__(self, name: str, company: Company) -> None:
        self.name, self.flow = name, FLOWS[name]
        self._company, self._scene = company, Scene(company)
        self._stage = Stage(company, lambda: self.flow.at_pause(self._scene))
        with self._stage.opened(), Channel(company, unaltered).opened():
            self._values = self.flow.prepare(self._scene)
        self._secrets = _secrets_of(company)
        self._before = read_state(company)
        self.plain = in_copy(partial(self._observe, unaltered))
        if self.plain.failed and not self.flow.guarded:
            raise EndsEarly(f"{name}: {self.plain.result['msg']}")
        if self.flow.idle and (self.plain.carried_out or self.plain.result.get("changed")):
            raise EndsEarly(f"{name}: it changes something")
        # Ids and times that two runs read are not new. Copies of this process take over what is
        # found here.
        self.known = self.plain.known
        self.reads = in_copy(self._reads)

    def _observe(
        self, alter: t.Any, at_most: int = 3000, more: dict[str, t.Any] | None = None
    ) -> Observation:
        self._company.world.clock.advance(**NEXT_RUN)
        run = partial(self.flow.run, self._scene, self._values, more=more)
        seen = self._stage.observe(run, alter, at_most)
        return seen if seen.state else replace(seen, state=self._before)

    def _reads(self) -> dict[str, set[tuple[str, ...]]]:
        """Return the fields that the flow reads, by operation."""
        with noting_reads() as reads:
            exchanges = self._observe(unaltered).exchanges
        found: dict[str, set[tuple[str, ...]]] = {}
        for exchange in exchanges:
            found.setdefault(exchange.operation, set()).update(reads.get(exchange.body, ()))
        return found

    def cells(self) -> Iterator[Cell]:
        """Yield the cells of the flow."""
        for operation, exchanges in _by_operation(self.plain.exchanges).items():
            places = _places(exchanges)
            for fault in FAULTS.values():
                if not any(_fits(fault, each) for each in exchanges):
                    continue
                yield Cell(self.name, operation, exchanges[0].number, fault, for_good=True)
                for place, exchange in places.items():
                    yield Cell(self.name, operation, exchange.number, fault, False, place)
            for path in sorted(self.reads.get(operation, ())):
                yield from self._cells_of_field(operation, path, exchanges, places)

    def _cells_of_field(
        self,
        operation: str,
        path: tuple[str, ...],
        exchanges: Sequence[Exchange],
        places: Mapping[str, Exchange],
    ) -> Iterator[Cell]:
        """Yield the cells of a field, at the requests that may show it."""
        bodies = {exchange.number: exchange.json for exchange in exchanges}
        # The first answer that shows it, or the object that should have it.
        first = next(
            (
                number
                for depth in (len(path), len(path) - 1)
                for number, body in bodies.items()
                if any(True for _value in values_at(body, path[:depth]))
            ),
            exchanges[0].number,
        )
        later = {
            place: exchange.number for place, exchange in places.items() if exchange.number > first
        }
        for altered in faults_of(operation, path, list(bodies.values())):
            yield Cell(self.name, operation, first, altered, altered.everywhere)
            if altered.everywhere:
                for place, number in later.items():
                    yield Cell(self.name, operation, number, altered, False, place)

    def outcomes(self, cells: Iterable[Cell]) -> Iterator[Outcome]:
        """Run cells and yield their outcomes.

        Where only one request met a fault that was there for good, its cell with the fault once is
        the same run, which is not repeated.
        """
        only_request: dict[tuple[str, str, int], tuple[str, ...]] = {}
        for cell in cells:
            names = (cell.flow, self.flow.module, cell.operation, cell.fault.name, cell.name)
            place = (cell.operation, cell.fault.name, cell.number)
            problems = None if cell.for_good else only_request.get(place)
            if problems is None:
                problems, met = self._run(cell)
                if cell.for_good and met == 1 and isinstance(cell.fault, Fault):
                    only_request[place] = problems
            yield Outcome(*names, problems)

    def _run(self, cell: Cell) -> tuple[tuple[str, ...], int]:
        """Return what is wrong with a cell, and how many requests met its fault."""
        try:
            return in_copy(partial(self._judge, cell), CPU_SECONDS)
        except Died as error:
            return (str(error),), 0

    def _judge(self, cell: Cell) -> tuple[tuple[str, ...], int]:
        faulted = self._observe(cell.alter, 200 + 20 * len(self.plain.exchanges))
        following = None
        if faulted.carried_out and faulted.state != self.plain.state:
            resumed = self.flow.resume(faulted.result) if faulted.failed else {}
            following = self._observe(unaltered, more=resumed)
            if not following.carried_out:
                following = replace(following, state=faulted.state)
        problems = judge(self.plain, faulted, following, cell.expectation, self._secrets)
        return tuple(problems), faulted.requests.count(cell.operation) - cell.number


MAX_PLACES = 4  # of reads of an operation with different URLs


def _places(exchanges: Sequence[Exchange]) -> dict[str, Exchange]:
    """Return the requests of an operation that meet a fault once: the first, the last, and others.

    The last call of a read is often that before a write, or after it. Others ask for something else
    than the first, such as the rules of another policy.
    """
    first, last = exchanges[0], exchanges[-1]
    by_url = {exchange.url: exchange for exchange in reversed(exchanges)}
    others = [by_url[url] for url in dict.fromkeys(each.url for each in exchanges)][1:MAX_PLACES]
    places = {"last": last, **{f"other {n}": each for n, each in enumerate(others)}, "first": first}
    numbers = {exchange.number: place for place, exchange in places.items()}
    return {place: places[place] for place in sorted(numbers.values())}


def _secrets_of(company: Company) -> list[str]:
    """Return the tokens, the challenge, and each line of the key but its armour."""
    names = ("okta_api_token", "kandji_api_token", "scep_challenge")
    lines = company.announcement["okta_private_key"].splitlines()
    return [
        *(company.announcement[name] for name in names),
        *(line for line in lines if "-----" not in line),
    ]


def _by_operation(exchanges: Sequence[Exchange]) -> dict[str, list[Exchange]]:
    found: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        found.setdefault(exchange.operation, []).append(exchange)
    return found


def _fits(fault: Fault, exchange: Exchange) -> bool:
    """Return whether a fault makes a difference to an exchange."""
    if fault.of_reads:
        return not exchange.writes
    try:
        return fault.alter(exchange, lambda asked: exchange) != exchange
    except OSError:  # errors of requests are of this type
        return True


Choose = Callable[[Sequence[Cell]], Sequence[Cell]]
Say = Callable[[str], None]


def run_flow(name: str, company: Company, choose: Choose, known: Collection[Key] = ()) -> Run:
    """Run the chosen cells of a flow in a copy of this process, without the known ones."""

    def run() -> Run:
        prepared = Prepared(name, company)
        new = {cell.key: cell for cell in prepared.cells() if cell.key not in known}
        met = {exchange.operation for exchange in prepared.plain.exchanges}
        return Run(list(prepared.outcomes(choose(list(new.values())))), met, set(new))

    return in_copy(run)


def run_modules(names: Iterable[str], choose: Choose, say: Say) -> Run:
    """Run the chosen cells of all flows of these modules. Raises Died.

    A cell that an earlier flow of the module had already is left out.

    :arg say: is called with a line for each flow.
    """
    total, companies = Run(), dict[int, Company]()
    with tempfile.TemporaryDirectory() as directory:
        for module in names:
            known: set[Key] = set()
            for name, flow in FLOWS.items():
                if flow.module != module:
                    continue
                if flow.macs not in companies:
                    companies[flow.macs] = Company(flow.macs, Path(directory))
                done = run_flow(name, companies[flow.macs], choose, known)
                known |= done.keys
                say(f"{name}: {len(done.outcomes):,} cells, {len(done.wrong):,} wrong")
                total.add(done)
    return total


def run_matrix(choose: Choose, say: Say, modules: Sequence[str] = (), processes: int = 2) -> Run:
    """Run the chosen cells of these modules, or of all, in several processes."""
    names = list(modules or dict.fromkeys(flow.module for flow in FLOWS.values()))
    for name in names:  # once, before the process is copied
        if name not in RUNNERS:
            import_module(f"{MODULES}.{name}")
    started = [
        started_copy(partial(run_modules, names[start::processes], choose, say))
        for start in range(processes)
    ]
    total = Run()
    for finish in started:
        total.add(finish())
    return total


def evenly(count: int) -> Choose:
    """Return what chooses so many cells of a flow, evenly."""

    def choose(cells: Sequence[Cell]) -> Sequence[Cell]:
        return [cells[number * len(cells) // count] for number in range(min(count, len(cells)))]

    return choose


def declared_operations() -> dict[str, set[str]]:
    """Return the modules that declare each operation, by the operation's name."""
    found: dict[str, set[str]] = {}
    for module in permissions.names():
        for operation in permissions.operations(module):
            found.setdefault(operation.name, set()).add(module)
    return found
