package e2e

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
)

// Clients of the assignment send no LF, and read what comes in one go.
func TestRoomClientsThatSendNoLineEnd(t *testing.T) {
	r := openParlour(t)
	ours := r.joins()
	s, port := r.call()
	s.says(t, "Hey am client2")
	ours.hears(speaker(port), "Hey am client2")
	ours.Types("Your homework is cool")
	require.Regexp(t, said(speaker(ours.port), "Your homework is cool"), strings.TrimSpace(s.line(t)))
	s.says(t, "gr\xc3")
	s.says(t, "\xbc\xc3\x9fe")
	ours.hears(speaker(port), "grüße")
	s.says(t, "the last")
	require.NoError(t, s.CloseWrite())
	ours.hears(speaker(port), "the last")
	ours.Sees(fmt.Sprintf("[127.0.0.1:%s] is Offline", port))
	require.Empty(t, s.answer(t))
}

func TestRoomWholeLinesOnly(t *testing.T) {
	r := openParlour(t)
	ours := r.joins()
	s, port := r.call()
	s.says(t, "one\r\ntwo\n\n\r\nthr")
	ours.hears(speaker(port), "one")
	ours.hears(speaker(port), "two")
	for _, c := range []byte("ee \xe2\x82\xac\n") {
		s.says(t, string([]byte{c}))
	}
	ours.hears(speaker(port), "three €")
	s.says(t, "\xff\xfd\x03\xff\xfb\x18tel\xff\xfa\x18\x00XTERM\xff\xf0net\r\n\x1b[2J\x00\u009b\u202e\x80\t\n")
	ours.hears(speaker(port), "telnet")
	ours.hears(speaker(port), `\x1b[2J\x00\u009b\u202e\x80\t`)
	s.says(t, "half a line")
	require.NoError(t, s.CloseWrite())
	ours.Sees(fmt.Sprintf("[127.0.0.1:%s] is Offline", port))
	require.Len(t, ours.Lines(), 8, "no line that was cut, none that is empty")
}

func TestRoomALineTooLong(t *testing.T) {
	r := openParlour(t)
	ours := r.joins()
	s, port := r.call()
	require.NoError(t, s.SetDeadline(time.Now().Add(bulkTimeout)))
	s.says(t, "one\n") // from now on only LF ends a line, and no pause
	ours.hears(speaker(port), "one")
	chunk := bytes.Repeat([]byte("x"), 1<<20)
	for range 64 {
		s.says(t, string(chunk))
	}
	s.says(t, "\n"+strings.Repeat("y", 4096)+"\n")
	ours.hears(speaker(port), strings.Repeat("y", 4096))
	s.says(t, "/nick Ann\n")
	require.Equal(t, "Not sent: a line holds at most 4096 bytes\n", s.line(t))
	require.Equal(t, "You are now known as Ann\n", s.line(t), "one notice for one line")
}

// A client that is stopped is cut, and nobody waits for it.
func TestRoomAStoppedClientIsCut(t *testing.T) {
	lab.NeedsOwn(t, "room-server")
	r := openParlour(t)
	ours, stopped := r.joins(), r.joins()
	s, _ := r.call()
	stopped.Pause()
	require.NoError(t, s.SetDeadline(time.Now().Add(bulkTimeout)))
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
	ours.Within(bulkTimeout, "bulkTimeout").Collects(func() string { return "the end of the flood" },
		func(l lab.Line) bool { return strings.HasSuffix(l.Text, ": the end") })
	r.server.Stderr().Contains("8 MiB behind")
	ours.Types("nobody else has noticed")
	require.Equal(t, fmt.Sprintf("[127.0.0.1:%s] is Offline\n", stopped.port), s.line(t))
	require.Regexp(t, said(speaker(ours.port), "nobody else has noticed"), strings.TrimSpace(s.line(t)))
	stopped.Resume()
	stopped.Exits(1)
}

func TestRoomAThousandClients(t *testing.T) {
	const many = 1000
	r := openParlour(t)
	ours := r.joins()
	crowd := make([]stranger, many)
	for i := range crowd {
		crowd[i] = callIn(t, r, r.at)
	}
	coming := 0
	ours.Within(bulkTimeout, "bulkTimeout").Collects(func() string { return fmt.Sprintf("%d clients online, not %d", many, coming) },
		func(l lab.Line) bool {
			if strings.HasSuffix(l.Text, " is Online") {
				coming++
			}
			return coming == many
		})
	ours.Types("hello, all")
	var all sync.WaitGroup
	for i, s := range crowd {
		require.NoError(t, s.SetDeadline(time.Now().Add(bulkTimeout)))
		all.Go(func() {
			for {
				line, err := s.in.ReadString('\n')
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
	last, _ := r.call()
	last.says(t, "is anybody there?\n")
	ours.Within(bulkTimeout, "bulkTimeout").Collects(func() string { return "the last one's line" },
		func(l lab.Line) bool {
			return strings.HasSuffix(l.Text, ": is anybody there?")
		})
	require.NoError(t, last.SetDeadline(time.Now().Add(bulkTimeout)))
	last.says(t, "/who\n")
	for {
		if line := last.line(t); !strings.HasSuffix(line, " is Offline\n") { // some may still be on their way out
			require.Equal(t, fmt.Sprintf("[127.0.0.1:%s] is Online\n", ours.port), line)
			return
		}
	}
}

func TestRoomUsage(t *testing.T) {
	lab.NeedsOwn(t, "room-server", "room-client")
	r := openParlour(t)
	taken := r.Start(lab.Spec{Name: "second", Role: "room-server", Args: []string{"-listen", r.at}})
	taken.Exits(1)
	taken.Stderr().Contains(port(r.at))
	require.Len(t, taken.Stderr().Lines(), 1, "one line says what and what to do")
	require.Empty(t, taken.Lines())

	var specs []lab.Spec
	for role, wrong := range map[string][][]string{
		"room-server": {{"x"}, {"-listen", "nowhere"}, {"-listen", "127.0.0.1:70000"}, {"-history", "-1"}, {"-history", "10001"}, {"-history", "x"}, {"-port", "1"}},
		"room-client": {{"x"}, {"-server", "nowhere"}, {"-server", "127.0.0.1:-1"}, {"-name", "Ann"}},
	} {
		for i, args := range wrong {
			specs = append(specs, lab.Spec{Name: fmt.Sprintf("%s-%d", role, i), Role: role, Args: args})
		}
	}
	for _, p := range r.StartAll(specs...) {
		p.Exits(2)
		assert.Len(t, p.Stderr().Lines(), 1, "%v says what is wrong", p)
		assert.Empty(t, p.Lines(), "%v: the screen is not for that", p)
	}
	for _, role := range []string{"room-server", "room-client"} {
		help := r.Start(lab.Spec{Name: role + "-h", Role: role, Args: []string{"-h"}})
		help.Exits(0)
		help.Contains("Example")
	}
}

// A look whether the server is well is told to nobody, unless it takes as long as
// somebody who only listens: then once more.
func TestRoomHealth(t *testing.T) {
	lab.NeedsOwn(t, "room-server", "room-client")
	for range 10 {
		r := openParlour(t)
		ours := r.joins()
		for i, role := range []string{"room-server", "room-client"} {
			at := []string{"-listen", "-server"}[i]
			r.Start(lab.Spec{Name: role + "-well", Role: role, Args: []string{at, r.at, "-health"}}).Exits(0)
			r.Start(lab.Spec{Name: role + "-unwell", Role: role, Args: []string{at, r.Address(), "-health"}}).Exits(1)
		}
		s := callIn(t, r, r.at)
		own := port(s.LocalAddr().String())
		s.says(t, "hello\n")
		ours.hears(speaker(own), "hello")
		long := false
		for told := r.newcomer(); told != own; told = r.newcomer() {
			long = true
			require.GreaterOrEqual(t, r.stayed(told), roomArrival, "a look that was told of was a long one")
		}
		if long {
			t.Log("a look took so long that it was told of")
			continue
		}
		require.Len(t, ours.Lines(), 3, "greeted, somebody comes, and says hello")
		require.Len(t, r.server.Lines(), 3, "activated, and two clients")
		return
	}
	t.Fatal("no look was short enough")
}

// stayed is how long a client was there that has left, by the server's screen.
func (r *parlour) stayed(port string) time.Duration {
	r.t.Helper()
	var at [2]time.Time
	for i, what := range []string{"connected", "disconnected"} {
		line := r.server.Contains(fmt.Sprintf("Client (127.0.0.1, %s) %s at time ", port, what))
		var err error
		at[i], err = time.Parse("2006-01-02 15:04:05.000000", line[len(line)-26:])
		require.NoError(r.t, err)
	}
	return at[1].Sub(at[0])
}

func TestRoomPortZeroIsSaid(t *testing.T) {
	r := newParlour(t)
	r.server = r.Start(lab.Spec{Name: "room-server", Args: []string{"-listen", "127.0.0.1:0"}})
	line := r.server.Contains("This server is activated on port ")
	r.at = "127.0.0.1:" + line[strings.LastIndexByte(line, ' ')+1:]
	r.joins()
}
