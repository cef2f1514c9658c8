package room

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// counted is a connection that counts its writes.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// CloseWrite is needed by package tcp.
func (c counted) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// counting counts the writes to all clients.
func counting(writes *atomic.Int64) func(*testRoom, *Config) {
	return func(h *testRoom, _ *Config) {
		h.wrap = func(c net.Conn) net.Conn { return counted{c, writes} }
	}
}

func TestALineAfterAPauseIsSentAtOnce(t *testing.T) {
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		one, two := h.joins(), h.joins()
		for range 10 {
			two.received.take()
			<-time.After(mergeTime)
			one.sends(t, "hello\n")
			synctest.Wait() // without any time passing
			require.Contains(t, two.received.take(), "hello")
		}
	})
}

func TestLinesInQuickSuccessionAreMerged(t *testing.T) {
	var writes atomic.Int64
	withRoom(t, counting(&writes), func(t *testing.T, h *testRoom) {
		one, two := h.joins(), h.joins()
		two.received.take()
		writes.Store(0)
		one.sends(t, "first\n")
		synctest.Wait()
		require.Equal(t, []string{"('127.0.0.1', 50001) at 13:54:49: first"}, two.received.takeLines())
		for range 4 {
			<-time.After(time.Millisecond)
			one.sends(t, "next\n")
		}
		synctest.Wait()
		require.Empty(t, two.received.takeLines(), "4 ms after the last write")
		<-time.After(time.Millisecond)
		synctest.Wait()
		require.Len(t, two.received.takeLines(), 4, "5 ms after it")
		require.EqualValues(t, 2, writes.Load())
	})
}

// In a room of a hundred talking users each client receives at most 200 writes a
// second, and no line is more than 5 ms late.
func TestAtHumanPaceThereAreFewWritesAndLittleDelay(t *testing.T) {
	const people, lines = 100, 20
	var writes atomic.Int64
	withRoom(t, counting(&writes), func(t *testing.T, h *testRoom) {
		var all []*guest
		for range people {
			all = append(all, h.connects())
		}
		reader := h.joins()
		reader.received.take()
		writes.Store(0)
		began := time.Now()
		for i := range lines * people { // 500 a second
			sent := time.Now()
			all[i%people].sends(t, fmt.Sprintln("line", i))
			<-time.After(2 * time.Millisecond)
			if strings.Contains(reader.received.take(), fmt.Sprintln("line", i)) {
				continue
			}
			<-time.After(time.Until(sent.Add(mergeTime)))
			synctest.Wait()
			require.Contains(t, reader.received.take(), fmt.Sprintln("line", i))
		}
		most := int64(time.Since(began)/mergeTime+1) * (people + 1)
		require.LessOrEqual(t, writes.Load(), most)
	})
}

func TestMuchTextIsSentAtOnce(t *testing.T) {
	withRoom(t, nil, func(t *testing.T, h *testRoom) {
		one, two := h.joins(), h.joins()
		one.sends(t, "first\n")
		synctest.Wait()
		two.received.take()
		one.sends(t, strings.Repeat("next\n", mergeSize/len("('127.0.0.1', 50001) at 13:54:49: next\n")+1))
		synctest.Wait()
		require.NotEmpty(t, two.received.takeLines())
	})
}
