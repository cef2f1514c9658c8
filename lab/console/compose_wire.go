package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"peerlab/lab"
	"peerlab/lab/wire"
)

// portLabel begins the name of a label whose value is a port that a container uses.
const portLabel = "peerlab.port."

// Links implements [Stage].
func (x *Compose) Links() (links, error) {
	if x.wire == nil {
		return noLinks{}, x.whole
	}
	return newFaults(x.wire), nil
}

// openWire opens the wire between the containers that are there, by the ports in their
// labels: they share the network of the machine with all else.
func (x *Compose) openWire(ctx context.Context) (*wire.Wire, error) {
	all, err := x.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: x.filter()})
	if err != nil {
		return nil, err
	}
	var ports []uint16
	for _, c := range all.Items {
		if x.nameOf(c.Labels) == "" {
			continue
		}
		if c.HostConfig.NetworkMode != "host" {
			return nil, fmt.Errorf("%s has a network of its own: faults need network_mode: host", x.nameOf(c.Labels))
		}
		if err := x.seen(ctx, c); err != nil {
			return nil, err
		}
		for name, value := range c.Labels {
			if port, err := strconv.ParseUint(value, 10, 16); err == nil && port > 0 && strings.HasPrefix(name, portLabel) {
				ports = append(ports, uint16(port))
			}
		}
	}
	slices.Sort(ports)
	if ports = slices.Compact(ports); len(ports) == 0 {
		return nil, fmt.Errorf("no container has a label %sNAME, whose value is a port that it uses", portLabel)
	}
	return wire.OpenShared(ports, x.programOf, x.events)
}

// seen returns an error if a container runs and its sockets cannot be seen: they say which
// connections are its.
func (x *Compose) seen(ctx context.Context, c container.Summary) error {
	info, err := x.api.ContainerInspect(ctx, c.ID, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	pid := info.Container.State.Pid
	if pid == 0 {
		return nil
	}
	if _, err := os.ReadDir(filepath.Join(x.proc, strconv.Itoa(pid), "fd")); err != nil || lab.ContainerOf(x.proc, pid) != c.ID {
		return errors.New("the sockets of the containers cannot be seen: run peerlab as root on the machine of the engine, or in a container as compose.yaml does")
	}
	return nil
}

// programOf returns the name of the service that a process is of; "" if it is of none.
func (x *Compose) programOf(pid int) string {
	id := lab.ContainerOf(x.proc, pid)
	x.mu.Lock()
	defer x.mu.Unlock()
	for name, s := range x.services {
		if s.id == id {
			return name
		}
	}
	return ""
}
