package compose

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
	"peerlab/lab/console"
)

// page is the page of a project, in this process, and a viewer of it.
type page struct {
	*stage.Page
	t          *testing.T
	containers *console.Compose
	record     string // its path
	end        func() // ends all but the record
}

// openPage opens the page; meanwhile is done when it has found the containers.
func openPage(t *testing.T, c *stage.Compose, meanwhile func()) *page {
	t.Helper()
	p := &page{t: t, record: filepath.Join(t.TempDir(), "events.jsonl")}
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
		p.Close()
		cancel()
		assert.NoError(t, <-ended)
		assert.NoError(t, <-ended)
		assert.NoError(t, p.containers.Close())
		assert.NoError(t, served.Close())
		assert.NoError(t, file.Close())
	})
	address, _ := served.Address(ln)
	p.Page = stage.ViewPage(t, http.DefaultClient, address)
	t.Cleanup(p.end)
	return p
}

// events returns the record so far.
func (p *page) events() string {
	p.t.Helper()
	b, err := os.ReadFile(p.record)
	require.NoError(p.t, err)
	return string(b)
}

// The page of the containers: their terminals, typed at as by keys, and a server that is
// killed and started there.
func TestThePageOfTheContainers(t *testing.T) {
	c := stage.NewCompose(t, stage.ComposeFile, nil, "server", "client1", "client2")
	c.Up()
	c.Ends("stop", "client2")
	p := openPage(t, c, func() { c.Do("start", "client2") }) // the page is not told yet
	p.Shows("Client 1: initiated.", "server", "client1", "client2")
	p.Await("that client2 is back", stage.ComposeTimeout, func() bool { // its log has the life before, too
		return strings.Count(p.Screens["client1"], "Client 2: initiated.") == 2 && strings.Count(p.Screens["client2"], "Client 1: initiated.") == 2
	})
	p.Do(map[string]any{"do": "resize", "name": "client1", "cols": 40, "rows": 10})
	for _, key := range "hello\r" {
		p.Type("client1", string(key))
	}
	p.Shows("Client 1: hello", "client2")
	p.Do(map[string]any{"do": "kill", "name": "server"})
	p.Shows("[exited with status 137]", "server")
	p.Type("client2", "without the server\r")
	p.Shows("Client 2: without the server", "client1")
	p.Do(map[string]any{"do": "pause", "name": "client1"})
	p.Await("that client1 is paused", stage.ComposeTimeout, func() bool { return strings.Contains(p.State, `"state":"paused"`) })
	p.Do(map[string]any{"do": "heal-all"})
	p.Do(map[string]any{"do": "start", "name": "server"})
	p.Shows("Client 1: reconnected", "server")
	p.Shows("Client 2: reconnected", "server")

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
	c.Up()
	for _, name := range c.Services {
		c.Follow(name)
	}
	c.Shows("Client 2: initiated.", c.Services...)
	c.Shows("Client 1: initiated.", c.Services...)
	p := openPage(t, c, func() {})
	link := func(from, to string) string { return `{"from":"` + from + `","to":"` + to + `","connections":1` }
	p.Await("the link", stage.ComposeTimeout, func() bool {
		return strings.Contains(p.State, link("client1", "client2")) && strings.Contains(p.State, link("client2", "client1"))
	})
	both := func(what string) {
		t.Helper()
		p.Do(map[string]any{"do": what, "from": "client1", "to": "client2"})
		p.Do(map[string]any{"do": what, "from": "client2", "to": "client1"})
	}
	both("cut")
	p.Await("the faults", stage.ComposeTimeout, func() bool { return strings.Count(p.State, `"fault":"drop"`) == 2 })
	p.Type("client1", "while cut\r")
	p.Shows("Client 1: while cut", "server")
	p.Type("server", "not cut\r")
	p.Shows("Server: not cut", "client1", "client2")
	both("heal")
	p.Shows("Client 1: while cut", "client2")
	p.Type("client1", "after it\r")
	p.Shows("Client 1: after it", "server", "client2")
	for _, name := range []string{"server", "client2"} {
		assert.Equal(t, 1, strings.Count(p.Screens[name], "Client 1: while cut"), name)
	}
	for _, kind := range []string{"fault", "sent", "dropped", "healed", "received"} {
		link := `"kind":"` + kind + `","link":{"from":"client1","to":"client2"`
		c.Eventually("the record has "+link, func() bool { return strings.Contains(p.events(), link) })
	}
	assert.NotContains(t, p.events(), `"other"`, "each connection is of two containers")
}
