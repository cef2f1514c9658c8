package relay

import (
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clipperhouse/displaywidth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rows returns the rows drawn so far. It requires that each row is too narrow to
// wrap and that only the last one ends with a line feed.
func (r *recorder) rows(t *testing.T, columns int) []string {
	t.Helper()
	drawn := strings.TrimSuffix(r.String(), "\n")
	require.NotContains(t, drawn, "\n")
	rows := strings.Split(drawn, "\r")
	require.Empty(t, rows[0])
	for _, row := range rows {
		require.Less(t, displaywidth.String(row), columns, "%q", row)
	}
	return rows[1:]
}

// Fault F8: the row of a long name was wider than the terminal, which wrapped it.
// Each update then began a new row.
func TestABarFitsItsTerminal(t *testing.T) {
	for _, name := range []string{"a", strings.Repeat("n", 300), strings.Repeat("文件", 60), strings.Repeat("👩‍👩‍👧‍👦", 30), strings.Repeat("e\u0301", 90)} {
		for _, columns := range []int{1, 2, 10, 20, 39, 40, 41, 60, 80, 200} {
			synctest.Test(t, func(t *testing.T) {
				out := &recorder{}
				b := newBar(out, func() int { return columns }, name, 100<<20, 0)
				for range 100 {
					<-time.After(barEvery)
					b.Add(1 << 20)
				}
				rows := out.rows(t, max(columns, 2))
				require.Len(t, rows, 101)
				require.True(t, strings.HasSuffix(out.String(), "\n"), "the last row stays")
				if columns >= 40 {
					require.Contains(t, rows[50], " 50% 52.4 MB/105 MB 10.5 MB/s", "%d columns", columns)
					require.True(t, strings.HasPrefix(rows[50], cut(name, 9)[:1]))
				}
				if columns >= 80 {
					require.Contains(t, rows[50], "[==")
				}
			})
		}
	}
}

func TestARowOfABar(t *testing.T) {
	for columns, want := range map[int]string{
		70: "big file.bin [=============             ]  50% 500 MB/1.0 GB 50.0 MB/s",
		50: "big file.bin  50% 500 MB/1.0 GB 50.0 MB/s",
		38: "big file…  50% 500 MB/1.0 GB 50.0 MB/s",
		20: "50% 500 MB/1.0 GB 5…",
	} {
		b := &bar{name: "big file.bin", size: 1_000_000_000, here: 500_000_000, added: 500_000_000}
		row := b.row(columns, 10*time.Second)
		assert.LessOrEqual(t, len([]rune(row)), columns)
		assert.Equal(t, want, row, "%d columns", columns)
	}
}

// Fault F8, after a resize: the next row did not fit the resized terminal.
func TestABarFollowsItsTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, columns := &recorder{}, 80
		b := newBar(out, func() int { return columns }, strings.Repeat("n", 100), 1000, 0)
		out.rows(t, 80)
		out.clear()
		columns = 30
		<-time.After(barEvery)
		b.Add(1)
		out.rows(t, 30)
		out.clear()
		columns = 0 // width unknown: a container's terminal before a client attaches
		<-time.After(barEvery)
		b.Add(1)
		require.Equal(t, barColumns-1, displaywidth.String(out.rows(t, barColumns)[0]))
	})
}

// Fault U9: after a resume the rate counted the bytes that an earlier run had saved.
func TestABarCountsTheRateOfThisRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &recorder{}
		b := newBar(out, func() int { return 80 }, "a", 100_000_000, 90_000_000)
		require.Contains(t, out.String(), " 90% 90.0 MB/100 MB - /s")
		out.clear()
		<-time.After(time.Second)
		b.Add(5_000_000)
		require.Contains(t, out.String(), " 95% 95.0 MB/100 MB 5.0 MB/s")
	})
}

func TestABarClearsItsRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := &recorder{}
		b := newBar(out, func() int { return 60 }, "a", 1000, 0)
		width := len(strings.TrimPrefix(out.String(), "\r"))
		out.clear()
		b.Clear()
		require.Equal(t, "\r"+strings.Repeat(" ", width)+"\r", out.String())
		b.Clear()
		out.clear()
		b.Add(1) // it is drawn again at once
		require.NotEmpty(t, out.String())
		b.Exit()
		out.clear()
		b.Clear()
		b.Exit()
		b.Add(999)
		require.Empty(t, out.String(), "a bar that has exited draws nothing")
	})
}

func TestABarIsSafeForConcurrentUse(t *testing.T) {
	out := &recorder{}
	b := newBar(out, func() int { return 80 }, "a", 8000, 0)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				b.Add(1)
				b.Clear()
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, strings.Count(out.String(), "100%"))
	require.True(t, strings.HasSuffix(out.String(), "\n"))
}

// A transfer of less than longTransfer bytes draws no bar.
func TestABarIsForLargeFiles(t *testing.T) {
	bars := barsOn(-1, io.Discard)
	require.Equal(t, quiet{}, bars("small", longTransfer-1, 0))
	require.Equal(t, quiet{}, bars("little is missing", 2*longTransfer, longTransfer+1))
	require.IsType(t, &bar{}, bars("large", longTransfer, 0))
}
