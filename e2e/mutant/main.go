// Command mutant runs a program of the chat and has it break one promise, for
// the scenario that shows that the checker notices:
//
//	mutant CHEAT PROGRAM ARGS...
//
// It passes on what is typed and shown, signals and the exit status, and does
// this besides:
//
//	honest           nothing: the wrapper itself changes nothing
//	duplicate        shows a line of another member twice
//	swap             shows two lines of one sender in the wrong order
//	drop-last        shows each line of the server's only when it shows the next
//	answer-first     shows an answer before the line that it answers
//	wait=ADDR,ADDR   sends no line before all members at these addresses answer
//	forget-registry  starts without the server's registry
//	return-twice     shows twice that a client has reconnected
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "mutant: give CHEAT PROGRAM ARGS...")
		os.Exit(2)
	}
	kind, option, _ := strings.Cut(os.Args[1], "=")
	prepare, ok := cheats[kind]
	if !ok {
		fmt.Fprintf(os.Stderr, "mutant: %q is no cheat\n", kind)
		os.Exit(2)
	}
	program := exec.Command(os.Args[2], os.Args[3:]...)
	status, err := run(program, prepare(option, program))
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutant:", err)
	}
	os.Exit(status)
}

// run runs the program to its end and returns the status to exit with.
func run(program *exec.Cmd, c cheat) (status int, err error) {
	in, err := program.StdinPipe()
	if err != nil {
		return 1, err
	}
	out, err := program.StdoutPipe()
	if err != nil {
		return 1, err
	}
	program.Stderr = os.Stderr
	if c.begin != nil {
		if err := c.begin(); err != nil {
			return 1, err
		}
	}
	if err := program.Start(); err != nil {
		return 1, err
	}
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		for sig := range caught {
			_ = program.Process.Signal(sig) // it may have ended
		}
	}()
	go typeOn(in, c)
	showOn(out, c)
	err = program.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}
