#!/usr/bin/env python3
"""A client of room as the assignment asks for it.

    ./client.py
"""
import socket
import sys
import threading


def receive(sock):
    for line in sock.makefile(encoding="utf-8", newline="\n"):
        sys.stdout.write(line + "You: ")
        sys.stdout.flush()


sock = socket.create_connection(("127.0.0.1", 3823))
threading.Thread(target=receive, args=(sock,), daemon=True).start()
for line in sys.stdin:
    sock.sendall(line.encode())
