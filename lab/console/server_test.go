package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/lab"
)

func TestMain(m *testing.M) {
	if status, ok := lab.StandGuard(); ok {
		os.Exit(status)
	}
	goleak.VerifyTestMain(m)
}

// stage is a lab of one program that repeats what is typed.
type stage struct {
	console *Console
	files   map[string]string
	pause   func(context.Context) // what pausing the program does

	mu    sync.Mutex
	acted []string
}

func (s *stage) Programs() []Program {
	return []Program{{Name: "client1", State: Running, Life: 1, Can: actions(Running)}}
}

func (s *stage) Type(name string, b []byte) error {
	s.console.Output(name, append([]byte("shown: "), b...))
	return nil
}

func (s *stage) Act(ctx context.Context, name string, a Action) error {
	if a == Pause {
		s.pause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acted = append(s.acted, name+" "+string(a))
	return nil
}

func (s *stage) actions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acted
}

func (s *stage) Links() (links, error)    { return noLinks{}, errors.New("there is no wire in this test") }
func (s *stage) Files() map[string]string { return s.files }

// complaints is where the page complains.
type complaints struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *complaints) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *complaints) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// page is a page that is served.
type page struct {
	*Console
	stage   *stage
	log     *complaints
	address string
	end     func() error // ends Serve, and returns its error
}

func serve(t *testing.T) *page {
	t.Helper()
	return serveStage(t, nil)
}

// serveStage serves the page of a stage that is made for it, or of a [stage].
func serveStage(t *testing.T, of func(*Console) Stage) *page {
	t.Helper()
	p := &page{log: &complaints{}}
	p.Console = New(Config{Title: "test", Folder: t.TempDir(), Log: p.log})
	p.stage = &stage{console: p.Console}
	var shown Stage = p.stage
	if of != nil {
		shown = of(p.Console)
	}
	p.Show(shown)
	ln, err := p.Listen("127.0.0.1:0")
	require.NoError(t, err)
	p.address = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- p.Serve(ctx, ln) }()
	p.end = sync.OnceValue(func() error {
		cancel()
		return <-served
	})
	t.Cleanup(func() {
		assert.NoError(t, p.end())
		assert.NoError(t, p.Close())
	})
	return p
}

func TestRequestsThatAreNotAnswered(t *testing.T) {
	p := serve(t)
	token := p.access.controlToken
	port := p.address[strings.LastIndex(p.address, ":"):]
	for name, c := range map[string]struct {
		path   string
		header map[string]string
		want   int
	}{
		"the page":                         {"/?token=" + token, nil, 200},
		"by its name":                      {"/?token=" + token, map[string]string{"Host": "localhost" + port}, 200},
		"the page to look at":              {"/?token=" + p.access.lookToken, nil, 200},
		"a link to the page":               {"/?token=" + token, map[string]string{"Sec-Fetch-Site": "cross-site"}, 200},
		"a script of the page":             {"/assets/page.mjs", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		"by a bearer token":                {"/diagram.svg", map[string]string{"Authorization": "Bearer " + token}, 200},
		"no token":                         {"/", nil, 403},
		"a wrong token":                    {"/?token=" + token[1:], nil, 403},
		"the diagram without a token":      {"/diagram.svg", nil, 403},
		"the run without a token":          {"/run.zip", nil, 403},
		"a socket without a token":         {"/socket", nil, 403},
		"a name that resolves to here":     {"/?token=" + token, map[string]string{"Host": "rebound.example" + port}, 403},
		"a script by such a name":          {"/assets/page.mjs", map[string]string{"Host": "rebound.example"}, 403},
		"an address that is not loopback":  {"/?token=" + token, map[string]string{"Host": "192.0.2.1" + port}, 403},
		"a page of another site":           {"/socket?token=" + token, map[string]string{"Origin": "http://evil.example"}, 403},
		"a page at another port":           {"/socket?token=" + token, map[string]string{"Origin": "http://127.0.0.1:1"}, 403},
		"a page without an origin":         {"/socket?token=" + token, map[string]string{"Origin": "null"}, 403},
		"an image of another site's page":  {"/diagram.svg?token=" + token, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"a file that is not there":         {"/assets/none.mjs", nil, 404},
		"the page as a frame, by a script": {"/look?token=" + token, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodGet, "http://"+p.address+c.path, nil)
			require.NoError(t, err)
			for name, value := range c.header {
				r.Header.Set(name, value)
			}
			if host := c.header["Host"]; host != "" {
				r.Host = host
			}
			answer, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			defer answer.Body.Close()
			assert.Equal(t, c.want, answer.StatusCode)
			policy := answer.Header.Get("Content-Security-Policy")
			assert.Contains(t, policy, "default-src 'none'; script-src 'self';")
			assert.Contains(t, policy, "frame-ancestors 'none'")
			_, err = io.Copy(io.Discard, answer.Body)
			require.NoError(t, err)
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

func TestThePageAsksNoOtherSite(t *testing.T) {
	for _, name := range []string{"index.html", "page.css", "page.mjs", "terminals.mjs", "network.mjs", "diagram.mjs"} {
		b, err := web.ReadFile("web/" + name)
		require.NoError(t, err)
		text := strings.ReplaceAll(string(b), "http://www.w3.org/2000/svg", "")
		for _, forbidden := range []string{"http:", "https:", "//cdn", "eval(", " onclick=", "javascript:"} {
			assert.NotContains(t, text, forbidden, name)
		}
		assert.NotRegexp(t, `<script[^>]*>[^<]`, text, name)
	}
}

// socket is a page in a browser.
type socket struct {
	t    *testing.T
	conn *websocket.Conn
	text map[string]string // by terminal
	last string            // that was refused
}

func (p *page) open(t *testing.T, token string) *socket {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), "ws://"+p.address+"/socket?token="+token, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(1 << 20)
	return &socket{t: t, conn: conn, text: make(map[string]string)}
}

func (s *socket) send(r request) {
	s.t.Helper()
	b, err := json.Marshal(r)
	require.NoError(s.t, err)
	require.NoError(s.t, s.conn.Write(s.t.Context(), websocket.MessageText, b))
}

// await reads until ok.
func (s *socket) await(what string, ok func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	for !ok() {
		kind, b, err := s.conn.Read(ctx)
		require.NoError(s.t, err, "waiting for %s; terminals: %q", what, s.text)
		if kind == websocket.MessageBinary {
			name := string(b[1 : 1+b[0]])
			s.text[name] += string(b[1+b[0]:])
			continue
		}
		var m struct{ Refused string }
		require.NoError(s.t, json.Unmarshal(b, &m))
		s.last += m.Refused
	}
}

func TestTwoPagesAndAReloadShowTheSame(t *testing.T) {
	p := serve(t)
	one, two := p.open(t, p.access.controlToken), p.open(t, p.access.lookToken)
	one.send(request{Do: "type", Name: "client1", Text: "hello"})
	shown := func(s *socket) func() bool {
		return func() bool { return strings.HasSuffix(s.text["client1"], "\x1b[1mhello\x1b[0m\r\nshown: hello\n") }
	}
	one.await("the line", shown(one))
	two.await("the line", shown(two))
	again := p.open(t, p.access.controlToken)
	again.await("the line", shown(again))
	assert.Equal(t, one.text, two.text)
	assert.Equal(t, one.text, again.text)
}

func TestWhoMayOnlyLookCannotAct(t *testing.T) {
	p := serve(t)
	look := p.open(t, p.access.lookToken)
	for _, r := range []request{{Do: "type", Name: "client1", Text: "x"}, {Do: "kill", Name: "client1"}, {Do: "cut", From: "client1", To: "client2"}, {Do: "heal-all"}} {
		look.last = ""
		look.send(r)
		look.await("the refusal", func() bool { return look.last != "" })
		assert.Contains(t, look.last, "cannot change it")
	}
	assert.Empty(t, p.stage.actions())
	assert.Empty(t, look.text)

	control := p.open(t, p.access.controlToken)
	control.send(request{Do: "kill", Name: "client1"})
	control.send(request{Do: "cut", From: "client1", To: "client2"})
	control.await("the refusal", func() bool { return control.last != "" })
	assert.Contains(t, control.last, "links cannot be broken here")
	assert.Equal(t, []string{"client1 kill"}, p.stage.actions())
}
