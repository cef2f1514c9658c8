package lab

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// runID names the run of the test binary with this process id: PID.START,
// START being the time when the process began, so that a later process that
// gets the same number is not taken for it.
func runID(pid int) string {
	return fmt.Sprintf("%d.%s", pid, startOf(pid))
}

// startOf is when the process began, in clock ticks since the machine's start;
// "0" if there is no such process or the system has no /proc to ask.
func startOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "0"
	}
	// The second field is the program's name, which may hold anything; the
	// start is the 20th of those behind it.
	behind := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(behind) < 20 {
		return "0"
	}
	return behind[19]
}

// runAlive says whether the test binary of the run is still there. Of what it
// cannot read it says yes: nothing is removed that might be in use.
func runAlive(id string) bool {
	number, start, _ := strings.Cut(id, ".")
	pid, err := strconv.Atoi(number)
	if err != nil || pid <= 0 {
		return true
	}
	if err := syscall.Kill(pid, 0); errors.Is(err, syscall.ESRCH) {
		return false
	}
	return startOf(pid) == start
}
