package room

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
)

// Clients of the assignment send no LF, and read what comes in one go.
func TestClientsThatSendNoLineEnd(t *testing.T) {
	r := stage.StartRoom(t)
	ours := r.Join()
	s, port := r.Call()
	s.Send("Hey am client2")
	ours.ReceivesFrom(stage.Unnamed(port), "Hey am client2")
	ours.Types("Your homework is cool")
	require.Regexp(t, stage.RoomLine(stage.Unnamed(ours.Port), "Your homework is cool"), strings.TrimSpace(s.Line()))
	s.Send("gr\xc3")
	s.Send("\xbc\xc3\x9fe")
	ours.ReceivesFrom(stage.Unnamed(port), "grüße")
	s.Send("the last")
	require.NoError(t, s.CloseWrite())
	ours.ReceivesFrom(stage.Unnamed(port), "the last")
	ours.Sees(fmt.Sprintf("[127.0.0.1:%s] is Offline", port))
	require.Empty(t, s.Rest())
}

// A client that is stopped is cut, and no other waits for it.
func TestAStoppedClientIsCut(t *testing.T) {
	lab.NeedsOwn(t, "room-server")
	r := stage.StartRoom(t)
	ours, stopped := r.Join(), r.Join()
	s, _ := r.Call()
	stopped.Pause()
	require.NoError(t, s.SetDeadline(time.Now().Add(stage.BulkTimeout)))
	go func() {
		line := []byte(strings.Repeat("x", 1023) + "\n")
		for range 48 { // MiB
			if _, err := s.Write(bytes.Repeat(line, 1<<10)); err != nil {
				t.Error(err)
				return
			}
		}
		if _, err := s.Write([]byte("the end\n")); err != nil {
			t.Error(err)
		}
	}()
	ours.CollectsUntil(": the end")
	r.Server.Stderr().Contains("8 MiB behind")
	ours.Types("no other has noticed")
	require.Equal(t, fmt.Sprintf("[127.0.0.1:%s] is Offline\n", stopped.Port), s.Line())
	require.Regexp(t, stage.RoomLine(stage.Unnamed(ours.Port), "no other has noticed"), strings.TrimSpace(s.Line()))
	stopped.Resume()
	stopped.Exits(1)
}

func TestAThousandClients(t *testing.T) {
	const many = 1000
	r := stage.StartRoom(t)
	ours := r.Join()
	crowd := make([]stage.Caller, many)
	for i := range crowd {
		crowd[i] = stage.Call(t, r, r.At)
	}
	coming := 0
	ours.Within(stage.BulkTimeout).Collects(func() string { return fmt.Sprintf("%d clients online, not %d", many, coming) },
		func(l lab.Line) bool {
			if strings.HasSuffix(l.Text, " is Online") {
				coming++
			}
			return coming == many
		})
	ours.Types("hello, all")
	var all sync.WaitGroup
	for i, s := range crowd {
		require.NoError(t, s.SetDeadline(time.Now().Add(stage.BulkTimeout)))
		all.Go(func() {
			for {
				line, err := s.In.ReadString('\n')
				if !assert.NoError(t, err, "client %d", i) {
					return
				}
				if strings.HasSuffix(line, ": hello, all\n") {
					return
				}
			}
		})
	}
	all.Wait()
	for i, s := range crowd { // half of them by a reset
		if i%2 == 0 {
			require.NoError(t, s.SetLinger(0))
		}
		require.NoError(t, s.Close())
	}
	last, _ := r.Call()
	last.Send("is anybody there?\n")
	ours.CollectsUntil(": is anybody there?")
	require.NoError(t, last.SetDeadline(time.Now().Add(stage.BulkTimeout)))
	last.Send("/who\n")
	for {
		if line := last.Line(); !strings.HasSuffix(line, " is Offline\n") { // some may still be on their way out
			require.Equal(t, fmt.Sprintf("[127.0.0.1:%s] is Online\n", ours.Port), line)
			return
		}
	}
}
