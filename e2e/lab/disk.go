package lab

import (
	"context"
	"fmt"
)

// DiskFull has every write of the process to a file fail, as on a full disk,
// until DiskFree or its next start. It works by the process's limit on the size
// of files, so pipes and sockets go on, the error that the program gets is EFBIG
// instead of ENOSPC, and other processes are left alone.
func (p *Process) DiskFull() {
	p.lab.t.Helper()
	p.limitFiles("disk full", true)
}

// DiskFree undoes DiskFull.
func (p *Process) DiskFree() {
	p.lab.t.Helper()
	p.limitFiles("disk free", false)
}

func (p *Process) limitFiles(what string, full bool) {
	p.lab.t.Helper()
	p.do(what, func(r running, ctx context.Context) error {
		pid, err := r.pid(ctx)
		if err != nil {
			return fmt.Errorf("finding its process: %w", err)
		}
		return limitFiles(pid, full)
	})
}
