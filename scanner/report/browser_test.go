package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser is one page of a headless Chromium, driven by the DevTools protocol over a
// pipe: JSON messages that end in NUL. One goroutine of the test uses it.
type browser struct {
	t       *testing.T
	cmd     *exec.Cmd
	to      io.WriteCloser
	from    *bufio.Reader
	session string
	id      int
	// What the page did: messages of severity error, and requests.
	errors   []string
	requests []string
}

// browserWait bounds one answer; a browser that hangs must not hang the tests.
const browserWait = 60 * time.Second

// findBrowser skips the test where there is none. The short run, which CI does beside
// the whole one, leaves browsers alone: with the race detector they take minutes.
func findBrowser(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: no browser")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium on the PATH: the report is not looked at in a browser")
	return ""
}

func openBrowser(t *testing.T, flags ...string) *browser {
	t.Helper()
	toRead, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, fromWrite, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	// Its own folder, removed after it has ended: a browser writes until then.
	profile, err := os.MkdirTemp("", "coldcase-browser-")
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"--headless", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", "--disable-extensions",
		"--disable-background-networking", "--disable-dev-shm-usage", "--no-proxy-server",
		"--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + profile,
		"--no-sandbox", // containers and root seldom have one, and the page is our own
	}, flags...)
	b := &browser{t: t, cmd: exec.Command(findBrowser(t), append(args, "about:blank")...), to: to, from: bufio.NewReaderSize(from, 1<<20)}
	b.cmd.ExtraFiles = []*os.File{toRead, fromWrite}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toRead.Close()
	fromWrite.Close()
	t.Cleanup(func() {
		to.Close() // the end of the pipe is the end of the browser
		from.Close()
		late := time.AfterFunc(5*time.Second, func() { b.cmd.Process.Kill() })
		b.cmd.Wait()
		late.Stop()
		// Its helpers write for a moment longer than itself.
		for range 50 {
			if os.RemoveAll(profile) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Errorf("%s is left", profile)
	})
	b.attach()
	return b
}

func (b *browser) attach() {
	b.t.Helper()
	var made struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &made)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": made.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
}

type devtoolsMessage struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct{ Message string }
}

// call sends a command and reads until its answer; events on the way are noted.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	b.id++
	msg := map[string]any{"id": b.id, "method": method}
	if params != nil {
		msg["params"] = params
	}
	if b.session != "" {
		msg["sessionId"] = b.session
	}
	text, err := json.Marshal(msg)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	id := b.id
	b.until(method, func(m *devtoolsMessage) bool {
		if m.ID != id {
			return false
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return true
	})
}

// until reads messages until done says so.
func (b *browser) until(what string, done func(*devtoolsMessage) bool) {
	b.t.Helper()
	late := time.AfterFunc(browserWait, func() { b.cmd.Process.Kill() })
	defer late.Stop()
	for {
		text, err := b.from.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("waiting for %s: %v", what, err)
		}
		var m devtoolsMessage
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			b.t.Fatal(err)
		}
		b.note(&m)
		if done(&m) {
			return
		}
	}
}

func (b *browser) note(m *devtoolsMessage) {
	switch m.Method {
	case "Runtime.exceptionThrown":
		b.errors = append(b.errors, string(m.Params))
	case "Runtime.consoleAPICalled", "Log.entryAdded":
		b.errors = append(b.errors, string(m.Params)) // the page says nothing, not even kindly
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		if err := json.Unmarshal(m.Params, &p); err == nil {
			b.requests = append(b.requests, p.Request.URL)
		}
	}
}

// open loads a file and waits until the page has loaded.
func (b *browser) open(path string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": "file://" + path}, nil)
	b.until("load", func(m *devtoolsMessage) bool { return m.Method == "Page.loadEventFired" })
}

// eval runs an expression in the page and returns its value.
func (b *browser) eval(expression string) any {
	b.t.Helper()
	var out struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &out)
	if out.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, out.ExceptionDetails.Text)
	}
	return out.Result.Value
}

// want compares what an expression gives, as text.
func (b *browser) want(expression, want string) {
	b.t.Helper()
	if got := fmt.Sprint(b.eval(expression)); got != want {
		b.t.Errorf("%s\ngot  %q\nwant %q", expression, got, want)
	}
}

// press sends a key to what has the focus.
func (b *browser) press(key string, code int, text string) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		p := map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}
		if text != "" && kind == "keyDown" {
			p["text"] = text
		}
		b.call("Input.dispatchKeyEvent", p, nil)
	}
}

// write types a text into what has the focus.
func (b *browser) write(text string) {
	b.t.Helper()
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// click presses the mouse in the middle of the first element that fits the selector.
func (b *browser) click(selector string) {
	b.t.Helper()
	var at struct{ X, Y float64 }
	text, _ := b.eval(fmt.Sprintf(`(() => { const e = document.querySelector(%q); if (!e) return "{}";
		e.scrollIntoView({block: "center", behavior: "instant"}); const r = e.getBoundingClientRect();
		return JSON.stringify({x: r.x + r.width / 2, y: r.y + r.height / 2}); })()`, selector)).(string)
	if err := json.Unmarshal([]byte(text), &at); err != nil || text == "{}" {
		b.t.Fatalf("nothing to click: %s", selector)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// picture writes a part of the page, from y down, as a PNG.
func (b *browser) picture(path string, y, width, height int) {
	b.t.Helper()
	var shot struct{ Data []byte }
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true,
		"clip": map[string]any{"x": 0, "y": y, "width": width, "height": height, "scale": 1}}, &shot)
	if err := os.WriteFile(path, shot.Data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// settle lets what the page has put off be done.
func (b *browser) settle() { b.t.Helper(); b.eval("new Promise((r) => setTimeout(r, 200))") }

// quiet fails when the page complained or asked for anything but itself.
func (b *browser) quiet(path string) {
	b.t.Helper()
	for _, e := range b.errors {
		b.t.Errorf("the page says: %s", e)
	}
	for _, url := range b.requests {
		if strings.TrimSuffix(url, "#") != "file://"+path {
			b.t.Errorf("the page asks for %s", url)
		}
	}
}

// writePage writes a report into a folder of the test.
func writePage(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := write(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
