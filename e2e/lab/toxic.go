package lab

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Way is a direction through a [Route].
type Way int

const (
	BothWays   Way = iota
	ToTarget       // what the dialling side sends
	FromTarget     // what the target sends
)

func (w Way) String() string { return [...]string{"both ways", "to its target", "from its target"}[w] }

func (w Way) streams() []string {
	return [][]string{{"upstream", "downstream"}, {"upstream"}, {"downstream"}}[w]
}

// Toxic is something that a [Route] can do to the bytes that pass.
type Toxic struct {
	kind       string
	attributes map[string]int64
}

// Delay has every chunk come later by this much, give or take the jitter. The
// order stays, so one chunk that is late holds up those behind it.
func Delay(by, jitter time.Duration) Toxic {
	return Toxic{"latency", map[string]int64{"latency": by.Milliseconds(), "jitter": jitter.Milliseconds()}}
}

// Bandwidth lets this many kilobytes pass in a second.
func Bandwidth(kilobytes int) Toxic {
	return Toxic{"bandwidth", map[string]int64{"rate": int64(kilobytes)}}
}

// Slices cuts chunks into pieces of about this many bytes, with a pause after
// each.
func Slices(bytes int, pause time.Duration) Toxic {
	return Toxic{"slicer", map[string]int64{
		"average_size": int64(bytes), "size_variation": int64(bytes / 2), "delay": pause.Microseconds(),
	}}
}

// Silence lets nothing pass and says nothing about it, as a cut cable or a
// paused host. What was sent meanwhile is lost, and the connection is closed
// when the silence ends.
func Silence() Toxic { return Toxic{"timeout", map[string]int64{"timeout": 0}} }

// Reset ends a connection by a reset some time after the next chunk.
func Reset(after time.Duration) Toxic {
	return Toxic{"reset_peer", map[string]int64{"timeout": after.Milliseconds()}}
}

// Limit ends a connection after this many bytes, which can be anywhere in a line.
func Limit(bytes int) Toxic { return Toxic{"limit_data", map[string]int64{"bytes": int64(bytes)}} }

func (t Toxic) String() string {
	words := []string{t.kind}
	for _, name := range slices.Sorted(maps.Keys(t.attributes)) {
		words = append(words, fmt.Sprintf("%s=%d", name, t.attributes[name]))
	}
	return strings.Join(words, " ")
}
