#pragma once

#include <string_view>

namespace normdiff {

/// The page's only style sheet, in the page itself.
inline constexpr std::string_view html_style = R"css(
:root {
  --ink: #1c2330; --dim: #5d6675; --paper: #fff; --tint: #f5f6f8; --line: #dfe3e8; --link: #245fb5;
  --sharp: #3b8f6b; --weak: #a9c9a4; --known: #e0a83e; --new: #cf4444; --none: #c3c8d0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e7ec; --dim: #98a1b0; --paper: #14171c; --tint: #1d2128; --line: #323842;
    --link: #84b2f5; --sharp: #4fa983; --weak: #57775a; --known: #c9953a; --new: #e0605c; --none: #4a515d;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 5rem; max-width: 74rem; background: var(--paper);
  color: var(--ink); font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1.1rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; margin: 3rem 0 .8rem; padding-bottom: .35rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.9rem 0 .6rem; }
h4 { font-size: .85rem; margin: 1.4rem 0 .5rem; color: var(--dim); font-weight: 600; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin-top: 1.2rem; font-size: .9rem; }
.brand { margin: 0; color: var(--dim); font-size: .85rem; letter-spacing: .04em; }
.meta { color: var(--dim); font-size: .88rem; }
.verdict {
  display: flex; flex-wrap: wrap; gap: .2rem .9rem; align-items: baseline; margin: 0;
  padding: .8rem 1rem; border-radius: 6px; background: var(--tint); border-left: 5px solid var(--sharp);
}
.verdict strong { font-size: 1.15rem; }
.verdict.bad { border-color: var(--new); }
.verdict.broken { border-color: var(--known); }
.note { padding: .5rem .8rem; background: var(--tint); border-left: 3px solid var(--known); border-radius: 3px; font-size: .9rem; }
.scroll { overflow-x: auto; margin: .6rem 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
th { text-align: left; color: var(--dim); font-weight: 600; font-size: .8rem; vertical-align: bottom; }
th, td { padding: .38rem .9rem .38rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
td { vertical-align: top; overflow-wrap: break-word; }
.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
th.n { white-space: normal; }
.wide { width: 28%; min-width: 7rem; }
.subjects td:nth-child(3) { min-width: 14rem; overflow-wrap: anywhere; }
.reasons { width: auto; } .reasons td:first-child { min-width: 15rem; padding-right: 2.5rem; }
.index { padding-left: 1.6rem; } .index li { overflow-wrap: anywhere; }
.label { margin: .9rem 0 .2rem; color: var(--dim); font-size: .8rem; font-weight: 600; }
.label + pre { margin-top: 0; }
.catalogue td:first-child, .catalogue td:nth-child(4) { font-family: ui-monospace, Consolas, monospace; font-size: .8rem; width: 17%; overflow-wrap: anywhere; }
.catalogue td:nth-child(2) { width: 36%; }
.bar { display: flex; height: .75rem; margin-top: .35rem; border-radius: 2px; overflow: hidden; background: var(--tint); }
.bar i { display: block; min-width: 1.5px; }
.legend i { display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin: 0 .25rem 0 .8rem; }
.legend i:first-child { margin-left: 0; }
.legend { font-size: .85rem; color: var(--dim); }
.sharp { background: var(--sharp); } .weak { background: var(--weak); } .known { background: var(--known); }
.new { background: var(--new); } .none { background: var(--none); }
details { margin: .4rem 0 1rem; font-size: .9rem; }
summary { cursor: pointer; color: var(--link); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1rem 1.5rem; }
figure { margin: 0; }
figcaption { font-size: .82rem; color: var(--dim); }
svg { width: 100%; height: auto; display: block; border-bottom: 1px solid var(--line); }
svg text { font-size: 9px; fill: var(--dim); text-anchor: middle; }
svg .exact { fill: var(--sharp); } svg .bound { fill: var(--link); }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: .84rem; }
pre { background: var(--tint); padding: .8rem 1rem; border-radius: 6px; overflow-x: auto; line-height: 1.5; margin: .6rem 0; }
pre.command { border-left: 3px solid var(--link); white-space: pre-wrap; overflow-wrap: anywhere; }
article { margin: 1.4rem 0 2.2rem; }
article h3, article li, .meta, .note { overflow-wrap: anywhere; }
@media (max-width: 48rem) {
  body { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.5rem; }
  .catalogue, .catalogue tbody, .catalogue tr, .catalogue td, .catalogue td:nth-child(n) { display: block; width: auto; }
  .catalogue thead { display: none; }
  .catalogue tr { padding: .7rem 0; border-bottom: 1px solid var(--line); }
  .catalogue td { padding: .1rem 0; border: 0; overflow-wrap: anywhere; }
}
@media print { body { max-width: none; padding: 0; } pre, figure, tr { break-inside: avoid; } }
)css";

}  // namespace normdiff
