#!/usr/bin/env python3
"""A server of order as the assignment's own: two clients a round, one recv from each.

    order_server.py [-listen HOST:PORT] [-rounds 1]
"""
import argparse
import select
import socket

parser = argparse.ArgumentParser()
parser.add_argument("-listen", default="127.0.0.1:4400", metavar="HOST:PORT")
parser.add_argument("-rounds", default=1, type=int)
args = parser.parse_args()

host, port = args.listen.rsplit(":", 1)
server = socket.create_server((host, int(port)))  # which may be taken again at once
print("The server is ready to receive", flush=True)
for _ in range(args.rounds):
    clients, said = [], []
    while len(said) < 2:
        for ready in select.select([server] + clients, [], [])[0]:
            if ready is server:
                clients.append(server.accept()[0])
                continue
            message = ready.recv(1024).decode().rstrip("\r\n")
            if not message:  # it has left, or only looked whether somebody is here
                clients.remove(ready)
                ready.close()
            elif len(said) < 2:
                print("Message Received:", message, flush=True)
                said.append((ready, message.removeprefix("Client ")))
                clients.remove(ready)
    verdict = f"{said[0][1]} received before {said[1][1]}"
    for client, _ in said:
        client.sendall(verdict.encode())
        client.close()
    names = sorted(message.split(":")[0] for _, message in said)
    print("Sent acknowledgment to both", " and ".join(names), flush=True)
