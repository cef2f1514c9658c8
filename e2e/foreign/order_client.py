#!/usr/bin/env python3
"""A client of order as the assignment's own: one message without a line end, one recv.

    order_client.py [-server HOST:PORT] NAME TEXT
"""
import argparse
import socket

parser = argparse.ArgumentParser()
parser.add_argument("-server", default="127.0.0.1:4400", metavar="HOST:PORT")
parser.add_argument("NAME")
parser.add_argument("TEXT")
args = parser.parse_args()

host, port = args.server.rsplit(":", 1)
message = f"Client {args.NAME}: {args.TEXT}"
with socket.create_connection((host, int(port))) as sock:
    sock.sendall(message.encode())
    print(message, flush=True)
    print(sock.recv(1024).decode(), flush=True)
