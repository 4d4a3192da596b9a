package gateway

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

const envPrefix = "SWITCHBOARD_"

// Load reads a configuration: defaults, then the TOML file (path may be empty),
// then the environment, then overrides (dotted keys, from flags). Unknown keys
// and wrong types are problems like any other; a *ConfigError lists them all.
func Load(path string, environ []string, overrides map[string]any) (Config, error) {
	return load(path, environ, overrides, (*Config).Validate)
}

// LoadDatabase is Load for verbs that need nothing but the database: who we are
// may still be missing.
func LoadDatabase(path string, environ []string, overrides map[string]any) (Config, error) {
	return load(path, environ, overrides, func(*Config) error { return nil })
}

// located adds to an error where in the file it is, if the parser knows.
func located(err error) string {
	var at interface{ Position() (row, column int) }
	if errors.As(err, &at) {
		row, column := at.Position()
		return fmt.Sprintf("line %d, column %d: %v", row, column, err)
	}
	return err.Error()
}

func load(path string, environ []string, overrides map[string]any, validate func(*Config) error) (Config, error) {
	cfg := Defaults()
	k := koanf.New(".")
	if path != "" {
		if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
			return cfg, &ConfigError{[]Problem{{path, located(err)}}}
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
	problems = append(problems, cfg.Smarthost.complete()...)
	var invalid *ConfigError
	if errors.As(validate(&cfg), &invalid) {
		problems = append(problems, invalid.Problems...)
	}
	if len(problems) > 0 {
		return cfg, &ConfigError{problems}
	}
	return cfg, nil
}

// environment picks our variables. NAME_FILE gives the content of a file, so
// that a secret need not stand in the environment. Variables that serve other
// programs of ours (SWITCHBOARD_PG_BIN) are left out.
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

// unmarshal fills cfg and names each key that is unknown or has a wrong type.
func unmarshal(k *koanf.Koanf, cfg *Config) (problems []Problem) {
	var meta mapstructure.Metadata
	err := k.UnmarshalWithConf("", cfg, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Metadata: &meta, WeaklyTypedInput: true, TagName: "koanf",
		DecodeHook: mapstructure.ComposeDecodeHookFunc(mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(",")),
	}})
	var joined interface{ Unwrap() []error }
	switch {
	case errors.As(err, &joined):
		for _, e := range joined.Unwrap() {
			problems = append(problems, wrongType(k, e))
		}
	case err != nil:
		problems = append(problems, wrongType(k, err))
	}
	known := keys(reflect.TypeFor[Config](), "")
	unknown := slices.DeleteFunc(meta.Unused, func(key string) bool { return !strings.Contains(key, "[") })
	for _, key := range k.Keys() { // what a wrong type elsewhere keeps the decoder from telling
		if !slices.Contains(known, key) && !slices.Contains(known, "[["+key+"]]") {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		problems = append(problems, unknownKey(key))
	}
	return problems
}

// keys lists the keys of a configuration struct.
func keys(t reflect.Type, prefix string) (out []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := prefix + f.Tag.Get("koanf")
		switch {
		case f.Anonymous:
			out = append(out, keys(f.Type, prefix)...)
		case f.Type.Kind() == reflect.Struct:
			out = append(out, keys(f.Type, name+".")...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			out = append(out, fmt.Sprintf("[[%s]]", name))
		default:
			out = append(out, name)
		}
	}
	return out
}
