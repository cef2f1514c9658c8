package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"peerlab/lab/event"
	"peerlab/lab/wire"
)

// labels are those of a container that say what it is.
type labels struct{ project, service, oneOff string }

var (
	composeLabels = labels{"com.docker.compose.project", "com.docker.compose.service", "com.docker.compose.oneoff"}
	stackLabels   = labels{project: "com.docker.stack.namespace", service: "com.docker.swarm.service.name"}
)

// bench are the services that are no programs of the lab.
var bench = []string{"console", "agent"}

func (x *Compose) filter() client.Filters {
	f := make(client.Filters).Add("label", x.labels.project+"="+x.project)
	if x.labels.oneOff != "" {
		f.Add("label", x.labels.oneOff+"=False")
	}
	return f
}

// nameOf returns the name of the service with these labels; "" if it is no program.
func (x *Compose) nameOf(of map[string]string) string {
	name := strings.TrimPrefix(of[x.labels.service], x.project+"_") // as a swarm's stack has it
	if slices.Contains(bench, name) {
		return ""
	}
	return name
}

// OpenStack returns the stage of those containers of a swarm's stack that are on this machine,
// which may be none. The record has their connections from or to some ports, also to other
// machines; without the right to see them, or the sockets of others in the folder proc, it has
// only what programs do and show, and says so.
func OpenStack(ctx context.Context, c *Console, stack string, ports []uint16, proc string) (*Compose, error) {
	api, err := client.New(client.FromEnv)
	if err != nil {
		return nil, fmt.Errorf("the container engine: %w", err)
	}
	x := &Compose{api: api, labels: stackLabels, project: stack, proc: proc, console: c, services: make(map[string]*service), whole: errNoLinks}
	x.events = event.NewRecorder(c.Record())
	if err := x.look(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the containers of stack %s: %w", stack, err), x.Close())
	}
	if x.watch, err = wire.Observe(proc, ports, x.programOf, x.events); err != nil {
		fmt.Fprintln(c.config.Log, "peerlab: the record lacks what programs send:", err)
	}
	return x, nil
}

// complete returns up to when the record has all events, at a time that is some milliseconds
// ago. They are written then.
func (x *Compose) complete(at time.Time) time.Time {
	if x.watch != nil {
		at = x.watch.Complete(at)
	}
	x.events.Flush()
	return at
}
