package chat

import (
	"runtime/debug"
	"runtime/metrics"
)

// trimAbove is the size of the logs from which trim is worth a collection.
const trimAbove = 4 << 20

// memory counts collections of garbage. The collector lets the heap grow to twice what
// the logs take, which matters only while lines come fast: 41 MiB for a client at which a
// million lines were typed. Collecting more often would cost a tenth of the speed; trim
// gives the memory back once, when there is time.
type memory struct{ latest, trimmed uint64 }

// trim returns unused memory to the system if the logs are large, garbage was collected
// since the last trim, and none since the last call. It takes some milliseconds.
func (c *memory) trim(logs int) {
	if logs < trimAbove {
		return
	}
	before := c.latest
	c.latest = collections()
	if c.latest == before && c.latest != c.trimmed {
		debug.FreeOSMemory()
		c.latest = collections()
		c.trimmed = c.latest
	}
}

func collections() uint64 {
	count := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(count)
	return count[0].Value.Uint64()
}
