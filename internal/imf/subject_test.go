package imf

import "testing"

func TestBaseSubject(t *testing.T) {
	tests := []struct {
		in, want       string
		reply, forward bool
	}{
		{"Hello", "Hello", false, false},
		{"Re: Hello", "Hello", true, false},
		{"RE:Hello", "Hello", true, false},
		{"re : Hello", "Hello", true, false},
		{"Re[2]: Hello", "Hello", true, false},
		{"Re(3): Hello", "Hello", true, false},
		{"Re^2: Hello", "Hello", true, false},
		{"Re: Re: AW: Hello", "Hello", true, false},
		{"Fwd: Hello", "Hello", false, true},
		{"Re: Fwd: Hello", "Hello", true, false},
		{"Fwd: Re: Hello", "Hello", true, true},
		{"Hello (fwd)", "Hello", false, false},
		{"[Fwd: Hello]", "Hello", false, true},
		{"[list] Re: Hello", "Hello", true, false},
		{"Re: [list] Hello", "Hello", true, false},
		{"[list]", "[list]", false, false},
		{"[#123] Hello", "Hello", false, false},
		{"WG: Hallo", "Hallo", false, true},
		{"SV: Hej", "Hej", true, false},
		{"Antw: Hoi", "Hoi", true, false},
		{"RV: Hola", "Hola", true, false},
		{"R: Ciao", "Ciao", true, false},
		{"i: foo", "i: foo", false, false},
		{"回复：你好", "你好", true, false},
		{"Odp: Cześć", "Cześć", true, false},
		{"Réf : Bonjour", "Bonjour", true, false},
		{"Ответ: Привет", "Привет", true, false},
		{"Order: 12", "Order: 12", false, false},
		{"Re:", "", true, false},
		{"  many   spaces ", "many spaces", false, false},
	}
	for _, tt := range tests {
		if got := BaseSubject(tt.in); got != tt.want {
			t.Errorf("BaseSubject(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if IsReply(tt.in) != tt.reply || IsForward(tt.in) != tt.forward {
			t.Errorf("%q: reply %v, forward %v", tt.in, IsReply(tt.in), IsForward(tt.in))
		}
	}
}
