//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cutOff is a command of scripts:
//
//	cutoff SIGNAL STATE DONE PIPE program args...
//
// runs a program that reads PIPE, which goes on forever, and sends it SIGNAL (INT or KILL)
// when its STATE has DONE inputs. What the program says is in stdout.txt and stderr.txt.
func cutOff(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 5 {
		ts.Fatalf("usage: cutoff SIGNAL STATE DONE PIPE program args...")
	}
	signal, state, pipe := args[0], ts.MkAbs(args[1]), ts.MkAbs(args[3])
	ts.Check(syscall.Mkfifo(pipe, 0o600))
	program, err := exec.LookPath(args[4])
	if err != nil {
		program = filepath.Join(strings.Split(ts.Getenv("PATH"), string(filepath.ListSeparator))[0], args[4])
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(program, args[5:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = ts.MkAbs("."), &stdout, &stderr
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "COLUMNS"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(cmd.Start())
	w, err := os.OpenFile(pipe, os.O_RDWR, 0) // whichever end is opened first waits for no other
	ts.Check(err)
	defer w.Close()
	_, err = w.WriteString("{\"message\":\"one that is read\"}\n{\"message\":\"half of")
	ts.Check(err)
	for deadline := time.Now().Add(time.Minute); doneIn(state) != args[2]; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill() // the test has failed
			ts.Fatalf("%s inputs are done, want %s: %s", doneIn(state), args[2], stderr.String())
		}
	}
	ts.Check(cmd.Process.Signal(map[string]os.Signal{"INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[signal]))
	err = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); signal == "INT" && code != exitInterrupted {
		ts.Fatalf("exit %d, %v: %s", code, err, stderr.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs("stdout.txt"), stdout.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("stderr.txt"), stderr.Bytes(), 0o600))
	ts.Check(os.Remove(pipe))
}
