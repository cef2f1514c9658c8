package lab

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/moby/moby/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestContainersAreConfined(t *testing.T) {
	if !InContainers() {
		t.Skip("PEERLAB_E2E is not container")
	}
	l := New(t, anyFixture(t))
	p := l.Start(fixture("boxed"))
	p.Types("write /note x")
	p.Stderr().Contains("read-only file system")
	p.Types("write note x")
	p.Types("read note")
	p.Sees("x")

	r, err := theRun()
	require.NoError(t, err)
	labels, err := r.bench.Labels()
	require.NoError(t, err)
	ids := containersOf(t, labels["peerlab.lab"])
	require.Len(t, ids, 1)
	c, err := engine(t).ContainerInspect(context.Background(), ids[0], client.ContainerInspectOptions{})
	require.NoError(t, err)
	user := "65532:65532"
	if os.Getuid() != 0 {
		user = fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
	}
	assert.Equal(t, user, c.Container.Config.User)
	assert.Equal(t, "host", string(c.Container.HostConfig.NetworkMode))
	assert.Equal(t, []string{"ALL"}, c.Container.HostConfig.CapDrop)
	assert.Contains(t, c.Container.HostConfig.SecurityOpt, "no-new-privileges")
	assert.False(t, c.Container.Config.Tty)
	assert.Empty(t, c.Container.Config.Labels["com.docker.compose.project"], "no project of compose takes it for its own")
}

func TestOneLabMixesContainersAndProcesses(t *testing.T) {
	if !InContainers() {
		t.Skip("PEERLAB_E2E is not container")
	}
	image, err := fixtureImage()
	require.NoError(t, err)
	l := New(t, nativeFixture(t), Playing("boxed", "image:"+image))
	address := l.Address()
	hub := l.Start(Spec{Name: "hub", Role: "boxed", Args: []string{"-hub", address}})
	hub.Listens(address)
	member := l.Start(fixture("member", "-dial", address))
	member.Sees("ready ")
	member.Types("hello")
	hub.Sees("hello")
	l.Among(hub, member).On(hub).Once("hello")
}

func TestAnImageThatIsNotThereIsReported(t *testing.T) {
	if !InContainers() {
		t.Skip("PEERLAB_E2E is not container")
	}
	out := watch(t, func(t testing.TB) {
		New(t, Playing("nobody", "image:peerlab/nobody:latest")).Start(Spec{Name: "nobody"})
	})
	assert.Contains(t, out, "has no image peerlab/nobody:latest: build it with 'make images'")
}
