package grade

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"peerlab/lab"
)

// OwnFile is the name of the file by which a submission may say how it is built and run.
const OwnFile = "peerlab.yaml"

// Submission is a program to be graded: its files, unpacked, and how they are run.
type Submission struct {
	Name  string
	Hash  string            // of its content
	From  string            // what was given: a folder, a zip or image:NAME
	Dir   string            // where its files are in the copy; "" for an image
	Group int               // that may read them; 0: see chooseGroup
	Build string            // a shell command that is run in Dir first; "": none
	Plays map[string]string // what plays each role, as in lab.Options
	Notes []string          // what was found and chosen, for people

	work string // the copy
}

// own is what the file of a submission says.
type own struct {
	System string            `yaml:"system,omitempty"`
	Build  string            `yaml:"build,omitempty"`
	Run    map[string]string `yaml:"run"` // by role: a command, with places
}

// part is a program that a system needs.
type part struct {
	role   string
	stems  []string // the names of its files, in lower case, without what follows a dot
	places string   // the places that follow the command
}

// parts are the programs of the systems, as their assignments name and start them.
var parts = map[string][]part{
	"chat": {
		{"server", []string{"server"}, "{}"},
		{"client", []string{"client"}, "{ID} {PORT1} {PORT2}"},
	},
	"relay": {
		{"relay", []string{"relay_server", "relayserver", "relay", "server"}, "{PORT}"},
		{"node", []string{"peer_nodes", "peer_node", "peernode", "node"}, "{HOST} {PORT}"},
		{"fetch", []string{"peer_client", "peerclient", "fetch", "client"}, "{HOST} {PORT}"},
	},
	"order": {
		{"order-server", []string{"server"}, "{}"},
		{"order-client", []string{"client"}, "{NAME} {TEXT}"},
	},
	"room": {
		{"room-server", []string{"server"}, "{}"},
		{"room-client", []string{"client"}, "{}"},
	},
}

// Open prepares a submission, a folder, a zip or image:NAME, for a system: its copy is
// made in the folder to. The error is the submission's own fault, and says what to do.
func Open(from, system, to string) (*Submission, error) {
	s := &Submission{Name: submissionName(from), From: from, Dir: to, work: to, Plays: make(map[string]string)}
	if image, ok := strings.CutPrefix(from, "image:"); ok {
		s.Hash, s.Dir = image, ""
		for _, p := range parts[system] {
			s.Plays[p.role] = from + " " + p.made() + " " + p.places
		}
		return s, nil
	}
	var err error
	if s.Hash, err = unpack(from, to); err != nil {
		return s, err
	}
	s.Dir = onlyFolder(to)
	if err := s.read(system); err != nil {
		return s, err
	}
	return s, nil
}

// submissionName returns the name of a submission, which is also that of its folder.
func submissionName(from string) string {
	if image, ok := strings.CutPrefix(from, "image:"); ok {
		return notInNames.ReplaceAllString(image, "_")
	}
	return notInNames.ReplaceAllString(strings.TrimSuffix(filepath.Base(filepath.Clean(from)), ".zip"), "_")
}

var notInNames = regexp.MustCompile(`^\.+|[^A-Za-z0-9._@ -]`)

// onlyFolder returns the folder in which the files are: many archives have one folder in
// which everything is.
func onlyFolder(dir string) string {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) == 1 && entries[0].IsDir() {
		return onlyFolder(filepath.Join(dir, entries[0].Name()))
	}
	return dir
}

// original says how a command for the copy of a submission is written for the submission
// itself: an archive is unpacked, and the programs are built. nil: there is no copy.
func (s *Submission) original() *Original {
	given, err := filepath.Abs(s.From)
	if err != nil || s.Dir == "" {
		return nil
	}
	from := strings.TrimSuffix(given, ".zip")
	o := &Original{Copy: s.Dir, Folder: from + strings.TrimPrefix(s.Dir, s.work)}
	if from != given {
		o.Before = fmt.Sprintf("unzip -qo %s -d %s && ", lab.QuoteWords(given), lab.QuoteWords(from))
	}
	if s.Build != "" {
		o.Before += fmt.Sprintf("(cd %s && %s) && ", lab.QuoteWords(o.Folder), s.Build)
	}
	return o
}

// asGiven returns a text with the submission's name in place of its copy's. An image has no copy.
func (s *Submission) asGiven(text string) string {
	if s.Dir == "" {
		return text
	}
	return strings.ReplaceAll(text, s.Dir, s.From)
}

func (s *Submission) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// read reads the submission's own file, and looks for what that does not say.
func (s *Submission) read(system string) error {
	var said own
	content, err := os.ReadFile(filepath.Join(s.Dir, OwnFile))
	if err == nil {
		in := yaml.NewDecoder(bytes.NewReader(content))
		in.KnownFields(true)
		if err := in.Decode(&said); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("%s: %w", OwnFile, err)
		}
		if said.System != "" && said.System != system {
			return fmt.Errorf("%s: it is a %s, and is graded as a %s", OwnFile, said.System, system)
		}
		s.note("%s was read", OwnFile)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.Build = said.Build
	for role, command := range said.Run {
		if !slices.ContainsFunc(parts[system], func(p part) bool { return p.role == role }) {
			return fmt.Errorf("%s: run: there is no role %q in a %s", OwnFile, role, system)
		}
		s.Plays[role] = s.inFolder(command)
	}
	files, err := os.ReadDir(s.Dir)
	if err != nil {
		return err
	}
	if s.Build == "" && slices.ContainsFunc(files, func(e fs.DirEntry) bool { return strings.EqualFold(e.Name(), "makefile") || e.Name() == "GNUmakefile" }) {
		s.Build = "make"
	}
	var missing []string
	for _, p := range parts[system] {
		if s.Plays[p.role] == "" && !s.find(p, files) {
			missing = append(missing, p.role)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("no program was found for %s: name the files as the assignment does (%s), or say how they are run in a file %s",
			strings.Join(missing, " and "), examples(system), OwnFile)
	}
	for _, role := range slices.Sorted(roles(system)) {
		s.note("%s: %s", role, strings.TrimPrefix(s.Plays[role], "cmd:"))
	}
	if s.Build != "" {
		s.note("built by: %s", s.Build)
	}
	return nil
}

func roles(system string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, p := range parts[system] {
			if !yield(p.role) {
				return
			}
		}
	}
}

func examples(system string) string {
	var all []string
	for _, p := range parts[system] {
		all = append(all, p.stems[0]+".py")
	}
	return "for example " + strings.Join(all, " and ")
}

// languages are how a file is built and run, by how its name ends.
var languages = []struct {
	ends  string
	build string // {FILE} is the file, {STEM} its name without the end
	run   string
}{
	{".out", "", "./{FILE}"},
	{"", "", "./{FILE}"},
	{".py", "", "python3 {FILE}"},
	{".java", "javac {FILE}", "java -cp . {STEM}"},
	{".class", "", "java -cp . {STEM}"},
	{".c", "cc -O1 -pthread -o {STEM}.out {FILE}", "./{STEM}.out"},
	{".cpp", "c++ -O1 -pthread -o {STEM}.out {FILE}", "./{STEM}.out"},
	{".go", "go build -o {STEM}.out {FILE}", "./{STEM}.out"},
	{".js", "", "node {FILE}"},
}

// find looks for the file of a program. With a Makefile, what that makes is found by name
// when it is built: the assignment's names are assumed.
func (s *Submission) find(p part, files []fs.DirEntry) bool {
	for _, stem := range p.stems {
		for _, language := range languages {
			for _, file := range files {
				base := strings.TrimSuffix(file.Name(), language.ends)
				if file.IsDir() || !strings.EqualFold(base+language.ends, file.Name()) || !strings.EqualFold(base, stem) {
					continue
				}
				if info, err := file.Info(); language.ends == "" && (err != nil || info.Mode()&0o111 == 0) {
					continue
				}
				fill := strings.NewReplacer("{FILE}", file.Name(), "{STEM}", base)
				if language.build != "" && s.Build != "make" {
					s.Build = strings.TrimPrefix(s.Build+" && "+fill.Replace(language.build), " && ")
				}
				if language.build != "" && s.Build == "make" {
					continue // what it makes is looked for below
				}
				s.Plays[p.role] = s.inFolder(fill.Replace(language.run) + " " + p.places)
				return true
			}
		}
	}
	if s.Build == "make" {
		s.Plays[p.role] = s.inFolder("./" + p.made() + " " + p.places)
		return true
	}
	return false
}

// made is the name of the program as the assignment has it built.
func (p part) made() string {
	if p.role == "client" {
		return "client.out"
	}
	return p.stems[0]
}

// inFolder makes the files of a command absolute that are the submission's: programs run
// in a folder of their own. Those of an image are the image's.
func (s *Submission) inFolder(command string) string {
	if strings.HasPrefix(command, "image:") {
		return command
	}
	words := strings.Fields(command)
	for i, word := range words {
		path := filepath.Join(s.Dir, word)
		if word == "." && i > 0 && words[i-1] == "-cp" {
			words[i] = s.Dir
		} else if _, err := os.Stat(path); strings.HasPrefix(word, "./") || err == nil && word != "." {
			words[i] = lab.QuoteWords(path)
		}
	}
	return "cmd:" + strings.Join(words, " ")
}
