package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"peerlab/lab"
	"peerlab/lab/certs"
	"peerlab/lab/console"
)

// source is where the page finds the programs.
type source struct {
	project string
	swarm   bool
	folder  string // of the certificate
	agents  uint
}

// showContainers is the command console.
func showContainers(ctx context.Context, args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab console", flag.ContinueOnError)
	flags.SetOutput(log)
	var from source
	flags.StringVar(&from.project, "project", "peerlab", "`name` of the compose project, or of the stack")
	flags.BoolVar(&from.swarm, "swarm", false, "show a stack on all machines of a swarm; run it at a manager")
	flags.StringVar(&from.folder, "tls", "certs/"+consoleName, "with -swarm, the `folder` of the certificate, which must name "+consoleName)
	flags.UintVar(&from.agents, "agents", console.AgentPort, "with -swarm, the `port` of the agents")
	listen := flags.String("listen", defaultPage, "`address` of the page; it controls containers, so leave it on the loopback interface")
	if status, ok := parse(flags, args); !ok {
		return status
	}
	if from.agents == 0 || from.agents > 65535 {
		fmt.Fprintf(log, "peerlab console: -agents: %d is no port\n", from.agents)
		return usage
	}
	if err := showProject(ctx, from, *listen, out, log); err != nil {
		fmt.Fprintf(log, "peerlab: %v\n", err)
		return broken
	}
	return done
}

func showProject(ctx context.Context, from source, listen string, out, log io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "peerlab-console-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	page := console.New(console.Config{Title: from.project, Folder: folder, Log: log})
	defer func() { err = errors.Join(err, page.Close()) }()
	file, err := os.Create(filepath.Join(folder, lab.EventsFile))
	if err != nil {
		return err
	}
	defer file.Close()
	containers, err := from.open(ctx, page, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, containers.Close()) }()
	page.Show(containers)
	return following(ctx, containers, func(ctx context.Context) error {
		return serve(ctx, page, listen, out, "Ctrl-C closes the page; the containers run on.")
	})
}

// open returns the stage, whose record is written to a file.
func (from source) open(ctx context.Context, page *console.Console, file *os.File) (stage, error) {
	if !from.swarm {
		return console.OpenCompose(ctx, page, from.project, file.Name(), file)
	}
	config, err := certs.Config(from.folder, agentName)
	if err != nil {
		return nil, err
	}
	return console.OpenNodes(ctx, page, from.project, uint16(from.agents), config, file.Name(), file)
}

// serve serves a page until ctx ends. end says what Ctrl-C does.
func serve(ctx context.Context, page *console.Console, listen string, out io.Writer, end string) error {
	ln, err := page.Listen(listen)
	if err != nil {
		return err
	}
	all, look := page.Address(ln)
	fmt.Fprintf(out, "The page is at\n\n    %s\n\nand, only to look at, at\n\n    %s\n\n%s\n", all, look, end)
	return page.Serve(ctx, ln)
}

// showSaved is the command open.
func showSaved(ctx context.Context, args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab open", flag.ContinueOnError)
	flags.SetOutput(log)
	listen := flags.String("listen", defaultPage, "`address` of the page")
	if status, ok := parse(flags, args); !ok {
		return status
	}
	if flags.NArg() != 1 {
		fmt.Fprintln(log, "peerlab: give one file, of a run that was saved")
		return usage
	}
	file := flags.Arg(0)
	page := console.New(console.Config{Title: filepath.Base(file), Log: log})
	saved, err := console.OpenSaved(page, file)
	if err == nil {
		page.Show(saved)
		err = serve(ctx, page, *listen, out, "Ctrl-C closes the page.")
	}
	if err != nil {
		fmt.Fprintf(log, "peerlab: %v\n", err)
		return broken
	}
	return done
}
