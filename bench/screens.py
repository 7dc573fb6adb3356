"""Many screens in one process: each holds one stream open and notes when it was told of what.

    bench/screens.py PORT COUNT TOPIC

Writes `open` when all hold on; after a line on standard input, one JSON object: for each version
the moments it was heard (seconds of the machine's monotonic clock), and how many streams were lost.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time

BATCH = 100
BACKLOG_PAUSE = 0.02

# When, on which connection, what.
Heard = tuple[float, int, bytes]


def main() -> int:
    """Command line."""
    port, count, topic = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    gc.disable()  # nothing here is in a circle, and a collection would be measured as the server's
    poll = select.epoll()
    screens: dict[int, socket.socket] = {}
    heard: list[Heard] = []
    asked = f"GET /live/{topic} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    while len(screens) < count:
        for _ in range(min(BATCH, count - len(screens))):
            screen = socket.create_connection(("127.0.0.1", port))
            screen.sendall(asked)
            screen.setblocking(False)
            poll.register(screen.fileno(), select.EPOLLIN)
            screens[screen.fileno()] = screen
        _hear(poll, screens, heard, BACKLOG_PAUSE)
    ready: set[int] = set()
    while len(ready) < count:  # until each knows the version there was when it came
        ready.update(number for _, number, said in heard if _versions(said))
        heard.clear()
        _hear(poll, screens, heard, 0.5)
    print("open", flush=True)
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    while _hear(poll, screens, heard, 1.0):
        pass
    told = {"heard": _by_version(heard), "lost": count - len(screens)}
    print(json.dumps(told), flush=True)
    return 0


def _hear(
    poll: select.epoll, screens: dict[int, socket.socket], heard: list[Heard], seconds: float
) -> bool:
    """Only note what has come and when, reading is for later; False when it is time to end."""
    for number, _ in poll.poll(seconds):
        if number not in screens:
            return False
        said = screens[number].recv(4096)
        heard.append((time.monotonic(), number, said))
        if not said:
            poll.unregister(number)
            screens.pop(number).close()
    return True


def _by_version(heard: list[Heard]) -> dict[int, list[float]]:
    moments: dict[int, list[float]] = {}
    for at, _, said in heard:
        for version in _versions(said):
            moments.setdefault(version, []).append(at)
    return moments


def _versions(said: bytes) -> list[int]:
    return [int(line[4:]) for line in said.split(b"\n") if line.startswith(b"id: ")]


if __name__ == "__main__":
    sys.exit(main())
