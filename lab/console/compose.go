package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/client"

	"peerlab/lab/event"
	"peerlab/lab/wire"
)

// Compose is the stage of a compose project whose containers are there already, or of the
// part of a swarm's stack that is on this machine: it attaches to their terminals. Others can
// be attached to them at the same time.
type Compose struct {
	api     *client.Client
	labels  labels
	project string // or stack
	proc    string // the folder where the processes of the machine are
	console *Console
	events  *event.Recorder
	record  string     // the path of the record; "" for none
	wire    *wire.Wire // nil: there is none
	whole   error      // why there is none
	watch   *wire.Observer
	looked  time.Time // when look began last

	ending sync.Mutex // see engine_turns.go of package lab: containers end one at a time

	mu       sync.Mutex
	services map[string]*service
	attached sync.WaitGroup
}

// service is one container.
type service struct {
	name    string
	id      string
	state   container.ContainerState
	life    int
	started string // when the engine started that life
	// attached is the container of that life.
	attached string
	tty      bool
	lines    lines
	old      count    // bytes of its output that are still to come and belong to no event
	conn     net.Conn // nil: it is not attached
}

// OpenCompose returns the stage of a project at the engine that the environment names. The
// record of the run is written to file, whose path is record.
func OpenCompose(ctx context.Context, c *Console, project, record string, file io.Writer) (*Compose, error) {
	api, err := client.New(client.FromEnv)
	if err != nil {
		return nil, fmt.Errorf("the container engine: %w", err)
	}
	x := &Compose{api: api, labels: composeLabels, project: project, proc: "/proc", console: c, services: make(map[string]*service), record: record}
	x.events = event.NewRecorder(io.MultiWriter(file, c.Record()))
	if err := x.await(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the containers of project %s: %w", project, err), x.Close())
	}
	x.wire, x.whole = x.openWire(ctx)
	return x, nil
}

// patience is for the first container, which compose may start at the same time.
const patience = 10 * time.Second

// await waits for the first container of the project.
func (x *Compose) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("there is none: start the lab with 'make up'"))
	defer cancel()
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		if err := x.look(ctx); err != nil || len(x.Programs()) > 0 {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Close detaches from all containers, which run on.
func (x *Compose) Close() error {
	x.mu.Lock()
	for _, s := range x.services {
		if s.conn != nil {
			_ = s.conn.Close()
		}
	}
	x.mu.Unlock()
	x.attached.Wait()
	var err error
	if x.wire != nil {
		err = errors.Join(x.wire.Err(), x.wire.Close())
	}
	if x.watch != nil {
		err = errors.Join(err, x.watch.Err(), x.watch.Close())
	}
	return errors.Join(err, x.events.Close(), x.api.Close())
}

// Follow keeps up with the containers until ctx ends, or the engine does.
func (x *Compose) Follow(ctx context.Context) error {
	said := x.api.Events(ctx, client.EventsListOptions{
		Since:   x.looked.Format(time.RFC3339Nano), // what happened before the engine has this request comes, too
		Filters: x.filter().Add("type", string(events.ContainerEventType)),
	})
	var err error
	for {
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(x.console.config.Log, "peerlab:", err)
		}
		x.console.changed()
		select {
		case m := <-said.Messages:
			err = x.follow(ctx, m)
		case err := <-said.Err:
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("following the containers: %w", err)
		case <-ctx.Done():
			return nil
		}
	}
}

// follow does what an event of a container asks for. The state is that of the event: the
// list of containers may be older.
func (x *Compose) follow(ctx context.Context, m events.Message) error {
	name := x.nameOf(m.Actor.Attributes)
	x.mu.Lock()
	defer x.mu.Unlock()
	if s := x.services[name]; name == "" || m.Action != events.ActionStart && (s == nil || s.id != m.Actor.ID) {
		return nil // or a container that another one stands for now
	}
	s := x.serviceLocked(name, m.Actor.ID)
	switch m.Action {
	case events.ActionDie:
		s.state = container.StateExited
		x.happened(s, event.Exited, "exited with status "+m.Actor.Attributes["exitCode"])
	case events.ActionPause:
		s.state = container.StatePaused
	case events.ActionStart, events.ActionUnPause:
		s.state = container.StateRunning
		if s.conn == nil || m.Action == events.ActionStart {
			return x.attachLocked(ctx, s)
		}
	}
	return nil
}

// serviceLocked returns the service of that name, whose container is now that.
func (x *Compose) serviceLocked(name, id string) *service {
	s := x.services[name]
	if s == nil {
		s = &service{name: name}
		x.services[name] = s
	}
	s.id = id
	return s
}

func (x *Compose) happened(s *service, kind event.Kind, text string) {
	x.events.Add(event.Event{Kind: kind, Process: s.name, Life: s.life, Text: text})
}

// look finds the containers, and attaches to those that run.
func (x *Compose) look(ctx context.Context) error {
	x.looked = time.Now()
	all, err := x.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: x.filter()})
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	seen := make(map[string]bool)
	for _, c := range all.Items { // the newest first
		name := x.nameOf(c.Labels)
		if name == "" || seen[name] {
			continue
		}
		seen[name] = true
		s := x.serviceLocked(name, c.ID)
		s.state = c.State
		if s.conn == nil && c.State == container.StateRunning { // the engine attaches to no paused one
			if err := x.attachLocked(ctx, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// attachLocked attaches to a container that runs, unless it is attached already. All that it
// has printed comes again, from its log, so that the terminal is cleared first.
func (x *Compose) attachLocked(ctx context.Context, s *service) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("attaching to %s: %w", s.name, err)
		}
	}()
	info, err := x.api.ContainerInspect(ctx, s.id, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	tty, state := info.Container.Config.Tty, info.Container.State
	if s.started == state.StartedAt && (s.conn != nil || !state.Running) {
		return nil
	}
	until := time.Now().Format(time.RFC3339Nano)
	if s.life > 0 {
		until = state.FinishedAt // of the life before; StartedAt may be after the first line
	}
	var old count
	if s.life == 0 || s.attached == s.id {
		if old, err = x.printed(ctx, s.id, until, tty); err != nil {
			return err
		}
	}
	at, err := x.api.ContainerAttach(ctx, s.id, client.ContainerAttachOptions{
		Stream: true, Stdin: info.Container.Config.OpenStdin, Stdout: true, Stderr: true, Logs: true,
	})
	if err != nil {
		return err
	}
	s.life++
	s.attached, s.started, s.tty, s.conn, s.lines, s.old = s.id, state.StartedAt, tty, at.Conn, lines{}, old
	x.happened(s, event.Started, "image "+info.Container.Config.Image)
	x.console.Output(s.name, []byte("\x1bc"))
	x.attached.Go(func() {
		defer at.Close()
		to := screen{x, s}
		if tty {
			_, _ = io.Copy(to, at.Reader) // it ends with the container, or with Close
		} else {
			_, _ = stdcopy.StdCopy(to, to, at.Reader)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		if s.conn == at.Conn {
			s.conn = nil
		}
	})
	return nil
}

// printed returns how many bytes a container printed until a time, which its log still has.
func (x *Compose) printed(ctx context.Context, id, until string, tty bool) (count, error) {
	logs, err := x.api.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Until: until})
	if err != nil {
		return 0, err
	}
	defer logs.Close()
	var n count
	if tty {
		_, err = io.Copy(&n, logs)
	} else {
		_, err = stdcopy.StdCopy(&n, &n, logs)
	}
	return n, err
}

// count counts bytes.
type count int

func (n *count) Write(b []byte) (int, error) {
	*n += count(len(b))
	return len(b), nil
}

// screen is where the output of a container goes.
type screen struct {
	*Compose
	*service
}

func (s screen) Write(b []byte) (int, error) {
	s.console.Output(s.service.name, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	size := len(b)
	known := min(int(s.old), size)
	s.old -= count(known)
	for _, line := range s.lines.shown(b[known:]) {
		s.happened(s.service, event.Shown, line)
	}
	return size, nil
}

// Programs implements [Stage].
func (x *Compose) Programs() (all []Program) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.services {
		p := Program{Name: s.name, State: Exited, Life: s.life, Raw: s.tty}
		switch s.state {
		case container.StateRunning:
			p.State = Running
		case container.StatePaused:
			p.State = Paused
		}
		p.Can = actions(p.State)
		all = append(all, p)
	}
	sortPrograms(all)
	return all
}

// Type implements [Stage].
func (x *Compose) Type(name string, b []byte) error {
	x.mu.Lock()
	s := x.services[name]
	if s == nil || s.conn == nil {
		x.mu.Unlock()
		return notRunning(name)
	}
	conn := s.conn
	for _, line := range s.lines.typed(b) {
		x.happened(s, event.Typed, line)
	}
	x.mu.Unlock()
	err := conn.SetWriteDeadline(time.Now().Add(typeLimit))
	if err == nil {
		_, err = conn.Write(b)
	}
	return typing(name, err)
}

// container returns the id of the container of that name.
func (x *Compose) container(name string) (id string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if s := x.services[name]; s != nil {
		return s.id, nil
	}
	return "", unknown(name)
}

// Resize sets the size of the terminal of a program.
func (x *Compose) Resize(ctx context.Context, name string, cols, rows int) error {
	id, err := x.container(name)
	if err != nil {
		return err
	}
	if cols < 10 || rows < 2 || cols > 500 || rows > 200 {
		return errors.New("a terminal has 10 to 500 columns and 2 to 200 rows")
	}
	_, err = x.api.ContainerResize(ctx, id, client.ContainerResizeOptions{Width: uint(cols), Height: uint(rows)})
	return err
}

// Act implements [Stage].
func (x *Compose) Act(ctx context.Context, name string, a Action) error {
	id, err := x.container(name)
	if err != nil {
		return err
	}
	x.events.Add(event.Event{Kind: event.Fault, Process: name, Text: string(a)})
	if a == Kill || a == Stop {
		x.ending.Lock()
		defer x.ending.Unlock()
	}
	switch a {
	case Kill:
		_, err = x.api.ContainerKill(ctx, id, client.ContainerKillOptions{Signal: "SIGKILL"})
	case Stop:
		_, err = x.api.ContainerStop(ctx, id, client.ContainerStopOptions{})
	case Pause:
		_, err = x.api.ContainerPause(ctx, id, client.ContainerPauseOptions{})
	case Resume:
		_, err = x.api.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{})
	case Start:
		_, err = x.api.ContainerStart(ctx, id, client.ContainerStartOptions{})
	default:
		err = fmt.Errorf("there is no action %q", a)
	}
	return err
}

// Files implements [Stage].
func (x *Compose) Files() map[string]string { return map[string]string{eventsFile: x.record} }
