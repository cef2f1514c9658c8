package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"peerlab/lab/event"
)

// programVariable makes the test binary a program that knows nothing of the wire.
const programVariable = "PEERLAB_WIRE_PROGRAM"

func TestMain(m *testing.M) {
	switch os.Getenv(programVariable) {
	case "echo":
		echo()
	case "talk":
		talk()
	case "share":
		share()
	default:
		goleak.VerifyTestMain(m)
	}
}

// echo sends back what comes at port 4000.
func echo() {
	ln, err := net.Listen("tcp", "127.0.0.1:4000")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listening")
	for {
		conn, err := ln.Accept()
		if err != nil {
			os.Exit(1)
		}
		go func() {
			_, _ = io.Copy(conn, conn)
			conn.Close()
		}()
	}
}

// talk dials port 4000 when a line is typed, sends it, and says what comes back, or why
// nothing does. It keeps the connection for the next line.
func talk() {
	var conn net.Conn
	var in *bufio.Reader
	for typed := bufio.NewReader(os.Stdin); ; {
		line, err := typed.ReadString('\n')
		if err != nil {
			return
		}
		if conn == nil {
			if conn, err = net.Dial("tcp", "127.0.0.1:4000"); err != nil {
				fmt.Println("dial:", err)
				conn = nil
				continue
			}
			in = bufio.NewReader(conn)
			fmt.Println("connected")
		}
		answer := ""
		if _, err = io.WriteString(conn, line); err == nil {
			answer, err = in.ReadString('\n')
		}
		reset := errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ECONNABORTED) || errors.Is(err, syscall.EPIPE)
		switch {
		case reset && answer != "":
			fmt.Println("reset in a line")
			conn = nil
		case reset:
			fmt.Println("reset")
			conn = nil
		case err != nil:
			fmt.Println(err)
			conn = nil
		default:
			fmt.Print(answer)
		}
	}
}

// share opens a wire in a network that is shared, and is killed when a line is typed.
func share() {
	events := event.NewRecorder(io.Discard)
	if _, err := OpenShared([]uint16{4000}, func(int) string { return "" }, events); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
}
