package main

import (
	"context"
	"net"

	"peerlab/e2e/bench/internal/proc"
)

// startNats starts a NATS server, as it is without a configuration. natsline is
// a client of it. It must be stopped.
func (l *lab) startNats(ctx context.Context) (s *proc.Server, addr string, err error) {
	if addr, err = proc.FreePort(); err != nil {
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", err
	}
	return started(ctx, "nats-server", addr, l.bin("nats-server"), "-a", host, "-p", port)
}
