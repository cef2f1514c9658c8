package page

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rate is how many lines a second are typed.
const rate = 200

// TestTheFastChat types 200 lines a second for 10 s, or for PEERLAB_PAGE_LOAD: the page shows
// each within 300 ms and stays under 300 MB.
func TestTheFastChat(t *testing.T) {
	duration := 10 * time.Second
	if set := os.Getenv("PEERLAB_PAGE_LOAD"); set != "" {
		var err error
		duration, err = time.ParseDuration(set)
		require.NoError(t, err)
	}
	r := start(t)
	p := open(t, browser(t), r.control)
	p.awaitChat()
	// The age of the newest line on the screen, at each frame. The lines say when they were typed.
	eval[any](p, `(() => {
		window.ages = [];
		window.last = 0;
		const buffer = document.querySelector('[data-name="client5"]').terminal.buffer;
		const look = () => {
			const b = buffer.active;
			for (let i = b.baseY + b.cursorY; i >= 0 && i > b.baseY + b.cursorY - 4; i--) {
				const stamp = b.getLine(i)?.translateToString(true).match(/^Client 1: at ([0-9]+)$/);
				if (!stamp) continue;
				window.ages.push(Date.now() - Number(stamp[1]));
				window.last = Number(stamp[1]);
				break;
			}
			requestAnimationFrame(look);
		};
		look();
	})()`)
	stop := time.Now().Add(duration)
	last := typeLines(t, r, stop)
	p.await(fmt.Sprintf(`window.last === %d`, last))
	ages := eval[[]float64](p, `window.ages.slice(0, -3).sort((a, b) => a - b)`)
	require.NotEmpty(t, ages)
	at := func(share float64) float64 { return ages[int(share*float64(len(ages)-1))] }
	memory := renderers(t)
	t.Logf("%v: %d frames, the newest line is %.0f ms old (median), %.0f ms (99 %%), %.0f ms at most; the page has %d MB",
		duration, len(ages), at(.5), at(.99), at(1), memory>>20)
	assert.Less(t, at(.99), 300.0)
	assert.Less(t, memory, int64(300<<20))
	p.shot("after")
}

// typeLines types at client1 until a time, and returns the stamp of the last line.
func typeLines(t *testing.T, r *run, stop time.Time) (last int64) {
	t.Helper()
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(strings.Replace(r.control, "http", "ws", 1), "/?", "/socket?", 1), nil)
	require.NoError(t, err)
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for {
			if _, _, err := conn.Read(ctx); err != nil {
				return
			}
		}
	}()
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for now := range tick.C {
		last = now.UnixMilli()
		b, err := json.Marshal(map[string]string{"do": "type", "name": "client1", "text": fmt.Sprint("at ", last)})
		require.NoError(t, err)
		require.NoError(t, conn.Write(t.Context(), websocket.MessageText, b))
		if now.After(stop) {
			return last
		}
	}
	return last
}

// renderers returns the memory of all pages of this test's browser, in bytes: shared memory
// counts in part.
func renderers(t *testing.T) (sum int64) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, dir := range dirs {
		command, err := os.ReadFile(dir + "/cmdline")
		if err != nil || !strings.Contains(string(command), "--type=renderer") {
			continue
		}
		rollup, err := os.ReadFile(dir + "/smaps_rollup")
		if err != nil {
			continue // it has exited
		}
		for line := range strings.Lines(string(rollup)) {
			if fields := strings.Fields(line); fields[0] == "Pss:" {
				kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
				require.NoError(t, err)
				sum = max(sum, kilobytes<<10)
			}
		}
	}
	require.NotZero(t, sum)
	return sum
}
