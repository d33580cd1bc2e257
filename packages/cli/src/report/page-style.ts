/**
 * How the page looks. System fonts; two colours that mean something, and beside each a sign or a pattern, so that a print in black says the
 * same. Signs are borders, because browsers do not print backgrounds unless they are asked to.
 */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#fdfdfc;--text:#1b1f23;--mut:#59636d;--line:#dfe3e7;--soft:#f3f5f6;--accent:#0b57c9;--lost:#a2300f;--lostbg:#fcf3ef;--dot:#4b555f;--hatch:#c3cad1;--faint:#858f99;
--mono:ui-monospace,SFMono-Regular,"SF Mono",Menlo,"Cascadia Mono",Consolas,"DejaVu Sans Mono",monospace}
@media (prefers-color-scheme:dark){:root{--bg:#111416;--text:#e5e8eb;--mut:#9ba6b1;--line:#2b3138;--soft:#191d21;--accent:#86b6ff;--lost:#ff9f85;--lostbg:#241a17;--dot:#aab4be;--hatch:#444e58;--faint:#727d88}}
*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;background:var(--bg);color:var(--text);-webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;padding:clamp(1.25rem,3vw,3.5rem)}
main,footer{max-width:88rem;margin-inline:auto}
h1{font-size:clamp(1.5rem,1.1rem + 1.4vw,2.25rem);line-height:1.2;letter-spacing:-.015em;margin:0 0 .4rem;font-weight:650;overflow-wrap:anywhere}
h2{font-size:1.25rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .5rem;font-weight:650}
h3{font-size:.9375rem;margin:0 0 .35rem;font-weight:600}
section{margin-top:3.5rem;min-width:0}
p{margin:0 0 .75rem;max-width:75ch;overflow-wrap:anywhere}
small{font-size:.8125rem;font-weight:400;color:var(--mut)}
.mut{color:var(--mut)}
a{color:inherit;text-decoration-color:var(--hatch);text-underline-offset:.2em}
a:hover{color:var(--accent);text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:2px}
:target>th{box-shadow:inset 3px 0 var(--accent)}
.vh{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.js-only{display:none}.js .js-only{display:flex}
code,pre,.names,.f{font-family:var(--mono);font-size:.8125rem;font-variant-ligatures:none}
nav{margin-top:1.5rem}nav ul{display:flex;flex-wrap:wrap;gap:.35rem 1.25rem;list-style:none;margin:0;padding:0;font-size:.9375rem}
.sums{display:flex;flex-wrap:wrap;gap:1rem 3rem;margin:1.75rem 0 0}
.sums div{display:flex;flex-direction:column-reverse}
.sums dt{color:var(--mut);font-size:.9375rem}
.sums dd{margin:0;font-size:2rem;line-height:1.1;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.sums .lost{color:var(--lost)}
.bar{height:.4rem;width:100%;display:block;margin-top:.2rem}
.bar .kept{fill:var(--dot)}.bar .lost{fill:var(--hatch)}
.findings{list-style:none;padding:0;margin:0;display:grid;gap:.6rem}
.findings li{border-left:3px solid var(--hatch);padding:.1rem 0 .1rem .9rem;max-width:85ch;overflow-wrap:anywhere}
.findings .error{border-left-color:var(--lost);border-left-style:double;border-left-width:6px}
.findings .warning{border-left-color:var(--lost)}
.findings b{display:block;font-size:.8125rem;color:var(--mut);font-weight:600}
.findings .error b,.findings .warning b{color:var(--lost)}
.hosts{border-collapse:collapse;width:100%;font-size:.9375rem}
.hosts th,.hosts td{text-align:left;vertical-align:top;padding:.65rem 1.25rem .65rem 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
.hosts thead th{border-top:0;padding-block:0 .4rem;font-size:.8125rem;color:var(--mut);font-weight:500;vertical-align:bottom}
.hosts tbody th{font-weight:600;width:14rem}
.hosts .num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.hosts thead th:nth-child(3){text-align:right}
.hosts .offers{width:8rem}
.cpu small{display:block}.cpu+.cpu{margin-top:.4rem}
.gain b,dt b{color:var(--lost);font-variant-numeric:tabular-nums}
.names{line-height:1.75;overflow-wrap:anywhere}
.names>*{margin-right:.45em}
details>summary{cursor:pointer}
.losses{margin:0}
.losses div{display:grid;grid-template-columns:minmax(11rem,1fr) 3.4fr;gap:.25rem 2rem;padding:.65rem 0;border-top:1px solid var(--line)}
.losses dt{overflow-wrap:anywhere}.losses dt b{display:inline-block;min-width:2rem}
.losses dd{margin:0;min-width:0}
.losses ul{list-style:none;margin:0;padding:0;display:grid;gap:.3rem}
.losses li .mut{font-size:.875rem}
em{font-style:normal;font-weight:600;color:var(--text)}
.filter{flex-wrap:wrap;gap:.75rem 1.5rem;align-items:end;margin:1rem 0}
.filter label,.filter legend{font-size:.8125rem;color:var(--mut)}
.filter>label{display:grid;gap:.2rem}
.filter input[type=search]{font:inherit;font-size:.9375rem;color:var(--text);background:var(--bg);border:1px solid var(--mut);border-radius:6px;padding:.4rem .6rem;width:13rem}
.filter fieldset{border:0;margin:0;padding:0;display:flex}
.filter legend{padding:0;margin-bottom:.2rem}
.filter fieldset label{position:relative}
.filter fieldset input{position:absolute;inset:0;opacity:0;margin:0;cursor:pointer}
.filter fieldset span{display:block;font-size:.9375rem;color:var(--text);border:1px solid var(--mut);padding:.4rem .8rem;margin-left:-1px}
.filter fieldset label:first-of-type span{border-radius:6px 0 0 6px;margin-left:0}.filter fieldset label:last-of-type span{border-radius:0 6px 6px 0}
.filter input:checked+span{background:var(--text);color:var(--bg);border-color:var(--text)}
.filter input:focus-visible+span{outline:2px solid var(--accent);outline-offset:2px}
.filter output{font-size:.9375rem;color:var(--mut);padding-block:.4rem;font-variant-numeric:tabular-nums}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:0 0 .9rem;padding:0;font-size:.8125rem;color:var(--mut)}
.legend li{display:flex;align-items:center;gap:.5rem}
.legend i{position:relative;width:1rem;height:1rem;display:inline-grid;place-items:center}
.scroll{overflow:auto;max-height:min(52rem,92vh);border-block:1px solid var(--line);position:relative}
.grid{border-collapse:separate;border-spacing:0;font-size:.875rem;line-height:1.3}
.grid th,.grid td{border-bottom:1px solid var(--line);padding:.22rem 0;font-weight:400;text-align:left;white-space:nowrap;background:var(--bg)}
.grid thead th{position:sticky;top:0;z-index:2;vertical-align:bottom;padding-block:.6rem;color:var(--mut);font-size:.8125rem;border-bottom-color:var(--mut)}
.grid .f{position:sticky;left:0;z-index:1;padding-inline:.25rem 1rem;min-width:9rem}
.grid thead .f{z-index:3;font-family:inherit}
.grid .s{padding-right:1.1rem;color:var(--mut);font-size:.8125rem}
.grid .h{padding-inline:0;width:1.9rem;min-width:1.9rem}
.grid .h span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:11rem;overflow:hidden;text-overflow:ellipsis;display:block;margin:0 auto;width:1.3em;color:var(--text)}
.grid .w,.grid .a{padding-left:1.25rem;color:var(--mut);font-size:.8125rem}
.grid .a{width:100%;min-width:22rem;max-width:0;padding-right:.5rem;overflow:hidden;text-overflow:ellipsis}
.grid .g th{background:var(--soft);padding:.55rem .25rem .3rem;font-weight:600;font-size:.875rem}
.grid .g span,.grid .g small{position:sticky;left:.25rem}.grid .g small{left:9rem;margin-left:.6rem}
.grid .lost .f,.grid .lost .s{color:var(--lost);font-weight:600}
.grid .lost>*{background:var(--lostbg)}
.grid tr:not(.g):hover>*{background:var(--soft)}
td.y,td.r,td.h,td.n,td.x,td.u,.guests td:not(.s){font-size:0;position:relative;text-align:center;width:1.9rem;min-width:1.9rem}
.y::before,.r::before,td.h::before,i.h::before,.n::before,.x::before,.x::after,.gy::before,.gd::before,.gl::before,.gl::after,.gn::before,.gn::after{content:"";display:inline-block;vertical-align:middle;border:0 solid var(--dot);border-radius:50%}
.y::before,.gy::before{width:0;height:0;border-width:.27rem}
.r::before,.gd::before{width:.56rem;height:.56rem;border-width:1.5px;background:linear-gradient(90deg,var(--dot) 50%,transparent 0);print-color-adjust:exact;-webkit-print-color-adjust:exact}
td.h::before,i.h::before{width:.5rem;height:.5rem;border-width:1.5px}
.n::before{width:.5rem;border-top-width:1.5px;border-radius:0;border-color:var(--faint)}
.u{background:repeating-linear-gradient(135deg,var(--hatch) 0 1px,transparent 0 5px)!important;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.x::before,.x::after,.gn::before,.gn::after{position:absolute;left:50%;top:50%;width:.72rem;margin:-1px 0 0 -.36rem;border-top:2px solid var(--lost);border-radius:0;transform:rotate(45deg)}
.x::after,.gn::after{transform:rotate(-45deg)}
td.i,i.i{outline:1px dashed var(--lost);outline-offset:-4px}i.i{outline-offset:-1px}
.gl::before{width:.62rem;height:.62rem;border:1.5px solid var(--lost)}
.gl::after{position:absolute;left:50%;top:50%;width:.62rem;margin:-1px 0 0 -.31rem;border-top:2px solid var(--lost);border-radius:0;transform:rotate(-45deg)}
td.home,i.home{box-shadow:inset 0 0 0 1.5px var(--text);border-radius:4px}
.guests{margin-bottom:1rem}
.detail:empty{visibility:hidden}
.detail{position:sticky;bottom:0;z-index:4;margin:0;padding:.6rem .25rem;max-width:none;background:var(--bg);border-bottom:1px solid var(--line);min-height:2.75rem;font-size:.9375rem}
.grid :focus-visible{outline-offset:-2px}
.alike{margin-bottom:.5rem;overflow-wrap:anywhere}
.verdict{border-bottom:1px solid var(--line);padding:.7rem 0}
.verdict summary{overflow-wrap:anywhere}
.verdict p{margin:.5rem 0 0 1.1rem;max-width:none}
.verdict summary span{font-size:.875rem}.bad{color:var(--lost)}
.verdict .start{color:var(--mut);font-size:.875rem}
.grade{font-size:.8125rem;font-weight:600;margin-right:.4rem}
.refused,.grade.lost{color:var(--lost)}
.text{margin-top:1.25rem}
pre{margin:0 0 .5rem;padding:.75rem .9rem;background:var(--soft);border-radius:6px;overflow:auto;white-space:pre-wrap;overflow-wrap:anywhere}
button{font:inherit;font-size:.8125rem;color:var(--text);background:none;border:1px solid var(--mut);border-radius:6px;padding:.15rem .6rem;cursor:pointer;margin-left:.5rem}
button:hover{border-color:var(--accent);color:var(--accent)}
footer{margin-top:4rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--mut);font-size:.875rem}
@media (max-width:44rem){
section{margin-top:2.75rem}
.sums{gap:1rem 2rem}.sums dd{font-size:1.625rem}
.hosts thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.hosts tbody tr{display:grid;grid-template-columns:1fr 1fr;gap:.35rem 1rem;padding:.9rem 0;border-top:1px solid var(--line)}
.hosts tbody th,.hosts tbody td{display:block;border:0;padding:0;width:auto!important;text-align:left!important}
.hosts tbody th,.hosts .cpu,.hosts tbody td:nth-child(2),.hosts .gain{grid-column:1/-1}
.hosts .num::after{content:" " attr(data-l);color:var(--mut);font-size:.8125rem}
.hosts .bar{width:100%}
.hosts .gain::before{content:attr(data-l) " ";color:var(--mut);font-size:.8125rem}
.losses div{grid-template-columns:1fr}
.filter,.filter>label,.filter input[type=search]{width:100%}
.grid .f{min-width:8rem;max-width:10.5rem;overflow:hidden;text-overflow:ellipsis;padding-right:.5rem}
.grid .s{padding-right:.6rem;font-size:.75rem}
}
@media (min-width:112rem){
html{font-size:clamp(16px,.62vw + 2px,20px)}
main,footer{max-width:none}
main{display:grid;grid-template-columns:minmax(36rem,6fr) 9fr;grid-template-rows:repeat(7,max-content) 1fr;column-gap:4.5rem}
main>*{grid-column:1}
#matrix{grid-column:2;grid-row:1/span 8;align-self:start;position:sticky;top:1.5rem;margin-top:0}
#matrix .scroll{max-height:calc(100vh - 16.5rem)}
.losses div{grid-template-columns:minmax(10rem,1fr) 2.6fr}
.hosts tbody th{width:10rem}
}
@media (forced-colors:active){.grid .lost .f::after{content:" *"}}
@media print{
.grid .a{display:none}
td.home,i.home{outline:1.5px solid #000;outline-offset:-2px}
:root{--bg:#fff;--text:#000;--mut:#444;--line:#bbb;--soft:#eee;--accent:#000;--lost:#000;--lostbg:#fff;--dot:#000;--hatch:#999;--faint:#777;color-scheme:light}
@page{margin:12mm}
html{font-size:10px}body{padding:0}
main{display:block}section{margin-top:2rem}
nav,.skip,.js .js-only,button{display:none}
.scroll,#matrix .scroll{overflow:visible;max-height:none;border:0}
#matrix{position:static}
.grid thead th,.grid .f,.grid .g span,.grid .g small{position:static}
.grid thead{display:table-header-group}
tr,.verdict,.losses div,.text{break-inside:avoid}
pre{border:1px solid #bbb}
details::details-content{content-visibility:visible;block-size:auto}
}
`
