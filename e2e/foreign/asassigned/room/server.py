#!/usr/bin/env python3
"""A server of room as the assignment asks for it.

    ./server.py
"""
import datetime
import socket
import threading

PORT = 3823
lock = threading.Lock()
clients = {}  # sockets, by address


def tell(sender, text):
    """Send a line to all clients but one."""
    for address, sock in clients.items():
        if address == sender:
            continue
        try:
            sock.sendall((text + "\n").encode())
        except OSError:
            pass  # it has left


def serve(sock, address):
    host, port = address
    with lock:
        print(f"Client ({host}, {port}) connected at time {datetime.datetime.now():%Y-%m-%d %H:%M:%S.%f}")
        sock.sendall(b"Connection with the server has been established\n")
        clients[address] = sock
        tell(address, f"[{host}:{port}] is Online")
    try:
        for line in sock.makefile(encoding="utf-8", newline="\n"):
            if line.strip():
                with lock:
                    tell(address, f"{address} at {datetime.datetime.now():%H:%M:%S}: {line.strip()}")
    except OSError:
        pass  # it was killed
    with lock:
        print(f"Client ({host}, {port}) disconnected at time {datetime.datetime.now():%Y-%m-%d %H:%M:%S.%f}")
        del clients[address]
        tell(address, f"[{host}:{port}] is Offline")


listener = socket.create_server(("127.0.0.1", PORT))
print(f"This server is activated on port {PORT}")
while True:
    threading.Thread(target=serve, args=listener.accept(), daemon=True).start()
