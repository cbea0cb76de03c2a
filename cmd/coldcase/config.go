package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"coldcase/scanner/report"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// cmdConfig is the command that prints settings, in flag.commands.
const cmdConfig = "config"

const (
	configName = "coldcase.toml"
	noConfig   = "none" // the value of --config for no file
	envPrefix  = "COLDCASE_"
)

const configLong = `Every flag can be given by an environment variable (COLDCASE_JOBS=4) or in a file: the
command line comes first, then the environment, then coldcase.toml in the working
directory, then coldcase/coldcase.toml in $XDG_CONFIG_HOME (default ~/.config). A key is
the name of a flag; above the first table it is for all commands, below a table for the
command of that name ([scan], [check] for rules check). A list stands for a flag that is
given several times. --config FILE, or COLDCASE_CONFIG, names one file in place of both;
none means no file.

A coldcase.toml in the working directory is named on standard error. It may not name
files to write, and is not read when it lies in the evidence: evidence may bring its own.`

func (p *program) configCommand() *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use: "config [COMMAND]", Short: "print which settings are in force for a command, and where they are from",
		Long: "config prints the settings of a command (default scan) as a file that could be given for it.\n\n" + configLong,
		Example: `  coldcase config
  coldcase config check
  COLDCASE_JOBS=2 coldcase config`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: configurable(),
		RunE: func(_ *cobra.Command, args []string) error {
			command := cmdScan
			if len(args) > 0 {
				command = args[0]
			}
			return p.config(o, command)
		},
	}
	addFlags(cmd, cmdConfig, o)
	return cmd
}

// configurable lists the commands that have flags.
func configurable() []string {
	var out []string
	for _, f := range flags {
		for _, c := range f.commands {
			if !slices.Contains(out, c) && c != cmdConfig {
				out = append(out, c)
			}
		}
	}
	slices.Sort(out)
	return out
}

// config prints the settings of a command as a settings file.
func (p *program) config(o *options, command string) error {
	if !slices.Contains(configurable(), command) {
		return usage("%q is no command with flags; those are %s", command, strings.Join(configurable(), ", "))
	}
	s, err := readSettings(o.config)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "# settings of %s; flags on the command line come before all of them\n", command)
	for _, l := range s.layers {
		fmt.Fprintf(p.stdout, "# file: %s\n", safe(l.path))
	}
	if len(s.layers) == 0 {
		fmt.Fprintln(p.stdout, "# no file")
	}
	for _, name := range unknownVariables() {
		fmt.Fprintf(p.stdout, "# %s: no flag has this name\n", safe(name))
	}
	for i := range flags {
		f := &flags[i]
		if !f.on(command) || f.name == configFlag.name {
			continue
		}
		set, ok := s.of(f, command)
		if !ok && f.def != "" {
			set, ok = setting{values: []string{f.def}, from: "default"}, true
		}
		if ok {
			fmt.Fprintf(p.stdout, "%-32s # %s\n", f.name+" = "+tomlValue(f, set.values), safe(set.from))
		}
	}
	return nil
}

// tomlValue writes values as the file has them.
func tomlValue(f *flag, values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = v
		if f.arg != "" {
			quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(safe(v)) + `"`
		}
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// unknownVariables lists the variables with our prefix that are no flag's.
func unknownVariables() []string {
	var out []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, envPrefix) && !slices.ContainsFunc(flags, func(f flag) bool { return f.variable() == name }) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// variable is the environment variable of a flag.
func (f *flag) variable() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.name, "-", "_"))
}

// applySettings gives the flags of a command that the command line does not name the
// values of the environment and of files. It runs once the command line is parsed.
func (p *program) applySettings(cmd *cobra.Command, paths []string) error {
	command := cmd.Annotations[flagsOf]
	if command == "" || command == cmdConfig {
		return nil
	}
	given := ""
	if f := cmd.Flags().Lookup(configFlag.name); f != nil {
		given = f.Value.String()
	}
	// A run that goes on has the settings that it began with.
	if f := cmd.Flags().Lookup("resume"); f != nil && f.Changed {
		return nil
	}
	s, err := readSettings(given)
	if err != nil {
		return err
	}
	p.leaveEvidenceAlone(s, command, paths)
	var used []string
	var errs []error
	cmd.Flags().VisitAll(func(pf *pflag.Flag) {
		v, ok := pf.Value.(*value)
		if !ok || pf.Changed {
			return
		}
		set, ok := s.of(v.f, command)
		if !ok {
			return
		}
		for _, text := range set.values {
			if err := cmd.Flags().Set(pf.Name, text); err != nil {
				errs = append(errs, usage("%s: %s: %w", safe(set.from), pf.Name, errors.Unwrap(err)))
			}
		}
		if set.here {
			used = append(used, pf.Name)
		}
	})
	if len(used) > 0 && len(errs) == 0 {
		fmt.Fprintf(p.stderr, "coldcase: settings from %s in the working directory: %s\n", configName, strings.Join(used, ", "))
	}
	return errors.Join(errs...)
}

// leaveEvidenceAlone drops a file of settings that lies in the evidence: whoever made
// that must not decide how it is looked at.
func (p *program) leaveEvidenceAlone(s *settings, command string, paths []string) {
	if command != cmdScan {
		return
	}
	ev := evidenceOf(paths)
	s.layers = slices.DeleteFunc(s.layers, func(l layer) bool {
		if !l.here || ev.refuse(l.path) == nil {
			return false
		}
		fmt.Fprintf(p.stderr, "coldcase: %s lies in the evidence and is not read; --config %s reads it\n", configName, configName)
		return true
	})
}

// settingsFiles lists the files of settings, the first before the others; here is set
// for the one of the working directory.
func settingsFiles(given string) (paths []string, here bool) {
	if given == "" {
		given = os.Getenv(configFlag.variable())
	}
	switch given {
	case "":
	case noConfig:
		return nil, false
	default:
		return []string{given}, false
	}
	paths = []string{configName}
	dir := os.Getenv("XDG_CONFIG_HOME")
	if home, err := os.UserHomeDir(); dir == "" && err == nil {
		dir = filepath.Join(home, ".config")
	}
	if filepath.IsAbs(dir) { // the specification wants other values ignored
		paths = append(paths, filepath.Join(dir, "coldcase", configName))
	}
	return paths, true
}

// readSettings reads the files of settings. One that is named must be there.
func readSettings(given string) (*settings, error) {
	s := &settings{}
	paths, usual := settingsFiles(given)
	for i, path := range paths {
		l, err := readLayer(path, usual && i == 0)
		if usual && errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s.layers = append(s.layers, *l)
	}
	return s, nil
}

// maxConfig bounds a file of settings, in bytes.
const maxConfig = 64 << 10

func readLayer(path string, here bool) (*layer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usage("%s: %w", safe(path), plain(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, usage("%s: no file of settings: not a regular file", safe(path))
	}
	data, err := io.ReadAll(io.LimitReader(f, maxConfig+1))
	if err != nil {
		return nil, usage("%s: %w", safe(path), plain(err))
	}
	if len(data) > maxConfig {
		return nil, usage("%s: longer than %d KiB (a limit)", safe(path), maxConfig>>10)
	}
	l, err := parseLayer(filepath.ToSlash(path), string(data), here)
	if err != nil {
		return nil, usage("%s", report.SafeLines(err.Error()))
	}
	return l, nil
}
