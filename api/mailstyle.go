package api

// mailStyle is the default style of a shown message; any style of the message overrides
// it. The page is always light, because senders choose their colours for a light page.
//
// The frame around it cannot know how high the page is, so the page scrolls, in both
// directions, and shows that it does: with a scroll bar that is always visible, and
// with a shadow at the bottom until its end is reached. Long words are broken, except
// in tables, which would become too narrow to read and scroll instead.
const mailStyle = `:root{color-scheme:light;background:#fff;color:#000}
body{margin:12px;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
table{overflow-wrap:normal}
img{max-width:100%}
::-webkit-scrollbar{width:12px;height:12px}
::-webkit-scrollbar-thumb{background:#8a929b;border:3px solid #fff;border-radius:6px}
::-webkit-scrollbar-corner{background:#fff}
@supports not selector(::-webkit-scrollbar){:root{scrollbar-color:#8a929b #fff}}
@supports (animation-timeline:scroll()){
body::after{content:"";position:fixed;inset:auto 0 0;height:20px;background:linear-gradient(#0000,#0003);pointer-events:none;opacity:0;animation:more linear;animation-timeline:scroll(root)}
@keyframes more{0%,90%{opacity:1}}
}
`
