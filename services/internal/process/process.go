// Package process runs a program of the lab: it parses flags, prints the manual,
// and handles signals, log, health check and exit status.
package process

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/terminal"
)

// Version is what -version prints.
const Version = "0.2.0"

// The exit statuses.
const (
	done   = 0
	failed = 1
	misuse = 2
)

// Program describes one program. Every hook is called at most once.
type Program struct {
	Name   string
	Manual string // printed by -h; one screen, with an example

	Flags func(*flag.FlagSet)       // declares the program's own flags
	Check func(args []string) error // parses the arguments and checks flags and arguments; an error is wrong usage
	Serve func(context.Context, *Process) error
	// Prompts reports, after Check, whether the program reads typed lines. If it
	// does not, Main leaves the terminal unchanged. Nil means that it does.
	Prompts func() bool
	// Hint returns, after Check, the line that a person at a terminal sees first:
	// the program's name and what to type. It is not used if Prompts reports false.
	Hint func() string
	// Health checks the process that runs with the same arguments. It must return
	// when the context is done.
	Health func(context.Context) error

	abort func() // called if the program has not ended endLimit after a signal; nil: nothing is
}

// endLimit is the time in which a program exits after a signal, even if its
// terminal takes no output any more and blocks what it writes last. It is longer
// than any program waits for others.
const endLimit = 6 * time.Second

// Process holds what a running program needs.
type Process struct {
	Console *terminal.Console
	Log     *slog.Logger
}

// Main runs the program with the arguments, streams and signals of this process
// and exits: with status 0 on success, 1 on failure, and 2 if the arguments are
// wrong. SIGTERM, SIGINT and SIGHUP cancel the context of Serve, which then shuts
// down and returns; a second signal kills the process. With -health as its only
// argument Main checks the running process of this program, with that process's
// arguments.
func Main(p Program) {
	args := os.Args[1:]
	if len(args) == 1 && isHealthFlag(args[0]) {
		running, err := p.runningArguments()
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: unhealthy: %s\n", p.Name, oneLine(err))
			os.Exit(failed)
		}
		args = append(args, running...)
	}
	p.abort = func() { os.Exit(failed) }
	os.Exit(p.main(args, os.Stdin, os.Stdout, os.Stderr))
}

func (p Program) main(args []string, in, out, errs *os.File) int {
	flags := flag.NewFlagSet(p.Name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	verbose := flags.Bool("v", false, "")
	version := flags.Bool("version", false, "")
	health := flags.Bool("health", false, "")
	if p.Flags != nil {
		p.Flags(flags)
	}
	args, err := parseFlags(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, p.Manual)
		return done
	case err == nil && *version:
		fmt.Fprintf(out, "%s (peerlab) %s %s %s/%s\n", p.Name, Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return done
	case err == nil:
		err = p.Check(args)
	}
	if err != nil {
		fmt.Fprintf(errs, "%s: %s (%s -h shows how it is used)\n", p.Name, oneLine(err), p.Name)
		return misuse
	}
	if *health {
		err = p.checkHealth()
	} else {
		err = p.serve(in, out, errs, *verbose)
	}
	if err != nil {
		fmt.Fprintf(errs, "%s: %s\n", p.Name, oneLine(err))
		return failed
	}
	return done
}

// oneLine returns the text of err as one line that cannot control a terminal, even
// where it quotes a file or a peer. Several errors are separated by semicolons.
func oneLine(err error) []byte {
	return lines.Escape(nil, []byte(strings.ReplaceAll(err.Error(), "\n", "; ")))
}

// leaveSignals returns the signals that start a clean shutdown. SIGHUP is one of
// them unless it is ignored: nohup starts a program that is to survive its
// terminal.
func leaveSignals() []os.Signal {
	all := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

func (p Program) serve(in, out, errs *os.File, verbose bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), leaveSignals()...)
	defer stop()
	// Once the first signal has been taken, the next one acts as it does by default.
	defer context.AfterFunc(ctx, stop)()

	console := terminal.Plain(in, out, errs)
	prompts := p.Prompts == nil || p.Prompts()
	if prompts {
		var err error
		if console, err = terminal.Open(in, out, errs); err != nil {
			return fmt.Errorf("set up the terminal: %w", err)
		}
	}
	defer console.Close()
	if p.abort != nil {
		defer context.AfterFunc(ctx, func() {
			time.AfterFunc(endLimit, func() {
				console.Close()
				p.abort()
			})
		})()
	}
	log := newLog(console.Err, errs, verbose)
	console.Hangup = stop
	console.Lost = func(lines int) {
		if lines == 0 {
			log.Warn("the program is not reading its input: typed lines are dropped from here on")
		} else {
			log.Warn(fmt.Sprintf("%d typed lines were dropped", lines))
		}
	}
	if prompts && p.Hint != nil {
		console.Hint(p.Hint())
	}
	return p.Serve(ctx, &Process{Console: console, Log: log})
}
