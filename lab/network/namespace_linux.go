package network

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// ofThread is the network namespace that the calling thread is in.
const ofThread = "/proc/thread-self/ns/net"

// namespace is a network namespace, held by an open file.
type namespace struct{ file *os.File }

func newNamespace() (*namespace, error) {
	ns := &namespace{}
	var err error
	failed := elsewhere(unshare, func() {
		if err = raiseLoopback(); err == nil {
			ns.file, err = os.Open(ofThread)
		}
	})
	if failed != nil {
		return nil, failed
	}
	return ns, err
}

// openNamespace opens the namespace of a process, and enters it once.
func openNamespace(pid int) (*namespace, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	ns := &namespace{file}
	if err == nil {
		if err = ns.do(func() {}); err != nil {
			_ = ns.close()
		}
	}
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("%w: run this as root", err)
	}
	return ns, err
}

func unshare() error {
	err := unix.Unshare(unix.CLONE_NEWNET)
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("%w: run this as root, or by 'unshare --user --map-root-user COMMAND'", err)
	}
	if errors.Is(err, unix.ENOSPC) {
		return fmt.Errorf("%w: raise the limit, 'sysctl user.max_net_namespaces', or end the programs that hold namespaces ('lsns -t net')", err)
	}
	return err
}

// raiseLoopback sets the loopback interface of the thread's network up. The kernel
// gives it 127.0.0.1/8 and ::1.
func raiseLoopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("setting the loopback interface up: %w", err)
	}
	defer unix.Close(socket)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("setting the loopback interface up: %w", err)
	}
	return nil
}

func (ns *namespace) do(f func()) error { return elsewhere(ns.enter, f) }

// enter moves the calling thread into the namespace.
func (ns *namespace) enter() error {
	raw, err := ns.file.SyscallConn()
	if err != nil {
		return err
	}
	if raw.Control(func(fd uintptr) { err = unix.Setns(int(fd), unix.CLONE_NEWNET) }) != nil {
		return fmt.Errorf("entering a network that is closed: %w", os.ErrClosed)
	}
	return err
}

func (ns *namespace) close() error { return ns.file.Close() }

// elsewhere calls f on a thread that enter has moved into another namespace. No
// goroutine but that of f runs on the thread before it is back. A thread that
// cannot be moved back, as in a user namespace, ends with that goroutine.
func elsewhere(enter func() error, f func()) error {
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The runtime never ends the main thread: use another, while the main
			// one is locked to this goroutine.
			err = elsewhere(enter, f)
			runtime.UnlockOSThread()
			return
		}
		var home *os.File
		if home, err = os.Open(ofThread); err != nil {
			runtime.UnlockOSThread()
			return
		}
		defer home.Close()
		if err = enter(); err != nil {
			runtime.UnlockOSThread()
			return
		}
		defer func() {
			if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
				runtime.UnlockOSThread()
			}
		}()
		f()
	}()
	<-done
	return err
}

// mark gives a socket its mark. Without NET_ADMIN it stays without.
func mark(_, _ string, conn syscall.RawConn) error {
	return conn.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_MARK, Mark) })
}
