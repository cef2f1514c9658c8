// Command peerlab is the bench at the command line: 'peerlab -h' prints its manual.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"peerlab/lab"
)

// Exit statuses.
const (
	done   = 0
	below  = 1 // a score is below -fail-under
	usage  = 2
	broken = 3 // the bench has failed, which is no score
)

const manual = `peerlab runs programs that talk over TCP, and scores them by the scenarios of this project.

  peerlab run [-server COMMAND] [-client COMMAND] [-clients N] [-listen HOST:PORT] [-packets] [-save FILE]
  peerlab run NAME=COMMAND...                    runs programs in a network of their own, and shows and breaks them on a page
  peerlab console [-project NAME] [-listen HOST:PORT]    the same page for the containers of a compose project
  peerlab console -swarm [-project NAME] [-tls certs/console]    the same for a stack on all machines of a swarm, at a manager
  peerlab agent -tls DIR -ports LIST [-stack NAME] [-listen HOST:PORT] [-proc DIR]    what that page asks at each machine
  peerlab open [-listen HOST:PORT] run.zip       a run that was saved on the page
  peerlab grade [-system chat|relay|order|room] [-rubric FILE] [-o DIR] [-jobs N] [-fail-under POINTS] SUBMISSION...
  peerlab grade -check [-o DIR] [-jobs N]        grades right and wrong submissions, to see that each loses the points that it should
  peerlab doctor [-system ...] SUBMISSION
  peerlab cert [-dir certs] [-for 168h] [-revoke] NAME...    certificates for -tls: of server, client1, relay, node1, ...
  peerlab diagram [-around EVENT] [-all] [-time] [-o FILE] events.jsonl     draws the record of a run as SVG: what may have caused an event

SUBMISSION is a folder, a zip, or image:NAME. Its programs are found by the names that the assignment gives them, or a file
peerlab.yaml in it says how they are built and run:

  build: make
  run:
    server: ./server {}
    client: ./client.out {ID} {PORT1} {PORT2}

For example: peerlab grade -o grades submissions/*
Exit status: 0 graded, 1 a score is below -fail-under, 2 wrong usage, 3 the bench failed.
docs/grading.md has more.
`

func main() {
	if status, ok := lab.StandGuard(); ok {
		os.Exit(status)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, out, log io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(log, manual)
		return usage
	}
	switch command, args := args[0], args[1:]; command {
	case "grade":
		return gradeAll(ctx, args, out, log)
	case "diagram":
		return draw(args, out, log)
	case "run":
		return runPrograms(ctx, args, out, log)
	case "console":
		return showContainers(ctx, args, out, log)
	case "agent":
		return serveNode(ctx, args, log)
	case "open":
		return showSaved(ctx, args, out, log)
	case "cert":
		return certify(args, out, log)
	case "doctor":
		return doctor(ctx, args, out, log)
	case "-h", "-help", "--help", "help":
		fmt.Fprint(out, manual)
		return done
	default:
		fmt.Fprintf(log, "peerlab: there is no command %q: 'peerlab -h' lists them\n", command)
		return usage
	}
}
