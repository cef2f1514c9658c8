package lab

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Fault B6: containers, and the guard that removes them, use the engine of the
// docker context. A relay in front of the one engine there is stands for it.
func TestContainersRunAtTheEngineOfTheDockerContext(t *testing.T) {
	inContainers(t)
	socket, isUnix := strings.CutPrefix(engine(t).DaemonHost(), "unix://")
	require.True(t, isUnix, "the test relays a unix socket")
	_, err := fixtureImage() // before DOCKER_CONFIG changes
	require.NoError(t, err)

	config := t.TempDir()
	path := filepath.Join(config, "relay.sock")
	meta := filepath.Join(config, "contexts", "meta", fmt.Sprintf("%x", sha256.Sum256([]byte("relayed"))))
	require.NoError(t, os.MkdirAll(meta, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(config, "config.json"), []byte(`{"currentContext":"relayed"}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(meta, "meta.json"), []byte(`{"Name":"relayed","Endpoints":{"docker":{"Host":"unix://`+path+`"}}}`), 0o600))
	for _, variable := range []string{"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"} {
		t.Setenv(variable, "")
	}
	t.Setenv("DOCKER_CONFIG", config)
	calls := relay(t, path, socket)

	cmd, found, stderr := startToDie(t)
	assert.NotZero(t, calls.Swap(0), "the lab asked another engine")
	require.NoError(t, cmd.Process.Signal(syscall.SIGKILL))
	assert.Error(t, cmd.Wait())
	assert.NotZero(t, calls.Load(), "the guard asked another engine: %s", stderr)
	assert.Empty(t, containersOf(t, found["run"]))
}

// relay passes connections to a unix socket on to another and counts them.
func relay(t *testing.T, path, target string) *atomic.Int64 {
	t.Helper()
	ln, err := net.Listen("unix", path)
	require.NoError(t, err)
	require.NoError(t, os.Chmod(path, 0o600))
	t.Cleanup(func() { _ = ln.Close() })
	calls := new(atomic.Int64)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			go passOn(c.(*net.UnixConn), target)
		}
	}()
	return calls
}

func passOn(c *net.UnixConn, target string) {
	defer c.Close()
	engine, err := net.Dial("unix", target)
	if err != nil {
		return
	}
	defer engine.Close()
	back := make(chan struct{})
	go func() {
		defer close(back)
		_, _ = io.Copy(c, engine)
		_ = c.CloseWrite()
	}()
	_, _ = io.Copy(engine, c)
	_ = engine.(*net.UnixConn).CloseWrite()
	<-back
}
