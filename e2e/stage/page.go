package stage

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"peerlab/lab/event"
)

// Page is a viewer of the page that shows and breaks a lab.
type Page struct {
	Screens map[string]string // what it was sent of each terminal
	State   string            // the last state, as JSON

	t       *testing.T
	conn    *websocket.Conn
	client  *http.Client
	address string // with the token
}

// ViewPage opens the page at an address as peerlab prints it, by way of a client.
func ViewPage(t *testing.T, client *http.Client, address string) *Page {
	t.Helper()
	p := &Page{t: t, client: client, address: address, Screens: make(map[string]string)}
	var err error
	p.conn, _, err = websocket.Dial(t.Context(), p.at("socket"), &websocket.DialOptions{HTTPClient: client})
	require.NoError(t, err)
	p.conn.SetReadLimit(1 << 20)
	t.Cleanup(p.Close)
	return p
}

// at returns the address of another part of the page.
func (p *Page) at(path string) string { return strings.Replace(p.address, "/?", "/"+path+"?", 1) }

// Close closes the page.
func (p *Page) Close() { _ = p.conn.CloseNow() }

// Await waits until something is so, and meanwhile brings the page up to date.
func (p *Page) Await(what string, within time.Duration, ok func() bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), within)
	defer cancel()
	for !ok() {
		kind, b, err := p.conn.Read(ctx)
		require.NoError(p.t, err, "waiting for %s; screens: %q, state: %s", what, p.Screens, p.State)
		switch {
		case kind == websocket.MessageBinary:
			p.Screens[string(b[1:1+b[0]])] += string(b[1+b[0]:])
		case strings.HasPrefix(string(b), `{"state"`):
			p.State = string(b)
		default:
			require.NotContains(p.t, string(b), "refused")
		}
	}
}

// Shows waits until the terminals of these programs have shown a text.
func (p *Page) Shows(text string, names ...string) {
	p.t.Helper()
	for _, name := range names {
		p.Await(name+" shows "+text, ComposeTimeout, func() bool { return strings.Contains(p.Screens[name], text) })
	}
}

// Do asks for something, as a press on the page does.
func (p *Page) Do(request map[string]any) {
	p.t.Helper()
	b, err := json.Marshal(request)
	require.NoError(p.t, err)
	require.NoError(p.t, p.conn.Write(p.t.Context(), websocket.MessageText, b))
}

// Type types keys at a program.
func (p *Page) Type(name, keys string) {
	p.Do(map[string]any{"do": "type", "name": name, "text": keys})
}

// Events returns the record so far.
func (p *Page) Events() []event.Event {
	p.t.Helper()
	q, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.at("run.zip"), nil)
	require.NoError(p.t, err)
	answer, err := p.client.Do(q)
	require.NoError(p.t, err)
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	require.NoError(p.t, err)
	files, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(p.t, err)
	record, err := files.Open("events.jsonl")
	require.NoError(p.t, err)
	defer record.Close()
	all, err := event.Read(record)
	require.NoError(p.t, err)
	return all
}
