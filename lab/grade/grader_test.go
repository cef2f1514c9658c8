package grade

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/lab"
)

func TestMain(m *testing.M) {
	if status, ok := lab.StandGuard(); ok {
		os.Exit(status)
	}
	var err error
	if bench, err = lab.Open(lab.Config{Root: "/", LeftOut: func(string) {}}); err != nil {
		panic(err)
	}
	status := m.Run()
	if err := bench.Close(); err != nil {
		panic(err)
	}
	os.Exit(status)
}

var bench *lab.Bench

// player plays what it is told: for each test a letter a run, p for passed, f for failed
// and u for unknown. The last one is repeated.
type player struct {
	plan map[string]string
	runs map[string]int
}

func (p *player) play(ctx context.Context, test string, s *Submission, folder string) Attempt {
	if ctx.Err() != nil {
		return Attempt{Outcome: NotRun}
	}
	n := p.runs[test]
	p.runs[test]++
	plan := p.plan[test]
	switch plan[min(n, len(plan)-1)] {
	case 'p':
		return Attempt{Outcome: Passed}
	case 'f':
		return Attempt{Outcome: Failed, Failure: &Failure{Summary: fmt.Sprintf("run %d of %s", n+1, test)}}
	}
	return Attempt{Outcome: Unknown, Because: "no engine"}
}

// pair is a submission of two empty programs.
func pair(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ada")
	require.NoError(t, os.Mkdir(dir, 0o755))
	for _, name := range []string{"Server.py", "client.py"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("# "+name+"\n"), 0o644))
	}
	return dir
}

func grader(t *testing.T, plan map[string]string) (*Grader, *player) {
	t.Helper()
	rubric, err := ReadRubric(strings.NewReader(`system: chat
scenarios:
- {name: a, test: TestA, points: 8, says: A.}
- {name: b, test: TestB, points: 5, after: [a], says: B.}
- {name: c, test: TestC, points: 3, after: [b], says: C.}
`))
	require.NoError(t, err)
	p := &player{plan, make(map[string]int)}
	return &Grader{Rubric: rubric, Bench: bench, Runner: p, Now: time.Now, Report: func(string, *Result) error { return nil }}, p
}

func TestHowScenariosAreScored(t *testing.T) {
	for plan, want := range map[string]string{
		"p p p":    "passed 1/1, passed 1/1, passed 1/1: 16 of 16",
		"ff p p":   "failed 0/2, skipped 0/0, skipped 0/0: 0 of 16",
		"fpp p p":  "passed 2/3, passed 1/1, passed 1/1: 16 of 16",
		"fpf p p":  "failed 1/3, skipped 0/0, skipped 0/0: 0 of 16",
		"p f p":    "passed 1/1, failed 0/2, skipped 0/0: 8 of 16",
		"u p p":    "unknown 0/0, unknown 0/0, unknown 0/0: 0 of 0",
		"uup p p":  "passed 1/1, passed 1/1, passed 1/1: 16 of 16",
		"fuf p p":  "failed 0/2, skipped 0/0, skipped 0/0: 0 of 16",
		"p fuuu p": "passed 1/1, unknown 0/1, unknown 0/0: 8 of 8",
	} {
		words := strings.Fields(plan)
		g, _ := grader(t, map[string]string{"TestA": words[0], "TestB": words[1], "TestC": words[2]})
		r, err := g.Grade(t.Context(), pair(t), t.TempDir())
		require.NoError(t, err)
		var got []string
		for _, s := range r.Scenarios {
			got = append(got, fmt.Sprintf("%s %d/%d", s.Outcome, s.Passes, s.Runs))
		}
		points, of := r.Score()
		require.Equal(t, want, fmt.Sprintf("%s: %v of %v", strings.Join(got, ", "), points, of), plan)
		require.True(t, r.Complete)
	}
}

func TestTheFirstFailureIsKept(t *testing.T) {
	g, _ := grader(t, map[string]string{"TestA": "fpf"})
	r, err := g.Grade(t.Context(), pair(t), t.TempDir())
	require.NoError(t, err)
	require.Equal(t, "run 1 of TestA", r.Scenarios[0].Failure.Summary)
	require.Equal(t, "a has not passed", r.Scenarios[1].Because)
}

// At any time the file holds a result with every scenario.
func TestTheResultIsThereFromTheBeginning(t *testing.T) {
	g, _ := grader(t, map[string]string{"TestA": "p", "TestB": "p", "TestC": "p"})
	var told []int
	g.Report = func(folder string, r *Result) error {
		var written Result
		content, err := os.ReadFile(filepath.Join(folder, ResultFile))
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(content, &written))
		require.Equal(t, *r, written)
		run := 0
		for _, s := range r.Scenarios {
			if s.Outcome != NotRun {
				run++
			}
		}
		told = append(told, run)
		return nil
	}
	_, err := g.Grade(t.Context(), pair(t), t.TempDir())
	require.NoError(t, err)
	require.Equal(t, []int{0, 1, 2, 3, 3}, told)
}

func TestAGradingThatIsEndedGoesOnLater(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g, p := grader(t, map[string]string{"TestA": "p", "TestB": "p", "TestC": "p"})
	g.Report = func(_ string, r *Result) error {
		if r.Scenarios[0].Outcome == Passed {
			cancel()
		}
		return nil
	}
	ada, folder := pair(t), t.TempDir()
	quiet := func(*Result) {}
	_, err := g.Class(ctx, []string{ada}, 2, folder, quiet)
	require.ErrorIs(t, err, context.Canceled)

	g.Report = func(string, *Result) error { return nil }
	all, err := g.Class(t.Context(), []string{ada}, 2, folder, quiet)
	require.NoError(t, err)
	require.True(t, all[0].Gradable())
	require.Equal(t, 2, p.runs["TestA"])

	all, err = g.Class(t.Context(), []string{ada}, 2, folder, quiet)
	require.NoError(t, err)
	require.True(t, all[0].Gradable())
	require.Equal(t, 2, p.runs["TestA"], "nothing has changed, so nothing is run")
	require.NoError(t, os.WriteFile(filepath.Join(ada, "client.py"), []byte("# better\n"), 0o644))
	_, err = g.Class(t.Context(), []string{ada}, 2, folder, quiet)
	require.NoError(t, err)
	require.Equal(t, 3, p.runs["TestA"])

	_, err = g.Class(t.Context(), []string{ada, ada + "/."}, 2, folder, quiet)
	require.ErrorContains(t, err, "have the same name")
}

func TestASubmissionThatCannotRun(t *testing.T) {
	g, p := grader(t, nil)
	dir := pair(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Makefile"), []byte("all:\n\t@echo no rule; exit 3\n"), 0o644))
	r, err := g.Grade(t.Context(), dir, t.TempDir())
	require.NoError(t, err)
	require.Contains(t, r.Problem, "it does not build: 'make' exited with status 2\nno rule")
	require.Equal(t, Skipped, r.Scenarios[0].Outcome)
	require.Empty(t, p.runs)
	_, of := r.Score()
	require.InDelta(t, 16, of, 0)
}

func TestWhichProgramsAreFound(t *testing.T) {
	for files, want := range map[string]string{
		"Server.py client.py":           "client: python3 DIR/client.py {ID} {PORT1} {PORT2}; server: python3 DIR/Server.py {}; built by: ",
		"x/server.py x/client.py":       "client: python3 DIR/client.py {ID} {PORT1} {PORT2}; server: python3 DIR/server.py {}; built by: ",
		"server* client.out*":           "client: DIR/client.out {ID} {PORT1} {PORT2}; server: DIR/server {}; built by: ",
		"server.c client.c":             "client: DIR/client.out {ID} {PORT1} {PORT2}; server: DIR/server.out {}; built by: cc -O1 -pthread -o server.out server.c && cc -O1 -pthread -o client.out client.c",
		"Makefile chat.c":               "client: DIR/client.out {ID} {PORT1} {PORT2}; server: DIR/server {}; built by: make",
		"Makefile server.c client.c":    "client: DIR/client.out {ID} {PORT1} {PORT2}; server: DIR/server {}; built by: make",
		"Server.java Client.java":       "client: java -cp DIR Client {ID} {PORT1} {PORT2}; server: java -cp DIR Server {}; built by: javac Server.java && javac Client.java",
		"peerlab.yaml=run":              "client: python3 DIR/c.py {ID}; server: ./gone; built by: echo",
		"peerlab.yaml=image":            "client: image:ada /client {ID}; server: image:ada /server {}; built by: ",
		"server.py":                     "no program was found for client: name the files as the assignment does",
		"notes.txt":                     "no program was found for server and client",
		"peerlab.yaml=role":             `peerlab.yaml: run: there is no role "node" in a chat`,
		"peerlab.yaml=system server.py": "peerlab.yaml: it is a room, and is graded as a chat",
		"peerlab.yaml=typo server.py":   "field bild not found",
	} {
		dir := t.TempDir()
		for _, name := range strings.Fields(files) {
			name, content, _ := strings.Cut(name, "=")
			mode := os.FileMode(0o644)
			if strings.HasSuffix(name, "*") {
				name, mode = strings.TrimSuffix(name, "*"), 0o755
			}
			content = map[string]string{
				"run": "build: echo\nrun:\n  server: ./gone\n  client: python3 c.py {ID}\n", "role": "run: {node: x}\n",
				"image": "run: {server: \"image:ada /server {}\", client: \"image:ada /client {ID}\"}\n", "system": "system: room\n", "typo": "bild: make\n",
			}[content]
			if content != "" && strings.Contains(content, "c.py") {
				require.NoError(t, os.WriteFile(filepath.Join(dir, "c.py"), nil, 0o644))
			}
			require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), mode))
		}
		to := filepath.Join(t.TempDir(), "copy")
		s, err := Open(dir, "chat", to)
		if err != nil {
			require.ErrorContains(t, err, want, files)
			continue
		}
		got := fmt.Sprintf("client: %s; server: %s; built by: %s", strings.TrimPrefix(s.Plays["client"], "cmd:"), strings.TrimPrefix(s.Plays["server"], "cmd:"), s.Build)
		got = strings.ReplaceAll(got, to+"/gone", "./gone")
		require.Equal(t, want, strings.ReplaceAll(got, s.Dir, "DIR"), files)
	}
}

// archive makes a zip of files that hold their names.
func archive(t *testing.T, name string, files ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	file, err := os.Create(path)
	require.NoError(t, err)
	w := zip.NewWriter(file)
	for _, name := range files {
		in, err := w.Create(name)
		require.NoError(t, err)
		_, err = in.Write([]byte(name))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, file.Close())
	return path
}

func TestAnArchiveIsUnpacked(t *testing.T) {
	to := filepath.Join(t.TempDir(), "work")
	s, err := Open(archive(t, "ada lovelace.zip", "chat/server.py", "chat/client.py", "__MACOSX/x"), "chat", to)
	require.NoError(t, err)
	require.Equal(t, "ada lovelace", s.Name)
	require.Equal(t, filepath.Join(to, "chat"), s.Dir)

	to = filepath.Join(t.TempDir(), "a", "b", "work")
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	_, err = Open(archive(t, "evil.zip", "server.py", "client.py", "../../evil.py"), "chat", to)
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(to, "..", "..", "evil.py"))
}

func TestACommandThatPlaysItAgain(t *testing.T) {
	s := &Submission{From: "/class/ada b.zip", Dir: "/tmp/x/work/chat", work: "/tmp/x/work", Build: "make"}
	require.Equal(t, "unzip -qo '/class/ada b.zip' -d '/class/ada b' && (cd '/class/ada b/chat' && make) && P='cmd:/class/ada\\ b/chat/server {}' make e2e",
		s.original().Command("P='cmd:/tmp/x/work/chat/server {}' make e2e"))
	s = &Submission{From: "/ada", Dir: "/tmp/x/work", work: "/tmp/x/work"}
	require.Equal(t, "P='cmd:/ada/server' make e2e", s.original().Command("P='cmd:/tmp/x/work/server' make e2e"))
	s = &Submission{From: "image:ada"}
	require.Nil(t, s.original())
}

func TestWhatIsSaidIsOfTheSubmission(t *testing.T) {
	copied := &Submission{From: "/ada", Dir: "/tmp/x/work"}
	require.Equal(t, "server: python3 /ada/server.py", copied.asGiven("server: python3 /tmp/x/work/server.py"))
	image := &Submission{From: "image:ada"}
	require.Equal(t, "server listens at 127.0.0.1:4000", image.asGiven("server listens at 127.0.0.1:4000"))
}

func TestAnImageHasThePrograms(t *testing.T) {
	s, err := Open("image:ada/chat:2", "chat", t.TempDir())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"server": "image:ada/chat:2 server {}", "client": "image:ada/chat:2 client.out {ID} {PORT1} {PORT2}"}, s.Plays)
}
