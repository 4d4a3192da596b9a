package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagProblems reports everything that is wrong with the flags; the flag library
// stops at the first problem.
func flagProblems(cmd *cobra.Command, args []string, first error) string {
	flags := pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)
	flags.AddFlagSet(cmd.Flags())
	var problems []string
	for i := 0; i < len(args) && args[i] != "--"; i++ {
		name, value, inline := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !strings.HasPrefix(args[i], "--") {
			continue
		}
		f := flags.Lookup(name)
		if f == nil {
			if name != "help" {
				problems = append(problems, "unknown flag --"+name)
			}
			continue
		}
		if !inline && f.NoOptDefVal == "" {
			if i+1 >= len(args) {
				problems = append(problems, "--"+name+" needs a value")
				continue
			}
			i++
			value = args[i]
		}
		if inline || f.NoOptDefVal == "" {
			if err := f.Value.Set(value); err != nil {
				problems = append(problems, "--"+name+": "+strings.TrimPrefix(err.Error(), "strconv."))
			}
		}
	}
	if len(problems) == 0 {
		return first.Error()
	}
	return strings.Join(problems, "\n")
}
