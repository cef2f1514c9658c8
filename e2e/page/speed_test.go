package page

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab"
	"peerlab/lab/console"
)

func TestMain(m *testing.M) {
	if status, ok := lab.StandGuard(); ok {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

const (
	pairs     = 5  // of turns, that count
	mostPairs = 10 // of which others may be left out
	talkTime  = time.Second
	lineSize  = 64 // bytes, with the end
	// mostShare bounds the part of the processor time of the whole lab that Chromium uses for
	// an open page. It was 0.24 when a page was sent all that it could display.
	mostShare = 0.15
	quiet     = 0.2 // processors, at most, for other programs in a turn that counts
)

// TestTheSpeedOfTheChat types lines of 64 B at client1 as fast as it reads them, in turn
// with no page open and with one open in Chromium, in one lab whose record has all lines.
// It fails if the page takes too much of the processors, and reports the ratio of the
// speeds, over the pairs of turns in which the machine did nothing else.
func TestTheSpeedOfTheChat(t *testing.T) {
	c := newChat(t)
	p := &tab{t, browser(t)}
	p.do(chromedp.EmulateViewport(1280, 720))
	closed := func() usage {
		p.do(chromedp.Navigate("about:blank"))
		return c.talk()
	}
	opened := func() usage {
		p.do(chromedp.Navigate(c.address))
		p.await(`document.querySelector('#diagram svg') && ` + c.onPage())
		u := c.talk()
		p.await(c.onPage())
		return u
	}
	closed() // the first lines of a chat are slower
	var ratios, shares []float64
	for i := 0; i < mostPairs && len(ratios) < pairs; i++ {
		turns := [2]func() usage{closed, opened}
		var u [2]usage
		for j := range turns {
			turn := (i + j) % 2
			u[turn] = turns[turn]()
		}
		t.Logf("no page: %v", u[0])
		t.Logf("a page:  %v", u[1])
		shares = append(shares, u[1].browser/u[1].all())
		if max(u[0].others, u[1].others) < quiet {
			ratios = append(ratios, u[1].speed/u[0].speed)
		}
	}
	t.Logf("Chromium takes %.2f of the processor time of the lab", median(shares))
	if len(ratios) > 0 {
		t.Logf("with a page open the chat has %.2f of its speed without, median of %d pairs of turns on a quiet machine (%.2f – %.2f)",
			median(ratios), len(ratios), slices.Min(ratios), slices.Max(ratios))
	}
	assert.Less(t, median(shares), mostShare)
}

func median(all []float64) float64 { return slices.Sorted(slices.Values(all))[len(all)/2] }

// chat is a lab with five clients in this process, and its page.
type chat struct {
	t       *testing.T
	lab     *lab.Lab
	all     []*lab.Process // the server first
	address string
	turns   int
	end     string // the last line that client1 has said
}

func newChat(t *testing.T) *chat {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("the record of the network needs root")
	}
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	bench, err := lab.Open(lab.Config{
		Root: here, LeftOut: func(line string) { t.Error(line) },
		Program: func(role string) (string, error) { return filepath.Join(here, "bin", role), nil },
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, bench.Close()) })
	page := console.New(console.Config{Title: "chat", Folder: t.TempDir(), Log: t.Output()})
	l, err := bench.NewLab(lab.Options{Watch: page.Watch()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, l.Close()) })
	page.Show(console.NewNative(l))
	c := &chat{t: t, lab: l, address: serve(t, page)}
	specs := []lab.Spec{{Name: "server"}}
	for i, name := range clients {
		specs = append(specs, lab.Spec{Name: name, Role: "client", Args: []string{fmt.Sprint(i + 1), fmt.Sprint(5001 + i), fmt.Sprint(6001 + i)}})
	}
	c.all, err = l.Start(t.Context(), specs...)
	require.NoError(t, err, "run 'make build' first")
	for _, p := range c.all {
		c.await(p, len(clients)) // a line for each client
	}
	return c
}

// serve serves a page until the test ends, and returns its address.
func serve(t *testing.T, page *console.Console) string {
	t.Helper()
	ln, err := page.Listen("127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- page.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-served)
		assert.NoError(t, page.Close())
	})
	address, _ := page.Address(ln)
	return address
}

// onPage is a condition: the page shows the last line that was said.
func (c *chat) onPage() string { return shows("Client 1: "+c.end, 1, everyone("client1")...) }

// shown returns how many lines a program has shown.
func shown(p *lab.Process) int { return p.Life().Output(lab.Stdout).Since(1 << 60).Next }

// await waits until a program has shown so many lines.
func (c *chat) await(p *lab.Process, count int) {
	c.t.Helper()
	late := time.After(time.Minute)
	for {
		v := p.Life().Output(lab.Stdout).Since(1 << 60)
		if v.Next >= count {
			return
		}
		select {
		case <-v.Changed:
		case <-late:
			c.t.Fatalf("%s shows %d lines of %d", p.Name(), v.Next, count)
		}
	}
}

// talk types at client1 for talkTime. It measures until the screens of all others have each
// line, and returns when the record has them, too.
func (c *chat) talk() usage {
	c.t.Helper()
	c.turns++
	c.end = fmt.Sprintf("the end of turn %d", c.turns)
	const some = 512
	chunk := bytes.Repeat(append(bytes.Repeat([]byte{'x'}, lineSize-1), '\n'), some)
	others := slices.Delete(slices.Clone(c.all), 1, 2)
	var before []int
	for _, p := range others {
		before = append(before, shown(p))
	}
	m := c.begin()
	typed := 1
	for client1 := c.all[1].Life(); ; typed += some {
		if time.Since(m.at) > talkTime {
			require.NoError(c.t, client1.Type([]byte(c.end+"\n"), limit))
			break
		}
		require.NoError(c.t, client1.Type(chunk, limit))
	}
	for i, p := range others {
		c.await(p, before[i]+typed)
	}
	u := m.since(typed * len(others))
	for i, p := range others {
		require.Equal(c.t, typed, shown(p)-before[i], "%s shows each line once", p.Name())
	}
	c.awaitRecord()
	return u
}

// awaitRecord waits until the record no longer grows.
func (c *chat) awaitRecord() {
	c.t.Helper()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for before := int64(-1); ; <-again.C {
		info, err := os.Stat(filepath.Join(c.lab.Folder(), lab.EventsFile))
		require.NoError(c.t, err)
		if info.Size() == before {
			return
		}
		before = info.Size()
	}
}
