package console

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/certs"
	"peerlab/lab/event"
)

// node is an agent with one program, whose clock is ahead.
type node struct {
	*Console
	program string
	events  *event.Recorder
	address string
	ahead   time.Duration
	end     func()
}

func (n *node) Programs() []Program {
	return []Program{{Name: n.program, State: Running, Life: 1, Raw: true, Can: actions(Running)}}
}

func (n *node) Type(name string, b []byte) error {
	n.add(event.Typed, string(b))
	n.Output(name, b)
	return nil
}

func (n *node) Act(_ context.Context, name string, a Action) error {
	return fmt.Errorf("%s cannot %s", name, a)
}
func (n *node) Links() (links, error)    { return noLinks{}, errNoLinks }
func (n *node) Files() map[string]string { return nil }

func (n *node) add(kind event.Kind, text string) {
	n.events.Add(event.Event{Time: time.Now().Add(n.ahead), Kind: kind, Process: n.program, Life: 1, Text: text})
}

// startNode starts an agent whose certificates are those of a folder.
func startNode(t *testing.T, folder, program, listen string) *node {
	t.Helper()
	n := &node{program: program, Console: New(Config{Title: "test", Log: t.Output()})}
	n.events = event.NewRecorder(n.Record())
	n.Show(n)
	config, err := certs.Config(folder, "console")
	require.NoError(t, err)
	ln, err := net.Listen("tcp", listen)
	require.NoError(t, err)
	n.address = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- n.ServeAgent(ctx, ln, config) }()
	n.end = func() {
		cancel()
		assert.NoError(t, <-served)
		assert.NoError(t, n.events.Close())
	}
	return n
}

// nodes is a console of several nodes.
type nodes struct {
	*Nodes
	t      *testing.T
	record bytes.Buffer
	end    func()
}

func startNodes(t *testing.T, folder string, all map[string]*node) *nodes {
	t.Helper()
	config, err := certs.Config(folder, "agent")
	require.NoError(t, err)
	x := &nodes{t: t}
	page := New(Config{Title: "test", Log: t.Output()})
	x.Nodes = newNodes(page, config, &x.record)
	page.Show(x)
	for name, n := range all {
		x.addLocked(name, n.address)
	}
	ctx, cancel := context.WithCancel(context.Background())
	followed := make(chan error, 1)
	go func() { followed <- x.Follow(ctx) }()
	x.end = func() {
		cancel()
		assert.NoError(t, <-followed)
		assert.NoError(t, x.Close())
	}
	return x
}

func (x *nodes) eventually(what string, ok func() bool) {
	x.t.Helper()
	require.Eventually(x.t, ok, 10*time.Second, 5*time.Millisecond, what)
}

// shown returns how often a text stands in the record so far.
func (x *nodes) shown(text string) (n int) {
	events, _ := x.console.history.last(maxHistory, 0)
	for _, e := range events {
		if strings.Contains(e.Text, text) {
			n++
		}
	}
	return n
}

func TestTheNodesOfAStackOnOnePage(t *testing.T) {
	dir := certs.Dir(t.TempDir())
	folder := func(name string) string { return filepath.Join(string(dir), name) }
	for _, name := range []string{"agent", "console", "client1"} {
		require.NoError(t, dir.Issue(name, time.Hour))
	}
	all := map[string]*node{
		"alpha": startNode(t, folder("agent"), "client1", "127.0.0.1:0"),
		"beta":  startNode(t, folder("agent"), "client2", "127.0.0.1:0"),
	}
	all["alpha"].add(event.Shown, "before the page")
	x := startNodes(t, folder("console"), all)
	x.eventually("both are connected", func() bool { return len(x.Programs()) == 2 })
	assert.Equal(t, "alpha", x.Programs()[0].Node)
	assert.Equal(t, "beta", x.Programs()[1].Node)
	x.eventually("the record is whole", func() bool { return x.shown("before the page") == 1 })

	require.NoError(t, x.Type("client2", []byte("hello")))
	x.eventually("it is recorded", func() bool { return x.shown("hello") == 1 })
	require.ErrorContains(t, x.Act(t.Context(), "client1", Kill), "client1 cannot kill")
	require.ErrorContains(t, x.Act(t.Context(), "client3", Kill), `there is no program "client3"`)

	all["beta"].end()
	x.eventually("beta is gone", func() bool { return x.Programs()[1].State == Away && x.Nodes.Nodes()[1].Problem != "" })
	require.ErrorContains(t, x.Type("client2", []byte("x")), "client2 is at beta, which is not connected")
	require.NoError(t, x.Type("client1", []byte("alone")))
	x.eventually("no one waits for beta", func() bool { return x.shown("alone") == 1 })
	again := startNode(t, folder("agent"), "client2", all["beta"].address)
	x.eventually("beta is back", func() bool { return x.Programs()[1].State == Running })
	again.add(event.Shown, "again")
	x.eventually("it is recorded", func() bool { return x.shown("again") == 1 })

	x.end()
	all["alpha"].end()
	again.end()
	got, err := event.Read(&x.record)
	require.NoError(t, err)
	var texts []string
	for _, e := range got {
		if e.Kind == event.Typed || e.Kind == event.Shown {
			texts = append(texts, e.Process+" "+e.Text)
		}
	}
	assert.Equal(t, []string{"client1 before the page", "client2 hello", "client1 alone", "client2 again"}, texts)
}

func TestTheClockOfANodeIsCorrected(t *testing.T) {
	dir := certs.Dir(t.TempDir())
	folder := func(name string) string { return filepath.Join(string(dir), name) }
	for _, name := range []string{"agent", "console"} {
		require.NoError(t, dir.Issue(name, time.Hour))
	}
	n := startNode(t, folder("agent"), "client1", "127.0.0.1:0")
	n.now = func() time.Time { return time.Now().Add(time.Hour) }
	n.ahead = time.Hour
	x := startNodes(t, folder("console"), map[string]*node{"alpha": n})
	x.eventually("its clock is known", func() bool { return x.shown("alpha: clock ") == 1 })
	assert.Regexp(t, `^clock (1h0m0|59m59\.9)\S* ahead, ± `, x.Nodes.Nodes()[0].Clock)
	n.add(event.Shown, "now")
	x.eventually("it is recorded", func() bool { return x.shown("now") == 1 })
	x.end()
	n.end()
	got, err := event.Read(&x.record)
	require.NoError(t, err)
	i := slices.IndexFunc(got, func(e event.Event) bool { return e.Text == "now" })
	assert.WithinDuration(t, time.Now(), got[i].Time, time.Minute)
}

func TestOutputOfWhatIsNoProgramIsRefused(t *testing.T) {
	x := newNodes(New(Config{Title: "test", Folder: t.TempDir(), Log: t.Output()}), nil, io.Discard)
	r := newRemote(x, "alpha", "127.0.0.1:1", nil)
	cleared := make(map[string]bool)
	for _, name := range []string{"../evil", "/evil", "", ".", "a b", "x\x1b"} {
		require.ErrorContains(t, r.output(cleared, name, []byte("x")), "the name of no program", name)
	}
	for i := range maxPrograms {
		require.NoError(t, r.output(cleared, fmt.Sprint("client", i), []byte("x")))
	}
	require.Error(t, r.output(cleared, "client", []byte("x")))
	require.NoError(t, x.Close())
	require.NoError(t, x.console.Close())
}

func TestOnlyAConsoleMayAskAnAgent(t *testing.T) {
	dir := certs.Dir(t.TempDir())
	folder := func(name string) string { return filepath.Join(string(dir), name) }
	for _, name := range []string{"agent", "client1"} {
		require.NoError(t, dir.Issue(name, time.Hour))
	}
	n := startNode(t, folder("agent"), "client1", "127.0.0.1:0")
	x := startNodes(t, folder("client1"), map[string]*node{"alpha": n})
	x.eventually("it is refused", func() bool { return strings.Contains(x.Nodes.Nodes()[0].Problem, "bad certificate") })
	assert.Empty(t, x.Programs())
	x.end()
	n.end()
}
