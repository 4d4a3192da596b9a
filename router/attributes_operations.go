package router

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/vm/runtime"
)

// operation is an operator or a function whose operands may be missing or of any type.
// It returns its result and, if the operands are not what it needs, which one and why.
type operation struct {
	run     func(args []any) (result any, why string)
	failure any // the result if it panics: a value that the expression language cannot handle
}

// safely runs the operation. The functions of the expression language panic when they
// cannot do something with a value.
func (o *operation) safely(args []any) (result any, why string) {
	defer func() {
		if problem := recover(); problem != nil {
			result, why = o.failure, firstLine(fmt.Sprint(problem))
		}
	}()
	return o.run(args)
}

// Kinds of values, as remarks name them.
const (
	aNumber   = "a number"
	aText     = "text"
	aList     = "a list"
	aDuration = "a duration"
)

func kindOf(v any) string {
	switch v.(type) {
	case bool:
		return "true or false"
	case string:
		return aText
	case time.Duration:
		return aDuration
	case time.Time:
		return "a time"
	case Percent:
		return "a percentage"
	case ClockFacts:
		return "a clock"
	}
	switch reflect.ValueOf(v).Kind() {
	case reflect.Slice, reflect.Array:
		return aList
	case reflect.Map, reflect.Struct:
		return "a group of values"
	}
	return aNumber
}

// pair is an operation on two operands that are both there.
func pair(left, right string, failure any, run func(a, b any) (any, string)) operation {
	return operation{failure: failure, run: func(args []any) (any, string) {
		switch {
		case args[0] == nil:
			return failure, left + " is missing"
		case args[1] == nil:
			return failure, right + " is missing"
		}
		return run(args[0], args[1])
	}}
}

// sameness compares any two values. != is the opposite of ==: true if one is missing.
func sameness(left, right string, opposite bool) operation {
	return pair(left, right, opposite, func(a, b any) (any, string) {
		if ka, kb := kindOf(a), kindOf(b); ka != kb {
			return opposite, different(left, right, ka, kb)
		}
		return runtime.Equal(a, b) != opposite, ""
	})
}

// different explains two operands whose types do not fit. The names of literals begin
// with a quote, a digit or a bracket; what is wrong is the other operand.
func different(left, right, ka, kb string) string {
	if left != "" && strings.ContainsRune("\"'[0123456789", rune(left[0])) {
		left, ka, kb = right, kb, ka
	}
	return fmt.Sprintf("%s is %s, not %s", left, ka, kb)
}

// comparisons are the operators whose result is true or false.
var comparisons = map[string]func(left, right string) operation{
	"<":          ordered(func(c int) bool { return c < 0 }),
	"<=":         ordered(func(c int) bool { return c <= 0 }),
	">":          ordered(func(c int) bool { return c > 0 }),
	">=":         ordered(func(c int) bool { return c >= 0 }),
	"in":         membership,
	"contains":   textual(strings.Contains),
	"startsWith": textual(strings.HasPrefix),
	"endsWith":   textual(strings.HasSuffix),
}

func ordered(holds func(int) bool) func(left, right string) operation {
	return func(left, right string) operation {
		return pair(left, right, false, func(a, b any) (any, string) {
			ka, kb := kindOf(a), kindOf(b)
			if ka != kb {
				return false, different(left, right, ka, kb)
			}
			switch a := a.(type) {
			case string:
				return holds(strings.Compare(a, b.(string))), ""
			case time.Duration:
				return holds(cmp.Compare(a, b.(time.Duration))), ""
			case time.Time:
				return holds(a.Compare(b.(time.Time))), ""
			}
			if ka != aNumber {
				return false, fmt.Sprintf("%s is %s, which has no order", left, ka)
			}
			x, y := runtime.ToFloat64(a), runtime.ToFloat64(b)
			return !math.IsNaN(x) && !math.IsNaN(y) && holds(cmp.Compare(x, y)), ""
		})
	}
}

func membership(left, right string) operation {
	return pair(left, right, false, func(a, b any) (any, string) {
		list := reflect.ValueOf(b)
		switch list.Kind() {
		case reflect.Map:
			if reflect.TypeOf(a).AssignableTo(list.Type().Key()) {
				return list.MapIndex(reflect.ValueOf(a)).IsValid(), ""
			}
			return false, fmt.Sprintf("%s is %s, not text", left, kindOf(a))
		case reflect.Slice, reflect.Array:
		default:
			return false, fmt.Sprintf("%s is %s, not a list", right, kindOf(b))
		}
		if runtime.In(a, b) {
			return true, ""
		}
		for i := range list.Len() {
			if item := list.Index(i).Interface(); item == nil || kindOf(item) == kindOf(a) {
				return false, ""
			}
		}
		if list.Len() == 0 {
			return false, ""
		}
		return false, fmt.Sprintf("%s is %s, and %s contains none", left, kindOf(a), right)
	})
}

func textual(holds func(text, other string) bool) func(left, right string) operation {
	return func(left, right string) operation {
		return pair(left, right, false, func(a, b any) (any, string) {
			text, okA := a.(string)
			other, okB := b.(string)
			switch {
			case !okA:
				return false, unfit(left, a, aText)
			case !okB:
				return false, unfit(right, b, aText)
			}
			return holds(text, other), ""
		})
	}
}

// matching is the operator matches; fixed is nil if the expression is not a literal.
func matching(left, right string, fixed *pattern) operation {
	return pair(left, right, false, func(a, b any) (any, string) {
		text, okA := a.(string)
		expression, okB := b.(string)
		switch {
		case !okA:
			return false, unfit(left, a, aText)
		case !okB:
			return false, unfit(right, b, aText)
		case fixed != nil:
			return fixed.matches(text), ""
		}
		re, err := regexp.Compile(expression)
		if err != nil {
			return false, fmt.Sprintf("%s is not a valid regular expression: %v", right, err)
		}
		return re.MatchString(text), ""
	})
}

// truth is an attribute that is used as a condition.
func truth(name string) operation {
	return operation{failure: false, run: func(args []any) (any, string) {
		if v, ok := args[0].(bool); ok {
			return v, ""
		}
		return false, unfit(name, args[0], "true or false")
	}}
}

// calculation is arithmetic, or text joined by +. Without one of its operands it has no
// result.
func calculation(operator, left, right string) operation {
	return pair(left, right, nil, func(a, b any) (any, string) {
		ka, kb := kindOf(a), kindOf(b)
		if operator == "+" && ka == aText && kb == aText {
			return a.(string) + b.(string), ""
		}
		if ka == aDuration || kb == aDuration {
			return durations(operator, left, right, a, b)
		}
		switch {
		case ka != aNumber:
			return nil, unfit(left, a, aNumber)
		case kb != aNumber:
			return nil, unfit(right, b, aNumber)
		}
		return arithmetic(operator, runtime.ToFloat64(a), runtime.ToFloat64(b)), ""
	})
}

func arithmetic(operator string, x, y float64) any {
	switch operator {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	case "%":
		return math.Mod(x, y)
	}
	return math.Pow(x, y)
}

// durations calculates with one duration or two, such as account.attributes.days * 1d.
func durations(operator, left, right string, a, b any) (any, string) {
	x, okA := a.(time.Duration)
	y, okB := b.(time.Duration)
	switch {
	case okA && okB && operator == "+":
		return x + y, ""
	case okA && okB && operator == "-":
		return x - y, ""
	case okA && okB && operator == "/" && y != 0:
		return float64(x) / float64(y), ""
	case okA && kindOf(b) == aNumber && operator == "*":
		return time.Duration(float64(x) * runtime.ToFloat64(b)), ""
	case okB && kindOf(a) == aNumber && operator == "*":
		return time.Duration(runtime.ToFloat64(a) * float64(y)), ""
	}
	return nil, fmt.Sprintf("%s %s %s is not defined for %s and %s", left, operator, right, kindOf(a), kindOf(b))
}

// member is account.attributes.contract.value: nothing has no members. Whoever uses the
// result says that it is missing.
var member = operation{run: func(args []any) (any, string) {
	if args[0] == nil {
		return nil, ""
	}
	switch kind := reflect.ValueOf(args[0]).Kind(); kind {
	case reflect.Map, reflect.Slice, reflect.Array, reflect.Struct:
		return memberOf(args[0], args[1]), ""
	}
	return nil, ""
}}

// memberOf returns nil if there is none.
func memberOf(of, key any) (value any) {
	defer func() {
		if recover() != nil {
			value = nil
		}
	}()
	return runtime.Fetch(of, key)
}

// part is account.attributes.codes[1:3].
var part = operation{run: func(args []any) (any, string) {
	if args[0] == nil {
		return nil, ""
	}
	from, to := args[1], args[2]
	if from == nil {
		from = 0
	}
	if to == nil {
		to = runtime.Len(args[0])
	}
	return runtime.Slice(args[0], from, to), ""
}}

// items is a list that a function such as any goes through. One that is missing is empty.
func items(name string) operation {
	return operation{failure: []any{}, run: func(args []any) (any, string) {
		if list, ok := args[0].([]any); ok {
			return list, ""
		}
		v := reflect.ValueOf(args[0])
		if args[0] == nil || v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
			return []any{}, unfit(name, args[0], aList)
		}
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			list = append(list, v.Index(i).Interface())
		}
		return list, ""
	}}
}

// guarded is a function without a result if one of the named arguments is missing, or if
// it fails.
func guarded(function string, names []string, run func(...any) (any, error)) operation {
	return operation{run: func(args []any) (any, string) {
		for i, name := range names {
			if name != "" && args[i] == nil {
				return nil, name + " is missing"
			}
		}
		result, err := run(args...)
		if err != nil {
			return nil, function + ": " + firstLine(err.Error())
		}
		return result, ""
	}}
}

// ownFunctions are the product's own functions that conditions may call.
var ownFunctions = map[string]func(...any) (any, error){
	"duration": func(args ...any) (any, error) { return ParseDuration(args[0].(string)) },
	"percent":  func(args ...any) (any, error) { return Percent(runtime.ToFloat64(args[0])), nil },
}

// languageFunction returns a function of the expression language that needs no compiler,
// nil if there is none, or if it can answer for a missing value, too.
func languageFunction(name string) func(...any) (any, error) {
	i, ok := builtin.Index[name]
	if !ok || name == "type" || name == "toJSON" {
		return nil
	}
	switch f := builtin.Builtins[i]; {
	case f.Predicate:
		return nil
	case f.Func != nil:
		return f.Func
	case f.Fast != nil:
		return func(args ...any) (any, error) { return f.Fast(args[0]), nil }
	case f.Safe != nil:
		return func(args ...any) (any, error) {
			result, _, err := f.Safe(args...)
			return result, err
		}
	}
	return nil
}
