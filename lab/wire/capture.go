package wire

import (
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// capture writes packets as a pcapng file, which Wireshark and tcpdump read. It is of one
// goroutine.
type capture struct {
	out *pcapgo.NgWriter
	err error // the first
}

// newCapture begins a file, or returns nil if there is to be none.
func newCapture(w io.Writer) *capture {
	if w == nil {
		return nil
	}
	c := &capture{}
	c.out, c.err = pcapgo.NewNgWriter(w, layers.LinkTypeRaw)
	return c
}

func (c *capture) add(at time.Time, packet []byte) {
	if c != nil && c.err == nil {
		c.err = c.out.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(packet), Length: len(packet)}, packet)
	}
}

// end writes what is left, and returns the first error.
func (c *capture) end() error {
	if c != nil && c.err == nil {
		c.err = c.out.Flush()
	}
	if c == nil {
		return nil
	}
	return c.err
}
