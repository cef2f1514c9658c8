package stage

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

const (
	hostsRole = "hosts" // of what scripts/hosts.sh runs
	// hostsTimeout is for one command, such as loading all images at all hosts.
	hostsTimeout = 3 * time.Minute
	root         = "../.."
)

// Hosts are machines with a Docker engine each, host1 to hostN, joined by a switch: see
// scripts/hosts.sh. All of them manage one swarm, or the first one alone. They share nothing
// with the engine of this machine but its images, and end with the test or when its process is
// killed.
type Hosts struct {
	*lab.Lab
	t     *testing.T
	joint *lab.Process // the switch
	hosts map[string]*lab.Process
	// contexts is the folder of the docker contexts.
	contexts string
}

// NewHosts starts n hosts, of which the first managers manage their swarm. The docker contexts
// of the test are those of the hosts, its engine is host1's, and that has the images. The test is
// left out where it is not root on Linux, or programs are missing.
func NewHosts(t *testing.T, n, managers int) *Hosts {
	t.Helper()
	if !lab.InContainers() {
		lab.LeaveOut(t, "its programs run in containers, with PEERLAB_E2E=container")
	}
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		lab.LeaveOut(t, "machines of its own, with an engine each, need Linux and root")
	}
	lab.Needs(t, "dockerd", "ip", "iptables", "nsenter", "unshare")
	lab.Turn(t)
	h := &Hosts{
		Lab: lab.New(t, lab.OnHost(), lab.Playing(hostsRole, "cmd+pipe:scripts/hosts.sh"), lab.Playing("docker", "cmd+pipe:docker")),
		t:   t, hosts: map[string]*lab.Process{},
	}
	h.contexts = h.Dir("contexts")
	images := filepath.Join(h.contexts, "images.tar")
	h.Do("docker", "save", "--output", images, "peerlab/server", "peerlab/client", "peerlab/relay", "peerlab/node", "peerlab/fetch",
		"peerlab/order-server", "peerlab/order-client", "peerlab/room-server", "peerlab/room-client")
	t.Setenv("DOCKER_CONFIG", h.contexts)
	h.sweepAtEnd()
	h.start(n)
	first := HostName(1)
	h.Docker(first, "swarm", "init", "--advertise-addr", h.Address(first), "--listen-addr", h.Address(first))
	for _, i := range IDs(n)[1:] {
		role := "worker"
		if i <= managers {
			role = "manager"
		}
		token := h.Docker(first, "swarm", "join-token", "--quiet", role)
		h.Docker(HostName(i), "swarm", "join", "--token", token, h.Address(first)+":2377")
	}
	h.Docker(first, "load", "--quiet", "--input", images)
	h.Manager(first)
	return h
}

// start starts the switch and n hosts, and waits until their engines answer.
func (h *Hosts) start(n int) {
	h.t.Helper()
	h.joint = h.Start(lab.Spec{Name: "switch", Role: hostsRole, Args: []string{"switch"}})
	h.joint.Sees("ready")
	inside := strconv.Itoa(h.inside(h.joint))
	specs := make([]lab.Spec, n)
	for i := range specs {
		name := HostName(i + 1)
		specs[i] = lab.Spec{Name: name, Role: hostsRole, Args: []string{"host", strconv.Itoa(i + 1), inside}}
	}
	for _, p := range h.StartAll(specs...) {
		h.hosts[p.Name()] = p
	}
	for name := range h.hosts {
		h.Do("docker", "context", "create", name, "--docker", "host="+h.socket(name))
		h.AwaitEngine(name)
	}
}

// Manager makes a host's engine the one of the test and of what it starts.
func (h *Hosts) Manager(host string) { h.t.Setenv("DOCKER_HOST", h.socket(host)) }

// HostName returns the name of host n.
func HostName(n int) string { return fmt.Sprintf("host%d", n) }

// Address returns the address of a host.
func (h *Hosts) Address(host string) string { return "10.77.0." + strings.TrimPrefix(host, "host") }

func (h *Hosts) socket(host string) string {
	return "unix://" + filepath.Join(h.Folder(), host, "docker.sock")
}

// sweepAtEnd removes the control groups that the engines leave, when the test has ended or
// this process was killed.
func (h *Hosts) sweepAtEnd() {
	h.t.Helper()
	cmd := exec.Command("scripts/hosts.sh", "sweep", filepath.Base(h.Folder()))
	cmd.Dir = root
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // what ends this process must not end that one
	var said strings.Builder
	cmd.Stderr = &said
	input, err := cmd.StdinPipe()
	require.NoError(h.t, err)
	require.NoError(h.t, cmd.Start())
	h.t.Cleanup(func() {
		assert.NoError(h.t, h.End())
		assert.NoError(h.t, input.Close())
		assert.NoError(h.t, cmd.Wait(), said.String())
	})
}

// inside returns the process id of the first process in the namespaces of a host or the switch.
func (h *Hosts) inside(p *lab.Process) (pid int) {
	h.t.Helper()
	p.Eventually("it has made its namespaces", func() bool {
		outer, err := p.Process.Life().PID(h.t.Context())
		require.NoError(h.t, err)
		inner := children(outer)
		if len(inner) == 1 {
			pid = inner[0]
		}
		return len(inner) == 1
	})
	return pid
}

// children returns the ids of the child processes of a process.
func children(pid int) (all []int) {
	content, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid)) // none: it has ended
	for word := range strings.FieldsSeq(string(content)) {
		if child, err := strconv.Atoi(word); err == nil {
			all = append(all, child)
		}
	}
	return all
}

// Cut cuts a host off from all others, and Heal undoes that.
func (h *Hosts) Cut(host string)  { h.link(host, "down") }
func (h *Hosts) Heal(host string) { h.link(host, "up") }

func (h *Hosts) link(host, state string) {
	h.t.Helper()
	h.Note(host, "its cable is "+state)
	h.Do("nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", h.inside(h.joint)), "ip", "link", "set", host, state)
}

// StartEngine starts the engine of a host again, after KillEngine.
func (h *Hosts) StartEngine(host string) {
	h.t.Helper()
	h.hosts[host].Types("")
	h.AwaitEngine(host)
}

// KillEngine kills the engine of a host with SIGKILL, and none of the containers there.
func (h *Hosts) KillEngine(host string) {
	h.t.Helper()
	for _, pid := range children(h.inside(h.hosts[host])) {
		if name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid)); string(name) == "dockerd\n" {
			h.Note(host, "its engine is killed")
			require.NoError(h.t, syscall.Kill(pid, syscall.SIGKILL))
			return
		}
	}
	h.Fail("%s has no engine", host)
}

// PowerOff ends a host and all that runs there, at once.
func (h *Hosts) PowerOff(host string) {
	h.t.Helper()
	h.hosts[host].Kill()
}

// AwaitEngine waits until the engine of a host answers.
func (h *Hosts) AwaitEngine(host string) {
	h.t.Helper()
	h.hosts[host].Eventually("its engine answers", func() bool {
		_, err := h.try("docker", "--host", h.socket(host), "info")
		return err == nil
	})
}

// Docker runs one command of docker at the engine of a host, and returns what it prints.
func (h *Hosts) Docker(host string, args ...string) string {
	h.t.Helper()
	return h.Do("docker", append([]string{"--host", h.socket(host)}, args...)...)
}

// Do runs a command in the root folder of the repository, and returns what it prints.
func (h *Hosts) Do(name string, args ...string) string {
	h.t.Helper()
	out, err := h.try(name, args...)
	require.NoError(h.t, err, "%s %s:\n%s", name, strings.Join(args, " "), out)
	return out
}

func (h *Hosts) try(name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), hostsTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
