package main

import (
	"bufio"
	"io"
	"os/exec"
	"testing"
)

// natsClient is a natsline with its stdin and stdout; it has connected.
func natsClient(t *testing.T, l *lab, addr, name string) (io.WriteCloser, *bufio.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), l.bin("natsline"), "-name", name, addr, "room")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has ended it
	screen := bufio.NewReader(out)
	if line, err := screen.ReadString('\n'); line != "connected\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return in, screen
}

func TestALineGoesThroughNats(t *testing.T) {
	l, err := newLab(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	s, addr, err := l.startNats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	ann, annSees := natsClient(t, l, addr, "Ann")
	ben, benSees := natsClient(t, l, addr, "Ben")
	if _, err := io.WriteString(ann, "hello\nare you there\n"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Ann: hello\n", "Ann: are you there\n"} {
		if line, err := benSees.ReadString('\n'); line != want {
			t.Fatalf("Ben sees %q, %v", line, err)
		}
	}
	if _, err := io.WriteString(ben, "yes\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := annSees.ReadString('\n'); line != "Ben: yes\n" { // and not her own first
		t.Fatalf("Ann sees %q, %v", line, err)
	}
}
