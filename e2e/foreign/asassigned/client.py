#!/usr/bin/env python3
"""A client of the chat as the assignment asks for it.

    ./client.py ID PORT1 PORT2

It connects from PORT1 to the server, at port 4000, and sends "ID PORT2". The
server answers with the clients that are there: "ID PORT ID PORT ...". It connects
to each and sends "Client ID: initiated."; so does every later client, and the
restarted server sends "Server: initiated". Every line is shown as it is.
"""
import socket
import sys
import threading

ME, PORT1, PORT2 = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
SERVER = ("127.0.0.1", 4000)
lock = threading.Lock()
links = set()


def send(sock, line):
    try:
        sock.sendall((line + "\n").encode())
    except OSError:
        links.discard(sock)  # it has left


def read(sock, lines):
    try:
        for line in lines:
            sys.stdout.write(line)
    except OSError:
        pass  # it was killed
    links.discard(sock)


def greet(sock):
    """Show who has connected, the first line, and all that follows."""
    lines = sock.makefile(encoding="utf-8", newline="\n")
    line = lines.readline()
    with lock:
        links.add(sock)
        if line == "Server: initiated\n":
            send(sock, f"Client {ME}: reconnected")
        sys.stdout.write(line)
    read(sock, lines)


def start(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()


def accept(listener):
    while True:
        start(greet, listener.accept()[0])


listener = socket.create_server(("127.0.0.1", PORT2))
start(accept, listener)

server = socket.create_connection(SERVER, source_address=("127.0.0.1", PORT1))
server.sendall(f"{ME} {PORT2}\n".encode())
lines = server.makefile(encoding="utf-8", newline="\n")
others = lines.readline().split()
links.add(server)
sys.stdout.write(f"Client {ME}: initiated.\n")
for other, port in zip(others[::2], others[1::2]):
    sock = socket.create_connection(("127.0.0.1", int(port)))
    send(sock, f"Client {ME}: initiated.")
    links.add(sock)
    sys.stdout.write(f"Client {other}: initiated.\n")
    start(read, sock, sock.makefile(encoding="utf-8", newline="\n"))
start(read, server, lines)

for line in sys.stdin:
    for sock in list(links):
        send(sock, f"Client {ME}: " + line.rstrip("\n"))
