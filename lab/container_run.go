package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// containerRun is one life of a container, from just before its start.
type containerRun struct {
	unit   *containerUnit
	id     string
	at     time.Time
	attach client.ContainerAttachResult
	exit   client.ContainerWaitResult
	cancel context.CancelFunc // of the wait for its exit
	copied chan error         // both outputs are at their end
	gone   chan struct{}      // closed when wait knows of the end
}

// attach connects to the container's input and outputs and begins to wait for
// its end, both before its start, so that nothing can be missed.
func (u *containerUnit) attach(ctx context.Context) (*containerRun, error) {
	r := &containerRun{
		unit: u, id: u.container.GetContainerID(),
		copied: make(chan error, 1), gone: make(chan struct{}),
	}
	var err error
	r.attach, err = r.unit.engine.api.ContainerAttach(ctx, r.id, client.ContainerAttachOptions{
		Stream: true, Stdin: true, Stdout: true, Stderr: true,
	})
	if err != nil {
		return nil, err
	}
	var waiting context.Context
	waiting, r.cancel = context.WithCancel(context.Background())
	r.exit = r.unit.engine.api.ContainerWait(waiting, r.id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	return r, nil
}

// abandon gives up a run whose container could not be started, or not be asked.
func (r *containerRun) abandon() {
	r.cancel()
	r.attach.Close()
	select { // one of them is on its way, and its sender would wait for us
	case <-r.exit.Result:
	case <-r.exit.Error:
	}
	<-r.copied
}

// copy takes the two outputs apart until both are at their end.
func (r *containerRun) copy(stdout, stderr io.Writer) {
	_, err := stdcopy.StdCopy(stdout, stderr, r.attach.Reader)
	r.copied <- err
}

// startedAt is when the engine had started the program, by its own clock,
// which is the machine's. That is some milliseconds after the program began.
func (u *containerUnit) startedAt(ctx context.Context) (time.Time, error) {
	state, err := u.container.State(ctx)
	if err != nil {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, state.StartedAt)
	if err != nil {
		return time.Time{}, fmt.Errorf("its start: %w", err)
	}
	return at, nil
}

func (r *containerRun) begun() time.Time { return r.at }
func (r *containerRun) stdin() input     { return containerInput{r.attach.Conn, r.attach} }

// pid asks the engine, which has to run on this machine, not in a virtual one.
func (r *containerRun) pid(ctx context.Context) (int, error) {
	c, err := r.unit.engine.api.ContainerInspect(ctx, r.id, client.ContainerInspectOptions{})
	if err != nil {
		return 0, err
	}
	return c.Container.State.Pid, nil
}

func (r *containerRun) signal(ctx context.Context, sig syscall.Signal) error {
	_, err := r.unit.engine.api.ContainerKill(ctx, r.id, client.ContainerKillOptions{Signal: strconv.Itoa(int(sig))})
	return err
}

func (r *containerRun) kill(ctx context.Context) error {
	return r.unit.ending(ctx, func() error {
		// It may have ended by itself; the engine then speaks of a conflict.
		if err := r.signal(ctx, syscall.SIGKILL); err != nil && !errdefs.IsConflict(err) {
			return err
		}
		select {
		case <-r.gone:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// pauseDelay is how late the engine (20.10) processes the event of a pause: until then it
// takes a container that has been resumed since for one that is paused.
const pauseDelay = time.Second

func (r *containerRun) pause(ctx context.Context) error {
	ticker := time.NewTicker(turnInterval)
	defer ticker.Stop()
	for end := time.Now().Add(pauseDelay); ; <-ticker.C {
		_, err := r.unit.engine.api.ContainerPause(ctx, r.id, client.ContainerPauseOptions{})
		if !errdefs.IsConflict(err) || time.Now().After(end) {
			return err
		}
	}
}

func (r *containerRun) resume(ctx context.Context) error {
	_, err := r.unit.engine.api.ContainerUnpause(ctx, r.id, client.ContainerUnpauseOptions{})
	return err
}

func (r *containerRun) wait() (int, error) {
	defer r.cancel()
	defer r.attach.Close()
	defer close(r.gone)
	select {
	case exit := <-r.exit.Result:
		if exit.Error != nil {
			return 0, fmt.Errorf("waiting for the container's end: %s", exit.Error.Message)
		}
		if err := <-r.copied; err != nil {
			return 0, fmt.Errorf("reading the container's outputs: %w", err)
		}
		return int(exit.StatusCode), nil
	case err := <-r.exit.Error:
		return 0, fmt.Errorf("waiting for the container's end: %w", err)
	}
}

type containerInput struct {
	net.Conn
	attach client.ContainerAttachResult
}

// close half-closes the connection, which ends the program's input. It is no
// error when the program's end was first.
func (i containerInput) close() error {
	if err := i.attach.CloseWrite(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
