package lab

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	bench "peerlab/lab"
)

// limited starts a program of Python under limits.
func limited(t *testing.T, limits bench.Limits, program string) *Process {
	t.Helper()
	Needs(t, "python3")
	if os.Getuid() != 0 || InContainers() {
		LeaveOut(t, "limits of native programs need root")
	}
	return New(t, Limiting(limits), Playing("it", "cmd:python3 -c '"+program+"' {}")).Start(Spec{Name: "it"})
}

func TestAProgramRunsAsAUserOfItsOwn(t *testing.T) {
	const whoami = "import os; print(os.getuid(), os.getgid(), os.getgroups(), sorted(os.environ)); input()"
	a := limited(t, bench.Limits{Group: 4711}, whoami)
	b := limited(t, bench.Limits{Group: 4711}, whoami)
	first, second := strings.Fields(a.Contains("4711")), strings.Fields(b.Contains("4711"))
	assert.NotEqual(t, first[0], second[0])
	assert.NotEqual(t, "0", first[0])
	assert.Equal(t, "4711 [] ['HOME', 'LANG', 'PATH', 'PWD', 'TERM', 'TMPDIR', 'USER']", strings.Replace(strings.Join(first[1:], " "), "'LC_CTYPE', ", "", 1))
	c := limited(t, bench.Limits{Group: 4711}, `open("/etc/shadow")`)
	c.Exits(1)
	c.Stderr().Contains("Permission denied: '/etc/shadow'")
	d := limited(t, bench.Limits{Group: 4711}, `open("note", "w").write("mine")`)
	d.Exits(0)
	content, err := os.ReadFile(d.Path("note"))
	require.NoError(t, err)
	assert.Equal(t, "mine", string(content))
}

func TestAProgramThatForksForEver(t *testing.T) {
	p := limited(t, bench.Limits{Processes: 20}, `
import os, time
n = 0
try:
    while True:
        if os.fork() == 0:
            os.setsid()
            time.sleep(1000)
        n += 1
except BlockingIOError:
    print("no more than", n, os.getpid())
    time.sleep(1000)
`)
	line := p.Contains("no more than")
	assert.Equal(t, "19", strings.Fields(line)[3])
	p.lab.noMore(t, p)
}

// noMore kills a process and waits until no process is left of what it has started.
func (l *Lab) noMore(t *testing.T, p *Process) {
	t.Helper()
	cgroup, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID()) + "/cgroup")
	require.NoError(t, err)
	require.Contains(t, string(cgroup), "/peerlab/")
	require.NoError(t, l.End())
	for line := range strings.Lines(string(cgroup)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if strings.HasPrefix(parts[2], "/peerlab/") {
			assert.NoDirExists(t, "/sys/fs/cgroup/"+parts[1]+parts[2])
		}
	}
}

func TestAProgramThatNeedsTooMuch(t *testing.T) {
	memory := limited(t, bench.Limits{Memory: 64 << 20}, `x = bytearray(200 << 20); print("has it")`)
	memory.Exits(137)
	file := limited(t, bench.Limits{FileSize: 1 << 20}, `
f = open("big", "wb", buffering=0)
try:
    while True: f.write(bytes(1 << 16))
except OSError as e: print(e, f.tell())
`)
	file.Sees("[Errno 27] File too large 1048576")
	files := limited(t, bench.Limits{Files: 30}, `
all = []
try:
    while True: all.append(open("/dev/null"))
except OSError as e: print(e.errno)
`)
	files.Sees("24")
	output := limited(t, bench.Limits{Output: 1 << 20}, `
while True: print("again and again")
`)
	output.Exits(137)
	assert.Equal(t, "was killed for printing more than 1048576 bytes (status 137)", output.now().Outcome())
	lines := len(output.Lives()[0].Screen)
	assert.Greater(t, lines, 1<<20/16-1)
	assert.Less(t, lines, 4<<20/16)
}

// The kernel's limit of processes cannot be so high.
func TestALimitThatCannotBeSet(t *testing.T) {
	limits := bench.Limits{Memory: 64 << 20, Processes: 1 << 40, CPUs: 1, Lenient: true}
	limited(t, limits, `print("it runs")`).Sees("it runs")
	limits.Lenient = false
	out := watch(t, func(t testing.TB) {
		New(t, Limiting(limits), Playing("it", "cmd:true {}")).Start(Spec{Name: "it"})
	})
	assert.Contains(t, out, "limits need root, and the kernel's control groups")
}

func TestAProgramThatIsBusy(t *testing.T) {
	p := limited(t, bench.Limits{CPUs: 0.2}, `
import time
began = time.time()
while time.process_time() < 0.4: pass
print("took", time.time() - began)
`)
	took, err := strconv.ParseFloat(strings.Fields(p.Contains("took"))[1], 64)
	require.NoError(t, err)
	assert.Greater(t, took, 1.0)
}
