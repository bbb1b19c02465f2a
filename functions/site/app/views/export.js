// An export of the account and its rows that the API shows. The export's id is in the fragment of the URL, so that a reload keeps
// it.

import { get, post } from '../api.js';
import { announce, badge, button, buttonLink, buttonRow, card, facts } from '../components.js';
import { h } from '../dom.js';
import { formatBytes, formatNumber, formatTime, t } from '../i18n.js';
import { repeat } from '../leave-view.js';
import { navigate } from '../router.js';
import { can } from '../session.js';

const PATH = '/v1.0/customer/export';
const TONES = { finished: 'good', failed: 'bad', expired: 'warn', pending: 'info', running: 'info' };

async function start() {
  let id;
  try {
    ({ id } = await post(PATH));
  } catch (error) {
    id = error.details?.find((detail) => detail.export_id)?.export_id;
    if (!id) throw error;
  }
  navigate(`/account/export#${id}`);
}

function exportFacts(made) {
  return facts([
    [t('status'), badge('exportState', made.state, TONES[made.state])],
    [t('export.rows'), formatNumber(made.rows)],
    [t('export.size'), formatBytes(made.bytes)],
    [t('export.started'), formatTime(made.tm_create)],
    [t('export.finished'), made.tm_finish && formatTime(made.tm_finish)],
    [t('export.expires'), made.tm_expire && formatTime(made.tm_expire)],
  ]);
}

async function progress(id) {
  const area = h('div');
  const show = async () => {
    const made = await get(`${PATH}/${id}`);
    const link = made.state === 'finished' && made.file && can.makeCredentials() ? buttonRow(buttonLink(t('export.download'), made.file, { download: '' })) : null;
    area.replaceChildren(...[exportFacts(made), link].filter(Boolean));
    const isOver = !['pending', 'running'].includes(made.state);
    if (isOver) announce(t('export.done'));
    return !isOver;
  };
  if (await show()) repeat(() => 2000, show);
  return card(t('export.yours'), area);
}

export async function view() {
  const id = /^#([0-9a-f-]{36})$/.exec(location.hash)?.[1];
  const intro = card(t('export.new'), h('p', {}, t('export.text')), buttonRow(button(t('export.start'), start)));
  return { title: t('nav.export'), content: [id ? await progress(id) : null, intro] };
}
