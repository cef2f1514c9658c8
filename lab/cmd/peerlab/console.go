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
	"peerlab/lab/console"
)

// showContainers is the command console.
func showContainers(ctx context.Context, args []string, out, log io.Writer) int {
	flags := flag.NewFlagSet("peerlab console", flag.ContinueOnError)
	flags.SetOutput(log)
	project := flags.String("project", "peerlab", "`name` of the compose project")
	listen := flags.String("listen", defaultPage, "`address` of the page; it controls containers, so leave it on the loopback interface")
	if status, ok := parse(flags, args); !ok {
		return status
	}
	if err := showProject(ctx, *project, *listen, out, log); err != nil {
		fmt.Fprintf(log, "peerlab: %v\n", err)
		return broken
	}
	return done
}

func showProject(ctx context.Context, project, listen string, out, log io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "peerlab-console-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	page := console.New(console.Config{Title: project, Folder: folder, Log: log})
	defer func() { err = errors.Join(err, page.Close()) }()
	file, err := os.Create(filepath.Join(folder, lab.EventsFile))
	if err != nil {
		return err
	}
	defer file.Close()
	containers, err := console.OpenCompose(ctx, page, project, file.Name(), file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, containers.Close()) }()
	page.Show(containers)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	followed := make(chan error, 1)
	go func() {
		defer cancel()
		followed <- containers.Follow(ctx)
	}()
	err = serve(ctx, page, listen, out, "Ctrl-C closes the page; the containers run on.")
	cancel()
	return errors.Join(err, <-followed)
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
