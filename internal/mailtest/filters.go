package mailtest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// VirusMark is text that Clamd detects as a virus.
const VirusMark = "a mark that scanners of tests take for a virus: 7f3a9c15"

// Clamd starts ClamAV's daemon with a single test signature and returns the path of
// its socket.
func Clamd(t testing.TB) (socket string) {
	t.Helper()
	dir := folder(t)
	socket = filepath.Join(dir, "clamd.sock")
	write(t, filepath.Join(dir, "test.ndb"), fmt.Sprintf("Switchboard.Test:0:*:%x\n", VirusMark))
	write(t, filepath.Join(dir, "clamd.conf"), fmt.Sprintf("Foreground yes\nLocalSocket %s\nDatabaseDirectory %s\nPidFile %s\nLogFile %s\nStreamMaxLength 1M\nMaxThreads 4\n",
		socket, dir, filepath.Join(dir, "pid"), filepath.Join(dir, "log")))
	start(t, program(t, "clamd", "clamav-daemon"), "-c", filepath.Join(dir, "clamd.conf"))
	await(t, "clamd", func() bool {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
	return socket
}

// The rules of Rspamd: the Subject selects the action, and symbols show that the
// sender's address and client arrived.
const rspamdRules = `
rspamd_config:register_symbol({name = 'TEST', type = 'prefilter', callback = function(task)
  local action = string.match(task:get_header('Subject') or '', '^action: (.+)$')
  if action == 'envelope' then
    local rcpt = {}
    for _, r in ipairs(task:get_recipients('smtp') or {}) do table.insert(rcpt, r.addr) end
    task:set_pre_result('soft reject', string.format('%s %s %s %s', task:get_from('smtp')[1].addr, table.concat(rcpt, ','), task:get_helo(), task:get_from_ip():to_string()))
  elseif action then
    task:set_pre_result(action, 'the rule of ' .. action)
  end
end})
`

// Rspamd starts rspamd with only the rules above and returns the URL of its worker.
func Rspamd(t testing.TB) (url string) {
	t.Helper()
	dir, addr := folder(t), FreeAddr(t)
	account, uid, gid, root := unprivileged(t)
	write(t, filepath.Join(dir, "rules.lua"), rspamdRules)
	write(t, filepath.Join(dir, "tld"), "com\nexample\n") // the full list takes seconds to compile
	write(t, filepath.Join(dir, "rspamd.conf"), fmt.Sprintf(`
options { pidfile = "%[1]s/pid"; tempdir = "%[1]s"; url_tld = "%[1]s/tld"; filters = ""; disable_hyperscan = true; dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; } }
logging { type = "file"; filename = "%[1]s/log"; level = "warning"; }
worker "normal" { bind_socket = "%[2]s"; count = 1; }
actions { reject = 15; "add header" = 6; greylist = 4; }
lua = "%[1]s/rules.lua"
`, dir, addr))
	args := []string{program(t, "rspamd", "rspamd"), "-f", "-i", "-c", filepath.Join(dir, "rspamd.conf")}
	if root {
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-u", account)
	}
	start(t, args...)
	await(t, "rspamd", func() bool {
		resp, err := http.Get("http://" + addr + "/ping")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return "http://" + addr
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
