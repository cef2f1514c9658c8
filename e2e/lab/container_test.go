package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestContainersAreConfined(t *testing.T) {
	inContainers(t)
	l := New(t, anyFixture(t))
	p := l.Start(fixture("boxed"))
	p.Types("write /note x")
	p.Stderr().Contains("read-only file system")
	p.Types("write note x")
	p.Types("read note")
	p.Sees("x")

	boxed := 0
	for _, c := range containersOfRun(t) { // holders, too
		assert.True(t, c.HostConfig.ReadonlyRootfs)
		assert.Equal(t, []string{"ALL"}, c.HostConfig.CapDrop)
		assert.Contains(t, c.HostConfig.SecurityOpt, "no-new-privileges")
		assert.False(t, c.Config.Tty)
		assert.Empty(t, c.Config.Labels["com.docker.compose.project"], "no project of compose takes it for its own")
		if c.Config.Image != holderImage {
			assert.Equal(t, containerUser(), c.Config.User)
			boxed++
		}
	}
	assert.Equal(t, 1, boxed)
}

const holderImage = "peerlab/holder:latest"

// containerUser is that of the project's images.
func containerUser() string {
	if os.Getuid() == 0 {
		return "65532:65532"
	}
	return fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid())
}

// containersOfRun are those of this test binary.
func containersOfRun(t *testing.T) (all []container.InspectResponse) {
	t.Helper()
	r, err := theRun()
	require.NoError(t, err)
	labels, err := r.bench.Labels()
	require.NoError(t, err)
	for _, id := range containersOf(t, labels["peerlab.lab"]) {
		c, err := engine(t).ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
		require.NoError(t, err)
		all = append(all, c.Container)
	}
	return all
}

func TestOneLabMixesContainersAndProcesses(t *testing.T) {
	inContainers(t)
	image, err := fixtureImage()
	require.NoError(t, err)
	for _, opts := range [][]Option{nil, {OnHost()}} {
		l := New(t, append(opts, nativeFixture(t), Playing("boxed", "image:"+image))...)
		address := l.Address()
		hub := l.Start(Spec{Name: "hub", Role: "boxed", Args: []string{"-hub", address}})
		hub.Listens(address)
		member := l.Start(fixture("member", "-dial", address))
		member.Sees("ready ")
		member.Types("hello")
		hub.Sees("hello")
		l.Among(hub, member).On(hub).Once("hello")
	}
}

// What a program in a container starts is the program's, too.
func TestProcessesAreKnownByTheirContainer(t *testing.T) {
	inContainers(t)
	l := New(t, anyFixture(t))
	NeedsOwnNetwork(l)
	p := l.Start(fixture("boxed"))
	p.Types("child")
	p.Contains("child ")
	processes, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	var found []int
	for _, process := range processes {
		pid, err := strconv.Atoi(filepath.Base(process))
		require.NoError(t, err)
		if l.ProgramOf(pid) == "boxed" {
			found = append(found, pid)
		}
	}
	assert.Len(t, found, 2)
	assert.Contains(t, found, p.PID())
}

// A holder ends at once when it is stopped, as other processes do.
func TestAHolderObeysSIGTERM(t *testing.T) {
	inContainers(t)
	l := New(t, anyFixture(t))
	NeedsOwnNetwork(l)
	var own string
	require.NoError(t, l.Network().Do(func() { own, _ = os.Readlink("/proc/thread-self/ns/net") }))
	for _, c := range containersOfRun(t) {
		if of, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", c.State.Pid)); of != own || c.Config.Image != holderImage {
			continue // it is for another lab
		}
		_, err := engine(t).ContainerStop(t.Context(), c.ID, client.ContainerStopOptions{})
		require.NoError(t, err)
		ended, err := engine(t).ContainerInspect(t.Context(), c.ID, client.ContainerInspectOptions{})
		require.NoError(t, err)
		assert.Zero(t, ended.Container.State.ExitCode)
		return
	}
	t.Error("there is no holder")
}

// A program in a container resolves localhost in any network.
func TestContainersHaveHosts(t *testing.T) {
	inContainers(t)
	for _, opts := range [][]Option{nil, {OnHost()}} {
		p := New(t, append(opts, anyFixture(t))...).Start(fixture("boxed"))
		p.Types("read /etc/hosts")
		p.Contains("localhost")
	}
}

func TestAnImageThatIsNotThereIsReported(t *testing.T) {
	inContainers(t)
	out := watch(t, func(t testing.TB) {
		New(t, Playing("nobody", "image:peerlab/nobody:latest")).Start(Spec{Name: "nobody"})
	})
	assert.Contains(t, out, "has no image peerlab/nobody:latest: build it with 'make images'")
}
