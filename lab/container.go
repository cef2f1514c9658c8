package lab

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
)

// containerUser is whom the project's images run as.
const containerUser = "65532:65532"

// containerUnit runs an image, started again in the same container in each life.
type containerUnit struct {
	engine    *engine
	container testcontainers.Container
	name      string
	onHost    bool // on the host's network
}

// newUnit creates a container, not yet started. It is confined as in
// compose.yaml: no writable root, no capabilities, no way to new ones, no user
// of the host's. It joins the network of the holder, or the host's if that is nil:
// everything is on its loopback. An image that is not the project's own keeps its
// user, who is then without rights too, and gets an empty /tmp.
func (e *engine) newUnit(ctx context.Context, p program, o order, h *holder) (*containerUnit, error) {
	if err := e.hasImage(ctx, p); err != nil {
		return nil, err
	}
	c, err := e.provider.CreateContainer(ctx, testcontainers.ContainerRequest{
		Image:      p.image,
		Entrypoint: p.command,
		Cmd:        o.args,
		Labels:     e.bench.labels(),
		ConfigModifier: func(c *container.Config) {
			c.OpenStdin, c.StdinOnce = true, true // its end is the end of our connection
			c.AttachStdin, c.AttachStdout, c.AttachStderr = true, true, true
			c.WorkingDir = "/data"
			c.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
			if !p.foreign() {
				c.User = user()
			}
		},
		HostConfigModifier: func(c *container.HostConfig) {
			confine(c)
			if o.limits != nil {
				o.limits.ofContainer(c)
			}
			c.NetworkMode = h.networkMode()
			c.Binds = []string{o.dir + ":/data"}
			if p.foreign() {
				c.Tmpfs = map[string]string{"/tmp": ""}
			}
			if h != nil { // which has no names to share
				c.Binds = append(c.Binds, "/etc/hosts:/etc/hosts:ro")
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot create a container of %s for %s: %w%s", p.image, o.name, err, imageRemedy(err))
	}
	return &containerUnit{engine: e, container: c, name: o.name, onHost: h == nil}, nil
}

// confine takes from a container what none needs. The lab is attached to those with
// an output from the start.
func confine(c *container.HostConfig) {
	c.ReadonlyRootfs = true
	c.CapDrop = []string{"ALL"}
	c.SecurityOpt = []string{"no-new-privileges"}
	c.LogConfig = container.LogConfig{Type: "none"}
}

// user is containerUser if the test is root's. Another user could neither read
// nor remove the files of that one, so the program runs as that user instead.
func user() string {
	if os.Getuid() == 0 {
		return containerUser
	}
	return fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
}

// hasImage refuses an image of the project's that the engine does not have. The
// library would try for minutes to pull it from a registry without it.
func (e *engine) hasImage(ctx context.Context, p program) error {
	_, err := e.api.ImageInspect(ctx, p.image)
	if errdefs.IsNotFound(err) && p.foreign() {
		return nil
	}
	if errdefs.IsNotFound(err) {
		return fmt.Errorf("%v has no image %s: build it with 'make images', with the same docker context", e.bench.endpoint, p.image)
	}
	if err != nil {
		return fmt.Errorf("looking for image %s: %w", p.image, err)
	}
	return nil
}

// imageRemedy says what to do about an image that is nowhere.
func imageRemedy(err error) string {
	if errdefs.IsNotFound(err) || strings.Contains(err.Error(), "pull") {
		return ": build it ('docker build -t NAME .'), and check the name behind image: ('docker images' lists what there is)"
	}
	return ""
}

func (u *containerUnit) run(ctx context.Context, stdout, stderr io.Writer) (running, error) {
	r, err := u.attach(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot attach to the container of %s: %w", u.name, err)
	}
	go r.copy(stdout, stderr)
	if err := u.starting(ctx, func() error { return u.container.Start(ctx) }); err != nil {
		r.abandon()
		return nil, fmt.Errorf("cannot start %s: %w", u.name, err)
	}
	if r.at, err = u.startedAt(ctx); err != nil {
		r.abandon() // remove ends it
		return nil, fmt.Errorf("starting %s: %w", u.name, err)
	}
	return r, nil
}

func (u *containerUnit) remove(ctx context.Context) error {
	return u.ending(ctx, func() error {
		if err := u.engine.removeContainer(ctx, u.container.GetContainerID()); err != nil {
			return fmt.Errorf("removing the container of %s: %w", u.name, err)
		}
		return nil
	})
}

// removeContainer ends a container and removes it. That there is none is no error.
func (e *engine) removeContainer(ctx context.Context, id string) error {
	_, err := e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}

// ofContainer sets the limits of a container.
func (l *Limits) ofContainer(c *container.HostConfig) {
	c.Memory, c.MemorySwap, c.NanoCPUs = l.Memory, l.Memory, int64(l.CPUs*1e9)
	if most := int64(l.Processes); most > 0 {
		c.PidsLimit = &most
	}
	if most := int64(l.Files); most > 0 {
		c.Ulimits = append(c.Ulimits, &container.Ulimit{Name: "nofile", Soft: most, Hard: most})
	}
	if l.FileSize > 0 {
		c.Ulimits = append(c.Ulimits, &container.Ulimit{Name: "fsize", Soft: l.FileSize, Hard: l.FileSize})
	}
}
