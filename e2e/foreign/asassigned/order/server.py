#!/usr/bin/env python3
"""A server of order as the assignment's own: two clients, one recv from each.

    ./server.py
"""
import select
import socket

server = socket.create_server(("127.0.0.1", 12000))
print("The server is ready to receive")
clients, said = [], []
while len(said) < 2:
    for ready in select.select([server] + clients, [], [])[0]:
        if ready is server:
            clients.append(server.accept()[0])
            continue
        message = ready.recv(1024).decode()
        print("Message Received:", message)
        said.append((ready, message.removeprefix("Client ")))
        clients.remove(ready)
verdict = f"{said[0][1]} received before {said[1][1]}"
for client, _ in said:
    client.sendall(verdict.encode())
    client.close()
names = sorted(message.split(":")[0] for _, message in said)
print("Sent acknowledgment to both", " and ".join(names))
