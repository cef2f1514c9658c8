package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"peerlab/e2e/bench/internal/proc"
)

// ngircdConf is an IRC server that asks nobody about its clients and, as far as
// it lets itself be told, does not slow them down. It is for: the address, the
// port, and the user and group that it runs as.
const ngircdConf = `[Global]
Name = irc.bench
Info = bench
MotdPhrase = bench
Listen = %s
Ports = %s
ServerUID = %d
ServerGID = %d
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
`

// startNgircd starts an IRC server. It must be stopped.
func (l *lab) startNgircd(ctx context.Context) (s *proc.Server, addr string, err error) {
	path, err := proc.Find("ngircd", "ngircd")
	if err != nil {
		return nil, "", err
	}
	if addr, err = proc.FreePort(); err != nil {
		return nil, "", err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, "", err
	}
	conf := l.path("ngircd.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, ngircdConf, host, port, os.Getuid(), os.Getgid()), 0o600); err != nil {
		return nil, "", err
	}
	return started(ctx, "ngircd", addr, path, "-n", "-f", conf)
}
