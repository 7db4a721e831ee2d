"""Ports of this machine: which are free, and who holds one that is not."""

import socket

import psutil

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Whether *port* can no longer be listened on; connections that are merely dying away do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError:
            return True
    return False


def holder_of(port: int) -> str:
    """The process that listens at *port*, by name and number; arguments are left out, they may hold secrets."""
    for pid in listeners(port):
        try:
            return f"{psutil.Process(pid).name()} (pid {pid})"
        except psutil.Error:
            return f"pid {pid}"
    return "a process of another user"


def listeners(port: int) -> list[int]:
    """The processes that listen at *port*, as far as we may see them."""
    try:
        found = psutil.net_connections(kind="tcp")
    except psutil.Error:
        return []
    return [c.pid for c in found if c.status == psutil.CONN_LISTEN and c.pid and c.laddr and c.laddr.port == port]
