package tcp

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckDial(t *testing.T) {
	for addr, good := range map[string]bool{
		"127.0.0.1:6002": true, "[::1]:6002": true, "host:6002": true, "255.255.255.255:65535": true,
		"": false, ":6002": false, "127.0.0.1": false, "127.0.0.1:": false, "127.0.0.1:0": false, "127.0.0.1:65536": false,
		"127.0.0.1:6002:1": false, "127.0.0.1 :6002": false, "a#b:1": false, "127.0.0.1:http": false,
		strings.Repeat("1", MaxAddr-5) + ":6002": true, strings.Repeat("1", MaxAddr-4) + ":6002": false,
	} {
		require.Equal(t, good, CheckDial(addr) == nil, addr)
	}
}

// A link-local address with a zone is one to listen at, and none to tell others.
func TestCheckAnnounced(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:6001", "0.0.0.0:6001", "[::]:6001", "[fe80::1]:6001"} {
		require.NoError(t, CheckAnnounced(addr))
	}
	require.ErrorContains(t, CheckAnnounced("[fe80::1%lo]:6001"), "listen at an address without one")
}

func TestIsNumeric(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": true, "[::1]:65535": true, "[::ffff:192.0.2.1]:7": true,
		"": false, "127.0.0.1": false, "127.0.0.1:0": false, "localhost:7": false, "127.1:7": false, "[fe80::1%lo]:7": false,
		"127.0.0.1:" + strings.Repeat("0", MaxAddr) + "1": false,
	} {
		require.Equal(t, want, IsNumeric(addr), addr)
	}
}

// An address of a connection may have a zone, which means nothing at another host.
func TestReachableHasNoZone(t *testing.T) {
	from := &net.TCPAddr{IP: net.ParseIP("fe80::1"), Zone: "lo", Port: 50000}
	for addr, want := range map[string]string{
		"[::]:6001": "[fe80::1]:6001", "0.0.0.0:6001": "[fe80::1]:6001", "[::ffff:0.0.0.0]:6001": "[fe80::1]:6001",
		"127.0.0.1:6001": "127.0.0.1:6001",
	} {
		require.Equal(t, want, Reachable(addr, from))
	}
}
