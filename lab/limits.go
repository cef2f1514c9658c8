package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

// Limits bound what a program that is not the project's own may use, with all that it
// starts. A zero field is no limit.
type Limits struct {
	Memory    int64   // bytes
	Processes int     // and threads
	CPUs      float64 // processors
	Files     int     // open at a time, of each process
	FileSize  int64   // bytes of a file
	Output    int64   // bytes that a life may print; then it is killed
	// Group is that of the programs, each of which runs as a user of its own without rights;
	// it must be able to read their files. 0: they run as this process's user.
	Group int
	// Keep are folders that a program with a group of its own may read, wherever they are.
	Keep []string
	// Lenient leaves out what this machine cannot do: for one that holds nothing but the
	// programs, as a container of Gradescope's does.
	Lenient bool
}

// ForStrangers are limits for programs of which nothing is known.
func ForStrangers(group int, keep ...string) *Limits {
	return &Limits{
		Memory: 1 << 30, Processes: 256, CPUs: 1, Files: 1024, FileSize: 256 << 20, Output: 4 << 20, Group: group, Keep: keep,
	}
}

// limited is a process under limits: a place in the kernel's control groups.
type limited struct {
	limits *Limits
	user   int
	groups []string // folders of the control groups
}

// environment is what a program under limits is told of the machine: the same for all who
// run it, and nothing that changes how a language buffers its output.
func environment(dir string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + dir, "TMPDIR=" + dir, "USER=student"}
}

// usersFrom is the first of the users that programs run as. They own nothing on any
// machine.
const usersFrom = 1 << 24

// nextUser returns a user that no other program runs as.
func (b *Bench) nextUser() int {
	return usersFrom + os.Getpid()%(1<<20)*256 + int(b.users.Add(1)%256)
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// jailError is the error of making a jail, which is no fault of the program.
type jailError struct{ error }

func (e *jailError) Unwrap() error { return e.error }

// imprison lets a jailer start a command. The function that it returns must be called
// after the command's start: it waits for the jail and lets the program go on.
func (p *limited) imprison(cmd *exec.Cmd, dir, root string) (admit func() error, err error) {
	words, variable, err := p.limits.newJail(p.user, dir, root).jailer(cmd.Args)
	if err != nil {
		return nil, &jailError{err}
	}
	told, tell, err := os.Pipe()
	if err != nil {
		return nil, &jailError{err}
	}
	cmd.Path, cmd.Args = words[0], words
	cmd.Env, cmd.ExtraFiles = append(cmd.Env, variable), []*os.File{tell}
	return func() error {
		defer told.Close()
		if err := tell.Close(); err != nil {
			return &jailError{err}
		}
		if cmd.Process == nil {
			return nil
		}
		wrong, err := io.ReadAll(told)
		if err == nil && len(wrong) > 0 {
			err = errors.New(string(wrong))
		}
		if err == nil {
			err = p.admit(cmd.Process.Pid)
		}
		if err != nil {
			return &jailError{fmt.Errorf("its jail: %w", err)}
		}
		return nil
	}, nil
}
