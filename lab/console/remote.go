package console

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"peerlab/lab/causal"
	"peerlab/lab/event"
)

const (
	askEvery  = time.Second     // from one question for the time to the next
	askLimit  = 3 * time.Second // for an answer: then the node is given up
	askFirst  = 3               // questions before the first event
	tryAgain  = time.Second
	maxUpdate = 16 << 20 // bytes that an agent sends at once

	maxPrograms = 1000 // of a node
)

// remote is the agent of one node.
type remote struct {
	node, address string
	nodes         *Nodes
	http          *http.Client

	mu      sync.Mutex
	state   State
	clock   causal.Clock
	problem error // why it is not connected; nil: it is
	run     string
	got     int    // events of the run
	said    sample // how far ahead the record says that the clock is
}

type sample struct {
	ahead, within time.Duration
	known         bool
}

func newRemote(x *Nodes, node, address string, config *tls.Config) *remote {
	return &remote{
		node: node, address: address, nodes: x, problem: errors.New("not connected yet"),
		http: &http.Client{Transport: &http.Transport{TLSClientConfig: config}},
	}
}

// follow keeps up with the node until ctx ends.
func (r *remote) follow(ctx context.Context) {
	defer r.http.CloseIdleConnections()
	for {
		err := r.session(ctx)
		if ctx.Err() != nil {
			return
		}
		r.mu.Lock()
		r.problem = err
		r.mu.Unlock()
		r.nodes.leave(r.node)
		select {
		case <-time.After(tryAgain):
		case <-ctx.Done():
			return
		}
	}
}

// session follows the node over one connection, and returns why it ended.
func (r *remote) session(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r.mu.Lock()
	r.clock = causal.Clock{} // it may have been set meanwhile
	r.mu.Unlock()
	a, err := r.ask(ctx)
	for range askFirst - 1 {
		if err == nil {
			a, err = r.ask(ctx)
		}
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	fresh, from := a.Run != r.run, r.got
	r.mu.Unlock()
	if fresh {
		from = 0
	}
	conn, err := r.dial(ctx, a.Run, from)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxUpdate)
	r.sayClock()
	r.nodes.join(r.node, a.Addresses, fresh)
	r.mu.Lock()
	r.run, r.got, r.problem = a.Run, from, nil
	r.mu.Unlock()
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel(nil)
	asking.Go(func() { cancel(r.keepAsking(ctx)) })
	if err := r.read(ctx, conn); ctx.Err() == nil {
		return err
	}
	return context.Cause(ctx)
}

// dial connects to a run of the agent, of which so many events are here.
func (r *remote) dial(ctx context.Context, run string, from int) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askLimit, fmt.Errorf("no connection within %v", askLimit))
	defer cancel() // the connection outlives it
	conn, _, err := websocket.Dial(ctx, fmt.Sprintf("https://%s/socket?run=%s&from=%d", r.address, run, from), &websocket.DialOptions{HTTPClient: r.http})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return conn, err
}

// ask asks for the time, and counts the answer.
func (r *remote) ask(ctx context.Context) (a about, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askLimit, fmt.Errorf("no answer within %v", askLimit))
	defer cancel()
	sent := time.Now()
	answer, err := r.request(ctx, http.MethodGet, "/about", nil)
	if err != nil {
		return a, err
	}
	returned := time.Now()
	if err := json.Unmarshal(answer, &a); err != nil {
		return a, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock.Add(sent, a.Received, a.Answered, returned)
	return a, nil
}

// keepAsking asks until there is no answer.
func (r *remote) keepAsking(ctx context.Context) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		if _, err := r.ask(ctx); err != nil {
			return err
		}
		r.sayClock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// clockText returns how far the clock of the node is ahead, for people.
func (r *remote) clockText() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ahead, within := r.clock.Ahead()
	side := "ahead"
	if ahead < 0 {
		side = "behind"
	}
	return fmt.Sprintf("clock %v %s, ± %v", ahead.Abs().Round(10*time.Microsecond), side, within.Round(10*time.Microsecond))
}

// sayClock records how far the clock is ahead, if that is something new.
func (r *remote) sayClock() {
	r.mu.Lock()
	ahead, within := r.clock.Ahead()
	news := !r.said.known || (ahead-r.said.ahead).Abs() > r.said.within+within
	if news {
		r.said = sample{ahead, within, true}
	}
	r.mu.Unlock()
	if news {
		r.nodes.add(here, event.Event{Kind: event.Clock, Text: r.node + ": " + r.clockText()})
	}
}

// request sends a request to the agent, and returns the body of the answer.
func (r *remote) request(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	q, err := http.NewRequestWithContext(ctx, method, "https://"+r.address+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	answer, err := r.http.Do(q)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(io.LimitReader(answer.Body, maxUpdate))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(strings.TrimSpace(string(b)))
	}
	return b, err
}

// do sends a request to the agent.
func (r *remote) do(ctx context.Context, q request) error {
	b, err := json.Marshal(q)
	if err != nil {
		return err
	}
	_, err = r.request(ctx, http.MethodPost, "/do", b)
	return err
}

// read shows and records what the agent sends until the connection ends.
func (r *remote) read(ctx context.Context, conn *websocket.Conn) error {
	cleared := make(map[string]bool) // terminals; all that is kept of them comes again
	for {
		kind, b, err := conn.Read(ctx)
		switch {
		case err != nil:
			return err
		case kind == websocket.MessageText:
			err = r.update(b)
		case len(b) == 0 || len(b) <= int(b[0]):
			err = errors.New("an update without its terminal")
		case b[0] == 0:
			err = r.add(b[1:])
		default:
			n := 1 + int(b[0])
			err = r.output(cleared, string(b[1:n]), b[n:])
		}
		if err != nil {
			return fmt.Errorf("from the agent: %w", err)
		}
	}
}

// output shows what a program of the node has written, unless the program is at another one
// now.
func (r *remote) output(cleared map[string]bool, name string, b []byte) error {
	if !programName.MatchString(name) || len(cleared) == maxPrograms {
		return fmt.Errorf("output of %q: that is the name of no program, or the %dth", name, maxPrograms)
	}
	if at := r.nodes.at(name); at != nil && at != r {
		return nil
	}
	if !cleared[name] {
		cleared[name] = true
		r.nodes.console.Output(name, []byte("\x1bc"))
	}
	r.nodes.console.Output(name, b)
	return nil
}

// programName matches the names that services have, which are those of files, too.
var programName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

// update is for an update that is JSON.
func (r *remote) update(b []byte) error {
	var u struct {
		State   *State
		Reached time.Time
	}
	if err := json.Unmarshal(b, &u); err != nil {
		return err
	}
	if u.State != nil {
		r.mu.Lock()
		r.state = *u.State
		r.mu.Unlock()
		r.nodes.console.changed()
	}
	if !u.Reached.IsZero() {
		r.nodes.reached(r.node, u.Reached.Add(-r.ahead(0)))
	}
	return nil
}

// add adds events to the record. How many there are with them is in front of their lines.
func (r *remote) add(b []byte) error {
	if len(b) < 8 {
		return errors.New("events without their number")
	}
	ahead := r.ahead(int(binary.BigEndian.Uint64(b)))
	return readEvents(b[8:], func(e event.Event) {
		e.Time = e.Time.Add(-ahead)
		r.nodes.add(r.node, e)
	})
}

// ahead counts so many events as received, and returns how far the clock is ahead as the record
// says it: with each better guess, events of the node would change places.
func (r *remote) ahead(got int) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = max(r.got, got)
	return r.said.ahead
}

// programs returns those of the node, as they were last if it is not connected.
func (r *remote) programs() []Program {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Clone(r.state.Programs)
	for i := range all {
		all[i].Node = r.node
		if r.problem != nil && all[i].State != Exited {
			all[i].State, all[i].Can = Away, []Action{}
		}
	}
	return all
}

// failed returns why the node is not connected; nil if it is.
func (r *remote) failed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.problem
}
