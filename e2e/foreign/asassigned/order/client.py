#!/usr/bin/env python3
"""A client of order as the assignment's own: one message without a line end, one recv.

    ./client.py NAME TEXT
"""
import socket
import sys

message = f"Client {sys.argv[1]}: {sys.argv[2]}"
with socket.create_connection(("127.0.0.1", 12000)) as sock:
    sock.sendall(message.encode())
    print(message)
    print(sock.recv(1024).decode())
