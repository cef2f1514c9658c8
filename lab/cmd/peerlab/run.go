package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"peerlab/lab"
	"peerlab/lab/console"
)

// runner is the command run.
type runner struct {
	log     io.Writer
	server  string
	client  string
	clients int
	listen  string
	packets bool
	save    string
}

// defaultPage is where the page is.
const defaultPage = "127.0.0.1:4300"

// listenPatience is for a program to listen before the next one is started. One that does
// not listen is waited for so long.
const listenPatience = 3 * time.Second

// runPrograms is the command run.
func runPrograms(ctx context.Context, args []string, out, log io.Writer) int {
	r := runner{log: log}
	flags := flag.NewFlagSet("peerlab run", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&r.server, "server", "", "`command` of the server; default: the chat's of this project")
	flags.StringVar(&r.client, "client", "", "`command` of each client, with places: {ID} {PORT1} {PORT2} {SERVER} {HOST} {PORT}; default: the chat's")
	flags.IntVar(&r.clients, "clients", 5, "how many clients")
	flags.StringVar(&r.listen, "listen", defaultPage, "`address` of the page; it controls programs, so leave it on the loopback interface")
	flags.BoolVar(&r.packets, "packets", false, "keep all packets, for Wireshark, in the saved run")
	flags.StringVar(&r.save, "save", "", "`file` to which the run is saved at the end, as a zip")
	if status, ok := parse(flags, args); !ok {
		return status
	}
	if err := r.check(flags.Args()); err != nil {
		fmt.Fprintf(log, "peerlab: %v\n", err)
		return usage
	}
	if err := r.run(ctx, flags.Args(), out); err != nil {
		fmt.Fprintf(log, "peerlab: %v\n", err)
		return broken
	}
	return done
}

func (r *runner) check(programs []string) error {
	if r.clients < 0 || r.clients > 50 {
		return fmt.Errorf("-clients %d: 0 to 50", r.clients)
	}
	if len(programs) > 0 && (r.server != "" || r.client != "") {
		return errors.New("give -server and -client, or NAME=COMMAND of each program")
	}
	for _, p := range programs {
		if name, command, ok := strings.Cut(p, "="); !ok || command == "" || !plainName(name) {
			return fmt.Errorf("%q is not NAME=COMMAND, as in 'relay=./relay 4100'", p)
		}
	}
	return nil
}

// plainName reports whether a name can be that of a program, and of its folder.
func plainName(name string) bool {
	return name != "" && len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// run runs the programs and serves the page until ctx ends.
func (r *runner) run(ctx context.Context, programs []string, out io.Writer) (err error) {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	bench, err := lab.Open(lab.Config{Root: here, Program: ownProgram, LeftOut: func(line string) { fmt.Fprintln(r.log, "peerlab:", line) }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bench.Close()) }()
	folder, err := bench.TempDir("peerlab-console-")
	if err != nil {
		return err
	}
	page := console.New(console.Config{Title: r.title(programs), Folder: folder, Log: r.log})
	defer func() { err = errors.Join(err, page.Close()) }()
	plays, specs := r.cast(programs)
	l, err := bench.NewLab(lab.Options{Programs: plays, Packets: r.packets, Watch: page.Watch()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	page.Show(console.NewNative(l))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	started := make(chan error, 1)
	go func() {
		err := r.start(ctx, l, specs)
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil // Ctrl-C was first
		} else if err != nil {
			cancel()
		}
		started <- err
	}()
	err = serve(ctx, page, r.listen, out, "Ctrl-C ends the run.")
	cancel()
	if err = errors.Join(err, <-started); err != nil || r.save == "" {
		return err
	}
	return errors.Join(l.End(), r.saveTo(page))
}

func (r *runner) saveTo(page *console.Console) error {
	file, err := os.Create(r.save)
	if err != nil {
		return err
	}
	return errors.Join(page.Save(file), file.Close())
}

func (r *runner) title(programs []string) string {
	if len(programs) == 0 && r.server == "" && r.client == "" {
		return "chat"
	}
	return "run"
}

// cast returns which command plays each program, and how each is started, in that order.
func (r *runner) cast(programs []string) (plays map[string]string, specs []lab.Spec) {
	plays = make(map[string]string)
	for _, p := range programs {
		name, command, _ := strings.Cut(p, "=")
		plays[name] = "cmd:" + command
		specs = append(specs, lab.Spec{Name: name})
	}
	if len(programs) > 0 {
		return plays, specs
	}
	const host, port = "127.0.0.1", "4000"
	address := host + ":" + port
	vars := map[string]string{"SERVER": address, "LISTEN": address, "HOST": host, "PORT": port, "REGISTRY": "clients.txt"}
	specs = append(specs, lab.Spec{Name: "server", Vars: vars})
	if r.server != "" {
		plays["server"] = "cmd:" + r.server
	}
	if r.client != "" {
		plays["client"] = "cmd:" + r.client
	}
	for i := 1; i <= r.clients; i++ {
		id, port1, port2 := strconv.Itoa(i), strconv.Itoa(5000+i), strconv.Itoa(6000+i)
		spec := lab.Spec{Name: "client" + id, Role: "client", Vars: map[string]string{
			"ID": id, "PORT1": port1, "PORT2": port2, "SERVER": address, "HOST": host, "PORT": port,
		}}
		if r.client == "" {
			spec.Args = []string{id, port1, port2}
		}
		specs = append(specs, spec)
	}
	return plays, specs
}

// start starts the programs, one after the other: each when the one before listens.
func (r *runner) start(ctx context.Context, l *lab.Lab, specs []lab.Spec) error {
	for _, spec := range specs {
		ps, err := l.Start(ctx, spec)
		if err != nil {
			return err
		}
		if err := awaitListening(ctx, ps[0].Life()); err != nil {
			return err
		}
	}
	return nil
}

func awaitListening(ctx context.Context, e *lab.Life) error {
	limit := time.NewTimer(listenPatience)
	defer limit.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for len(e.Listening(ctx)) == 0 {
		select {
		case <-again.C:
		case <-limit.C:
			return nil
		case <-e.Ended():
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// ownProgram returns the path of the project's own program of a role, which is beside this
// one.
func ownProgram(role string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), role)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: run 'make build', or give its command", err)
	}
	return path, nil
}
