package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"switchboard/config/keys"
)

const envPrefix = "SWITCHBOARD_"

// Load reads a configuration: the defaults, then the TOML file (path may be empty),
// then the environment, then overrides (dotted keys, from flags). Unknown keys and
// wrong types are reported together with failed validations in one *Error.
func Load(path string, environ []string, overrides map[string]any) (Config, error) {
	return load(path, environ, overrides, (*Config).Validate)
}

// LoadUnvalidated is Load for commands that need only the database: settings such
// as mail.addresses may still be missing.
func LoadUnvalidated(path string, environ []string, overrides map[string]any) (Config, error) {
	return load(path, environ, overrides, func(*Config) error { return nil })
}

// withPosition returns the text of a parse error with its line and column, if known.
func withPosition(err error) string {
	var at interface{ Position() (row, column int) }
	if errors.As(err, &at) {
		row, column := at.Position()
		return fmt.Sprintf("line %d, column %d: %v", row, column, err)
	}
	return err.Error()
}

// load reads a configuration and validates it with the given function.
func load(path string, environ []string, overrides map[string]any, validate func(*Config) error) (Config, error) {
	cfg := Defaults()
	k := koanf.New(".")
	if path != "" {
		if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
			return cfg, &Error{[]Problem{{path, withPosition(err)}}}
		}
	}
	vars, problems := environment(environ)
	provider := env.Provider(".", env.Opt{
		Prefix: envPrefix, EnvironFunc: func() []string { return vars },
		TransformFunc: func(name, value string) (string, any) {
			return strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "__", "."), value
		},
	})
	if err := errors.Join(k.Load(provider, nil), k.Load(confmap.Provider(overrides, "."), nil)); err != nil {
		return cfg, err
	}
	problems = append(problems, unmarshal(k, &cfg)...)
	for i := range cfg.Mailboxes {
		problems = append(problems, cfg.Mailboxes[i].complete(fmt.Sprintf("mailbox[%d].", i))...)
	}
	problems = append(problems, cfg.Smarthost.complete("smarthost.")...)
	for i := range cfg.Smarthosts {
		problems = append(problems, cfg.Smarthosts[i].complete(fmt.Sprintf("smarthosts[%d].", i))...)
	}
	problems = append(problems, secretFile("", "secret_key", cfg.SecretKeyFile, &cfg.SecretKey)...)
	var invalid *Error
	if errors.As(validate(&cfg), &invalid) {
		problems = append(problems, invalid.Problems...)
	}
	if len(problems) > 0 {
		return cfg, &Error{problems}
	}
	return cfg, nil
}

// environment selects the gateway's variables. NAME_FILE stands for the content of
// a file, so that secrets stay out of the environment. Variables of other programs
// (SWITCHBOARD_PG_BIN) are left out.
func environment(environ []string) (vars []string, problems []Problem) {
	for _, v := range environ {
		name, value, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, envPrefix) || name == "SWITCHBOARD_PG_BIN" {
			continue
		}
		if base, ok := strings.CutSuffix(name, "_FILE"); ok {
			text, err := os.ReadFile(value)
			if err != nil {
				problems = append(problems, Problem{name, err.Error()})
				continue
			}
			name, value = base, strings.TrimSpace(string(text))
		}
		vars = append(vars, name+"="+value)
	}
	return vars, problems
}

// unmarshal fills cfg and reports every key that is unknown or has the wrong type.
func unmarshal(k *koanf.Koanf, cfg *Config) (problems []Problem) {
	var meta mapstructure.Metadata
	err := k.UnmarshalWithConf("", cfg, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Metadata: &meta, WeaklyTypedInput: true, TagName: "koanf",
		DecodeHook: mapstructure.ComposeDecodeHookFunc(mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(",")),
	}})
	known := keys.List[Config]()
	all := []error{err}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		all = joined.Unwrap()
	}
	for _, err := range all {
		if err != nil {
			key, reason := keys.WrongType(known, k, err)
			problems = append(problems, Problem{cmp.Or(key, "type"), reason})
		}
	}
	// After a type error the decoder no longer lists the unused keys outside tables.
	unknown := slices.DeleteFunc(meta.Unused, func(key string) bool { return !strings.Contains(key, "[") })
	for _, key := range k.Keys() {
		if !slices.ContainsFunc(known, func(f keys.Key) bool { return f.Name == key || strings.HasPrefix(f.Name, key+"[].") }) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		problems = append(problems, Problem{key, keys.Unknown(known, key)})
	}
	return problems
}
