#!/usr/bin/env python3
"""A server of the chat as the assignment asks for it.

    ./server.py

It listens at port 4000. A client sends "ID PORT" and receives the clients that
are there, "ID PORT ID PORT ...", on one line. Every later line is shown as it is.
ports.txt holds "ID PORT" of each client, a line each.
"""
import os
import socket
import sys
import threading

REGISTRY = "ports.txt"
lock = threading.Lock()
ports = {}  # by client
links = {}  # sockets, by client


def send(client, line):
    try:
        links[client].sendall((line + "\n").encode())
    except OSError:
        pass  # it has left


def show_lines(lines):
    try:
        for line in lines:
            sys.stdout.write(line)
    except OSError:
        pass  # it was killed


def welcome(sock):
    lines = sock.makefile(encoding="utf-8", newline="\n")
    try:
        client, port = lines.readline().split()
    except (OSError, ValueError):
        sock.close()  # no client
        return
    with lock:
        with open(REGISTRY, "a") as registry:
            registry.write(f"{client} {port}\n")
        others = [f"{c} {p}" for c, p in ports.items()]
        ports[client] = port
        links[client] = sock
        send(client, " ".join(others))
        sys.stdout.write(f"Client {client}: initiated.\n")
    show_lines(lines)


def reconnect(client, port):
    try:
        sock = socket.create_connection(("127.0.0.1", int(port)))
    except OSError:
        return  # it has left
    sock.sendall(b"Server: initiated\n")
    lines = sock.makefile(encoding="utf-8", newline="\n")
    answer = lines.readline()
    with lock:
        links[client] = sock
        sys.stdout.write(answer)
    show_lines(lines)


def start(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()


def accept(listener):
    while True:
        start(welcome, listener.accept()[0])


listener = socket.create_server(("127.0.0.1", 4000))
if os.path.exists(REGISTRY):
    with open(REGISTRY) as registry:
        ports.update(line.split() for line in registry)
    for client, port in ports.items():
        start(reconnect, client, port)
start(accept, listener)

for line in sys.stdin:
    line = line.rstrip("\n")
    if line == "Exit":
        break
    for client in list(links):
        send(client, "Server: " + line)
for client in list(links):
    send(client, "Server: terminated.")
