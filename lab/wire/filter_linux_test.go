package wire

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/bpf"
)

// packetOf returns a packet of TCP with options.
func packetOf(version byte, from, to uint16, flags byte, payload int) []byte {
	tcp := make([]byte, 32, 32+payload)
	binary.BigEndian.PutUint16(tcp[0:], from)
	binary.BigEndian.PutUint16(tcp[2:], to)
	tcp[12], tcp[flagsAt] = 8<<4, flags
	tcp = append(tcp, strings.Repeat("x", payload)...)
	if version == 4 {
		ip := append(make([]byte, 24), tcp...) // with options, too
		ip[0], ip[9] = 4<<4|6, protocolTCP
		return ip
	}
	ip := append(make([]byte, 40), tcp...)
	ip[0], ip[6] = 6<<4, protocolTCP
	return ip
}

func TestPacketsThatATapCopies(t *testing.T) {
	leftOut := []uint32{5001<<16 | 4000, 5002<<16 | 4000}
	of := func(from, to uint16, flags byte, payload int) bool {
		copied := false
		for i, version := range []byte{4, 6} {
			copies := runFilter(t, nil, false, leftOut, packetOf(version, from, to, flags, payload))
			require.True(t, i == 0 || copies == copied, "both versions of IP")
			copied = copies
		}
		return copied
	}
	require.True(t, of(7, 8, syn, 0))
	require.True(t, of(7, 8, syn|ack, 0))
	require.True(t, of(7, 8, fin|ack, 0))
	require.True(t, of(7, 8, rst, 0))
	require.False(t, of(7, 8, ack, 0), "an acknowledgement")
	require.True(t, of(7, 8, ack, 1))
	require.True(t, of(7, 8, ack, 60_000))

	require.False(t, of(5001, 4000, ack, 60_000), "a large packet of a flow that is left out")
	require.False(t, of(5002, 4000, ack, 60_000))
	require.False(t, of(5002, 4000, ack, 0))
	require.True(t, of(5002, 4000, ack, 1000), "a small one")
	require.True(t, of(5002, 4000, fin|ack, 60_000), "the last one")
	require.True(t, of(4000, 5002, ack, 60_000), "the other way")

	udp := packetOf(4, 7, 8, 0, 100)
	udp[9] = 17
	require.False(t, runFilter(t, nil, false, nil, udp))
}

func TestATapOfSomePorts(t *testing.T) {
	only := []uint16{4000, 4001}
	for _, c := range []struct {
		from, to uint16
		payload  int
		want     bool
	}{{4000, 9, 1, true}, {9, 4000, 1, true}, {4001, 9, 1, true}, {9, 4001, 1, true}, {8, 9, 1, false}, {9, 4000, 0, false}} {
		require.Equal(t, c.want, runFilter(t, only, false, nil, packetOf(4, c.from, c.to, ack, c.payload)), "%+v", c)
	}
	require.False(t, runFilter(t, only, false, nil, packetOf(6, 4000, 9, ack, 1)), "over IPv6")
	require.True(t, runFilter(t, only, true, nil, packetOf(4, 9, 4000, ack, 0)), "an acknowledgement")
	require.False(t, runFilter(t, only, true, nil, packetOf(4, 8, 9, ack, 0)))
}

// runFilter reports whether the kernel would copy a packet.
func runFilter(t *testing.T, only []uint16, acks bool, leftOut []uint32, packet []byte) bool {
	t.Helper()
	raw, err := filter(only, acks, leftOut)
	require.NoError(t, err)
	program, all := bpf.Disassemble(raw)
	require.True(t, all)
	vm, err := bpf.NewVM(program)
	require.NoError(t, err)
	n, err := vm.Run(packet)
	require.NoError(t, err)
	require.True(t, n == 0 || n >= len(packet), "whole, or not at all")
	return n > 0
}
