package console

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/client"

	"peerlab/lab/causal"
	"peerlab/lab/event"
	"peerlab/lab/wire"
)

// AgentPort is where agents listen, unless a flag says otherwise.
const AgentPort = 4301

// nodesEvery is the time between two looks at which nodes the swarm has.
const nodesEvery = 5 * time.Second

// Nodes is the stage of a stack on the nodes of a swarm, at each of which an agent shows and
// controls its part. The records of all become one, in causal order and with the times of this
// machine.
type Nodes struct {
	swarm   *client.Client
	stack   string
	port    uint16
	config  *tls.Config
	console *Console
	record  string // the path of the record
	events  *event.Recorder

	mu      sync.Mutex
	merger  *causal.Merger
	remotes []*remote
	open    map[int]ends // connections by their numbers in the record

	follows sync.WaitGroup
}

// OpenNodes returns the stage of a stack of the swarm that the engine in the environment is a
// manager of. Agents listen at port, and prove who they are as config wants it. The record is
// written to file, whose path is record.
func OpenNodes(ctx context.Context, c *Console, stack string, port uint16, config *tls.Config, record string, file io.Writer) (*Nodes, error) {
	api, err := client.New(client.FromEnv)
	if err != nil {
		return nil, fmt.Errorf("the container engine: %w", err)
	}
	x := newNodes(c, config, file)
	x.swarm, x.stack, x.port, x.record = api, stack, port, record
	if err := x.look(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the nodes of the swarm: %w: run this at a manager", err), x.Close())
	}
	return x, nil
}

// newNodes returns the stage without a node.
func newNodes(c *Console, config *tls.Config, file io.Writer) *Nodes {
	return &Nodes{
		config: config, console: c, merger: causal.NewMerger(), open: make(map[int]ends),
		events: event.NewRecorder(io.MultiWriter(file, historyWriter{c.history})),
	}
}

// historyWriter keeps lines of a record for the diagram.
type historyWriter struct{ *history }

func (h historyWriter) Write(b []byte) (int, error) {
	for line := range bytes.Lines(bytes.Clone(b)) {
		h.add(line)
	}
	return len(b), nil
}

// Close ends the record. Follow must have returned.
func (x *Nodes) Close() error {
	x.mu.Lock()
	for _, r := range x.remotes {
		x.merger.Leave(r.node)
	}
	x.takeLocked()
	x.mu.Unlock()
	err := x.events.Close()
	if x.swarm != nil {
		err = errors.Join(err, x.swarm.Close())
	}
	return err
}

// look adds the nodes that are new in the swarm.
func (x *Nodes) look(ctx context.Context) error {
	all, err := x.swarm.NodeList(ctx, client.NodeListOptions{})
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, n := range all.Items {
		name, host := n.Description.Hostname, n.Status.Addr
		if n.ManagerStatus != nil { // Status.Addr of a manager may be 0.0.0.0
			if host, _, err = net.SplitHostPort(n.ManagerStatus.Addr); err != nil {
				return err
			}
		}
		if n.Status.State == swarm.NodeStateReady {
			x.addLocked(name, net.JoinHostPort(host, strconv.Itoa(int(x.port))))
		}
	}
	return nil
}

// addLocked adds a node, whose agent listens at an address, unless it is there.
func (x *Nodes) addLocked(name, agent string) {
	if slices.ContainsFunc(x.remotes, func(r *remote) bool { return r.node == name }) {
		return
	}
	x.remotes = append(x.remotes, newRemote(x, name, agent, x.config))
	x.merger.Expect(name)
}

// Follow keeps up with all nodes until ctx ends.
func (x *Nodes) Follow(ctx context.Context) error {
	defer x.follows.Wait()
	order, nodes := time.NewTicker(beat), time.NewTicker(nodesEvery)
	defer order.Stop()
	defer nodes.Stop()
	started := 0
	for {
		x.mu.Lock()
		for _, r := range x.remotes[started:] {
			x.follows.Go(func() { r.follow(ctx) })
		}
		started = len(x.remotes)
		x.mu.Unlock()
		select {
		case <-order.C:
			x.mu.Lock()
			x.takeLocked()
			x.mu.Unlock()
		case <-nodes.C:
			if x.swarm == nil {
				continue // a test has given all nodes
			}
			if err := x.look(ctx); err != nil && ctx.Err() == nil {
				fmt.Fprintln(x.console.config.Log, "peerlab: the nodes of the swarm:", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (x *Nodes) join(node string, addresses []netip.Addr, fresh bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.merger.Join(node, addresses, fresh)
}

func (x *Nodes) leave(node string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.merger.Leave(node)
}

func (x *Nodes) reached(node string, at time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.merger.Reached(node, at)
	x.takeLocked()
}

// here is the node of the events of this machine.
const here = ""

// add adds an event of a node.
func (x *Nodes) add(node string, e event.Event) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	if e.Time.IsZero() {
		e.Time = now
	}
	x.merger.Add(node, e, now)
}

// takeLocked records the events that are in order.
func (x *Nodes) takeLocked() {
	for _, e := range x.merger.Take(time.Now()) {
		x.events.Add(e)
		switch {
		case e.Link == nil:
		case e.Kind == event.Connected && e.Link.From != wire.Other && e.Link.To != wire.Other:
			x.open[e.Link.Connection] = ends{e.Link.From, e.Link.To}
		case e.Kind == event.Closed, e.Kind == event.Reset:
			delete(x.open, e.Link.Connection)
		}
	}
}

// all returns the agents. No lock of Nodes is held while one of an agent is.
func (x *Nodes) all() []*remote {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.remotes)
}

// at returns the agent of the node that runs a program, or has one that has exited.
func (x *Nodes) at(name string) (best *remote) {
	state := Exited
	for _, r := range x.all() {
		for _, p := range r.programs() {
			if p.Name == name && (best == nil || replaces(p.State, state)) {
				best, state = r, p.State
			}
		}
	}
	return best
}

// replaces reports whether a program of two nodes is rather at that with the first state.
func replaces(state, other RunState) bool {
	return other == Exited || other == Away && state != Exited
}

// Programs implements [Stage].
func (x *Nodes) Programs() (all []Program) {
	for _, r := range x.all() {
		for _, p := range r.programs() {
			i := slices.IndexFunc(all, func(q Program) bool { return q.Name == p.Name })
			switch {
			case i < 0:
				all = append(all, p)
			case replaces(p.State, all[i].State):
				all[i] = p
			}
		}
	}
	sortPrograms(all)
	return all
}

// Nodes implements [spread].
func (x *Nodes) Nodes() (all []Node) {
	for _, r := range x.all() {
		n := Node{Name: r.node, Clock: r.clockText()}
		if err := r.failed(); err != nil {
			n = Node{Name: r.node, Problem: err.Error()}
		}
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b Node) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// Type implements [Stage].
func (x *Nodes) Type(name string, b []byte) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), askLimit, fmt.Errorf("no answer within %v", askLimit))
	defer cancel()
	return x.ask(ctx, request{Do: "type", Name: name, Text: string(b)})
}

// ask sends a request to the agent of the program's node.
func (x *Nodes) ask(ctx context.Context, q request) error {
	r := x.at(q.Name)
	if r == nil {
		return unknown(q.Name)
	}
	if err := r.failed(); err != nil {
		return fmt.Errorf("%s is at %s, which is not connected: %w", q.Name, r.node, err)
	}
	return r.do(ctx, q)
}

// Act implements [Stage].
func (x *Nodes) Act(ctx context.Context, name string, a Action) error {
	if a != Start {
		return x.ask(ctx, request{Do: string(a), Name: name})
	}
	service := x.stack + "_" + name
	s, err := x.swarm.ServiceInspect(ctx, service, client.ServiceInspectOptions{})
	if err != nil {
		return err
	}
	x.add(here, event.Event{Kind: event.Fault, Process: name, Text: string(a)})
	spec := s.Service.Spec
	spec.TaskTemplate.ForceUpdate++ // as 'docker service update --force' does
	_, err = x.swarm.ServiceUpdate(ctx, s.Service.ID, client.ServiceUpdateOptions{Version: s.Service.Version, Spec: spec})
	return err
}

// Resize implements [resizer].
func (x *Nodes) Resize(ctx context.Context, name string, cols, rows int) error {
	if r := x.at(name); r != nil && r.failed() != nil {
		return nil // a page that is opened tells the sizes of all terminals
	}
	return x.ask(ctx, request{Do: "resize", Name: name, Cols: cols, Rows: rows})
}

// Files implements [Stage].
func (x *Nodes) Files() map[string]string { return map[string]string{eventsFile: x.record} }

// Links implements [Stage].
func (x *Nodes) Links() (links, error) {
	return remoteLinks{x: x}, errors.New("they are between machines: kill or pause programs here, and cut a machine off with its own means")
}

// remoteLinks are the connections that the record says are open.
type remoteLinks struct {
	noLinks
	x *Nodes
}

func (l remoteLinks) all() []Link {
	l.x.mu.Lock()
	defer l.x.mu.Unlock()
	open := make(map[ends]int)
	for _, e := range l.x.open {
		join(open, e.from, e.to, 1)
	}
	all := connected(open)
	sortLinks(all)
	return all
}
