package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Labels of everything that a run makes in the container engine.
const (
	runLabel  = "peerlab.lab"      // the run's id
	hostLabel = "peerlab.lab.host" // where its process id means something
	// Compose sets this one on all it makes; the lab's projects are named
	// after their run: see Project.
	composeLabel = "com.docker.compose.project"
)

const projectPrefix = "peerlab-lab-"

// labels are those of one container of the run. An image that compose built
// bears the label of its project, and gives it to its containers: without the
// last of these, compose would take them for that project's and remove them.
func (b *Bench) labels() map[string]string {
	return map[string]string{runLabel: b.id, hostLabel: hostName(), composeLabel: ""}
}

func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "?"
	}
	return name
}

// project names a compose project of the run. Project names have no dots.
func project(run string, n int) string {
	return fmt.Sprintf("%s%s-%d", projectPrefix, strings.ReplaceAll(run, ".", "_"), n)
}

// ownerOf returns the run that made something with these labels, if any did.
func ownerOf(labels map[string]string) (run string, ok bool) {
	if run, ok := labels[runLabel]; ok {
		return run, labels[hostLabel] == hostName()
	}
	rest, ok := strings.CutPrefix(labels[composeLabel], projectPrefix)
	run, _, _ = strings.Cut(rest, "-")
	return strings.ReplaceAll(run, "_", "."), ok
}

// sweepRun removes what the run made in the engine.
func sweepRun(run string) error {
	at, err := findEndpoint() // what the run exported, if it followed a context
	if err != nil {
		return err
	}
	provider, err := dialEngine(at)
	if err != nil {
		return err
	}
	return errors.Join(
		sweep(provider.Client(), func(owner string) bool { return owner == run }),
		provider.Close())
}

// sweepDead removes what runs made that are no longer there to do it. It never
// touches what belongs to a live run.
func sweepDead(api client.APIClient) error {
	return sweep(api, func(owner string) bool { return !runAlive(owner) })
}

// sweep removes the containers, networks, volumes and images whose owner is to
// go. What others remove at the same time is no error.
func sweep(api client.APIClient, goes func(owner string) bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), engineTimeout)
	defer cancel()
	var errs []error
	try := func(labels map[string]string, remove func() error) {
		if owner, ours := ownerOf(labels); !ours || !goes(owner) {
			return
		}
		if err := remove(); err != nil && !errdefs.IsNotFound(err) && !errdefs.IsConflict(err) {
			errs = append(errs, err)
		}
	}
	containers, err := api.ContainerList(ctx, client.ContainerListOptions{All: true})
	errs = append(errs, err)
	for _, c := range containers.Items {
		try(c.Labels, func() error {
			return inTurn(ctx, turnsPath(), syscall.LOCK_EX, func() error {
				_, err := api.ContainerRemove(ctx, c.ID, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
				return err
			})
		})
	}
	volumes, err := api.VolumeList(ctx, client.VolumeListOptions{})
	errs = append(errs, err)
	for _, v := range volumes.Items {
		try(v.Labels, func() error {
			_, err := api.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{Force: true})
			return err
		})
	}
	images, err := api.ImageList(ctx, client.ImageListOptions{})
	errs = append(errs, err)
	for _, i := range images.Items {
		try(i.Labels, func() error {
			_, err := api.ImageRemove(ctx, i.ID, client.ImageRemoveOptions{Force: true})
			return err
		})
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sweeping the container engine: %w", err)
	}
	return nil
}
