package compose

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
	"peerlab/lab/console"
)

// page is the page of a project, in this process, and a viewer of it.
type page struct {
	t          *testing.T
	containers *console.Compose
	record     string // its path
	conn       *websocket.Conn
	screens    map[string]string
	state      string
	end        func() // ends all but the record
}

// openPage opens the page; meanwhile is done when it has found the containers.
func openPage(t *testing.T, c *stage.Compose, meanwhile func()) *page {
	t.Helper()
	p := &page{t: t, record: filepath.Join(t.TempDir(), "events.jsonl"), screens: make(map[string]string)}
	file, err := os.Create(p.record)
	require.NoError(t, err)
	served := console.New(console.Config{Title: "test", Log: t.Output()})
	p.containers, err = console.OpenCompose(t.Context(), served, c.Name, p.record, file)
	require.NoError(t, err)
	served.Show(p.containers)
	meanwhile()
	ln, err := served.Listen("127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- p.containers.Follow(ctx) }()
	go func() { ended <- served.Serve(ctx, ln) }()
	p.end = sync.OnceFunc(func() {
		_ = p.conn.CloseNow()
		cancel()
		assert.NoError(t, <-ended)
		assert.NoError(t, <-ended)
		assert.NoError(t, p.containers.Close())
		assert.NoError(t, served.Close())
		assert.NoError(t, file.Close())
	})
	address, _ := served.Address(ln)
	p.conn, _, err = websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(strings.Replace(address, "/?", "/socket?", 1), "http"), nil)
	require.NoError(t, err)
	t.Cleanup(p.end)
	p.conn.SetReadLimit(1 << 20)
	return p
}

func (p *page) await(what string, ok func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), stage.ComposeTimeout)
	defer cancel()
	for !ok() {
		kind, b, err := p.conn.Read(ctx)
		require.NoError(p.t, err, "waiting for %s; screens: %q, state: %s", what, p.screens, p.state)
		switch {
		case kind == websocket.MessageBinary:
			p.screens[string(b[1:1+b[0]])] += string(b[1+b[0]:])
		case strings.HasPrefix(string(b), `{"state"`):
			p.state = string(b)
		default:
			require.NotContains(p.t, string(b), "refused")
		}
	}
}

func (p *page) shows(text string, names ...string) {
	p.t.Helper()
	for _, name := range names {
		p.await(name+" shows "+text, func() bool { return strings.Contains(p.screens[name], text) })
	}
}

// events returns the record so far.
func (p *page) events() string {
	p.t.Helper()
	b, err := os.ReadFile(p.record)
	require.NoError(p.t, err)
	return string(b)
}

func (p *page) do(request map[string]any) {
	p.t.Helper()
	b, err := json.Marshal(request)
	require.NoError(p.t, err)
	require.NoError(p.t, p.conn.Write(p.t.Context(), websocket.MessageText, b))
}

// The page of the containers: their terminals, typed at as by keys, and a server that is
// killed and started there.
func TestThePageOfTheContainers(t *testing.T) {
	c := stage.NewCompose(t, stage.ComposeFile, nil, "server", "client1", "client2")
	for _, name := range []string{"SERVER_PORT", "CLIENT1_PORT1", "CLIENT1_PORT2", "CLIENT2_PORT1", "CLIENT2_PORT2"} {
		c.NewPort(name)
	}
	c.Up()
	c.Ends("stop", "client2")
	p := openPage(t, c, func() { c.Do("start", "client2") }) // the page is not told yet
	p.shows("Client 1: initiated.", "server", "client1", "client2")
	p.await("that client2 is back", func() bool { // its log has the life before, too
		return strings.Count(p.screens["client1"], "Client 2: initiated.") == 2 && strings.Count(p.screens["client2"], "Client 1: initiated.") == 2
	})
	p.do(map[string]any{"do": "resize", "name": "client1", "cols": 40, "rows": 10})
	for _, key := range "hello\r" {
		p.do(map[string]any{"do": "type", "name": "client1", "text": string(key)})
	}
	p.shows("Client 1: hello", "client2")
	p.do(map[string]any{"do": "kill", "name": "server"})
	p.shows("[exited with status 137]", "server")
	p.do(map[string]any{"do": "type", "name": "client2", "text": "without the server\r"})
	p.shows("Client 2: without the server", "client1")
	p.do(map[string]any{"do": "pause", "name": "client1"})
	p.await("that client1 is paused", func() bool { return strings.Contains(p.state, `"state":"paused"`) })
	p.do(map[string]any{"do": "heal-all"})
	p.do(map[string]any{"do": "start", "name": "server"})
	p.shows("Client 1: reconnected", "server")
	p.shows("Client 2: reconnected", "server")

	p.end()
	for _, x := range p.containers.Programs() {
		assert.Equal(t, map[string]int{"server": 2, "client1": 1, "client2": 1}[x.Name], x.Life, x.Name)
	}
	events := p.events()
	for _, part := range []string{
		`"kind":"typed","process":"client1","life":1,"text":"hello"`, `"kind":"shown","process":"client2","life":1,"text":"Client 1: hello"`,
		`"kind":"exited","process":"server","life":1,"text":"exited with status 137"`, `"kind":"started","process":"server","life":2`,
		`"kind":"shown","process":"server","life":2,"text":"Client 1: reconnected"`,
	} {
		assert.Contains(t, events, part)
	}
	assert.NotContains(t, events, `"process":"client1","life":1,"text":"Client 1: hello"`)
}

// A link between two containers, which is older than the page, is cut there and healed: the
// line that was typed meanwhile appears once. Nothing else on the machine is touched.
func TestALinkOfContainersIsCutOnThePage(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("faults of the network need root")
	}
	c := stage.NewCompose(t, stage.ComposeFile, nil, "server", "client1", "client2")
	for _, name := range []string{"SERVER_PORT", "CLIENT1_PORT1", "CLIENT1_PORT2", "CLIENT2_PORT1", "CLIENT2_PORT2"} {
		c.NewPort(name)
	}
	c.Up()
	for _, name := range c.Services {
		c.Follow(name)
	}
	c.Shows("Client 2: initiated.", c.Services...)
	c.Shows("Client 1: initiated.", c.Services...)
	p := openPage(t, c, func() {})
	link := func(from, to string) string { return `{"from":"` + from + `","to":"` + to + `","connections":1` }
	p.await("the link", func() bool {
		return strings.Contains(p.state, link("client1", "client2")) && strings.Contains(p.state, link("client2", "client1"))
	})
	both := func(what string) {
		t.Helper()
		p.do(map[string]any{"do": what, "from": "client1", "to": "client2"})
		p.do(map[string]any{"do": what, "from": "client2", "to": "client1"})
	}
	both("cut")
	p.await("the faults", func() bool { return strings.Count(p.state, `"fault":"drop"`) == 2 })
	p.do(map[string]any{"do": "type", "name": "client1", "text": "while cut\r"})
	p.shows("Client 1: while cut", "server")
	p.do(map[string]any{"do": "type", "name": "server", "text": "not cut\r"})
	p.shows("Server: not cut", "client1", "client2")
	both("heal")
	p.shows("Client 1: while cut", "client2")
	p.do(map[string]any{"do": "type", "name": "client1", "text": "after it\r"})
	p.shows("Client 1: after it", "server", "client2")
	for _, name := range []string{"server", "client2"} {
		assert.Equal(t, 1, strings.Count(p.screens[name], "Client 1: while cut"), name)
	}
	for _, kind := range []string{"fault", "sent", "dropped", "healed", "received"} {
		link := `"kind":"` + kind + `","link":{"from":"client1","to":"client2"`
		c.Eventually("the record has "+link, func() bool { return strings.Contains(p.events(), link) })
	}
	assert.NotContains(t, p.events(), `"other"`, "each connection is of two containers")
}
