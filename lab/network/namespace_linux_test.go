package network

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func init() {
	parts["owner"] = owner
	parts["unprivileged"] = unprivileged
}

// atLast is for the kernel to end a thread or process that has been killed.
const atLast = 20 * time.Second

// newNetwork makes a network that is closed when the test ends. Where the user may
// not, the test is left out here, and TestInAUserNamespace runs it.
func newNetwork(t *testing.T) *Network {
	t.Helper()
	n, err := New()
	if errors.Is(err, syscall.EPERM) {
		t.Skip(err)
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Close()) })
	return n
}

// taken is an address at which a process of the host listens until the test ends.
func taken(t *testing.T) string { return greeted(t, Host(), "127.0.0.1:0", "host") }

func TestTwoNetworksUseAPortOfTheHost(t *testing.T) {
	a, b := newNetwork(t), newNetwork(t)
	at := taken(t)
	_, err := a.Dial(t.Context(), at)
	require.ErrorIs(t, err, syscall.ECONNREFUSED, "the listener is on the host's network")
	greeted(t, a, at, "a")
	_, err = b.Dial(t.Context(), at)
	require.ErrorIs(t, err, syscall.ECONNREFUSED, "the listener is in another network")
	greeted(t, b, at, "b")
	assert.Equal(t, "a\n", dialled(t, a, at))
	assert.Equal(t, "b\n", dialled(t, b, at))
	assert.Equal(t, "host\n", dialled(t, Host(), at))
}

func TestEachAddressOfTheLoopbackNetworkIsThere(t *testing.T) {
	n := newNetwork(t)
	for _, address := range []string{"127.0.0.1:4000", "127.0.0.9:4000", "127.1.2.3:4000"} {
		greeted(t, n, address, address)
		assert.Equal(t, address+"\n", dialled(t, n, address))
	}
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 7)}}
	c, err := n.DialWith(t.Context(), d, "127.0.0.1:4000")
	require.NoError(t, err)
	assert.Contains(t, c.LocalAddr().String(), "127.0.0.7:")
	assert.NoError(t, c.Close())
}

func TestACommandListensInside(t *testing.T) {
	n, at := newNetwork(t), taken(t)
	cmd := command("listener", at, "command")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, n.Start(cmd))
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "it listens")
	assert.Equal(t, "command\n", dialled(t, n, at))
	assert.Equal(t, "host\n", dialled(t, Host(), at))

	missing := exec.Command("/no/such/command")
	assert.ErrorIs(t, n.Start(missing), os.ErrNotExist)
}

func TestTheNetworkOfAProcess(t *testing.T) {
	n := newNetwork(t)
	cmd := command("listener", "127.0.0.1:4000", "process")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, n.Start(cmd))
	kill := sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "it listens")

	opened, err := Open(cmd.Process.Pid)
	require.NoError(t, err)
	assert.True(t, opened.Own())
	assert.Equal(t, "process\n", dialled(t, opened, "127.0.0.1:4000"))
	greeted(t, opened, "127.0.0.1:4001", "test")
	assert.Equal(t, "test\n", dialled(t, n, "127.0.0.1:4001"))

	kill()
	assert.Equal(t, "test\n", dialled(t, opened, "127.0.0.1:4001"), "the network outlives the process")
	assert.NoError(t, opened.Close())

	_, err = Open(cmd.Process.Pid)
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, fmt.Sprintf("cannot enter the network of process %d", cmd.Process.Pid))
}

func TestADialIsCancelled(t *testing.T) {
	n := newNetwork(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := n.Dial(ctx, "127.0.0.1:4000")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestAClosedNetworkIsNotEntered(t *testing.T) {
	newNetwork(t) // or the test is left out
	n, err := New()
	require.NoError(t, err)
	require.NoError(t, n.Close())
	called := false
	require.ErrorIs(t, n.Do(func() { called = true }), os.ErrClosed)
	require.ErrorIs(t, n.Start(exec.Command("true")), os.ErrClosed)
	_, err = n.Dial(t.Context(), "127.0.0.1:4000")
	require.ErrorIs(t, err, os.ErrClosed)
	_, err = n.Listen("127.0.0.1:4000")
	require.ErrorIs(t, err, os.ErrClosed)
	assert.False(t, called)
}

// namespaces are those of all threads of this process.
func namespaces(t *testing.T) map[string]bool {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/ns/net")
	require.NoError(t, err)
	all := map[string]bool{}
	for _, task := range tasks {
		if ns, err := os.Readlink(task); err == nil { // the thread may have ended
			all[ns] = true
		}
	}
	return all
}

func TestThreadsReturnToTheHost(t *testing.T) {
	networks := []*Network{newNetwork(t), newNetwork(t)}
	home, err := os.Readlink(ofThread)
	require.NoError(t, err)
	var all sync.WaitGroup
	for _, n := range networks {
		for range 8 {
			all.Go(func() {
				for range 50 {
					var inside string
					assert.NoError(t, n.Do(func() { inside, _ = os.Readlink(ofThread) }))
					assert.NotEqual(t, home, inside)
					outside, err := os.Readlink(ofThread)
					assert.NoError(t, err)
					assert.Equal(t, home, outside)
				}
			})
		}
	}
	all.Wait()
	// A thread that cannot return ends, a little later than its goroutine.
	require.Eventually(t, func() bool {
		all := namespaces(t)
		return len(all) == 1 && all[home]
	}, atLast, time.Millisecond)
}

func TestNetworksAreNested(t *testing.T) {
	a, b := newNetwork(t), newNetwork(t)
	at := taken(t)
	greeted(t, a, at, "a")
	greeted(t, b, at, "b")
	require.NoError(t, a.Do(func() {
		assert.Equal(t, "b\n", dialled(t, b, at))
		c, err := net.Dial("tcp", at)
		if assert.NoError(t, err) {
			line, _ := bufio.NewReader(c).ReadString('\n')
			assert.Equal(t, "a\n", line)
			assert.NoError(t, c.Close())
		}
	}))
}

// owner makes a network, starts a listener inside, prints the namespace and the
// listener's process id, and waits to be killed.
func owner([]string) error {
	n, err := New()
	if err != nil {
		return err
	}
	cmd := command("listener", "127.0.0.1:4000", "inside")
	if err := n.Start(cmd); err != nil {
		return err
	}
	ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", cmd.Process.Pid))
	if err != nil {
		return err
	}
	fmt.Println(ns, cmd.Process.Pid)
	return cmd.Wait()
}

func TestNothingIsLeftAfterKill(t *testing.T) {
	newNetwork(t) // or the test is left out
	cmd := command("owner")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var ns string
	var child int
	_, err = fmt.Fscan(out, &ns, &child)
	require.NoError(t, err)
	require.True(t, inUse(t, ns), "the test can see a namespace in use")
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	assert.True(t, inUse(t, ns), "the child is still there")
	require.NoError(t, syscall.Kill(child, syscall.SIGKILL))
	assert.Eventually(t, func() bool { return !inUse(t, ns) }, atLast, time.Millisecond)
}

// inUse reports whether a process is in the namespace, holds it open, or has it
// mounted.
func inUse(t *testing.T, ns string) bool {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	if strings.Contains(string(mounts), ns) {
		return true
	}
	for _, pattern := range []string{"/proc/[0-9]*/ns/net", "/proc/[0-9]*/fd/*"} {
		links, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, link := range links {
			if to, err := os.Readlink(link); err == nil && to == ns {
				return true
			}
		}
	}
	return false
}

// unprivileged prints why there is no network, and why that of the test is not entered.
func unprivileged([]string) error {
	_, err := New()
	fmt.Println(err)
	_, err = Open(os.Getppid())
	fmt.Println(err)
	return nil
}

func TestTheErrorWithoutRootNamesTheRemedy(t *testing.T) {
	cmd := command("unprivileged")
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.Output()
	require.NoError(t, err)
	made, entered, _ := strings.Cut(string(out), "\n")
	assert.Equal(t, "cannot make a network namespace: operation not permitted: "+
		"run this as root, or by 'unshare --user --map-root-user COMMAND'", made)
	assert.Regexp(t, `^cannot enter the network of process \d+: .*: run this as root\n$`, entered)
}

// In a user namespace a thread that has entered a network cannot return, since the
// host's network belongs to another user namespace.
func TestInAUserNamespace(t *testing.T) {
	cmd := command("tests", "-test.run", "Network|Thread|Command|Kill", "-test.v")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	out, err := cmd.Output()
	if cmd.Process == nil {
		t.Skipf("this machine has no user namespaces: %v", err)
	}
	require.NoError(t, err, "%s", out)
	if strings.Contains(string(out), "--- SKIP: TestThreadsReturnToTheHost") {
		t.Skipf("this machine gives user namespaces no capabilities:\n%s", out)
	}
	assert.Contains(t, string(out), "--- PASS: TestThreadsReturnToTheHost")
}
