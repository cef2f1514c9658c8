package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/report"
	"peerlab/e2e/bench/internal/rounds"
)

const (
	upProject  = "peerlab-bench"
	upPatience = time.Minute // for one side's turn, and for what it leaves to be gone
	upLook     = 5 * time.Millisecond
	idleImage  = "peerlab/room-server" // it needs nobody else, and waits
	upClients  = 5
	upNodes    = 3
)

// upProcesses are those of the lab: server, clients, relay, nodes, fetch.
const upProcesses = 1 + upClients + 1 + upNodes + 1

// engineSocket is where the engine answers.
const engineSocket = "/var/run/docker.sock"

// noEngine says why there can be no containers, or nothing.
func noEngine(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := exec.CommandContext(ctx, "docker", "info").Run(); err != nil {
		return "no container engine answers (scripts/bootstrap.sh starts one)"
	}
	if _, err := os.Stat(engineSocket); err != nil {
		return "the engine is not asked by " + engineSocket + ", where screens are read"
	}
	for _, process := range []string{"server", "client", "relay", "node", "fetch", "room-server"} {
		if _, err := exec.CommandContext(ctx, "docker", "image", "inspect", "peerlab/"+process).Output(); err != nil {
			return "there is no image peerlab/" + process + " (make images)"
		}
	}
	return ""
}

// awaiting asks again and again until check is content.
func awaiting(ctx context.Context, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, upPatience)
	defer cancel()
	again := time.NewTicker(upLook)
	defer again.Stop()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not up after %v: %w", upPatience, err)
		case <-again.C:
		}
	}
}

// greeted fails unless every client has been announced on that screen.
func greeted(who, text string) error {
	if n := strings.Count(text, ": initiated."); n < upClients {
		return fmt.Errorf("%s has shown %d of %d greetings", who, n, upClients)
	}
	return nil
}

// ports are free ones for a lab.
type ports struct{ server, relay string }

func freePorts() (p ports, err error) {
	if p.server, err = proc.FreePort(); err != nil {
		return p, err
	}
	p.relay, err = proc.FreePort()
	return p, err
}

// The sides.
const (
	upLab   = "docker compose up -d, the lab"
	upIdle  = "docker compose up -d, idle containers"
	upRun   = "docker run -d, idle containers, one by one"
	upPlain = "plain processes"
)

// upRow: from nothing to the last greeting.
func upRow(ctx context.Context, l *lab, r *report.Section) error {
	absent := noEngine(ctx)
	if absent != "" {
		l.say("NOT MEASURED, containers: " + absent)
	}
	here, err := output(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	c := containers{lab: l, root: filepath.Join(here, "..", "..")}
	return r.Play(ctx, l.player, rounds.Contest{
		Title: fmt.Sprintf("From nothing to the last greeting: the %d processes that docker compose up has", upProcesses),
		Short: "up", Rate: rounds.Unit{Name: "s", Scale: 1, Time: true},
		Cost:  rounds.Unit{Name: "CPU s", Scale: 1},
		Roles: rounds.Roles{Server: "the processes", Client: "docker's commands"},
		Sides: []rounds.Side{
			{Name: upLab, Absent: absent, Run: c.composed},
			{Name: upIdle, Absent: absent, Run: c.idle},
			{Name: upRun, Absent: absent, Run: c.oneByOne},
			{Name: upPlain, Run: l.plain},
		},
		Goals: []rounds.Goal{
			{Side: upLab, Peer: upIdle, AtMost: 1.3},
			{Side: upLab, Peer: upRun, AtMost: 1.3},
			{Side: upLab, Peer: upPlain},
		},
		Rounds: 3, AtLeast: 2, Time: 20 * time.Second,
	})
}
