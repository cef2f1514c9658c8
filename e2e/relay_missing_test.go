package e2e

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// fails requires a client that has printed nothing, complained in one line and ended
// with status 1, and returns that line.
func (s *swarm) fails(p *lab.Process) string {
	s.t.Helper()
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 1)
	s.printed(p, "")
	said := complaints(p)
	require.NotEmpty(s.t, said)
	require.NotContains(s.t, said, "\n", "one line says what and what to do")
	return said
}

func TestFetchSaysWhyThereIsNothing(t *testing.T) {
	s := newSwarm(t)
	noRelay := s.fails(s.fetch(nil, "a.txt"))
	assert.Contains(t, noRelay, s.at)
	s.startRelay()
	noNode := s.fails(s.fetch(nil, "a.txt"))
	assert.Contains(t, noNode, s.at)
	n := s.join("node", s.folder("node", files{"b.txt": "B\n"}))
	nobody := s.fails(s.fetch(nil, "a.txt"))
	assert.Contains(t, nobody, "a.txt")
	n.Kill()
	nobodyAnswers := s.fails(s.fetch(nil, "b.txt"))
	assert.Contains(t, nobodyAnswers, "b.txt")

	for a, one := range []string{noRelay, noNode, nobody} {
		for b, other := range []string{noRelay, noNode, nobody} {
			assert.True(t, a == b || strings.ReplaceAll(one, s.at, "") != strings.ReplaceAll(other, s.at, ""), "each has its own message: %q", one)
		}
	}
	list := s.fetch([]string{"-list"})
	list.Exits(1)
	s.printed(list, "")
}

func TestFetchPrintsWhatThereIs(t *testing.T) {
	s := startSwarm(t)
	s.join("node1", s.folder("node1", files{"a.txt": "A\n"}))
	s.join("node2", s.folder("node2", files{"c.txt": "C\n"}))
	for _, names := range [][]string{{"a.txt", "b.txt", "c.txt"}, {"b.txt", "a.txt", "c.txt"}, {"a.txt", "c.txt", "b.txt"}, {"a.txt", "../b.txt", "c.txt"}} {
		p := s.fetch(nil, names...)
		p.Exits(1)
		s.printed(p, "A\nC\n")
		assert.Contains(t, complaints(p), "b.txt")
		assert.NotContains(t, complaints(p), "a.txt")
	}
}

// Somebody else has the relay's port.
func TestFetchIsNotLedAstrayByAnotherServer(t *testing.T) {
	waits(t)
	for name, says := range map[string]string{
		"silent":   "",
		"http":     "HTTP/1.1 400 Bad Request\r\n\r\n",
		"chat":     "ERR syntax no HELLO\n",
		"endless":  strings.Repeat("x", 10<<20),
		"boastful": "NODES 1000000000 15\n",
		"hostile":  "NODES 1 15\nNODE \x1b]0;owned\x07:1\n",
		"cut":      "NODES 2 15\nNODE 127.0.0.1:1\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSwarm(t)
			ln, err := s.Listen(s.at)
			require.NoError(t, err)
			served := make(chan struct{})
			go func() {
				defer close(served)
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					_ = c.SetDeadline(time.Now().Add(askTimeout))
					if _, err := io.WriteString(c, says); err == nil && name != "cut" {
						_, _ = io.Copy(io.Discard, c) // until the client has had enough
					}
					_ = c.Close()
				}
			}()
			p := s.fetch(nil, "a.txt")
			assert.Contains(t, s.fails(p), s.at)
			harmless(t, p.Screen, p.Stderr())
			require.NoError(t, ln.Close())
			<-served
		})
	}
}
