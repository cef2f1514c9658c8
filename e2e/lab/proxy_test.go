package lab

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// greeter accepts connections at an address, greets each, and echoes its lines.
func greeter(t *testing.T, l *Lab, address string) {
	ln, err := l.Listen(address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				fmt.Fprintln(c, "welcome")
				_, _ = io.Copy(c, c)
			}()
		}
	}()
}

// talkTimeout is for all that a caller says and hears, in some seconds.
const talkTimeout = time.Minute

// caller dials and says its first line; it has been greeted and answered.
func caller(t *testing.T, l *Lab, address, first string) (net.Conn, *bufio.Reader) {
	c, err := l.Dial(address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(talkTimeout)))
	fmt.Fprintln(c, first)
	in := bufio.NewReader(c)
	for _, want := range []string{"welcome\n", first + "\n"} {
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, want, line)
	}
	return c, in
}

func TestProxyBreaksTheLinksItIsToldTo(t *testing.T) {
	l := New(t)
	target := l.Address()
	greeter(t, l, target)
	p := l.NewProxy(target)
	a, fromA := caller(t, l, p.Address, "HELLO a")
	b, fromB := caller(t, l, p.Address, "HELLO b")
	assert.Equal(t, 2, p.Links())
	assert.ElementsMatch(t, []string{"HELLO a", "HELLO b"}, p.Callers())

	p.Break(RST, func(first string) bool { return first == "HELLO a" })
	_, err := fromA.ReadString('\n')
	assert.ErrorContains(t, err, "reset")
	_ = a.Close()
	fmt.Fprintln(b, "still here")
	line, err := fromB.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "still here\n", line)

	again, err := l.Dial(p.Address)
	require.NoError(t, err)
	defer again.Close()
	fmt.Fprintln(again, "HELLO a")
	_, err = io.ReadAll(again)
	assert.ErrorContains(t, err, "reset", "refused while broken")

	p.Heal()
	caller(t, l, p.Address, "HELLO a")
	p.Break(FIN, Everyone)
	_, err = fromB.ReadString('\n')
	assert.ErrorIs(t, err, io.EOF)
	p.Break(FIN, Nobody)
	caller(t, l, p.Address, "HELLO b")
}

func TestProxyPassesEndsAndLongLinesOn(t *testing.T) {
	l := New(t)
	target := l.Address()
	p := l.NewProxy(target)
	early, err := l.Dial(p.Address)
	if err == nil { // the reset may come before the dial is over, or after
		_, err = io.ReadAll(early)
		_ = early.Close()
	}
	assert.ErrorContains(t, err, "reset", "nobody is there yet")

	greeter(t, l, target)
	long := strings.Repeat("x", 3*maxFirstLine)
	c, in := caller(t, l, p.Address, long)
	require.NoError(t, c.(*net.TCPConn).CloseWrite())
	rest, err := io.ReadAll(in)
	require.NoError(t, err)
	assert.Empty(t, rest)
}

func TestBothSidesSeeHowALinkIsCut(t *testing.T) {
	l := New(t)
	target := l.Address()
	ln, err := l.Listen(target)
	require.NoError(t, err)
	defer ln.Close()
	p := l.NewProxy(target)
	for range 50 {
		for how, want := range map[Cut]string{FIN: "EOF", RST: "connection reset by peer"} {
			ours, err := l.Dial(p.Address)
			require.NoError(t, err)
			theirs, err := ln.Accept()
			require.NoError(t, err)
			fmt.Fprintln(ours, "hello")
			_, err = io.ReadFull(theirs, make([]byte, len("hello\n")))
			require.NoError(t, err)
			p.Break(how, Everyone)
			for side, c := range map[string]net.Conn{"dialler": ours, "target": theirs} {
				_, err := c.Read(make([]byte, 1))
				require.ErrorContains(t, err, want, side)
				require.NoError(t, c.Close())
			}
			p.Heal()
		}
	}
}
