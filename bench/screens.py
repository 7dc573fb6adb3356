"""Many screens in one process: each holds one stream open and notes when it was told of what.

    bench/screens.py PORT COUNT TOPIC

Writes `open` when all hold on; after a line on standard input, one JSON object: for each version
the moments it was heard (seconds of the machine's monotonic clock), and how many streams were lost.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

BATCH = 100
BACKLOG_PAUSE = 0.02


def main() -> int:
    """Command line."""
    port, count, topic = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    poll = select.epoll()
    screens = {}
    ready: set[int] = set()
    asked = f"GET /live/{topic} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    while len(screens) < count:
        for _ in range(min(BATCH, count - len(screens))):
            screen = socket.create_connection(("127.0.0.1", port))
            screen.sendall(asked)
            screen.setblocking(False)
            poll.register(screen.fileno(), select.EPOLLIN)
            screens[screen.fileno()] = screen
        _hear(poll, screens, ready, {}, BACKLOG_PAUSE)
    while len(ready) < count:
        _hear(poll, screens, ready, {}, 0.5)
    print("open", flush=True)
    heard: dict[int, list[float]] = {}
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    while _hear(poll, screens, ready, heard, 1.0):
        pass
    print(json.dumps({"heard": heard, "lost": count - len(screens)}), flush=True)
    return 0


def _hear(
    poll: select.epoll,
    screens: dict[int, socket.socket],
    ready: set[int],
    heard: dict[int, list[float]],
    seconds: float,
) -> bool:
    """Take what has come; False when it is time to end."""
    for number, _ in poll.poll(seconds):
        if number not in screens:
            return False
        said = screens[number].recv(65536)
        at = time.monotonic()
        if not said:
            poll.unregister(number)
            screens.pop(number).close()
            continue
        for line in said.split(b"\n"):
            if line.startswith(b"id: "):
                ready.add(number)  # the version there was when it came
                heard.setdefault(int(line[4:]), []).append(at)
    return True


if __name__ == "__main__":
    sys.exit(main())
