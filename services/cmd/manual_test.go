package cmd

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/services/internal/lines"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	screenRows, screenColumns = 40, 80
	mainLines                 = 50
)

// every holds the flags that package process defines for each program.
var every = []string{"v", "health", "version", "h"}

// program is a directory beside this file.
type program struct{ name, source, manual string }

func programs(t *testing.T) []program {
	t.Helper()
	sources, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	var all []program
	for _, source := range sources {
		dir := filepath.Dir(source)
		manual, err := os.ReadFile(filepath.Join(dir, "manual.txt"))
		require.NoError(t, err)
		all = append(all, program{dir, source, string(manual)})
	}
	return all
}

func TestAManualFitsOneScreen(t *testing.T) {
	for _, p := range programs(t) {
		t.Run(p.name, func(t *testing.T) {
			text, ended := strings.CutSuffix(p.manual, "\n")
			require.True(t, ended, "the last line must end with LF")
			rows := strings.Split(text, "\n")
			assert.LessOrEqual(t, len(rows), screenRows, "rows")
			for i, row := range rows {
				assert.LessOrEqual(t, utf8.RuneCountInString(row), screenColumns, "columns of line %d", i+1)
				assert.True(t, lines.Clean([]byte(row)), "line %d: %q", i+1, row)
				assert.Equal(t, strings.TrimRight(row, " "), row, "line %d", i+1)
			}
		})
	}
}

func TestAManualHasItsParts(t *testing.T) {
	for _, p := range programs(t) {
		t.Run(p.name, func(t *testing.T) {
			assert.True(t, strings.HasPrefix(p.manual, p.name+" - "), "the manual must begin with the name and the purpose")
			_, example, ok := strings.Cut(p.manual, "\nExample")
			require.True(t, ok, "the manual must have an example")
			assert.Regexp(t, `(?m)^    (.*\| )?`+p.name+`\b`, example, "the example must run the program")
			assert.Contains(t, p.manual, "Exit status")
		})
	}
}

func TestAManualNamesEveryFlagAndNoOther(t *testing.T) {
	for _, p := range programs(t) {
		t.Run(p.name, func(t *testing.T) {
			declared := append(flagsOf(t, p.source), every...)
			var named []string
			for _, m := range regexp.MustCompile(`(?m)(?:^|[ \[(,])-([a-z][a-z0-9-]*)`).FindAllStringSubmatch(listOf(t, p.manual), -1) {
				named = append(named, m[1])
			}
			for _, name := range declared {
				assert.Contains(t, named, name)
			}
			for _, name := range named {
				assert.Contains(t, declared, name)
			}
		})
	}
}

// listOf returns the indented rows below "Flags:" that begin with a flag.
func listOf(t *testing.T, manual string) string {
	t.Helper()
	_, list, ok := strings.Cut(manual, "\nFlags:\n")
	require.True(t, ok, "the manual must list the flags after Flags:")
	var b strings.Builder
	for row := range strings.Lines(list) {
		if !strings.HasPrefix(row, " ") {
			break
		}
		if strings.HasPrefix(strings.TrimLeft(row, " "), "-") {
			b.WriteString(row)
		}
	}
	return b.String()
}

// flagsOf returns the names of the flags that a main.go declares: the first
// string literal in each call of a method of the flag set.
func flagsOf(t *testing.T, source string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var names []string
	ast.Inspect(file, func(n ast.Node) bool {
		set := flagSetOf(n)
		if set == "" {
			return true
		}
		ast.Inspect(n, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if on, ok := method.X.(*ast.Ident); ok && on.Name == set {
				at := slices.IndexFunc(call.Args, func(arg ast.Expr) bool {
					text, ok := arg.(*ast.BasicLit)
					return ok && text.Kind == token.STRING
				})
				require.GreaterOrEqual(t, at, 0, "%s declares a flag in a way that this test does not support", source)
				name, err := strconv.Unquote(call.Args[at].(*ast.BasicLit).Value)
				require.NoError(t, err)
				names = append(names, name)
			}
			return true
		})
		return false
	})
	return names
}

// flagSetOf returns the name of the flag set parameter of the function literal n,
// or "".
func flagSetOf(n ast.Node) string {
	f, ok := n.(*ast.FuncLit)
	if !ok || len(f.Type.Params.List) != 1 || len(f.Type.Params.List[0].Names) != 1 {
		return ""
	}
	star, ok := f.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return ""
	}
	if kind, ok := star.X.(*ast.SelectorExpr); !ok || kind.Sel.Name != "FlagSet" {
		return ""
	}
	return f.Type.Params.List[0].Names[0].Name
}

func TestMainIsFlagsAndOneCall(t *testing.T) {
	for _, p := range programs(t) {
		source, err := os.ReadFile(p.source)
		require.NoError(t, err)
		assert.LessOrEqual(t, bytes.Count(source, []byte("\n")), mainLines, p.source)
		assert.Contains(t, string(source), `Name:   "`+p.name+`"`, "the directory must have the program's name")
	}
}

// If flagsOf returned nothing, the test of the manuals would always pass.
func TestFlagsAreFound(t *testing.T) {
	assert.ElementsMatch(t, []string{"listen", "registry", "tls", "insecure"}, flagsOf(t, "server/main.go"))
	assert.ElementsMatch(t, []string{"server", "host", "peer", "tls", "insecure"}, flagsOf(t, "client/main.go"))
}
