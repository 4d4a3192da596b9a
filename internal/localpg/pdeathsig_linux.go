package localpg

import "syscall"

// endWithParent makes the kernel send the fast shutdown signal to the server when this
// process ends, even by SIGKILL.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// endsWithParent reports whether the kernel ends the server with this process.
const endsWithParent = true
