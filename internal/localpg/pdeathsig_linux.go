package localpg

import "syscall"

// endWithParent has the kernel send the server its fast shutdown signal when
// this process dies, by SIGKILL too.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// watched tells whether the kernel sees to it that the server ends with us.
const watched = true
