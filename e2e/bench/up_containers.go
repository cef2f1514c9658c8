package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/rounds"
)

// containers starts the lab's containers, and idle ones.
type containers struct {
	lab  *lab
	root string // of the repository
}

// sameOptions are what all containers of compose.yaml have.
var sameOptions = strings.Fields("--network host -it --read-only --cap-drop ALL --security-opt no-new-privileges:true --pull never")

// composed starts the lab with its own compose.yaml, on ports that are free.
func (c containers) composed(ctx context.Context, _ int) (rounds.Sample, error) {
	p, err := freePorts()
	if err != nil {
		return rounds.Sample{}, err
	}
	args := []string{"SERVER_PORT=" + portOf(p.server), "RELAY_PORT=" + portOf(p.relay)}
	for i := 1; i <= upClients; i++ {
		args = append(args, fmt.Sprintf("CLIENT%d_PORT1=0", i), fmt.Sprintf("CLIENT%d_PORT2=0", i))
	}
	for i := 1; i <= upNodes; i++ {
		args = append(args, fmt.Sprintf("NODE%d_PORT=0", i))
	}
	args = append(args, "docker", "compose", "-p", upProject, "-f", c.root+"/compose.yaml", "up", "-d")
	return c.timed(ctx, func() (time.Duration, error) {
		done, err := proc.Run(ctx, true, "env", args...)
		if err != nil {
			return 0, err
		}
		return done.CPU, awaiting(ctx, func() error {
			for _, who := range lastToGreet {
				text, err := screen(ctx, upProject+"-"+who+"-1")
				if err == nil {
					err = greeted(who, text)
				}
				if err != nil {
					return err
				}
			}
			return expect(p.relay, "NODES", fmt.Sprintf("NODES %d ", upNodes))
		})
	})
}

// lastToGreet are those that show greetings.
var lastToGreet = []string{"server", "client1", "client2", "client3", "client4", "client5"}

// idle starts as many containers, in which nobody waits for anybody.
func (c containers) idle(ctx context.Context, _ int) (rounds.Sample, error) {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := range upProcesses {
		fmt.Fprintf(&b, "  idle%d: {image: %s, command: -listen 127.0.0.1:0, pull_policy: never, network_mode: host, stdin_open: true, tty: true, read_only: true, cap_drop: [ALL], security_opt: [\"no-new-privileges:true\"]}\n", i, idleImage)
	}
	file := c.lab.path("idle.yaml")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return rounds.Sample{}, err
	}
	return c.timed(ctx, func() (time.Duration, error) {
		done, err := proc.Run(ctx, true, "docker", "compose", "-p", upProject, "-f", file, "up", "-d")
		return done.CPU, err
	})
}

// oneByOne starts as many by docker run.
func (c containers) oneByOne(ctx context.Context, _ int) (rounds.Sample, error) {
	return c.timed(ctx, func() (cpu time.Duration, err error) {
		for i := range upProcesses {
			args := append([]string{"run", "-d", "--name", fmt.Sprintf("%s-idle%d", upProject, i)}, sameOptions...)
			done, err := proc.Run(ctx, true, "docker", append(args, idleImage, "-listen", "127.0.0.1:0")...)
			if err != nil {
				return cpu, err
			}
			cpu += done.CPU
		}
		return cpu, nil
	})
}

// timed runs up and has what came of it gone before and after that. up returns
// the processor time of docker's commands.
func (c containers) timed(ctx context.Context, up func() (time.Duration, error)) (rounds.Sample, error) {
	if err := c.gone(ctx); err != nil {
		return rounds.Sample{}, err
	}
	begin := time.Now()
	cpu, err := up()
	took := time.Since(begin)
	if gone := c.gone(context.WithoutCancel(ctx)); err == nil {
		err = gone
	}
	return rounds.Sample{Amount: 1, Seconds: took.Seconds(), ClientCPU: cpu.Seconds()}, err
}

// gone removes the containers, one after another: when two end in the same
// instant, engine 20.10 can lock up for good (see e2e/lab). It then removes
// their volumes.
func (c containers) gone(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, upPatience)
	defer cancel()
	for _, kind := range []struct{ list, remove []string }{
		{[]string{"ps", "-aq", "--filter", "name=^/" + upProject + "-"}, []string{"rm", "-f"}},
		{[]string{"volume", "ls", "-q", "--filter", "name=^" + upProject + "_"}, []string{"volume", "rm"}},
	} {
		listed, err := proc.Run(ctx, true, "docker", kind.list...)
		if err != nil {
			return err
		}
		for _, id := range strings.Fields(string(listed.Out)) {
			if _, err := proc.Run(ctx, true, "docker", append(kind.remove, id)...); err != nil {
				return err
			}
		}
	}
	return nil
}

func portOf(addr string) string {
	_, port, _ := net.SplitHostPort(addr) // of FreePort: it is one
	return port
}

// engine is for looking at screens: a docker command would take longer than
// what is measured.
var engine = http.Client{Transport: &http.Transport{
	DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", engineSocket)
	},
}}

// screen returns what a container with a terminal has shown.
func screen(ctx context.Context, container string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/containers/"+container+"/logs?stdout=1", nil)
	if err != nil {
		return "", err
	}
	answer, err := engine.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("the screen of %s: %s", container, text)
	}
	return string(text), err
}
