package lab

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/moby/client"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dieTask has the test binary be the one that TestNothingOutlivesTheTestBinary
// kills.
const dieTask = "PEERLAB_LAB_DIE"

func TestNothingOutlivesTheTestBinary(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd, found, stderr := startToDie(t)
			require.NoError(t, cmd.Process.Signal(sig))
			err := cmd.Wait()
			assert.ErrorContains(t, err, "signal: "+sig.String(), stderr)

			for _, who := range []string{"process", "child"} {
				pid, err := strconv.Atoi(found[who])
				require.NoError(t, err, "%s: %v", who, found)
				New(t).Eventually("its "+who+" is gone", func() bool { return !runs(pid) })
			}
			assert.NotEmpty(t, found["folder"])
			assert.NoDirExists(t, found["folder"])
			if InContainers() {
				assert.Empty(t, containersOf(t, found["run"]))
			}
		})
	}
}

// startToDie runs TestToDie in a test binary of its own, with env added to the
// environment, and returns when all is up that it starts, and what it found.
func startToDie(t *testing.T, env ...string) (cmd *exec.Cmd, found map[string]string, stderr *bytes.Buffer) {
	t.Helper()
	path, err := fixtureBinary()
	require.NoError(t, err)
	cmd = exec.Command(os.Args[0], "-test.run=^TestToDie$", "-test.v")
	cmd.Env = append(os.Environ(), dieTask+"=1", "PEERLAB_FIXTURE=cmd:"+path)
	if InContainers() {
		image, err := fixtureImage()
		require.NoError(t, err)
		cmd.Env = append(cmd.Env, "PEERLAB_BOXED=image:"+image)
	}
	cmd.Env = append(cmd.Env, env...)
	stderr = new(bytes.Buffer)
	cmd.Stderr = stderr // the guard holds it too, so Wait waits for the guard
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })

	found = map[string]string{}
	for in := bufio.NewScanner(out); found["up"] == "" && in.Scan(); {
		key, value, _ := strings.Cut(in.Text(), " = ")
		found[key] = value
	}
	require.NotEmpty(t, found["up"], "it did not start: %s", stderr)
	return cmd, found, stderr
}

// engine is a connection to the container engine.
func engine(t *testing.T) *client.Client {
	t.Helper()
	c, err := client.New(client.FromEnv)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// containersOf are the ids of the run's containers.
func containersOf(t *testing.T, run string) []string {
	all, err := engine(t).ContainerList(context.Background(), client.ContainerListOptions{All: true})
	require.NoError(t, err)
	var ids []string
	for _, c := range all.Items {
		if c.Labels["peerlab.lab"] == run {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// TestToDie runs in a test binary of its own, tells what it started, and waits
// to be killed.
func TestToDie(t *testing.T) {
	if os.Getenv(dieTask) == "" {
		return // nothing of it is meant for the ordinary run
	}
	l := New(t)
	p := l.Start(fixture("parent"))
	p.Types("child")
	child := strings.TrimPrefix(p.Contains("child "), "child ")
	run := ""
	if InContainers() {
		l.Start(Spec{Name: "boxed"}).Sees("ready ")
		labels, err := l.run.bench.Labels()
		require.NoError(t, err)
		run = labels["peerlab.lab"]
	}
	report := []string{
		"", "process = " + strconv.Itoa(p.PID()),
		"child = " + child, "run = " + run, "folder = " + l.Folder(), "up = 1", "",
	}
	_, _ = os.Stdout.WriteString(strings.Join(report, "\n"))
	select {}
}
