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
}

// newUnit creates a container, not yet started. It is confined as in
// compose.yaml: no writable root, no capabilities, no way to new ones, no user
// of the host's; on the host's network, since everything is on its loopback.
// An image that is not the project's own keeps its user, who is then without
// rights too, and gets an empty /tmp.
func (e *engine) newUnit(ctx context.Context, p program, o order) (unit, error) {
	if err := e.hasImage(ctx, p); err != nil {
		return nil, err
	}
	c, err := e.provider.CreateContainer(ctx, testcontainers.ContainerRequest{
		Image:  p.image,
		Cmd:    o.args,
		Labels: e.bench.labels(),
		ConfigModifier: func(c *container.Config) {
			c.OpenStdin, c.StdinOnce = true, true // its end is the end of our connection
			c.AttachStdin, c.AttachStdout, c.AttachStderr = true, true, true
			c.WorkingDir = "/data"
			c.Healthcheck = &container.HealthConfig{Test: []string{"NONE"}}
			if !p.foreign() {
				c.User = user()
			}
		},
		HostConfigModifier: func(h *container.HostConfig) {
			h.NetworkMode = "host"
			h.ReadonlyRootfs = true
			h.CapDrop = []string{"ALL"}
			h.SecurityOpt = []string{"no-new-privileges"}
			h.Binds = []string{o.dir + ":/data"}
			h.LogConfig = container.LogConfig{Type: "none"} // we are attached from the start
			if p.foreign() {
				h.Tmpfs = map[string]string{"/tmp": ""}
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot create a container of %s for %s: %w%s", p.image, o.name, err, imageRemedy(err))
	}
	return &containerUnit{engine: e, container: c, name: o.name}, nil
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
	if err := u.engine.starting(ctx, func() error { return u.container.Start(ctx) }); err != nil {
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
	return u.engine.ending(ctx, func() error {
		_, err := u.engine.api.ContainerRemove(ctx, u.container.GetContainerID(),
			client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
		if err != nil && !errdefs.IsNotFound(err) {
			return fmt.Errorf("removing the container of %s: %w", u.name, err)
		}
		return nil
	})
}
