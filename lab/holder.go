package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"peerlab/lab/network"
)

// startTimeout is for starting a holder.
const startTimeout = 120 * time.Second

const holderImage = ownImages + "holder:latest"

// holder is a container that does nothing but keep a network of its own alive, for
// the other containers of a lab to join.
type holder struct {
	engine  *engine
	id      string
	network *network.Network
}

// networkMode is that of a container that joins the network of h, or the host's if h
// is nil.
func (h *holder) networkMode() container.NetworkMode {
	if h == nil {
		return "host"
	}
	return container.NetworkMode("container:" + h.id)
}

// startHolder starts a holder. The error says why that cannot be, or why the test
// cannot enter its network.
func (e *engine) startHolder() (*holder, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	limits := &container.HostConfig{NetworkMode: "none"}
	confine(limits)
	made, err := e.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		// The engine makes none of its networks, which would take as long as all else;
		// what is left is a namespace of the kernel's with a loopback interface.
		Config:     &container.Config{Image: holderImage, Labels: e.bench.labels(), NetworkDisabled: true},
		HostConfig: limits,
	})
	if errdefs.IsNotFound(err) {
		return nil, fmt.Errorf("%v has no image %s: build it with 'make holder-image'", e.bench.endpoint, holderImage)
	}
	if err != nil {
		return nil, fmt.Errorf("creating a container of %s: %w", holderImage, err)
	}
	h := &holder{engine: e, id: made.ID}
	if err := h.start(ctx); err != nil {
		return nil, errors.Join(err, h.remove(ctx))
	}
	return h, nil
}

func (h *holder) start(ctx context.Context) error {
	if _, err := h.engine.api.ContainerStart(ctx, h.id, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("starting a container of %s: %w", holderImage, err)
	}
	c, err := h.engine.api.ContainerInspect(ctx, h.id, client.ContainerInspectOptions{})
	if err != nil {
		return fmt.Errorf("looking for the process of a container of %s: %w", holderImage, err)
	}
	pid := c.Container.State.Pid
	if ContainerOf("/proc", pid) != h.id {
		return fmt.Errorf("%v runs on another machine, or in a virtual one: process %d of this machine is not in its container", h.engine.bench.endpoint, pid)
	}
	h.network, err = network.Open(pid)
	return err
}

// remove ends the holder. The network stays until it is closed and its last process
// has ended.
func (h *holder) remove(ctx context.Context) error {
	if h == nil {
		return nil
	}
	if err := h.engine.removeContainer(ctx, h.id); err != nil {
		return fmt.Errorf("removing a container of %s: %w", holderImage, err)
	}
	return nil
}

var containerID = regexp.MustCompile(`[0-9a-f]{64}`)

// ContainerOf returns the ID of the container that a process of this machine is in,
// which is part of the names of its control groups, or "" if it is in none. proc is the
// folder where the processes of this machine are: /proc, or where a container mounts that.
func ContainerOf(proc string, pid int) string {
	groups, _ := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "cgroup")) // empty: it has ended
	ids := containerID.FindAll(groups, -1)
	if len(ids) == 0 {
		return ""
	}
	return string(ids[len(ids)-1]) // the test may be in a container, too
}

// holders keeps one holder ahead: a lab finds it running, and the next is started
// meanwhile.
type holders struct {
	engine *engine
	mu     sync.Mutex
	next   func() (*holder, error) // returns when it has started, or could not be
}

// openHolders starts the first holder. If that fails, all labs whose programs may run
// in containers are on the host's network.
func openHolders(b *Bench) (*holders, error) {
	e, err := b.engine()
	if err != nil {
		return nil, err
	}
	hs := &holders{engine: e, next: e.holderAhead()}
	_, err = hs.next()
	return hs, err
}

// take returns a holder. May be called from any goroutine.
func (hs *holders) take() (*holder, error) {
	hs.mu.Lock()
	next := hs.next
	hs.next = hs.engine.holderAhead()
	hs.mu.Unlock()
	return next()
}

// holderAhead begins to start a holder, and returns what waits for it.
func (e *engine) holderAhead() func() (*holder, error) {
	h := sync.OnceValues(e.startHolder)
	e.starting.Go(func() { _, _ = h() })
	return h
}
