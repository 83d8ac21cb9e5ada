"""Runs a program in a network of its own, whose one port leads to a socket: relay.py SOCKET PORT PROGRAM..."""

import fcntl
import socket
import struct
import subprocess
import sys
import threading

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def carry(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side broke off: so does the other.
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def serve(listener, door):
    while True:
        inside, _ = listener.accept()
        outside = socket.socket(socket.AF_UNIX)
        try:
            outside.connect(door)
        except OSError:
            inside.close()
            continue
        for pair in ((inside, outside), (outside, inside)):
            threading.Thread(target=carry, args=pair, daemon=True).start()


def main():
    door, port, program = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    threading.Thread(target=serve, args=(listener, door), daemon=True).start()
    sys.exit(subprocess.run(program).returncode)


main()
