package chat

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// TestRestartsAtRandom has the server exit, die and come back, clients die and
// come back, links break and stall, all at random; afterwards everybody finds
// everybody, and the screens say so once.
func TestRestartsAtRandom(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inTime(t, func(t *testing.T, l *lab) { restartsAtRandom(t, l, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

func restartsAtRandom(t *testing.T, l *lab, rnd *rand.Rand) {
	path := filepath.Join(t.TempDir(), "clients.txt")
	registry := func(m *member) { m.registry = &Registry{path: path} }
	load := func(m *member) {
		registry(m)
		text, err := readBounded(path)
		require.NoError(t, err)
		require.Empty(t, m.registry.parse(text))
	}
	s := l.start(server, serverAddr, registry)
	c := l.clients("12345")
	up := true
	restart := func() {
		for _, a := range c {
			a.screen.clear()
		}
		s = l.start(server, serverAddr, load)
		up = true
	}
	for range 14 {
		switch rnd.IntN(6) {
		case 0:
			if !up {
				restart()
				break
			}
			up = false
			if rnd.IntN(2) == 0 {
				s.kill()
				break
			}
			s.types("Exit")
			require.NoError(t, s.ends())
		case 1:
			i := rnd.IntN(5)
			c[i].kill()
			<-time.After(time.Duration(rnd.IntN(3000)) * time.Millisecond)
			c[i] = l.start(c[i].Name, c[i].Advertise, nil, c[(i+1)%5].Advertise)
		case 2:
			x := c[rnd.IntN(5)].Advertise
			l.breaks(func(from, to string) bool { return from == x || to == x })
		case 3:
			<-time.After(time.Duration(rnd.IntN(700)) * time.Millisecond)
		case 4:
			stall(l, c[rnd.IntN(5)].Advertise, time.Duration(rnd.IntN(1000))*time.Millisecond)
		case 5:
			l.breaks(func(_, _ string) bool { return true })
		}
	}
	<-time.After(20 * time.Second)
	if up {
		s.kill()
	}
	restart()
	<-time.After(20 * time.Second)
	synctest.Wait()
	for _, a := range c {
		back, fresh := times(s, a.Name.Who()+": reconnected"), times(s, a.Name.Who()+": initiated.")
		require.Equal(t, 1, back+fresh, "%s on %q", a.Name, s.screen.lines())
		require.Equal(t, 1, times(a, "Server: initiated"), "at %s: %q; the server: %q", a.Name, a.screen.lines(), s.screen.lines())
	}
	all := append([]*actor{s}, c...)
	for _, a := range all {
		a.screen.clear()
		a.mu.Lock()
		require.Len(t, a.links, 5, a.Name.Who())
		for _, p := range a.peers {
			require.Nil(t, p.claim)
		}
		a.mu.Unlock()
	}
	for _, a := range all {
		a.types("hello")
	}
	for _, a := range all {
		for _, b := range all {
			if a != b {
				require.Equal(t, 1, times(a, b.Name.Who()+": hello"))
			}
		}
	}
}

// stall holds up all that goes to and from an address for a while.
func stall(l *lab, addr string, d time.Duration) {
	l.net.Each(func(conn *memnet.Conn, from, to string) {
		if from == addr || to == addr {
			conn.Hold(true)
			time.AfterFunc(d, func() { conn.Hold(false) })
		}
	})
}

// times is how often a screen shows a line.
func times(a *actor, line string) (n int) {
	for _, l := range a.screen.lines() {
		if l == line {
			n++
		}
	}
	return n
}
