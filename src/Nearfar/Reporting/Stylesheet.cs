namespace Nearfar.Reporting;

/// <summary>The page's only style: system fonts, both colour schemes, narrow screens and paper.</summary>
internal static class Stylesheet
{
    // Text colours reach 4.5:1 on their ground in both schemes; marks that carry meaning reach 3:1 and always stand beside a word.
    public static readonly string Css = """
        :root {
          color-scheme: light dark;
          --ground: #ffffff; --raised: #f6f6f4; --ink: #1b1d21; --soft: #585d66; --line: #d9dadd;
          --good: #0a6638; --good-ground: #e3f3e8; --bad: #a8201a; --bad-ground: #fbe6e3; --open: #7a4b00; --open-ground: #fbeed3;
          --now: #1d5fb8; --then: #6f7580; --focus: #1d5fb8;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #15171a; --raised: #1e2125; --ink: #e8e9eb; --soft: #a7adb7; --line: #3a3f46;
            --good: #6fd69b; --good-ground: #15301f; --bad: #ff9a90; --bad-ground: #3b1b18; --open: #f0c15c; --open-ground: #352a10;
            --now: #7db3ff; --then: #9aa1ac; --focus: #9cc5ff;
          }
        }
        * { box-sizing: border-box; }
        html { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; background: var(--ground); color: var(--ink); -webkit-text-size-adjust: 100%; }
        body { margin: 0 auto; max-width: 76rem; padding: 1.5rem 1.5rem 4rem; }
        h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
        h1 { font-size: 1.75rem; font-weight: 650; margin: .25rem 0 1rem; }
        h2 { font-size: 1.25rem; margin: 2.75rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
        h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
        p, ul, ol, dl { margin: .5rem 0; max-width: 46rem; }
        small, .soft { color: var(--soft); font-size: .875rem; }
        .eyebrow { color: var(--soft); margin: 0; overflow-wrap: anywhere; max-width: none; }
        nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: 1.5rem 0 0; max-width: none; }
        a { color: var(--now); text-underline-offset: .2em; } nav a { display: inline-block; padding: .125rem 0; }
        main:focus { outline: none; }
        .paper { display: none; }
        code, .id { font: .85em/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
        .skip { position: absolute; left: -999rem; }
        .skip:focus { position: static; }
        :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }

        .verdict { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline; border-left: .5rem solid; border-radius: .25rem; padding: .75rem 1rem; margin: 1rem 0; max-width: 60rem; }
        .verdict strong { font-size: 1.25rem; white-space: nowrap; }
        .verdict span { color: var(--ink); }
        .good { color: var(--good); } .bad { color: var(--bad); } .open { color: var(--open); }
        .verdict.good, td.good { background: var(--good-ground); }
        .verdict.bad, td.bad { background: var(--bad-ground); }
        .verdict.open, td.open { background: var(--open-ground); }
        td .mark { white-space: nowrap; font-weight: 600; }

        .counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .5rem 1.5rem; list-style: none; padding: 0; max-width: none; }
        .counts b { display: block; font-size: 1.5rem; line-height: 1.2; font-variant-numeric: tabular-nums; color: var(--ink); }
        .counts li { border-top: .375rem solid var(--line); padding-top: .375rem; }
        .counts .kept { border-color: var(--then); } .counts .fixed { border-color: var(--good); }
        .counts .broken { border-color: var(--bad); border-top-style: double; } .counts .missed { border-top-style: dashed; }

        .scroll {
          overflow-x: auto; margin: .75rem 0; max-width: 100%;
          background: linear-gradient(to left, var(--ground) 40%, transparent) 100% 0 / 2.5rem 100%, linear-gradient(to left, color-mix(in srgb, var(--ink) 28%, transparent), transparent) 100% 0 / .75rem 100%;
          background-repeat: no-repeat; background-attachment: local, scroll;
        }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; font-size: .9375rem; }
        caption { text-align: left; color: var(--soft); font-size: .875rem; padding-bottom: .375rem; }
        th, td { padding: .4375rem .625rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
        thead th { font-size: .8125rem; color: var(--soft); font-weight: 600; vertical-align: bottom; white-space: nowrap; }
        tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 8rem; } th.slice { min-width: 14rem; } th.slice * { font-weight: 400; } th.slice > span { font-weight: 600; } tbody th small { display: block; font-weight: 400; }
        .number { text-align: right; white-space: nowrap; }
        .nowrap { white-space: nowrap; } .cohorts th:first-child { width: 19%; } .cohorts th:nth-child(2) { width: 14%; }
        .pair { white-space: nowrap; } .pair small { display: block; }
        .plot { width: 13rem; min-width: 9rem; padding-top: .6875rem; }
        tbody tr:hover > * { background-image: linear-gradient(color-mix(in srgb, var(--ink) 5%, transparent) 0 0); }

        figure { margin: 1rem 0; }
        svg { display: block; overflow: visible; width: 100%; }
        svg text { fill: var(--soft); font-size: .75rem; font-variant-numeric: tabular-nums; }
        svg .axis { stroke: var(--line); stroke-width: 1; } svg .zero { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; }
        svg .now { fill: var(--now); } svg .now.bar { fill-opacity: .4; stroke: var(--now); stroke-width: 1; } svg .then { fill: none; stroke: var(--then); stroke-width: 2; vector-effect: non-scaling-stroke; }
        svg .curve { fill: none; stroke: var(--now); stroke-width: 2; vector-effect: non-scaling-stroke; }
        svg .range { stroke: var(--soft); stroke-width: 2; } svg .few { stroke-dasharray: 5 3; } svg .wide { stroke-width: 6; stroke-opacity: .5; } svg .dot { fill: var(--soft); }
        svg.good .range, svg.good .arrow { stroke: var(--good); } svg.good .dot { fill: var(--good); }
        svg.bad .range, svg.bad .arrow { stroke: var(--bad); } svg.bad .dot { fill: var(--bad); }
        svg.open .range { stroke: var(--open); } svg.open .dot { fill: var(--open); }
        svg .limit { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 2 2; }
        .key { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; font-size: .875rem; color: var(--soft); max-width: none; }
        .swatch { display: inline-block; width: 1.25rem; height: .75rem; margin-right: .4375rem; vertical-align: -1px; }
        .swatch.now { background: color-mix(in srgb, var(--now) 40%, transparent); border: 1px solid var(--now); } .swatch.then { border: 2px solid var(--then); border-width: 2px 2px 0; }
        .twin { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem 2rem; }

        details { border-bottom: 1px solid var(--line); }
        details.fold { border: 0; margin: .5rem 0; }
        summary { cursor: pointer; padding: .5rem 0; overflow-wrap: anywhere; }
        summary:hover { background: var(--raised); }
        .fold > summary { color: var(--soft); padding: .25rem 0; }
        li > details.fold { margin: .25rem 0 0; }
        .ranks { font-variant-numeric: tabular-nums; font-weight: 600; margin-right: .5rem; }
        .question { font-weight: 500; }
        .inside { padding: 0 0 1rem 1.125rem; }
        .hits { list-style: none; padding: 0; margin: .25rem 0; }
        .hits li { padding: .3125rem .5rem; border-left: .25rem solid transparent; overflow-wrap: anywhere; }
        .hits li.right { border-color: var(--good); background: var(--good-ground); }
        .hits .text, .hits .lead { display: block; } .hits .place { color: var(--soft); font-variant-numeric: tabular-nums; margin-right: .375rem; }
        .reasons { list-style: none; padding: 0; max-width: 60rem; }
        .reasons > li { padding: .5rem 0 .5rem .75rem; border-left: .25rem solid; margin: .375rem 0; }
        .reasons > li > * { color: var(--ink); } .reasons > li > .mark { color: inherit; font-weight: 700; }
        .reasons p { margin: 0; max-width: none; }
        dl.facts { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .25rem 1.25rem; max-width: none; }
        dl.facts dt { color: var(--soft); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }

        @media (max-width: 40rem) {
          body { padding: 1rem 1rem 3rem; }
          h1 { font-size: 1.375rem; } h2 { margin-top: 2rem; }
          .counts { grid-template-columns: 1fr 1fr; }
          table { font-size: .875rem; } th, td { padding: .375rem .375rem; } td small, th small { font-size: .8125rem; } td .mark { display: block; }
          .pair small { white-space: normal; min-width: 6rem; }
          nav ul { gap: .125rem 1rem; font-size: .9375rem; } nav a { padding: .3125rem 0; }
          .scroll th:first-child { position: sticky; left: 0; background: var(--ground); min-width: 7.25rem; max-width: 9rem; z-index: 1; } .scroll .spaces th:first-child { min-width: 9.75rem; max-width: 10.5rem; overflow-wrap: normal; }
          dl.facts { grid-template-columns: 1fr; gap: 0; } .hits li { padding-right: 0; } dl.facts dd { margin-bottom: .5rem; }
        }
        @media print {
          :root {
            color-scheme: light;
            --ground: #fff; --raised: #fff; --ink: #000; --soft: #444; --line: #bbb; --good: #0a6638; --good-ground: #e3f3e8;
            --bad: #a8201a; --bad-ground: #fbe6e3; --open: #7a4b00; --open-ground: #fbeed3; --now: #1d5fb8; --then: #555; --focus: #1d5fb8;
          }
          @page { margin: 14mm; }
          html { font-size: 11px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          body { max-width: none; padding: 0; }
          .skip, .screen, nav { display: none; } .paper { display: block; } .hits .other .text { display: none; }
          .reasons dl.facts { grid-template-columns: repeat(2, max-content 1fr); break-inside: avoid; } dl.facts dd.wide { grid-column: 2 / -1; } td, th { padding: .25rem .375rem; }
          .scroll { overflow: visible; background: none; }
          details::details-content { content-visibility: visible; block-size: auto; }
          .counts { break-inside: avoid; grid-template-columns: repeat(4, 1fr); }
          details { break-inside: avoid; } details.fold, details.long { break-inside: auto; }
          summary { list-style: none; } .reasons > li > .mark { display: block; }
          tr, figure, .verdict, .reasons li li, .reasons p { break-inside: avoid; }
          h2, h3, caption, .reasons .mark, .reasons p, .reasons summary, .reasons dl.facts { break-after: avoid; }
          thead { display: table-header-group; }
        }
        """.ReplaceLineEndings("\n");
}
