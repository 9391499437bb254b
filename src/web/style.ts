/** The page's one style sheet: light and dark by the reader's own setting, system fonts, nothing from outside. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f1; --card: #fff; --ink: #1f2328; --dim: #6b7280; --line: #e4e2db;
  --good: #15803d; --warn: #a16207; --bad: #b91c1c; --busy: #1d4ed8; --lamp: #f5b301;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --card: #1c1f25; --ink: #e6e6e3; --dim: #9098a3; --line: #2c3038;
    --good: #4ade80; --warn: #facc15; --bad: #f87171; --busy: #93c5fd;
  }
}
* { box-sizing: border-box; }
body {
  font: 14px/1.45 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  margin: 0 auto; max-width: 1180px; padding: 1.2rem; color: var(--ink); background: var(--paper);
}
header { display: flex; align-items: center; gap: 1rem; }
h1 { font-size: 1.35rem; margin: 0; display: flex; align-items: center; gap: .6rem; }
h2 { font-size: .78rem; letter-spacing: .06em; text-transform: uppercase; color: var(--dim); margin: 1.6rem 0 .5rem; }
p { margin: .3rem 0; }
.lamp { width: .8rem; height: .8rem; border-radius: 50%; background: var(--lamp); box-shadow: 0 0 .7rem .15rem var(--lamp); }
header p { border: 1px solid; border-radius: 1rem; padding: 0 .7rem; margin: 0; font-size: .85rem; }
nav { margin-left: auto; } nav a { margin-left: 1rem; color: var(--dim); } nav a:hover { color: var(--ink); }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .busy { color: var(--busy); } .dim { color: var(--dim); }
.alarm { border-left: .25rem solid var(--bad); background: var(--card); padding: .5rem .8rem; }
.tiles { display: grid; grid-template-columns: repeat(6, 1fr); gap: .7rem; margin-top: 1rem; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .9rem; color: var(--dim); }
.tile b { display: block; font-size: 1.6rem; line-height: 1.3; font-weight: 600; color: var(--ink); font-variant-numeric: tabular-nums; }
.tile b.good { color: var(--good); } .tile b.warn { color: var(--warn); } .tile b.bad { color: var(--bad); }
table {
  border-collapse: separate; border-spacing: 0; width: 100%; font-variant-numeric: tabular-nums;
  background: var(--card); border: 1px solid var(--line); border-radius: .5rem; overflow: hidden;
}
.urgent { border-color: var(--bad); }
th, td { text-align: left; padding: .38rem .9rem; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--dim); font-weight: 500; }
.when { white-space: nowrap; color: var(--dim); }
.key { display: block; color: var(--dim); font: 11.5px/1.4 ui-monospace, "SF Mono", Consolas, monospace; }
td.key, td .key { white-space: nowrap; max-width: 25rem; overflow: hidden; text-overflow: ellipsis; }
td .key.warn { color: var(--warn); white-space: normal; }
.word { white-space: nowrap; }
.word::before { content: ""; display: inline-block; width: .5rem; height: .5rem; margin-right: .45rem; border-radius: 50%; background: currentColor; }
.word:not(.good, .warn, .bad, .busy)::before { opacity: .35; }
@media (max-width: 760px) { .tiles { grid-template-columns: repeat(3, 1fr); } th, td { padding: .35rem .5rem; } nav { display: none; } }
`;
