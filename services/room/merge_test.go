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

// counted counts the writes to a connection.
type counted struct {
	net.Conn
	writes *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// CloseWrite is for package tcp.
func (c counted) CloseWrite() error { return c.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// counting has the writes to all clients counted.
func counting(writes *atomic.Int64) func(*hall, *Config) {
	return func(h *hall, _ *Config) {
		h.wrap = func(c net.Conn) net.Conn { return counted{c, writes} }
	}
}

func TestALineAfterAPauseIsPassedOnAtOnce(t *testing.T) {
	inTime(t, nil, func(t *testing.T, h *hall) {
		one, two := h.joins(), h.joins()
		for range 10 {
			two.heard.take()
			<-time.After(mergeTime)
			one.says(t, "hello\n")
			synctest.Wait() // in no time
			require.Contains(t, two.heard.take(), "hello")
		}
	})
}

func TestLinesInQuickSuccessionAreMerged(t *testing.T) {
	var writes atomic.Int64
	inTime(t, counting(&writes), func(t *testing.T, h *hall) {
		one, two := h.joins(), h.joins()
		two.heard.take()
		writes.Store(0)
		one.says(t, "first\n")
		synctest.Wait()
		require.Equal(t, []string{"('127.0.0.1', 50001) at 13:54:49: first"}, two.heard.takeLines())
		for range 4 {
			<-time.After(time.Millisecond)
			one.says(t, "next\n")
		}
		synctest.Wait()
		require.Empty(t, two.heard.takeLines(), "4 ms after the last write")
		<-time.After(time.Millisecond)
		synctest.Wait()
		require.Len(t, two.heard.takeLines(), 4, "5 ms after it")
		require.EqualValues(t, 2, writes.Load())
	})
}

// What a hundred people say in a minute costs each of them 200 writes a second,
// and no line comes more than 5 ms late.
func TestAtHumanPaceThereAreFewWritesAndLittleDelay(t *testing.T) {
	const people, lines = 100, 20
	var writes atomic.Int64
	inTime(t, counting(&writes), func(t *testing.T, h *hall) {
		var all []*guest
		for range people {
			all = append(all, h.connects())
		}
		reader := h.joins()
		reader.heard.take()
		writes.Store(0)
		began := time.Now()
		for i := range lines * people { // 500 a second
			sent := time.Now()
			all[i%people].says(t, fmt.Sprintln("line", i))
			<-time.After(2 * time.Millisecond)
			if strings.Contains(reader.heard.take(), fmt.Sprintln("line", i)) {
				continue
			}
			<-time.After(time.Until(sent.Add(mergeTime)))
			synctest.Wait()
			require.Contains(t, reader.heard.take(), fmt.Sprintln("line", i))
		}
		most := int64(time.Since(began)/mergeTime+1) * (people + 1)
		require.LessOrEqual(t, writes.Load(), most)
	})
}

func TestMuchIsNotHeldBack(t *testing.T) {
	inTime(t, nil, func(t *testing.T, h *hall) {
		one, two := h.joins(), h.joins()
		one.says(t, "first\n")
		synctest.Wait()
		two.heard.take()
		one.says(t, strings.Repeat("next\n", mergeSize/len("('127.0.0.1', 50001) at 13:54:49: next\n")+1))
		synctest.Wait()
		require.NotEmpty(t, two.heard.takeLines())
	})
}
