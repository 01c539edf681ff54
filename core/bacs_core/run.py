"""`bacs run`: puts the engine's parts together, runs them, and takes them apart in a safe order."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import resource
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bacs_core import sitefile
from bacs_core.access.gate import Gate
from bacs_core.access.tokens import PANEL_TOKEN_FILE, create_panel_token
from bacs_core.announcing import Announcer
from bacs_core.api.messages import DEFAULT_PORT, EngineState
from bacs_core.api.server import ApiServer
from bacs_core.clock import SteadyClock
from bacs_core.clock_state import ClockWatch
from bacs_core.commands import NETWORK_SETTING, STICK_SETTING, Identity, Service
from bacs_core.commissioning.pins import MEMORY as DEVICES_MEMORY
from bacs_core.engine import LIMITS_MEMORY, MEMORIES, TRIPS_MEMORY, WISHES_MEMORY, Engine
from bacs_core.errors import BacsError
from bacs_core.history.alone import alone
from bacs_core.history.backup.start import take_up
from bacs_core.history.errors import HistoryError
from bacs_core.history.events import Event, EventKind
from bacs_core.history.store import SITE_ID_KEY, History
from bacs_core.model import Site
from bacs_core.network_mark import MarkedNetwork
from bacs_core.polling.wiring import wire
from bacs_core.recalling import Recalled, recall
from bacs_core.recorder import Recorder
from bacs_core.settings import Settings
from bacs_core.stick.keeper import Source, StickKeeper
from bacs_core.taking_orders import OrderTaker
from bacs_core.watchdog import ServiceManager, report

_log = logging.getLogger(__name__)

COMMISSIONING_NAME: Final = "Commissioning"
#: Stands for the site while the history that keeps its identity cannot be opened.
UNKNOWN_SITE_ID: Final = "unknown"
#: Kept a second time beside the database: without them a restart would not be safe, or the site
#: would be another one.
KEPT_TWICE: Final = (TRIPS_MEMORY, WISHES_MEMORY, LIMITS_MEMORY, DEVICES_MEMORY, SITE_ID_KEY)
SWITCH_OFF_TIMEOUT_S: Final = 8.0
CLOSE_TIMEOUT_S: Final = 5.0
MAX_PORT: Final = 65535


def port_number(text: str) -> int:
    """Read a port from the command line."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PORT:
        msg = f"a port is a number from 1 to {MAX_PORT}, not {text!r}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bacs run`."""
    parser.add_argument(
        "site",
        metavar="SITE.toml",
        nargs="?",
        type=Path,
        help="the site file; without one the engine starts in commissioning mode",
    )
    parser.add_argument(
        "--state",
        metavar="DIR",
        type=Path,
        default=Path("/var/lib/bacs"),
        help="where history, users and tokens are kept (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=port_number,
        default=DEFAULT_PORT,
        help="port of the API (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the engine until SIGTERM or SIGINT."""
    settings, state = _settings(args.site)
    args.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Idle connections must not use up the descriptors that the lines need.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with alone(args.state):
        take_up(args.state, args.site, settings)
        asyncio.run(_serve(settings, state, args.state, args.port))
    return 0


def _settings(site: Path | None) -> tuple[Settings, EngineState]:
    if site is not None:
        return sitefile.load(site), EngineState.RUNNING
    _log.warning(
        "commissioning mode: no site file was given; a port is opened only to be commissioned"
    )
    nothing = Settings(Site(COMMISSIONING_NAME, ()), {}, {}, {}, {})
    return nothing, EngineState.COMMISSIONING


async def _serve(settings: Settings, state: EngineState, folder: Path, port: int) -> None:
    clock = SteadyClock()
    history = History(folder, keeping=settings.keeping, clock=clock.now)
    recorder = Recorder(history, folder=folder, twice=KEPT_TWICE)
    # Before any event: what the clock is worth has to be known of each of them.
    watch = ClockWatch(clock, recorder.clock)
    engine = Engine(wire(settings, clock.now), recorder, clock)
    kept = await _recall(engine, recorder, folder, clock)
    site_id = await _site_id(recorder, kept, clock)
    identity = Identity(site_id, state, _moment(clock), network_enabled=False)
    service = Service(engine, recorder, identity, OrderTaker(engine))
    gate = await asyncio.to_thread(_gate, folder)
    api = ApiServer(service, gate, folder=folder, keeping=settings.keeping, port=port)
    sticks = StickKeeper(
        Source(folder, identity.site_id, settings.site.name), recorder.event, clock.now
    )
    sticks.set_unattended(enabled=await _unattended(recorder))
    engine.sticks = service.sticks = sticks
    api.announcer = Announcer(identity.site_id, settings.site.name)
    engine.desk.api_port = port
    await api.start()
    network = MarkedNetwork(api)
    service.network = network
    service.clock = watch
    recorder.event(_event(clock, EventKind.ENGINE_STARTED, f"engine started ({state})"))
    stop = _stop_signal()
    running = asyncio.create_task(engine.run(), name="engine")
    watching = asyncio.create_task(watch.run(), name="clock")
    manager = ServiceManager()
    manager.ready()
    reporting = asyncio.create_task(report(manager, lambda: _ticks(engine)), name="service manager")
    await sticks.start()
    try:
        if kept.values.get(NETWORK_SETTING) is True:
            identity.network_enabled = await _network_opened(network)
        _log.info("engine runs, API on port %s", api.port)
        await _until_stopped(running, stop)
    finally:
        manager.stopping()
        reporting.cancel()
        watching.cancel()
        await _stop(engine, running, api, recorder, clock)
        await sticks.stop()


async def _network_opened(network: MarkedNetwork) -> bool:
    """Open the API to the network as before the last stop; control goes on without it."""
    try:
        await network.set_network(enabled=True)
    except BacsError as error:
        _log.error("the network stays closed: %s", error)
        return False
    return True


def _ticks(engine: Engine) -> int | None:
    """Count the ticks: what the service manager takes for life."""
    latest = engine.board.latest
    return None if latest is None else latest.snapshot.sequence


def _stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set; from now on they no longer end the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _until_stopped(running: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Wait for a signal to stop; a failure of the engine is raised here."""
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if running.done():
        await running


async def _stop(
    engine: Engine,
    running: asyncio.Task[None],
    api: ApiServer,
    recorder: Recorder,
    clock: SteadyClock,
) -> None:
    """Lent lines back and bypass off first, while the lines still run; then everything else."""
    await engine.desk.stop()
    if not running.done():
        try:
            await asyncio.wait_for(engine.switch_off(), SWITCH_OFF_TIMEOUT_S)
        except TimeoutError:
            _log.error("a line did not take the order to end bypass; its lease ends by itself")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await api.stop()
    recorder.event(_event(clock, EventKind.ENGINE_STOPPED, "engine stopped"))
    with contextlib.suppress(HistoryError, TimeoutError):
        await asyncio.wait_for(recorder.close(), CLOSE_TIMEOUT_S)
    _log.info("engine stopped")


async def _recall(engine: Engine, recorder: Recorder, folder: Path, clock: SteadyClock) -> Recalled:
    """Take up what was kept before the last stop, also where the history cannot be read.

    Raises `SchemaTooNewError`: an older program must not write into a newer history.
    """
    keys = (*MEMORIES, DEVICES_MEMORY, NETWORK_SETTING, SITE_ID_KEY)
    kept = await recorder.call(lambda history: recall(history, folder, keys, KEPT_TWICE))
    values = dict(kept.values)
    if kept.problem is not None:
        _log.error("the history cannot be read: %s", kept.problem)
        if not kept.values:
            # Somebody may have paused a string for a good reason; not to bypass is the safe side.
            values[WISHES_MEMORY] = kept.problem
    engine.restore(values)
    engine.restore_devices(values.get(DEVICES_MEMORY))
    recorder.take_up(kept)
    for remark in kept.remarks:
        _log.error("%s", remark)
        recorder.event(_event(clock, EventKind.HISTORY_REPLACED, remark))
    # Before anybody asks for the identity of the site and makes a new one.
    await recorder.write()
    return kept


async def _unattended(recorder: Recorder) -> bool:
    """Tell whether sticks are written by themselves; where nobody knows, somebody has to ask."""
    try:
        return await recorder.call(lambda history: history.get_setting(STICK_SETTING)) is not False
    except HistoryError as error:
        _log.error("sticks are written only when somebody asks: %s", error)
        return False


async def _site_id(recorder: Recorder, kept: Recalled, clock: SteadyClock) -> str:
    try:
        site_id = await recorder.call(lambda history: history.site_id())
    except HistoryError as error:
        _log.error("the identity of the site cannot be read: %s", error)
        known = kept.values.get(SITE_ID_KEY)
        return known if isinstance(known, str) else UNKNOWN_SITE_ID
    recorder.remember(SITE_ID_KEY, site_id, _moment(clock))
    return site_id


def _gate(folder: Path) -> Gate:
    try:
        token: str | None = create_panel_token(folder)
    except HistoryError as error:
        # Control is worth more than the screen; the token of the last run serves as well.
        _log.error("no new token for the panel: %s", error)
        kept = folder / PANEL_TOKEN_FILE
        token = kept.read_text(encoding="ascii").strip() if kept.exists() else None
    return Gate(folder, panel_token=token or None)


def _event(clock: SteadyClock, kind: EventKind, text: str) -> Event:
    return Event(_moment(clock), kind, text)


def _moment(clock: SteadyClock) -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC)
