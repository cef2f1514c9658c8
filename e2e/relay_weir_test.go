package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// weir stands between clients and a node, and lets through as many of the node's
// bytes as it is told, over all connections together. What is beyond that waits,
// unread, so that a transfer stops at a known place for as long as the test wants.
type weir struct {
	network network
	address string
	target  string
	ln      net.Listener
	all     sync.WaitGroup
	passed  atomic.Int64

	mu    sync.Mutex
	more  sync.Cond // limit or ended have changed
	limit int64
	taken int64 // of limit
	ended bool
	conns []net.Conn
}

const unlimited = int64(1) << 62

// newWeir starts a weir before whoever listens at target, now or later. It ends
// with the test.
func (s *swarm) newWeir(target string, limit int64) *weir {
	s.t.Helper()
	w := &weir{network: s, address: s.Address(), target: target, limit: limit}
	w.more.L = &w.mu
	var err error
	w.ln, err = s.Listen(w.address)
	require.NoError(s.t, err)
	s.t.Cleanup(w.close)
	w.all.Go(w.accept)
	return w
}

// holds waits until as much as the weir lets through has gone through.
func (s *swarm) holds(w *weir) {
	s.t.Helper()
	w.mu.Lock()
	limit := w.limit
	w.mu.Unlock()
	s.eventuallyWithin(fetchTimeout, fmt.Sprintf("%d bytes have passed the weir", limit), func() bool { return w.passed.Load() >= limit })
}

// opens lets everything through.
func (w *weir) opens() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = unlimited
	w.more.Broadcast()
}

func (w *weir) close() {
	w.mu.Lock()
	w.ended = true
	_ = w.ln.Close()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.more.Broadcast()
	w.mu.Unlock()
	w.all.Wait()
}

// newSignpost starts what clients ask in place of the relay, and returns where it
// listens. It lists the weirs in place of the nodes behind them.
func (s *swarm) newSignpost() (address string) {
	s.t.Helper()
	address = s.Address()
	ln, err := s.Listen(address)
	require.NoError(s.t, err)
	var all sync.WaitGroup
	s.t.Cleanup(func() {
		_ = ln.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.points(conn) })
		}
	})
	return address
}

// points answers the requests of a client in place of the relay.
func (s *swarm) points(client net.Conn) {
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(askTimeout))
	for lines := bufio.NewScanner(client); lines.Scan(); {
		if lines.Text() != "NODES" {
			continue // its HELLO
		}
		said, err := ask(s, s.at, "NODES")
		if err != nil {
			return
		}
		s.weirs.Range(func(node, weir any) bool {
			said = strings.ReplaceAll(said, fmt.Sprintf("NODE %s\n", node), fmt.Sprintf("NODE %s\n", weir))
			return true
		})
		_, _ = io.WriteString(client, said)
	}
}

func (w *weir) accept() {
	for {
		client, err := w.ln.Accept()
		if err != nil {
			return
		}
		node, err := w.network.DialWith(net.Dialer{Timeout: askTimeout}, w.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !w.keep(client, node) {
			return
		}
		w.all.Go(func() {
			_, _ = io.Copy(node, client) // however it ends, so does the other side
			_ = node.(*net.TCPConn).CloseWrite()
		})
		w.all.Go(func() {
			_ = w.pass(client, node)
			_ = client.Close()
			_ = node.Close()
		})
	}
}

// keep has the connections closed with the weir, and says whether that is still up.
func (w *weir) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = append(w.conns, conns...)
	if w.ended {
		for _, c := range conns {
			_ = c.Close()
		}
	}
	return !w.ended
}

func (w *weir) pass(client, node net.Conn) error {
	buf := make([]byte, 64<<10)
	for {
		room := w.take(int64(len(buf)))
		if room == 0 {
			return errors.New("the weir is closed")
		}
		n, err := node.Read(buf[:room])
		w.giveBack(room - int64(n))
		if n > 0 {
			if _, err := client.Write(buf[:n]); err != nil {
				return err
			}
			w.passed.Add(int64(n))
		}
		if err != nil {
			return err
		}
	}
}

// take waits until bytes may pass, and says how many, at most most.
func (w *weir) take(most int64) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.taken >= w.limit && !w.ended {
		w.more.Wait()
	}
	if w.ended {
		return 0
	}
	n := min(most, w.limit-w.taken)
	w.taken += n
	return n
}

func (w *weir) giveBack(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken -= n
	w.more.Broadcast()
}

// TestRelayWeir makes sure that the scenarios' own tool does what they rely on.
func TestRelayWeir(t *testing.T) {
	s := newSwarm(t)
	target, err := s.Listen(s.Address())
	require.NoError(t, err)
	defer target.Close()
	w := s.newWeir(target.Addr().String(), 10)
	client := callIn(t, s, w.address)
	node, err := target.Accept()
	require.NoError(t, err)
	defer node.Close()
	_, err = node.Write([]byte("0123456789abc"))
	require.NoError(t, err)
	s.holds(w)
	got := make([]byte, 20)
	n, err := io.ReadFull(client.in, got[:10])
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(got[:n]))
	require.NoError(t, client.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = client.in.Read(got)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "it holds")
	require.NoError(t, client.SetReadDeadline(time.Now().Add(askTimeout)))
	require.NoError(t, node.Close())
	w.opens()
	rest, err := io.ReadAll(client.in)
	require.NoError(t, err)
	require.Equal(t, "abc", string(rest))
}
