package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"peerlab/lab"
	"peerlab/lab/event"
)

// Config says how a [Console] works.
type Config struct {
	Title  string
	Folder string // where the casts of terminals are written; "" for none
	Log    io.Writer
}

// Console is a page that shows a lab. The lab is watched from its beginning, and the page is
// served when it is there.
type Console struct {
	config  Config
	run     string // its name
	hub     *hub
	history *history
	casts   *casts
	access  access
	stage   Stage
	links   links
	whole   error         // why links cannot be broken
	poke    chan struct{} // the state of the lab may have changed
	viewers chan struct{} // one for each page that is open

	writeLimit time.Duration    // for a page to read what it is sent
	now        func() time.Time // the clock of the machine, of an agent
}

// New makes a page that is not served yet.
func New(c Config) *Console {
	x := &Console{
		config: c, run: rand.Text(), hub: newHub(), history: &history{}, casts: newCasts(c.Folder),
		poke: make(chan struct{}, 1), viewers: make(chan struct{}, maxViewers), writeLimit: 10 * time.Second, now: time.Now,
	}
	x.hub.written = x.casts.output
	return x
}

// saved reports whether the run is over, and can only be looked at.
func (c *Console) saved() bool {
	_, saved := c.stage.(*Saved)
	return saved
}

// Close closes the files of the page, which is not served any more.
func (c *Console) Close() error { return c.casts.close() }

// Watch returns what a lab tells of itself: see [lab.Options].
func (c *Console) Watch() *lab.Watch { return &lab.Watch{Record: c.Record(), Output: c.hub.write} }

// Output shows at a terminal what a program wrote.
func (c *Console) Output(name string, b []byte) { c.hub.write(name, b) }

// Record returns a writer of lines of a record, whole ones, which the page shows.
func (c *Console) Record() io.Writer { return recordWriter{c} }

type recordWriter struct{ *Console }

func (c recordWriter) Write(b []byte) (int, error) {
	for line := range bytes.Lines(bytes.Clone(b)) {
		c.history.add(line)
		var e event.Event
		if !noticed(line) || json.Unmarshal(line, &e) != nil {
			continue
		}
		if e.Kind != event.Started {
			c.notice(e.Process, e.Text)
		} else if e.Life > 1 {
			c.notice(e.Process, fmt.Sprintf("life %d", e.Life))
		}
	}
	return len(b), nil
}

// noticed reports whether an event is one of the few that are shown at a terminal, too. It
// is called for each line of a flood.
func noticed(line []byte) bool {
	_, rest, _ := bytes.Cut(line, []byte(`","kind":"`)) // behind the time
	kind, rest, _ := bytes.Cut(rest, []byte{'"'})
	switch event.Kind(kind) {
	case event.Started, event.Exited, event.Fault:
		return bytes.HasPrefix(rest, []byte(`,"process"`))
	}
	return false
}

// notice shows a line of the page's own at a terminal.
func (c *Console) notice(name, text string) {
	c.hub.notice(name, text)
	c.changed()
}

func (c *Console) changed() {
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// State is all that the page shows besides outputs and the diagram.
type State struct {
	Title    string    `json:"title"`
	Programs []Program `json:"programs"`
	Links    []Link    `json:"links"`
	// NoFaults says why links cannot be broken; "" if they can.
	NoFaults string `json:"noFaults,omitempty"`
	Nodes    []Node `json:"nodes,omitempty"` // the machines, if there are several
}

// Address returns the addresses of the page that is served at a listener: for those who may
// do everything, and for those who may only look.
func (c *Console) Address(ln net.Listener) (all, look string) {
	base := "http://" + ln.Addr().String() + "/?token="
	return base + c.access.controlToken, base + c.access.lookToken
}

// Listen listens where the page is to be served. The tokens of the page are made by it.
func (c *Console) Listen(address string) (net.Listener, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		if strings.Contains(err.Error(), "address already in use") {
			err = fmt.Errorf("%w: choose another with -listen, or find its owner with 'ss -ltnp'", err)
		}
		return nil, err
	}
	at, err := netip.ParseAddrPort(ln.Addr().String())
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	c.access = newAccess(at)
	return ln, nil
}

// Show makes the page that of a lab, before it is served.
func (c *Console) Show(s Stage) {
	c.stage = s
	c.links, c.whole = s.Links()
}

// Serve serves the page until ctx ends, and waits for what viewers have asked for.
func (c *Console) Serve(ctx context.Context, ln net.Listener) error {
	return c.serve(ctx, ln, c.handler())
}

func (c *Console) serve(ctx context.Context, ln net.Listener, handler http.Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    log.New(c.config.Log, "peerlab: ", 0),
	}
	looked := make(chan error, 1)
	go func() { looked <- c.look(ctx) }()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		<-ctx.Done()
		_ = server.Close()
	}()
	err := server.Serve(ln)
	cancel()
	<-stopped
	for range maxViewers {
		c.viewers <- struct{}{}
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, <-looked)
}

// Times between two looks at the lab, and at its connections: a change that the lab does not
// tell of shows after so long.
const (
	lookEvery        = 200 * time.Millisecond
	connectionsEvery = time.Second
)

// look keeps the state of the lab on the page up to date.
func (c *Console) look(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var connections time.Time
	for {
		if now := time.Now(); now.Sub(connections) >= connectionsEvery {
			connections = now
			if err := c.links.look(); err != nil {
				fmt.Fprintln(c.config.Log, "peerlab:", err)
			}
		}
		state := State{Title: c.config.Title, Programs: c.stage.Programs(), Links: c.links.all()}
		if s, ok := c.stage.(spread); ok {
			state.Nodes = s.Nodes()
		}
		if c.whole != nil {
			state.NoFaults = c.whole.Error()
		}
		if err := c.hub.show(state, c.history.count()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.poke:
		case <-tick.C:
		}
	}
}

// request is something that a viewer asks for.
type request struct {
	Do   string `json:"do"`
	Name string `json:"name"` // of a program
	From string `json:"from"` // of a link
	To   string `json:"to"`
	Text string `json:"text"`
	Ms   int    `json:"ms"`
	Cols int    `json:"cols"`
	Rows int    `json:"rows"`
}

// do does what a viewer asks for.
func (c *Console) do(ctx context.Context, r request) error {
	if r.Do == "type" {
		return c.typeAt(r.Name, r.Text)
	}
	ctx, cancel := context.WithTimeout(ctx, actionLimit)
	defer cancel()
	defer c.changed()
	switch r.Do {
	case "heal-all":
		return c.healAll(ctx)
	case "resize":
		if s, ok := c.stage.(resizer); ok {
			return s.Resize(ctx, r.Name, r.Cols, r.Rows)
		}
		return errors.New("these terminals have no size")
	}
	if r.From != "" {
		return c.links.do(r.Do, r.From, r.To, time.Duration(r.Ms)*time.Millisecond)
	}
	return c.stage.Act(ctx, r.Name, Action(r.Do))
}

// typeAt types at a program. Without an echo of its own, its terminal shows the line here.
func (c *Console) typeAt(name, text string) error {
	programs := c.stage.Programs()
	i := slices.IndexFunc(programs, func(p Program) bool { return p.Name == name })
	if i < 0 {
		return unknown(name)
	}
	if programs[i].Raw {
		return c.stage.Type(name, []byte(text))
	}
	if strings.ContainsAny(text, "\n\r") {
		return errors.New("one line at a time")
	}
	if programs[i].State != Exited {
		c.hub.typed(name, text)
	}
	return c.stage.Type(name, []byte(text+"\n"))
}

// healAll ends all faults: of links, and pauses.
func (c *Console) healAll(ctx context.Context) error {
	err := c.links.heal()
	for _, p := range c.stage.Programs() {
		if p.State == Paused {
			err = errors.Join(err, c.stage.Act(ctx, p.Name, Resume))
		}
	}
	return err
}
