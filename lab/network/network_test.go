package network

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// playing is set in the environment of a process of the test binary to the part
// that it plays in a test: see parts.
const playing = "PEERLAB_NETWORK_TEST"

// parts are what processes do that tests start, with the arguments that they
// receive.
var parts = map[string]func(args []string) error{
	"listener": listener,
}

func TestMain(m *testing.M) {
	if part, ok := parts[os.Getenv(playing)]; ok {
		if err := part(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// listener listens at args[0] and sends each connection args[1], until it is killed.
func listener(args []string) error {
	ln, err := net.Listen("tcp", args[0])
	if err != nil {
		return err
	}
	fmt.Println("listening")
	return greet(ln, args[1])
}

// greet sends each connection a line, until the listener is closed.
func greet(ln net.Listener, greeting string) error {
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		fmt.Fprintln(c, greeting)
		_ = c.Close()
	}
}

// command runs the test binary in that part; one that is not in parts runs tests.
func command(part string, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), playing+"="+part, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	return cmd
}

// greeted listens at an address inside n until the test ends.
func greeted(t *testing.T, n *Network, address, greeting string) (at string) {
	t.Helper()
	ln, err := n.Listen(address)
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = greet(ln, greeting)
	}()
	t.Cleanup(func() {
		assert.NoError(t, ln.Close())
		<-done
	})
	return ln.Addr().String()
}

// dialled is the line that a listener inside n sends.
func dialled(t *testing.T, n *Network, address string) string {
	t.Helper()
	c, err := n.Dial(t.Context(), address)
	require.NoError(t, err)
	defer c.Close()
	line, err := bufio.NewReader(c).ReadString('\n')
	require.NoError(t, err)
	return line
}

func TestHostIsTheNetworkOfTheMachine(t *testing.T) {
	n := Host()
	at := greeted(t, n, "127.0.0.1:0", "hello")
	c, err := net.Dial("tcp", at)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	assert.Equal(t, "hello\n", dialled(t, n, at))
	assert.False(t, n.Own())
	assert.NoError(t, n.Close())
}

func TestNamesAreRefused(t *testing.T) {
	_, err := Host().Dial(t.Context(), "localhost:4000")
	assert.ErrorContains(t, err, `"localhost:4000" is not an IP address and a port`)
	_, err = Host().Listen(":4000")
	assert.ErrorContains(t, err, `":4000" is not an IP address and a port`)
}
