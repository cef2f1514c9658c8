package lab

import (
	"fmt"
	"os"
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
}

// ForStrangers are limits for programs of which nothing is known.
func ForStrangers(group int) *Limits {
	return &Limits{
		Memory: 1 << 30, Processes: 256, CPUs: 1, Files: 1024, FileSize: 256 << 20, Output: MaxOutput, Group: group,
	}
}

// limited is a process under limits: a place in the kernel's control groups.
type limited struct {
	limits *Limits
	user   int
	groups []string // folders of the control groups
}

// shell is the command that starts another under limits: it waits for SIGCONT, by when it
// is in its control groups.
func (l *Limits) shell(command []string) []string {
	script := "kill -STOP $$; "
	if l.Files > 0 {
		script += fmt.Sprintf("ulimit -n %d; ", l.Files)
	}
	if l.FileSize > 0 {
		script += fmt.Sprintf("ulimit -f %d; ", l.FileSize/512)
	}
	return append([]string{"sh", "-c", script + `ulimit -c 0; exec "$@"`, "sh"}, command...)
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
