# Copyright (c) 2026 devicetrust.okta_kandji contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deadline for each answer as a whole, headers included.

The timeout of ``requests`` is for each read of the socket. An answer of which a byte comes from
time to time never ends by it.
"""

from __future__ import annotations

import io
import typing as t
from collections.abc import Callable

try:
    import requests.adapters
    import urllib3
    import urllib3.connection

    _HTTPAdapter: t.Any = requests.adapters.HTTPAdapter
    _HTTPPool: t.Any = urllib3.HTTPConnectionPool
    _HTTPSPool: t.Any = urllib3.HTTPSConnectionPool
    _HTTPConnection: t.Any = urllib3.connection.HTTPConnection
    _HTTPSConnection: t.Any = urllib3.connection.HTTPSConnection
except ImportError:  # the transport names what is missing
    _HTTPAdapter = _HTTPPool = _HTTPSPool = _HTTPConnection = _HTTPSConnection = object


class DeadlineAdapter(_HTTPAdapter):  # type: ignore[misc]  # requests may be missing
    """Ends each answer that is not complete after some seconds, with a TimeoutError.

    :arg clock: seconds that only grow.
    """

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._pools = _pools_with_deadline(seconds, clock)
        super().__init__()

    def init_poolmanager(self, *args: t.Any, **options: t.Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: t.Any) -> t.Any:
        """Return the pools of connections by a proxy. Those by SOCKS have no deadline."""
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager


class _Deadline:
    """The time until which the present answer of a connection has to be complete."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds, self._clock = seconds, clock
        self._end = clock() + seconds

    def restart(self) -> None:
        self._end = self._clock() + self._seconds

    def check(self) -> None:
        if self._clock() > self._end:
            raise TimeoutError("the answer is not complete in time")


def _pools_with_deadline(seconds: float, clock: Callable[[], float]) -> dict[str, type[object]]:
    """Return pools by scheme, whose connections have the deadline."""

    class Timed:
        sock: t.Any

        def __init__(self, *args: t.Any, **options: t.Any) -> None:
            self.answer_deadline = _Deadline(seconds, clock)
            super().__init__(*args, **options)

        def connect(self) -> None:
            super().connect()  # type: ignore[misc]  # of the connection that it is mixed into
            self.sock = _TimedSocket(self.sock, self.answer_deadline)

        def request(self, *args: t.Any, **options: t.Any) -> None:
            self.answer_deadline.restart()
            super().request(*args, **options)  # type: ignore[misc]  # as above

    # Named as those of urllib3, whose texts of errors have these names.
    class HTTPConnection(Timed, _HTTPConnection):  # type: ignore[misc]  # requests may be missing
        pass

    class HTTPSConnection(Timed, _HTTPSConnection):  # type: ignore[misc]  # as above
        pass

    class HTTPConnectionPool(_HTTPPool):  # type: ignore[misc]  # as above
        ConnectionCls = HTTPConnection

    class HTTPSConnectionPool(_HTTPSPool):  # type: ignore[misc]  # as above
        ConnectionCls = HTTPSConnection

    return {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}


class _TimedSocket:
    """A socket whose file checks the deadline before each read."""

    def __init__(self, sock: t.Any, deadline: _Deadline) -> None:
        self._sock, self._deadline = sock, deadline

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._sock, name)

    def makefile(self, mode: str, *_args: t.Any, **_options: t.Any) -> io.BufferedReader:
        """Return the file that answers are read from."""
        return io.BufferedReader(_TimedReader(self._sock.makefile(mode, 0), self._deadline))


class _TimedReader(io.RawIOBase):
    def __init__(self, raw: t.Any, deadline: _Deadline) -> None:
        self._raw, self._deadline = raw, deadline

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        number: int = self._raw.fileno()
        return number

    def readinto(self, buffer: t.Any) -> int | None:
        self._deadline.check()
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
