// What the document defines, with how often it was used.
import { useEffect, useState } from 'preact/hooks';
import { bySection, factsOf, HIT_DAYS, policies, target, tiersOf, titleOf } from '../state/policy';
import { count, say, sayIf } from '../text/say';
import type { PolicyHits, PolicyNode, PolicyReport } from '../wire';

/** The sections whose parts are chosen for each conversation. */
const COUNTED = ['segments', 'slas', 'routing'];

export function Tree({ report }: { report: PolicyReport | null }) {
  const [hits, setHits] = useState<ReadonlyMap<string, PolicyHits> | null>(null);
  // The last valid one stays while something is wrong.
  const [nodes, setNodes] = useState<readonly PolicyNode[]>([]);
  useEffect(() => { if (report?.valid) setNodes(report.outline); }, [report]);
  useEffect(() => void policies.hits().then((list) => setHits(new Map(list.map((one) => [`${one.section} ${one.name}`, one]))), () => undefined), []); // without them, the tree is still useful
  const tiers = tiersOf(nodes);
  return (
    <section class="policy-tree" aria-label={say('policy.tree')}>
      <h2>{say('policy.tree')}</h2>
      <p class="muted">{report && !report.valid && nodes.length > 0 ? say('policy.tree.old') : count('policy.tree.hint', HIT_DAYS)}</p>
      {nodes.length === 0 && report && <p class="muted">{say('policy.tree.none')}</p>}
      {bySection(nodes).map(([section, list]) => (
        <details key={section} open={section !== 'calendars' && section !== 'gaps'}>
          <summary>{sayIf(`policy.section.${section}`, section)} <span class="muted">{list.length}</span></summary>
          <ul>{list.map((node) => <Node key={node.name} node={node} tiers={tiers} {...(hits && COUNTED.includes(section) && { hits: hits.get(`${section} ${node.name}`)?.hits ?? 0 })} />)}</ul>
        </details>
      ))}
    </section>
  );
}

function Node({ node, tiers, hits }: { node: PolicyNode; tiers: ReadonlyMap<string, string>; hits?: number }) {
  const when = node.fields.find(({ field }) => field === 'when')?.value;
  const facts = factsOf(node, tiers);
  const name = node.name ? titleOf(node, tiers) : say('policy.section.gaps');
  return (
    <li style={{ marginInlineStart: `${node.depth * 16}px` }}>
      <p><button class="quiet" onClick={() => { target.value = { line: node.line, column: 1 }; }}>{name}</button>
        {hits !== undefined && <span class={hits > 0 ? 'policy-hits' : 'policy-hits policy-unused'}>{hits > 0 ? count('policy.hits', hits, { n: hits.toLocaleString() }) : say('policy.unused')}</span>}</p>
      {facts && <p class="muted policy-facts" title={facts}>{facts}</p>}
      {when && <p class="policy-facts" title={when}><code>{when}</code></p>}
    </li>
  );
}
