#!/usr/bin/env python3
"""A client of room as the assignment's own: select, and no line ends.

    room_client.py [-server HOST:PORT]
"""
import argparse
import os
import select
import socket

parser = argparse.ArgumentParser()
parser.add_argument("-server", default="127.0.0.1:3823", metavar="HOST:PORT")
args = parser.parse_args()

host, port = args.server.rsplit(":", 1)
prompted = False  # the cursor is behind a prompt
with socket.create_connection((host, int(port))) as sock:
    watched = [sock, 0]  # 0 is the standard input
    while True:
        for ready in select.select(watched, [], [])[0]:
            if ready is sock:
                data = sock.recv(1024)
                if not data:
                    raise SystemExit("the server has closed the connection")
                os.write(1, (b"\n" if prompted else b"") + data + b"You: ")
                prompted = True
            else:
                typed = os.read(0, 1024)
                if typed:
                    sock.sendall(typed.rstrip(b"\n"))
                    prompted = False  # the return key was echoed
                else:
                    watched.remove(0)  # or select would return at once, for ever
