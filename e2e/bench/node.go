package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"peerlab/e2e/bench/internal/proc"
)

// peers is a relay with one node, as processes.
type peers struct {
	relay, node         *proc.Server
	relayAddr, nodeAddr string
}

// startNode starts a relay and a node that serves a folder, and waits until the
// relay lists the node. stop must be called.
func (l *lab) startNode(ctx context.Context, folder string) (*peers, error) {
	p := &peers{}
	err := p.start(ctx, l, folder)
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *peers) start(ctx context.Context, l *lab, folder string) (err error) {
	if p.relayAddr, err = proc.FreePort(); err != nil {
		return err
	}
	if p.nodeAddr, err = proc.FreePort(); err != nil {
		return err
	}
	if p.relay, err = proc.Start("relay", l.bin("relay"), "-listen", p.relayAddr); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(p.relayAddr)
	if err != nil {
		return err
	}
	if p.node, err = proc.Start("node", l.bin("node"), "-dir", folder, "-listen", p.nodeAddr, host, port); err != nil {
		return err
	}
	return p.node.Ready(ctx, func() error { return expect(p.relayAddr, "NODES", "NODES 1 ") })
}

func (p *peers) stop() {
	for _, s := range []*proc.Server{p.node, p.relay} {
		if s != nil {
			s.Stop()
		}
	}
}

// hash has the node compute the hash of a file, which it then knows.
func (p *peers) hash(name string) error { return expect(p.nodeAddr, "STAT "+name, "FILE ") }

// startBare starts the limit. It must be stopped.
func (l *lab) startBare(ctx context.Context, folder string) (s *proc.Server, addr string, err error) {
	if addr, err = proc.FreePort(); err != nil {
		return nil, "", err
	}
	if s, err = proc.Start("bare", l.bin("bare"), addr, folder); err != nil {
		return nil, "", err
	}
	if err := s.Ready(ctx, func() error { return dials(addr) }); err != nil {
		s.Stop()
		return nil, "", err
	}
	return s, addr, nil
}

func dials(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		conn.Close()
	}
	return err
}

// expect sends one request to a relay or node, and fails unless the answer
// begins as given.
func expect(addr, request, answer string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "HELLO peerlab-relay/1\n%s\n", request); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, answer) {
		err = fmt.Errorf("%s is answered by %q", request, line)
	}
	return err
}
