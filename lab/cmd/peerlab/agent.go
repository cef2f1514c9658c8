package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"peerlab/lab/certs"
	"peerlab/lab/console"
)

// agentName and consoleName are the names in the certificates of agents and of the console.
const (
	agentName   = "agent"
	consoleName = "console"
)

// serveNode is the command agent.
func serveNode(ctx context.Context, args []string, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab agent", flag.ContinueOnError)
	flags.SetOutput(log)
	stack := flags.String("stack", "peerlab", "`name` of the stack")
	listen := flags.String("listen", fmt.Sprintf("0.0.0.0:%d", console.AgentPort), "`address` for the console")
	tls := flags.String("tls", "", "`folder` of the certificate, which must name "+agentName+"; only "+consoleName+" is answered")
	list := flags.String("ports", "", "the `ports` that the programs of the stack listen on, as in 4000,6001-6005")
	proc := flags.String("proc", "/proc", "`folder` where the processes of the machine are seen")
	if status, ok := parse(flags, args); !ok {
		return status
	}
	ports, err := parsePorts(*list)
	if err != nil {
		fmt.Fprintf(log, "peerlab agent: %v\n", err)
		return usage
	}
	if err := runAgent(ctx, *stack, *listen, *tls, ports, *proc, log); err != nil {
		fmt.Fprintf(log, "peerlab: %v\n", err)
		return broken
	}
	return done
}

func runAgent(ctx context.Context, stack, listen, folder string, ports []uint16, proc string, log io.Writer) (err error) {
	if folder == "" {
		return errors.New("give the folder of the certificate: peerlab cert " + agentName + ", and -tls certs/" + agentName)
	}
	config, err := certs.Config(folder, consoleName)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("%w: choose another address with -listen, or find the owner of this one with 'ss -ltnp'", err)
	}
	defer ln.Close()
	page := console.New(console.Config{Title: stack, Log: log})
	defer func() { err = errors.Join(err, page.Close()) }()
	containers, err := console.OpenStack(ctx, page, stack, ports, proc)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, containers.Close()) }()
	page.Show(containers)
	return following(ctx, containers, func(ctx context.Context) error { return page.ServeAgent(ctx, ln, config) })
}

// stage is one that changes by itself.
type stage interface {
	console.Stage
	Follow(context.Context) error
	Close() error
}

// following runs serve and follows a stage until one of them ends.
func following(ctx context.Context, s stage, serve func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	followed := make(chan error, 1)
	go func() {
		defer cancel()
		followed <- s.Follow(ctx)
	}()
	err := serve(ctx)
	cancel()
	return errors.Join(err, <-followed)
}

// parsePorts reads a list of ports and ranges of ports.
func parsePorts(list string) (ports []uint16, err error) {
	for part := range strings.SplitSeq(list, ",") {
		first, last, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			last = first
		}
		from, err := strconv.ParseUint(first, 10, 16)
		to, failed := strconv.ParseUint(last, 10, 16)
		if err := errors.Join(err, failed); err != nil || from == 0 || to < from {
			return nil, fmt.Errorf("-ports: %q is neither a port nor a range of ports: give a list such as 4000,6001-6005", part)
		}
		for port := from; port <= to; port++ {
			ports = append(ports, uint16(port))
		}
	}
	return ports, nil
}
