package lab

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	bench "peerlab/lab"
)

// A program of which nothing is known reads its own files, and no others.
func TestAStrangerSeesItsOwnFilesOnly(t *testing.T) {
	other, own := t.TempDir(), t.TempDir()
	for _, dir := range []string{other, own, filepath.Dir(other), filepath.Dir(own)} {
		require.NoError(t, os.Chmod(dir, 0o755)) // so that only the jail hides them
		require.NoError(t, os.WriteFile(filepath.Join(dir, "note"), []byte("secret"), 0o644))
	}
	here, err := os.Getwd()
	require.NoError(t, err)
	l := bench.ForStrangers(4711, own)
	p := limited(t, *l, `
import os
for path in ["`+other+`", "/root", "/home", "`+here+`", "/tmp", "/var/tmp", "/dev/shm"]:
    try: print("in", os.path.basename(path), [n for n in os.listdir(path) if not n.startswith("Test") and not n.startswith("peerlab-lab-")])
    except OSError as e: print("no", e.strerror)
print("own", open("`+own+`/note").read())
open("/tmp/scratch", "w").write("x")
print("end", open("/proc/self/status").read().count("NoNewPrivs:\t1"))
input()
`)
	p.Sees("own secret", "end 1")
	for _, line := range p.Lines() {
		text := line.Text
		assert.True(t, strings.HasPrefix(text, "own") || strings.HasPrefix(text, "end") || strings.HasPrefix(text, "no No such file") ||
			strings.HasSuffix(text, "[]") || strings.HasPrefix(text, "in root ['."), text) // the PATH of this machine is below /root
	}
	assert.NoFileExists(t, "/tmp/scratch")
}

// A jail that cannot be made leaves no process, and a folder that is bounded can be anywhere.
func TestAJailThatCannotBeMade(t *testing.T) {
	limited(t, bench.Limits{}, `pass`).Exits(0) // as root
	r, err := theRun()
	require.NoError(t, err)
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "my disk"))
	require.NoError(t, os.Mkdir(os.Getenv("TMPDIR"), 0o755))
	dir, err := r.bench.TempDir("peerlab-test-")
	require.NoError(t, err)
	require.NoError(t, r.bench.Bound(dir))
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	l, err := r.bench.NewLab(bench.Options{Programs: map[string]string{"it": "cmd:true {}"}, Limits: bench.ForStrangers(4711, file)})
	require.NoError(t, err)
	_, err = l.Start(t.Context(), bench.Spec{Name: "it"})
	assert.EqualError(t, err, "it: its jail: hiding files from it: "+file+": not a directory")
	threads, err := filepath.Glob("/proc/self/task/*/children")
	require.NoError(t, err)
	for _, thread := range threads {
		children, _ := os.ReadFile(thread) // "": it has ended
		for _, pid := range strings.Fields(string(children)) {
			status, _ := os.ReadFile("/proc/" + pid + "/status") // "": it has been waited for
			assert.NotContains(t, string(status), "zombie", pid)
		}
	}
	require.NoError(t, l.Close())
	require.NoError(t, r.bench.RemoveTemp(dir))
}

func TestAStrangerFillsItsOwnDiskOnly(t *testing.T) {
	p := limited(t, *bench.ForStrangers(4711), `
n, m = 0, 0
for path in [".", "/tmp"]:
    try:
        while True:
            with open(f"{path}/file{n}", "wb") as f: f.write(bytes(16 << 20))
            n += 1
    except OSError as e: print(path, "is full", e.errno, n)
try:
    while True: open(f"/tmp/small{m}", "w"); m += 1
except OSError as e: print("no more files", e.errno)
input()
`)
	p.Sees(". is full 28 8", "no more files 28")
}

func TestAStrangerReachesNoOtherMachine(t *testing.T) {
	outside, err := net.Listen("tcp", "127.0.0.1:0") // the host's
	require.NoError(t, err)
	defer outside.Close()
	_, port, err := net.SplitHostPort(outside.Addr().String())
	require.NoError(t, err)
	p := limited(t, *bench.ForStrangers(4711), `
import socket
for address in [("1.1.1.1", 53), ("127.0.0.1", `+port+`)]:
    try: socket.create_connection(address, 2)
    except OSError as e: print(e.strerror)
    else: print("connected")
input()
`)
	p.Sees("Network is unreachable", "Connection refused")
}

func TestAStrangerThatIgnoresSignals(t *testing.T) {
	p := limited(t, *bench.ForStrangers(4711), `
import os, signal, time
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print("a grandchild", flush=True)
    time.sleep(1000)
time.sleep(1000)
`)
	p.Sees("a grandchild")
	p.lab.noMore(t, p)
}
