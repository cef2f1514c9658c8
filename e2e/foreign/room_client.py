#!/usr/bin/env python3
"""A client of room, with select: docs/protocol.md.

    room_client.py [-server HOST:PORT]
"""
import argparse
import os
import select
import signal
import socket
import sys

parser = argparse.ArgumentParser()
parser.add_argument("-server", default="127.0.0.1:3823", metavar="HOST:PORT")
args = parser.parse_args()
for number in signal.SIGINT, signal.SIGTERM:
    signal.signal(number, lambda *_: sys.exit(0))

host, port = args.server.rsplit(":", 1)
prompt = b"You: " if os.isatty(1) else b""
prompted = False  # the cursor is behind a prompt
quitting = False  # the server closes the connection because /quit was typed
with socket.create_connection((host, int(port))) as sock:
    watched = [sock, 0]  # 0 is the standard input
    while True:
        for ready in select.select(watched, [], [])[0]:
            if ready is sock:
                data = sock.recv(1024)
                if not data:
                    sys.exit(0 if quitting else "the server has closed the connection")
                sys.stdout.buffer.write((b"\n" if prompted else b"") + data + prompt)
                sys.stdout.buffer.flush()
                prompted = prompt != b""
            else:
                typed = os.read(0, 1024)
                if typed:
                    sock.sendall(typed)  # with its line ends: one read may have several lines
                    quitting = quitting or b"/quit" in typed.splitlines()
                    prompted = False  # the return key was echoed
                else:
                    watched.remove(0)  # or select would return at once, for ever
