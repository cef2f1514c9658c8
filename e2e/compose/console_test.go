package compose

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
	"peerlab/lab/console"
)

// The page of the containers: their terminals, typed at as by keys, and a server that is
// killed and started there.
func TestThePageOfTheContainers(t *testing.T) {
	c := stage.NewCompose(t, stage.ComposeFile, nil, "server", "client1", "client2")
	for _, name := range []string{"SERVER_PORT", "CLIENT1_PORT1", "CLIENT1_PORT2", "CLIENT2_PORT1", "CLIENT2_PORT2"} {
		c.NewPort(name)
	}
	c.Up()
	c.Ends("stop", "client2")
	record := filepath.Join(t.TempDir(), "events.jsonl")
	file, err := os.Create(record)
	require.NoError(t, err)
	page := console.New(console.Config{Title: "test", Log: t.Output()})
	containers, err := console.OpenCompose(t.Context(), page, c.Name, record, file)
	require.NoError(t, err)
	page.Show(containers)
	c.Do("start", "client2") // the page is not told yet
	ln, err := page.Listen("127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- containers.Follow(ctx) }()
	go func() { ended <- page.Serve(ctx, ln) }()
	address, _ := page.Address(ln)
	conn, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(strings.Replace(address, "/?", "/socket?", 1), "http"), nil)
	require.NoError(t, err)
	conn.SetReadLimit(1 << 20)

	screens, state := map[string]string{}, ""
	await := func(what string, ok func() bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), stage.ComposeTimeout)
		defer cancel()
		for !ok() {
			kind, b, err := conn.Read(ctx)
			require.NoError(t, err, "waiting for %s; screens: %q, state: %s", what, screens, state)
			if kind == websocket.MessageBinary {
				screens[string(b[1:1+b[0]])] += string(b[1+b[0]:])
			} else {
				state = string(b)
			}
		}
	}
	shows := func(name, text string) {
		t.Helper()
		await(name+" shows "+text, func() bool { return strings.Contains(screens[name], text) })
	}
	do := func(request map[string]any) {
		t.Helper()
		b, err := json.Marshal(request)
		require.NoError(t, err)
		require.NoError(t, conn.Write(t.Context(), websocket.MessageText, b))
	}
	for _, name := range []string{"server", "client1", "client2"} {
		shows(name, "Client 1: initiated.")
		shows(name, "Client 2: initiated.")
	}
	do(map[string]any{"do": "resize", "name": "client1", "cols": 40, "rows": 10})
	for _, key := range "hello\r" {
		do(map[string]any{"do": "type", "name": "client1", "text": string(key)})
	}
	shows("client2", "Client 1: hello")
	do(map[string]any{"do": "kill", "name": "server"})
	shows("server", "[exited with status 137]")
	do(map[string]any{"do": "type", "name": "client2", "text": "without the server\r"})
	shows("client1", "Client 2: without the server")
	do(map[string]any{"do": "pause", "name": "client1"})
	await("that client1 is paused", func() bool { return strings.Contains(state, `"state":"paused"`) })
	do(map[string]any{"do": "heal-all"})
	do(map[string]any{"do": "start", "name": "server"})
	shows("server", "Client 1: reconnected")
	shows("server", "Client 2: reconnected")

	require.NoError(t, conn.CloseNow())
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
	require.NoError(t, containers.Close())
	require.NoError(t, page.Close())
	require.NoError(t, file.Close())
	for _, p := range containers.Programs() {
		assert.Equal(t, map[string]int{"server": 2, "client1": 1, "client2": 1}[p.Name], p.Life, p.Name)
	}
	events, err := os.ReadFile(record)
	require.NoError(t, err)
	for _, part := range []string{
		`"kind":"typed","process":"client1","life":1,"text":"hello"`, `"kind":"shown","process":"client2","life":1,"text":"Client 1: hello"`,
		`"kind":"exited","process":"server","life":1,"text":"exited with status 137"`, `"kind":"started","process":"server","life":2`,
		`"kind":"shown","process":"server","life":2,"text":"Client 1: reconnected"`,
	} {
		assert.Contains(t, string(events), part)
	}
	assert.NotContains(t, string(events), `"process":"client1","life":1,"text":"Client 1: hello"`)
}
